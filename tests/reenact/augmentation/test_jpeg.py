import io

import numpy as np
import pytest
import torch
from PIL import Image

from human_capture.reenact.augmentation.jpeg import compress


def through_a_file(picture, quality):
    levels = (255 * picture).round().byte().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=quality)
    read = np.asarray(Image.open(file)).astype(np.float32)
    return torch.from_numpy(read).permute(2, 0, 1) / 255


@pytest.mark.parametrize("quality", [3, 10, 20, 31, 50, 75])
@pytest.mark.parametrize("size", [(64, 48), (53, 37)])  # whole blocks, and not
def test_what_is_left_matches_a_file(pictures, quality, size):
    pictures = pictures[..., : size[0], : size[1]]
    compressed = compress(pictures, torch.full((4,), float(quality)))
    wanted = torch.stack([through_a_file(picture, quality) for picture in pictures])
    apart = float((compressed - wanted).abs().mean())
    # waves halfway between two steps may fall to either side
    assert apart < 1 / 255
    assert apart < 0.15 * float((wanted - pictures).abs().mean())


def test_each_picture_has_its_own_quality(pictures):
    quality = torch.tensor([3.0, 20.0, 60.0, 95.0])
    together = compress(pictures, quality)
    for i in range(4):
        alone = compress(pictures[i : i + 1], quality[i : i + 1])
        assert torch.allclose(together[i], alone[0], atol=1e-6)


def test_better_quality_loses_less(pictures):
    losses = [
        float((compress(pictures, torch.full((4,), q)) - pictures).abs().mean())
        for q in (3.0, 10.0, 31.0, 90.0)
    ]
    assert losses == sorted(losses, reverse=True)


def test_even_pictures_of_good_quality_stay_even():
    even = torch.tensor([0.2, 0.5, 0.9]).view(1, 3, 1, 1).expand(1, 3, 20, 20)
    compressed = compress(even, torch.tensor([95.0]))
    assert torch.allclose(compressed, even, atol=2.1 / 255)
    assert torch.allclose(compressed, compressed[..., :1, :1])
