import torch
from torch import nn

from human_capture.reenact.networks.identity_encoder import IdentityEncoder


class MeanColour(nn.Module):
    def forward(self, images):
        return images.mean((-2, -1))


def test_official_encoder_has_the_published_parameters():
    with torch.device("meta"):
        encoder = IdentityEncoder()
    assert sum(p.numel() for p in encoder.parameters()) == 24_028_992


def test_official_encoder_describes_pictures_of_64_pixels():
    with torch.no_grad():
        assert IdentityEncoder().eval()(torch.rand(1, 3, 64, 64)).shape == (1, 512)


def test_axes_before_the_picture_stay():
    encoder = IdentityEncoder(3, MeanColour())
    for axes in ((), (2,), (2, 4)):
        images = torch.rand(*axes, 3, 8, 8)
        torch.testing.assert_close(encoder(images), images.mean((-2, -1)))


def test_person_is_the_mean_over_frames():
    encoder = IdentityEncoder(3, MeanColour())
    images = torch.rand(2, 4, 3, 8, 8)
    torch.testing.assert_close(encoder.of_person(images), images.mean((1, -2, -1)))
