from functools import partial

import pytest
import torch
from lightning.pytorch import Trainer, seed_everything

from human_capture.common.cameras import Cameras
from human_capture.common.rigs import ring
from human_capture.multineus.data import HeadsDataModule, RaysOfHeads
from human_capture.multineus.datasets.synthetic import HeadRecipe
from human_capture.multineus.fields.colour import ColourNetwork
from human_capture.multineus.fields.scene import PersonalLayers, SceneField
from human_capture.multineus.fields.sdf import SDFNetwork
from human_capture.multineus.objective import FieldObjective
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.ray_batches import (
    FACE_RADIUS,
    NOSE,
    RaySampler,
    collate_rays,
)
from human_capture.multineus.renderer import Renderer
from human_capture.multineus.task import FieldTask


@pytest.fixture
def portraits():
    """Pictures whose pixels tell where they are; the mask is a block."""
    size = 40
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    image = torch.stack((x, y, 0 * x)).to(torch.uint8)
    masks = torch.zeros(5, size, size, dtype=torch.uint8)
    masks[:, 10:20, 15:25] = 255
    rig = ring(5, target=(0.0, 0.0, 0.0), height=0.0, width=size)
    cameras = Cameras(rig.intrinsics, rig.world_to_camera)
    return Portraits(image.expand(5, -1, -1, -1), masks, cameras, torch.eye(4))


def drawn(portraits, seed=0, **options):
    generator = torch.Generator().manual_seed(seed)
    return RaySampler(**{"rays": 200, **options})(portraits, 3, generator)


def test_pixels_come_from_around_the_mask(portraits):
    batch = drawn(portraits, margin=0.2)
    x, y = (255 * batch.colour[0, :, :2]).round().unbind(-1)
    assert (x.min(), x.max()) == (13, 26)
    assert (y.min(), y.max()) == (8, 21)
    inside = (x >= 15) & (x < 25) & (y >= 10) & (y < 20)
    torch.testing.assert_close(batch.mask[0], inside.float())
    assert batch.objects.tolist() == [3]


def test_some_pixels_are_about_the_face(portraits):
    """Rays through such pixels pass the tip of the nose within the face's radius."""

    def near(batch):
        towards = torch.tensor(NOSE) - batch.origins[0]
        along = (towards * batch.directions[0]).sum(-1, keepdim=True)
        apart = (towards - along * batch.directions[0]).norm(dim=-1)
        return (apart < FACE_RADIUS + 0.1).float().mean()

    few = drawn(portraits, margin=0.0)
    assert near(drawn(portraits, face=1.0)) == 1
    assert near(few) < near(drawn(portraits, margin=0.0, face=0.5)) < 1


def test_rays_come_from_some_views(portraits):
    assert len(drawn(portraits, views=2).origins[0].unique(dim=0)) == 2
    assert len(drawn(portraits, views=9).origins[0].unique(dim=0)) == 5


def test_an_empty_mask_leaves_the_whole_picture(portraits):
    empty = Portraits(
        portraits.images, 0 * portraits.masks, portraits.cameras, portraits.sphere
    )
    batch = drawn(empty)
    assert 255 * batch.colour.max() > 37
    assert batch.mask.max() == 0


def test_the_same_seed_draws_the_same_rays(portraits):
    first, second, other = (drawn(portraits, seed) for seed in (0, 0, 1))
    assert torch.equal(first.origins, second.origins)
    assert torch.equal(first.colour, second.colour)
    assert not torch.equal(first.colour, other.colour)
    assert collate_rays([first, other]).colour.shape == (2, 200, 3)


def test_an_epoch_visits_every_head_as_often(portraits):
    rays = RaysOfHeads([portraits, portraits, portraits], RaySampler(rays=4), 2)
    seen = [int(rays[index].objects) for index in range(len(rays))]
    assert sorted(seen) == [0, 0, 1, 1, 2, 2]


def field(objects=2, **layers):
    torch.manual_seed(0)
    return SceneField(
        objects,
        PersonalLayers(**{"rank": 4, **layers}),
        sdf=partial(SDFNetwork, width=64),
        colour=partial(ColourNetwork, feature=64, width=32),
    )


def trained(tmp_path, steps, **options):
    seed_everything(0)
    data = HeadsDataModule(
        2,
        HeadRecipe(views=4, size=48, supersampling=1),
        sampler=RaySampler(rays=128),
        cache=tmp_path / "cache",
    )
    task = FieldTask(
        field(),
        Renderer(even=16, near_surface=16),
        partial(torch.optim.Adam, lr=2e-3),
        **options,
    )
    seen = []
    task.log = lambda name, value, **_: seen.append((name, float(value)))
    trainer = Trainer(
        accelerator="cpu",
        max_steps=steps,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(task, data)
    return task, [value for name, value in seen if name == "train/psnr"]


@pytest.mark.slow
def test_training_makes_pictures_better(tmp_path):
    task, psnr = trained(tmp_path, 150)
    assert sum(psnr[-20:]) / 20 > sum(psnr[:20]) / 20 + 3
    assert float(task.field.deviation()) > 20.1  # sharper than in the beginning


@pytest.mark.parametrize("mask", [0.0, 0.1])
@pytest.mark.parametrize("points", [0, 2])
def test_losses_are_what_the_objective_says(tmp_path, mask, points):
    objective = FieldObjective(mask=mask, eikonal_points=points)
    task, psnr = trained(tmp_path, 2, objective=objective, anneal=0.5)
    assert len(psnr) == 2
    assert all(p.isfinite().all() for p in task.parameters())
