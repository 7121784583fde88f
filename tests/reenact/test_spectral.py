import pytest
import torch
from torch import nn

from human_capture.reenact.networks.spectral import SpectralConv2d, SpectralLinear

LAYERS = [
    (lambda: SpectralLinear(7, 5), torch.rand(3, 7)),
    (lambda: SpectralConv2d(4, 6, 3), torch.rand(3, 4, 5, 5)),
    (lambda: SpectralConv2d(4, 6, 1, bias=False), torch.rand(3, 4, 5, 5)),
]
each_layer = pytest.mark.parametrize(("make", "x"), LAYERS)


def largest_singular_value(weight: torch.Tensor) -> float:
    return torch.linalg.matrix_norm(weight.flatten(1).double(), 2).item()


@each_layer
def test_largest_singular_value_is_one(make, x):
    layer = make()
    with torch.no_grad():
        layer.weight.mul_(7)
        for _ in range(60):
            layer(x)
    assert largest_singular_value(layer.normalised()) == pytest.approx(1, abs=1e-3)


@each_layer
def test_begins_near_one(make, x):
    torch.manual_seed(0)
    assert largest_singular_value(make().normalised()) == pytest.approx(1, abs=0.05)


@each_layer
def test_equals_the_function_of_torch_step_by_step(make, x):
    torch.manual_seed(0)
    layer = make()
    if isinstance(layer, nn.Conv2d):
        plain = nn.Conv2d(4, 6, layer.kernel_size, padding=layer.padding, bias=False)
    else:
        plain = nn.Linear(7, 5)
    plain.load_state_dict(
        {k: v for k, v in layer.state_dict().items() if k in plain.state_dict()},
        strict=False,
    )
    if layer.bias is not None:
        plain.bias = nn.Parameter(layer.bias.detach().clone())
    reference = torch.nn.utils.spectral_norm(plain, eps=1e-4)
    reference.weight_u.copy_(layer.weight_u)
    reference.weight_v.copy_(layer.weight_v)
    for training in (True, True, False):
        ours, theirs = layer.train(training)(x), reference.train(training)(x)
        torch.testing.assert_close(ours, theirs)
        layer.zero_grad(), reference.zero_grad()
        ours.square().sum().backward(), theirs.square().sum().backward()
        torch.testing.assert_close(layer.weight.grad, reference.weight_orig.grad)


@each_layer
def test_evaluation_changes_nothing(make, x):
    layer = make().eval()
    before = {name: tensor.clone() for name, tensor in layer.state_dict().items()}
    first, second = layer(x), layer(x)
    assert torch.equal(first, second)
    assert all(torch.equal(before[k], v) for k, v in layer.state_dict().items())


def test_several_passes_can_precede_one_backward():
    layer = SpectralLinear(7, 5)
    total = sum(layer(torch.rand(2, 7)).sum() for _ in range(3))
    total.backward()
    assert layer.weight.grad.isfinite().all()


def test_autocast_is_off_for_the_iteration_and_on_for_the_layer(monkeypatch):
    # On a GPU autocast would make matrix times vector half precision.
    states = []
    monkeypatch.setattr(
        SpectralLinear,
        "_iterate",
        lambda self, matrix: states.append(torch.is_autocast_enabled("cpu")),
    )
    layer = SpectralLinear(7, 5)
    states.clear()
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(torch.rand(2, 7)).dtype == torch.bfloat16
    assert states == [False]
