"""Training and comparison of lifters on motion that is made for them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from lightning.pytorch import Trainer

from human_capture.common.errors import InputError
from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.common.weights import save_weights
from human_capture.pose3d.datasets.motion import ClipRecipe, on_floor
from human_capture.pose3d.lifting.filming import Filming
from human_capture.pose3d.lifting.noise import DetectorNoise
from human_capture.pose3d.lifting.placement import to_camera
from human_capture.pose3d.lifting_comparison import LiftingComparisonTask
from human_capture.pose3d.lifting_data import ClipSizes, MotionDataModule
from human_capture.pose3d.lifting_task import (
    LiftingTask,
    lift_batch,
    lifting_scores,
    update_scores,
)
from human_capture.pose3d.networks.lifters.lifter import Lifted
from human_capture.pose3d.networks.lifters.perceptron import WindowLifter
from human_capture.pose3d.networks.lifters.temporal import TemporalLifter


@pytest.fixture(scope="session")
def noise(tmp_path_factory):
    """A detector that is off by a little."""
    path = tmp_path_factory.mktemp("bank") / "errors.npz"
    random = np.random.default_rng(0)
    np.savez(
        path,
        errors=0.02 * random.standard_normal((6, 10, 33, 2)),
        confidence=np.full((6, 10, 33), 0.9),
        facing=np.arange(6.0),
    )
    return DetectorNoise(path=path)


@pytest.fixture
def data(tmp_path, noise):
    return MotionDataModule(
        ClipSizes(6, 2, 3),
        ClipRecipe(frames=40),
        Filming(frames=24, noise=noise),
        Filming(frames=40, follows=0.0, noise=noise),
        batch_size=3,
        eval_batch_size=2,
        cache=tmp_path / "cache",
    )


def trainer(folder, **options) -> Trainer:
    return Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        **options,
    )


def small(**options) -> TemporalLifter:
    torch.manual_seed(0)
    return TemporalLifter(dilations=(1, 3), width=48, token=8, heads=2, **options)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_training_lowers_the_error_of_what_is_trained_on(tmp_path, data, precision):
    def optimizer(parameters):
        return torch.optim.Adam(parameters, 3e-3)

    task = LiftingTask(small(dropout=0.0), optimizer, warm_frames=4)
    run = trainer(tmp_path, max_steps=40, limit_val_batches=0, precision=precision)
    (before,) = trainer(tmp_path).validate(task, data, verbose=False)
    run.fit(task, data)
    (after,) = trainer(tmp_path).validate(task, data, verbose=False)
    key = "val/detector/mpjpe_mm"
    assert after[key] < 0.85 * before[key]


def test_half_precision_changes_little(data, noise):
    data.prepare_data()
    clips = next(iter(data.val_dataloader()))
    generator = torch.Generator().manual_seed(0)
    batch = data.held_out(clips.joints, clips.action, BLAZEPOSE33, generator)
    for lifter in (small(), WindowLifter(window=3, width=32)):
        torch.nn.init.normal_(list(lifter.parameters())[-2], std=0.05)
        lifter.eval()
        exact, _ = lift_batch(lifter, batch)
        with torch.autocast("cpu", torch.bfloat16):
            half, view = lift_batch(lifter, batch)
        assert half.joints.dtype == view.dtype == torch.float32
        scale = exact.joints.std()
        assert 0 < (half.joints - exact.joints).abs().mean() < 0.05 * scale


def test_the_truth_has_no_errors(data):
    data.prepare_data()
    clips = next(iter(data.val_dataloader()))
    batch = replace(data.held_out, noise=None)(
        clips.joints, clips.action, BLAZEPOSE33, torch.Generator().manual_seed(0)
    )
    view = torch.eye(3).expand(len(batch), 40, 3, 3)
    relative = batch.joints - BLAZEPOSE33.root_of(batch.joints)
    nothing = torch.zeros_like(relative[..., 0])
    lifted = Lifted(relative, nothing, batch.up, nothing[..., :4])
    scores = lifting_scores()
    update_scores(scores, BLAZEPOSE33, lifted, view, batch, warm_frames=8)
    found = scores.compute()
    assert found["mpjpe_mm"] < 1e-2
    assert found["acceleration_mm"] < 1e-2
    torch.testing.assert_close(to_camera(relative, view), relative)
    # what has been performed as standing still moves a little, and so does the truth
    assert found["foot_sliding_mm"] < 8


def test_validation_sees_the_same_films_every_time_and_training_new_ones(
    tmp_path, data
):
    seen = []

    class Spy(LiftingTask):
        def training_step(self, batch, batch_idx):
            seen.append(("train", batch.rays))
            return super().training_step(batch, batch_idx)

        def validation_step(self, batch, batch_idx, dataloader_idx=0):
            seen.append(("val", batch.rays))

    run = trainer(tmp_path, max_epochs=2, num_sanity_val_steps=0)
    run.fit(Spy(small()), data)
    val = [rays for split, rays in seen if split == "val"]
    train = [rays for split, rays in seen if split == "train"]
    assert len(val) == 2
    torch.testing.assert_close(val[0], val[1])
    assert not any(torch.equal(train[0], other) for other in train[1:])


def test_training_starts_from_weights(tmp_path):
    first, second = small(), small()
    torch.nn.init.normal_(first.joints.identity)
    save_weights(tmp_path / "first.safetensors", first, {})
    LiftingTask(second, weights=tmp_path / "first.safetensors")
    torch.testing.assert_close(
        second.joints.identity, first.joints.identity, atol=1e-2, rtol=1e-2
    )


def test_lifters_are_compared_on_every_condition(tmp_path, data, capsys):
    paths = {}
    for name, lifter, options in (
        ("one", WindowLifter(window=1, width=16), {"window": 1, "width": 16}),
        ("three", WindowLifter(window=3, width=16), {"window": 3, "width": 16}),
    ):
        path = f"{WindowLifter.__module__}.{WindowLifter.__name__}"
        config = {"class_path": path, "init_args": options}
        paths[name] = str(tmp_path / f"{name}.safetensors")
        save_weights(tmp_path / f"{name}.safetensors", lifter, {"lifter": config})
    paths["absent"] = str(tmp_path / "absent.safetensors")
    with pytest.warns(UserWarning, match="'absent' is left out"):
        task = LiftingComparisonTask(paths, warm_frames=8, output=tmp_path / "out")
    trainer(tmp_path).test(task, data, verbose=False)
    lines = (tmp_path / "out" / "lifting.md").read_text().splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines[2:]]
    assert [row[:2] for row in cells] == [
        [condition, name]
        for condition in ("detector", "exact")
        for name in ("one", "three")
    ]
    assert all(float(x) > 0 for row in cells for x in row[2:6])
    assert "MPJPE" in capsys.readouterr().out


def test_nothing_to_compare_is_one_sentence(tmp_path):
    with (
        pytest.warns(UserWarning, match="left out"),
        pytest.raises(InputError, match="no lifter to compare"),
    ):
        LiftingComparisonTask({"a": str(tmp_path / "a.safetensors")})


def test_recorded_motion_stands_on_the_floor():
    joints = torch.rand(60, 33, 3, generator=torch.Generator().manual_seed(0))
    found = on_floor(joints + torch.tensor([1.0, 2.0, -3.0]))
    assert found[..., 2].amin(-1).quantile(0.02) == pytest.approx(0.015, abs=1e-4)
    torch.testing.assert_close(found[..., :2], joints[..., :2] + torch.tensor([1.0, 2]))
