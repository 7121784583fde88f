import pytest
import torch
from torch.nn.functional import instance_norm

from human_capture.reenact.networks.adain import AdaIN


def reference(x, styles):
    channels = x.shape[1]
    bias, weight = styles[:, :channels], styles[:, channels:]
    return instance_norm(x, eps=1e-4) * weight[..., None, None] + bias[..., None, None]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_first_adds_the_first_half_and_multiplies_by_the_second(layout):
    x = (3 * torch.rand(2, 5, 8, 6) + 10).to(memory_format=layout)
    styles = torch.randn(2, 10)
    y = AdaIN(5)(x, styles)
    torch.testing.assert_close(y, reference(x, styles), rtol=1e-4, atol=1e-4)
    assert y.is_contiguous(memory_format=layout)


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    x = torch.rand(2, 3, 4, 5, dtype=torch.double, requires_grad=True)
    styles = torch.randn(2, 6, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(AdaIN(3), (x, styles))


def test_maps_without_contrast_have_finite_gradients():
    x = torch.ones(1, 3, 4, 4, requires_grad=True)
    y = AdaIN(3)(x, torch.ones(1, 6))
    y.sum().backward()
    assert torch.equal(y, torch.ones_like(y))
    assert x.grad.isfinite().all()


def test_half_precision_stays_and_is_close():
    torch.manual_seed(0)
    x, styles = torch.randn(2, 4, 16, 16), torch.randn(2, 8)
    to_y = torch.randn_like(x)
    gradients = []
    for maps in (x.clone(), x.bfloat16()):
        y = AdaIN(4)(maps.requires_grad_(), styles)
        y.backward(to_y.to(y.dtype))
        assert y.dtype == maps.dtype == maps.grad.dtype
        gradients.append(maps.grad.float())
    torch.testing.assert_close(y.float(), reference(x, styles), rtol=0.05, atol=0.05)
    torch.testing.assert_close(*gradients, rtol=0.05, atol=0.05)
