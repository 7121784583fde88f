from dataclasses import replace

import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.rigs import ring
from human_capture.pose3d.views import Views, collate


def moment(seed: int = 0, views: int = 3, lens: bool = False) -> Views:
    generator = torch.Generator().manual_seed(seed)
    cameras = ring(views, start=float(seed), width=16)
    if lens:
        bent = torch.full((views, 5), 0.01 * seed)
        cameras = Cameras(cameras.intrinsics, cameras.world_to_camera, bent)
    return Views(
        torch.randint(256, (views, 3, 16, 16), generator=generator, dtype=torch.uint8),
        cameras,
        torch.rand(views, 5, 2, generator=generator),
        torch.rand(5, 3, generator=generator),
        torch.rand(views, generator=generator) > 0.2,
        torch.tensor(seed),
    )


def test_a_batch_is_its_moments_one_after_the_other():
    items = [moment(seed, lens=seed > 0) for seed in range(3)]
    batch = collate(items)
    assert len(batch) == 3
    for index, item in enumerate(items):
        assert torch.equal(batch.images[index], item.images)
        assert torch.equal(batch.keypoints[index], item.keypoints)
        assert torch.equal(batch.joints[index], item.joints)
        assert torch.equal(batch.valid[index], item.valid)
        assert batch.action[index] == index
        expected = item.cameras.project(item.joints)[0]
        found = batch.cameras[index].project(item.joints)[0]
        assert torch.allclose(found, expected)


def test_bytes_become_floats_once():
    batch = collate([moment()])
    floats = batch.with_float_images()
    assert floats.images.dtype == torch.float32
    assert torch.equal((255 * floats.images).round().byte(), batch.images)
    assert floats.with_float_images() is floats


def test_views_are_selected_in_the_order_given():
    batch = collate([moment(0), moment(1)])
    some = batch.select_views([2, 0])
    assert torch.equal(some.images, batch.images[:, [2, 0]])
    assert torch.equal(some.keypoints, batch.keypoints[:, [2, 0]])
    assert torch.equal(some.valid, batch.valid[:, [2, 0]])
    assert torch.equal(some.cameras.centre, batch.cameras.centre[:, [2, 0]])
    assert torch.equal(some.joints, batch.joints)


def test_everything_moves_to_another_device():
    moved = collate([moment(1, lens=True)]).to("meta")
    tensors = (moved.images, moved.keypoints, moved.joints, moved.valid, moved.action)
    cameras = moved.cameras
    tensors += (cameras.intrinsics, cameras.world_to_camera, cameras.distortion)
    assert all(tensor.device.type == "meta" for tensor in tensors)


def test_moments_with_different_numbers_of_views_do_not_go_together():
    with pytest.raises(RuntimeError, match="size"):
        collate([moment(views=3), moment(views=4)])


def test_batches_cannot_be_changed():
    batch = moment()
    with pytest.raises(AttributeError):
        batch.action = torch.tensor(3)
    assert replace(batch, action=torch.tensor(3)).action == 3
