import torch

from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.projector import PlainProjector


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_official_generator_has_the_published_parameters():
    with torch.device("meta"):
        generator = Generator()
    assert parameters(generator.projector) == 10_630_656
    assert parameters(generator) == 37_516_996


def test_key_point_baseline_has_the_published_parameters():
    with torch.device("meta"):
        generator = Generator(pose=2 * 68, make_projector=PlainProjector)
    assert parameters(generator) == 36_200_788


def test_drawing_its_styles_is_the_forward_pass():
    generator = Generator(6, 4, size=16, width=2, most=8).eval()
    identity, pose = torch.randn(3, 6), torch.randn(3, 4)
    whole = generator(identity, pose)
    parts = generator.draw(generator.styles(identity, pose))
    assert torch.equal(whole.picture, parts.picture)


def test_identity_comes_before_pose():
    generator = Generator(6, 4, size=16, width=2, most=8).eval()
    identity, pose = torch.randn(1, 6), torch.randn(1, 4)
    with torch.no_grad():
        generator.projector.first.weight[:, 6:] = 0
    styles = generator.styles(identity, pose)
    assert torch.equal(styles, generator.styles(identity, torch.randn(1, 4)))
    assert not torch.equal(styles, generator.styles(torch.randn(1, 6), pose))


def test_gradients_reach_both_descriptors_and_every_parameter():
    generator = Generator(6, 4, size=16, width=2, most=8)
    identity = torch.randn(2, 6, requires_grad=True)
    pose = torch.randn(2, 4, requires_grad=True)
    generator(identity, pose).picture.square().mean().backward()
    gradients = [p.grad for p in (identity, pose, *generator.parameters())]
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert identity.grad.abs().sum() > 0 < pose.grad.abs().sum()
