import pytest
import torch
from torch.nn.functional import conv2d, instance_norm

from human_capture.common.errors import InputError
from human_capture.reenact.networks.decoder import Decoder


def reference(decoder: Decoder, styles: torch.Tensor) -> torch.Tensor:
    """The authors' order: every AdaIN takes its bias, then its weight."""
    left = styles

    def adain(x):
        nonlocal left
        channels = x.shape[1]
        bias, weight = left[:, :channels], left[:, channels : 2 * channels]
        left = left[:, 2 * channels :]
        x = instance_norm(x, eps=1e-4)
        return x * weight[..., None, None] + bias[..., None, None]

    def up(x):
        return x.repeat_interleave(2, 2).repeat_interleave(2, 3)

    def conv(layer, x):
        return conv2d(
            x, layer.normalised(), layer.bias, padding=layer.weight.shape[-1] // 2
        )

    x = decoder.constant.repeat(len(styles), 1, 1, 1)
    for block in decoder.blocks:
        grows = block is not decoder.blocks[0] and block is not decoder.blocks[1]
        y = adain(x).relu()
        y = conv(block.first, up(y) if grows else y)
        y = conv(block.second, adain(y).relu())
        x = y + (conv(block.skip, up(x)) if grows else x)
    x = conv(decoder.last, adain(x).relu()).tanh()
    assert left.shape[1] == 0
    return torch.cat([0.75 * x[:, :3] + 0.5, 0.5 * x[:, 3:] + 0.5], dim=1)


def test_matches_the_reference():
    torch.manual_seed(0)
    decoder = Decoder(size=32, width=4, most=16).eval()
    with torch.no_grad():
        decoder.constant.copy_(torch.randn_like(decoder.constant))
        styles = torch.randn(3, decoder.styles)
        drawn, expected = decoder(styles), reference(decoder, styles)
    torch.testing.assert_close(drawn.colour, expected[:, :3], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(drawn.mask, expected[:, 3:], rtol=1e-4, atol=1e-5)


def test_official_decoder_has_the_published_parameters_and_styles():
    with torch.device("meta"):
        decoder = Decoder()
    count = sum(parameter.numel() for parameter in decoder.parameters())
    assert count - decoder.constant.numel() == 26_878_148
    assert decoder.constant.shape == (1, 512, 4, 4)
    assert decoder.styles == 13_056


@pytest.mark.parametrize("size", [16, 32, 64])
def test_pictures_have_the_asked_size_and_range(size):
    decoder = Decoder(size, width=2, most=8)
    drawn = decoder(20 * torch.randn(2, decoder.styles))
    assert drawn.picture.shape == (2, 3, size, size)
    assert drawn.mask.shape == (2, 1, size, size)
    assert drawn.colour.min() >= -0.25 and drawn.colour.max() <= 1.25
    assert drawn.mask.min() >= 0 and drawn.mask.max() <= 1


def test_the_picture_is_black_where_the_mask_is_empty():
    decoder = Decoder(16, width=2, most=8)
    with torch.no_grad():
        decoder.last.bias[3] = -100
    drawn = decoder(torch.randn(1, decoder.styles))
    assert drawn.picture.abs().max() == 0 < drawn.colour.abs().max()


def test_one_number_of_the_styles_changes_one_picture():
    decoder = Decoder(16, width=2, most=8).eval()
    styles = torch.randn(2, decoder.styles)
    changed = styles.clone()
    changed[1, 0] += 1
    before, after = decoder(styles).colour, decoder(changed).colour
    torch.testing.assert_close(before[0], after[0])
    assert not torch.equal(before[1], after[1])


@pytest.mark.parametrize("size", [8, 100, 0])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(InputError, match="power of two"):
        Decoder(size)
