"""The networks made ready for speed see and draw the same."""

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.images import to_bytes, to_tensor
from human_capture.reenact.driving.animator import Animator

POSES = torch.randn(5, 4, generator=torch.Generator().manual_seed(2))


def test_descriptors_are_those_of_the_reenactor(avatar, animator):
    crops = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    with torch.inference_mode():
        expected = avatar.reenactor.pose(to_tensor(crops))
    torch.testing.assert_close(animator.poses(list(crops)), expected)


@pytest.mark.parametrize(("precision", "levels"), [("float32", 1), ("bfloat16", 30)])
def test_drawings_are_those_of_the_avatar(avatar, precision, levels):
    drawn = avatar.draw(POSES)
    for n, drawing in enumerate(Animator(avatar, "cpu", precision).draw(POSES)):
        expected = to_bytes(drawn.colour[n]).astype(int)
        assert np.abs(drawing.colour - expected).max() <= levels
        mask = drawn.mask[n, 0].numpy()
        np.testing.assert_allclose(drawing.mask, mask, atol=levels / 255)


def test_the_avatar_is_not_changed(avatar):
    before = {n: t.clone() for n, t in avatar.reenactor.state_dict().items()}
    Animator(avatar, "cpu", "bfloat16").draw(POSES)
    after = avatar.reenactor.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_device_that_is_not_there_is_one_sentence(avatar):
    with pytest.raises(InputError, match="There is no device 'gpu' here"):
        Animator(avatar, "gpu")
