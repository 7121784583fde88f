from dataclasses import replace

import pytest
import torch
from lightning.pytorch import Trainer

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.schedules import Schedule
from human_capture.multineus.camera_corrections import CameraCorrections
from human_capture.multineus.datasets.synthetic import DrawHead, HeadRecipe
from human_capture.multineus.fields.scene import BlendedHead
from human_capture.multineus.fitting import PUBLISHED_STAGES, FitTask, Stage
from human_capture.multineus.head_fit import HeadFit, fit_head
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.ray_batches import RaySampler
from human_capture.multineus.renderer import Renderer
from human_capture.multineus.runs import run_stage
from human_capture.multineus.views import render_view

LOOK = Renderer(even=8, near_surface=8, rounds=2)


@pytest.fixture(scope="module")
def portraits():
    item = DrawHead(HeadRecipe(views=2, size=32, supersampling=1), 900)(0)
    cameras = Cameras(item["intrinsics"], item["world_to_camera"])
    return Portraits(item["images"], item["masks"], cameras, item["sphere"])


def fitted(field, portraits, stage, tmp_path, **options):
    torch.manual_seed(0)
    task = FitTask(
        field, portraits, stage, renderer=LOOK, sampler=RaySampler(rays=32), **options
    )
    Trainer(
        max_steps=stage.steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    ).fit(task)
    return task


def changed(before, field):
    return {
        name
        for name, parameter in field.named_parameters()
        if not torch.equal(before[name], parameter)
    }


def state(field):
    return {name: p.detach().clone() for name, p in field.named_parameters()}


def test_the_first_stage_leaves_alone_what_people_share(small, portraits, tmp_path):
    field = small().newcomer()
    before = state(field)
    task = fitted(field, portraits, Stage("personal", 2, 1e-2, 1e-3), tmp_path)
    moved = changed(before, field)
    assert moved
    assert all("coefficients" in name for name in moved)
    assert task.corrections.twists.abs().max() > 0


def test_a_blend_is_all_that_its_stage_changes(small, portraits, tmp_path):
    head = BlendedHead(small())
    before = state(head)
    fitted(head, portraits, Stage("blend", 2, 1e-2), tmp_path)
    assert changed(before, head) == {"lean"}
    assert head.shares.sum().item() == pytest.approx(1)
    point = torch.rand(1, 5, 3)
    first = torch.tensor([0])
    torch.testing.assert_close(
        head.of(first).distance(point), head.newcomer().of(first).distance(point)
    )


def test_the_second_stage_freezes_coefficients(small, portraits, tmp_path):
    field = small().newcomer()
    before = state(field)
    fitted(field, portraits, Stage("shared", 2, 1e-3), tmp_path)
    moved = changed(before, field)
    assert "deviation.variance" in moved
    assert any("basis" in name for name in moved)
    assert not any("coefficients" in name for name in moved)


def test_independent_layers_are_trained_in_the_second_stage(small, portraits, tmp_path):
    field = small(kind="independent").newcomer()
    before = state(field)
    fitted(field, portraits, Stage("shared", 2, 1e-3), tmp_path)
    assert "sdf.layers.0.weight.0" in changed(before, field)


def test_cameras_alone_leave_the_field(small, portraits, tmp_path):
    field = small().newcomer()
    before = state(field)
    task = fitted(field, portraits, Stage("cameras", 2, 0.0, 1e-3), tmp_path)
    assert not changed(before, field)
    assert task.corrections.twists.abs().max() > 0


def test_a_stage_without_camera_rate_leaves_the_cameras(small, portraits, tmp_path):
    stage = Stage("personal", 2, 1e-2, camera_learning_rate=0.0)
    task = fitted(small().newcomer(), portraits, stage, tmp_path)
    assert task.corrections.twists.abs().max() == 0


def test_a_camera_that_is_off_comes_back(small, portraits, tmp_path):
    """The field of a sphere is fitted, then its camera is moved."""
    field = small().newcomer()
    with torch.no_grad():
        field.deviation.variance.fill_(0.4)
    shifted = CameraCorrections(2)
    with torch.no_grad():
        shifted.twists[:, 3] = 0.02
    rendered = Portraits(
        portraits.images,
        masks_of(field, portraits),
        portraits.cameras,
        portraits.sphere,
    )
    stage = Stage("cameras", 40, 0.0, 1e-3, Schedule(0, last=1.0))
    task = fitted(field, rendered, stage, tmp_path, corrections=shifted)
    assert task.corrections.twists[:, 3].abs().max() < 0.015


