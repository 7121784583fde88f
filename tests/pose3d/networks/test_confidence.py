import pytest
import torch

from human_capture.pose3d.networks.backbone import ImageFeatures
from human_capture.pose3d.networks.confidence import HeatmapConfidence, PooledConfidence


def features(samples: int = 4, deep: int = 6, side: int = 4) -> ImageFeatures:
    generator = torch.Generator().manual_seed(0)
    return ImageFeatures(
        torch.randn(samples, 5, 16, 16, generator=generator, requires_grad=True),
        torch.randn(samples, 3, 16, 16, generator=generator),
        torch.randn(samples, deep, side, side, generator=generator, requires_grad=True),
    )


@pytest.mark.parametrize("outputs", [5, 32])
@pytest.mark.parametrize("kind", ["pooled", "heat maps"])
def test_confidences_lie_between_zero_and_one(kind, outputs):
    if kind == "pooled":
        head = PooledConfidence(6, outputs)
    else:
        head = HeatmapConfidence(6, 5, outputs)
    confidences = head(features())
    assert confidences.shape == (4, outputs)
    assert ((confidences > 0) & (confidences < 1)).all()


def test_the_heat_map_head_starts_without_preference():
    confidences = HeatmapConfidence(6, 5)(features())
    assert confidences.shape == (4, 5)
    assert torch.equal(confidences, confidences[:1, :1].expand(4, 5))


def test_the_heat_map_head_sees_how_peaked_maps_are_but_does_not_train_them():
    torch.manual_seed(0)
    head = HeatmapConfidence(6, 5)
    torch.nn.init.normal_(head.head[2].weight)
    image = features()
    sharp = ImageFeatures(5 * image.heatmaps, image.features, image.deep)
    assert not torch.allclose(head(image), head(sharp))
    head(image).sum().backward()
    assert image.heatmaps.grad is None
    assert image.deep.grad.abs().max() > 0


def test_the_pooled_head_trains_the_encoder():
    image = features()
    PooledConfidence(6, 5)(image).sum().backward()
    assert image.deep.grad.isfinite().all()
    assert image.deep.grad.abs().max() > 0


def test_certain_and_blank_maps_are_finite():
    head = HeatmapConfidence(6, 5)
    torch.nn.init.normal_(head.head[2].weight)
    image = features()
    for maps in (torch.zeros_like(image.heatmaps), 1e4 * image.heatmaps):
        confidences = head(ImageFeatures(maps, image.features, image.deep))
        assert confidences.isfinite().all()
