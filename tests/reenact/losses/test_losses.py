"""Losses of the two players."""

import math

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import vgg16, vgg19

from human_capture.common.errors import InputError
from human_capture.reenact.losses.adversarial import discriminator_loss, generator_loss
from human_capture.reenact.losses.features import feature_distance, feature_matching
from human_capture.reenact.losses.perceptual import VGGLoss
from human_capture.reenact.losses.pyramid import PyramidLoss
from human_capture.reenact.losses.segmentation import dice_loss


def test_hinge_losses_are_those_of_a_plain_loop():
    real, fake = torch.tensor([2.0, 0.5, -1]), torch.tensor([-2.0, 0.0, 3])
    wanted = (0 + 0.5 + 2) / 3 + (0 + 1 + 4) / 3
    assert discriminator_loss(real, fake).item() == pytest.approx(wanted)
    assert generator_loss(fake).item() == pytest.approx(-1 / 3)


def test_a_sure_discriminator_learns_nothing_more():
    real = torch.tensor([1.5], requires_grad=True)
    discriminator_loss(real, torch.tensor([-1.5])).backward()
    assert real.grad is not None and real.grad.item() == 0


def test_feature_losses_are_means_of_maps_and_leave_the_goal_alone():
    found = [torch.rand(2, 3, 4, 4, requires_grad=True), torch.rand(2, 5)]
    wanted = [torch.rand(2, 3, 4, 4, requires_grad=True), torch.rand(2, 5)]
    each = [(a - b).abs().mean() for a, b in zip(found, wanted, strict=True)]
    assert torch.isclose(feature_distance(found, wanted), each[0] + each[1])
    loss = feature_matching(found, wanted)
    assert torch.isclose(loss, (each[0] + each[1]) / 2)
    loss.backward()
    assert found[0].grad is not None and wanted[0].grad is None


def test_dice_is_zero_for_equal_masks_and_officially_is_not():
    mask = (torch.rand(2, 1, 8, 8) > 0.5).float()
    assert dice_loss(mask, mask).item() == pytest.approx(0, abs=1e-6)
    assert dice_loss(mask, mask, channels=3).item() == pytest.approx(-0.405, abs=1e-3)
    assert dice_loss(torch.zeros_like(mask), mask).isfinite()


def test_dice_matches_its_formula():
    found, wanted = torch.rand(2, 1, 4, 4), torch.rand(2, 1, 4, 4)
    share = 2 * (found * wanted).sum() / (found**2).sum().add((wanted**2).sum())
    assert dice_loss(found, wanted).item() == pytest.approx(-math.log(share.item()))


def test_pyramid_of_a_constant_difference_is_that_difference():
    wanted = torch.rand(1, 3, 32, 32)
    loss = PyramidLoss()(wanted + 0.25, wanted)
    assert loss.item() == pytest.approx(0.25, abs=1e-5)


def test_pyramid_sees_coarse_errors_and_fine_ones():
    wanted = torch.zeros(1, 3, 32, 32)
    fine = 0.25 * torch.ones(32, 32).triu().sub(0.5).sign().expand(1, 3, 32, 32)
    checks = torch.ones(32, 32)
    checks[::2, ::2] = checks[1::2, 1::2] = -1
    for error in (fine, 0.25 * checks.expand(1, 3, 32, 32)):
        assert PyramidLoss()(wanted + error, wanted).item() >= 0.24
    assert PyramidLoss()(wanted, wanted).item() == 0


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("vgg")
    path = folder / "vgg16.safetensors"
    part = vgg16(weights=None).features
    save_file({f"features.{k}": v for k, v in part.state_dict().items()}, path)
    torch.save(
        {f"features.{k}": v for k, v in part.state_dict().items()}, folder / "vgg16.pth"
    )
    return folder


def reference(part, images):
    hidden, maps = images, []
    for layer in part[:30]:
        if isinstance(layer, nn.MaxPool2d):
            hidden = nn.functional.avg_pool2d(hidden, 2)
        else:
            hidden = layer(hidden.clone())
        if isinstance(layer, nn.ReLU):
            maps.append(hidden)
    return maps


def test_vgg_features_are_thirteen_and_match_a_plain_loop(weights):
    torch.manual_seed(0)
    part = vgg16(weights=None).features
    loss = VGGLoss(weights / "vgg16.safetensors", "vgg16")
    assert sum(p.numel() for p in loss.layers.parameters()) == 14_714_688
    images = torch.rand(1, 3, 32, 32)
    means = torch.tensor([103.939, 116.779, 123.68])[:, None, None]
    found = loss.features(images)
    wanted = reference(part, 255 * images.flip(1) - means)
    assert len(found) == 13
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_officially_pictures_are_squeezed_and_channels_exchanged(weights):
    official = VGGLoss(weights / "vgg16.pth", "vgg16", compatibility=True)
    ours = VGGLoss(weights / "vgg16.pth", "vgg16")
    images = torch.rand(1, 3, 16, 16)
    first = official.features(images)[0]
    torch.testing.assert_close(first, ours.features(((images + 1) / 2).flip(1))[0])
    assert not torch.allclose(first, ours.features(images)[0])


def test_vgg19_counts_up_to_its_thirteenth_relu(tmp_path):
    part = vgg19(weights=None).features
    path = tmp_path / "vgg19.safetensors"
    save_file({f"features.{k}": v for k, v in part.state_dict().items()}, path)
    loss = VGGLoss(path)
    assert sum(p.numel() for p in loss.layers.parameters()) == 12_944_960
    assert len(loss.features(torch.rand(1, 3, 32, 32))) == 13


def test_perceptual_loss_has_gradients_and_is_zero_at_the_goal(weights):
    loss = VGGLoss(weights / "vgg16.safetensors", "vgg16")
    wanted = torch.rand(1, 3, 64, 64)
    assert loss(wanted, wanted).item() == 0
    found = torch.rand(1, 3, 64, 64, requires_grad=True)
    loss(found, wanted).backward()
    assert found.grad is not None and found.grad.isfinite().all()
    assert all(not p.requires_grad for p in loss.parameters())


def test_wrong_weights_are_told(tmp_path, weights):
    with pytest.raises(InputError, match="no weights file"):
        VGGLoss(tmp_path / "missing.pth")
    with pytest.raises(InputError, match="holds no weights of vgg19"):
        VGGLoss(weights / "vgg16.safetensors", "vgg19")
    (tmp_path / "odd.pth").write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        VGGLoss(tmp_path / "odd.pth")