def masks_of(field, portraits):
    """Where rays are stopped."""
    size = tuple(portraits.images.shape[-2:])
    masks = []
    for view in range(len(portraits)):
        normals = render_view(
            field, 0, portraits.cameras[view], portraits.sphere, size, LOOK
        )[1]
        masks.append((255 * (normals.sum(0) > 0.4)).to(torch.uint8))
    return torch.stack(masks)


def test_learning_rates_rise_and_fall_as_published():
    first, second = PUBLISHED_STAGES
    assert [first.speed(step) for step in (0, 12999, 13000)] == [1, 1, 0.23]
    assert first.speed(17000) == pytest.approx(0.23**2)
    assert second.speed(499) == 0.5
    assert second.speed(12000) == pytest.approx(0.2)  # the 30,000th of both


def test_pixels_without_trust_teach_nothing(small, portraits, tmp_path):
    nothing = replace(portraits, trust=torch.zeros_like(portraits.masks))
    field = small().newcomer()
    task = FitTask(field, nothing, Stage("personal", 1, 1e-2), renderer=LOOK)
    pixels = task.sampler.pixels(nothing, torch.Generator().manual_seed(0))
    batch = task.sampler.batch(nothing, 0, *pixels)
    losses, _ = task.objective(
        field.of(batch.objects), LOOK, batch, torch.Generator().manual_seed(0)
    )
    assert float(losses["colour"]) == float(losses["mask"]) == 0


def test_a_loss_that_is_no_number_stops_with_its_rays(small, portraits, tmp_path):
    field = small().newcomer()
    with torch.no_grad():
        field.sdf.layers[-1].bias.fill_(torch.nan)
    with pytest.raises(InputError, match="not finite at step 0") as error:
        fitted(field, portraits, Stage("personal", 2, 1e-2), tmp_path)
    assert (tmp_path / "diverged_step_0.safetensors").stat().st_size > 0
    assert str(tmp_path) in str(error.value)


def test_a_fit_that_was_interrupted_goes_on(small, portraits, tmp_path):
    stages = (
        Stage("blend", 3, 1e-2), Stage("personal", 4, 1e-2), Stage("shared", 4, 1e-3),
    )  # fmt: skip
    fit = HeadFit(stages, RaySampler(rays=16), LOOK)
    run = tmp_path / "fit"
    whole, _ = fit_head(small(), portraits, fit, run)
    assert (run / "preview.png").exists()
    # the first stages are there, the last is not
    (run / "stage_3.ckpt").unlink()
    prior = small()
    again, _ = fit_head(prior, portraits, fit, run)
    coefficients = whole.sdf.layers[0].coefficients[0]
    assert torch.equal(again.sdf.layers[0].coefficients[0], coefficients)
    assert not torch.equal(again.sdf.layers[0].basis, small().sdf.layers[0].basis)


class NarrowRenderer(Renderer):
    """Has no memory for more than 20 rays."""

    def __call__(self, field, origins, *rest):
        if origins.shape[1] > 20:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to")
        return super().__call__(field, origins, *rest)


class BrokenRenderer(Renderer):
    """Fails for a reason of its own."""

    def __call__(self, *rest):
        raise RuntimeError("another reason")


def test_too_many_rays_are_answered_with_how_many_fit(small, portraits, tmp_path):
    task = FitTask(
        small().newcomer(),
        portraits,
        Stage("personal", 2, 1e-2),
        renderer=NarrowRenderer(even=8, near_surface=8, rounds=2),
        sampler=RaySampler(rays=64),
    )
    with pytest.raises(InputError, match="for 64 rays a step; 16 would fit"):
        run_stage(task, tmp_path)
    task.renderer = BrokenRenderer()
    with pytest.raises(RuntimeError, match="another reason"):
        run_stage(task, tmp_path)
