import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from human_capture.common.calibration import Calibration, write_calibration
from human_capture.common.errors import InputError
from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.rigs import ring
from human_capture.common.video import probe
from human_capture.common.video_writer import VideoWriter
from human_capture.common.weights import save_weights
from human_capture.pose3d.datasets.motion import Performer
from human_capture.pose3d.lifting.normalisation import normalise
from human_capture.pose3d.networks.lifters.lifter import Lifter
from human_capture.pose3d.networks.lifters.perceptron import WindowLifter
from human_capture.pose3d.recordings.lift import find_camera, lift, lift_role
from human_capture.pose3d.recordings.lift_options import LiftOptions
from human_capture.pose3d.recordings.roles import Role

SIZE, FRAMES = 160, 48


class Oracle(Lifter):
    """A lifter that knows the truth: joints in the camera's frame, and the ground."""

    def __init__(self, joints, up):
        super().__init__()
        self.joints, self.up = joints, up

    @property
    def window(self):
        return 1

    def regress(self, inputs, state=None):
        done = 0 if state is None else int(state[0])
        frames = inputs.seen.shape[1]
        here = self.joints[done : done + frames]
        relative = (here - self.format.root_of(here)) @ inputs.view[0].mT
        up = inputs.view[0] @ self.up
        up = up - up.new_tensor([0.0, -1.0, 0.0])
        feet = torch.full((frames, 4), 8.0)
        spread = torch.zeros(frames, len(self.format))
        raw = torch.cat((relative.flatten(1), spread, up, feet), -1)
        return raw[None], (torch.tensor(done + frames),)


class Projector:
    """A detector that knows the truth, for a video that shows nothing."""

    format, fingerprint = BLAZEPOSE33, "projector"

    def __init__(self, pixels, hidden=(), sure=0.9):
        self.pixels, self.hidden, self.sure = pixels, hidden, sure

    def people(self, images):
        for frame, _ in enumerate(images):
            sure = np.full(33, self.sure)
            yield [] if frame in self.hidden else [(self.pixels[frame], sure)]


@pytest.fixture(scope="module")
def scene():
    """World joints of somebody who waits, and a camera that sees them."""
    performer = Performer.of(5, BLAZEPOSE33.name)
    motion = procedural_motion(performer.skeleton, "Waiting", 1, FRAMES, fps=30.0)
    joints = performer(motion)
    joints = joints - torch.tensor([*joints.mean((0, 1))[:2].tolist(), 0.0])
    return joints, ring(1, radius=4.0, height=1.5, width=SIZE, focal_over_width=1.0)


@pytest.fixture
def take(tmp_path, scene):
    """Options for a video, its detector, and a file with a lifter."""
    joints, camera = scene
    with VideoWriter(tmp_path / "take.mp4", 30.0) as writer:
        for _ in range(FRAMES):
            writer.write(np.zeros((SIZE, SIZE, 3), np.uint8))
    pixels, _ = camera.project(joints.reshape(1, -1, 3))
    lifter = WindowLifter(window=3, width=16)
    path = "human_capture.pose3d.networks.lifters.perceptron.WindowLifter"
    config = {"class_path": path, "init_args": {"window": 3, "width": 16}}
    save_weights(tmp_path / "small.safetensors", lifter, {"lifter": config})
    options = LiftOptions(
        video=str(tmp_path / "take.mp4"),
        output=str(tmp_path / "out"),
        lifter=str(tmp_path / "small.safetensors"),
    )
    return options, Projector(pixels.reshape(FRAMES, 33, 2).numpy())


def seen(detector, spans=((0, FRAMES),)):
    sure = np.full((FRAMES, 33), 0.9, np.float32)
    pixels = detector.pixels.astype(np.float32)
    return Role(BLAZEPOSE33, pixels, sure, np.array(spans))


def oracle(scene):
    joints, camera = scene
    in_camera = camera.to_camera(joints.reshape(1, -1, 3)).reshape(joints.shape)
    return Oracle(in_camera, camera.rotation[0, :, 2])


def test_the_truth_comes_out_in_a_calibrated_world(take, scene, tmp_path):
    options, detector = take
    joints, camera = scene
    calibration = Calibration(("cam",), camera.to(torch.float64), ((SIZE, SIZE),))
    write_calibration(calibration, tmp_path / "cam.toml", "pose2sim")
    options = replace(options, calibration=str(tmp_path / "cam.toml"), smooth="none")
    placed = find_camera(probe(options.video), options)
    capture, _ = lift_role(seen(detector), placed, oracle(scene), 30.0, options)
    assert (capture.points[0] - joints).norm(dim=-1).max() < 0.05
    assert capture.evidence.reprojection_error.nanmedian() < 0.5


def test_without_calibration_people_stand_on_the_floor(take, scene):
    options, detector = take
    joints, _ = scene
    options = replace(options, field_of_view=2 * np.degrees(np.arctan(0.5)).item())
    placed = find_camera(probe(options.video), options)
    capture, placed = lift_role(seen(detector), placed, oracle(scene), 30.0, options)
    found = capture.points[0]
    torch.testing.assert_close(found[..., 2], joints[..., 2], atol=0.05, rtol=0)
    torch.testing.assert_close(
        torch.cdist(found, found), torch.cdist(joints, joints), atol=0.03, rtol=0
    )
    assert placed.cameras.centre[0, 2].item() == pytest.approx(1.5, abs=0.1)


def test_people_become_as_tall_as_stated(take, scene):
    options, detector = take
    placed = find_camera(probe(options.video), options)
    role, lifter = seen(detector), oracle(scene)
    plain, _ = lift_role(role, placed, lifter, 30.0, options)
    small, _ = lift_role(role, placed, lifter, 30.0, replace(options, height=1.2))
    smaller, _ = lift_role(role, placed, lifter, 30.0, replace(options, height=0.6))
    heights = [
        (c.points[0, :, :, 2].amax(-1) - c.points[0, :, :, 2].amin(-1)).median()
        for c in (plain, small, smaller)
    ]
    assert heights[1].item() == pytest.approx(1.1, abs=0.15)  # to the eyes, about
    assert heights[2].item() == pytest.approx(heights[1].item() / 2, rel=0.02)


def test_absent_people_are_unknown_and_lifting_starts_anew(take, scene):
    options, detector = take
    role = seen(detector, spans=((0, 20), (30, FRAMES)))
    placed = find_camera(probe(options.video), options)
    lifter = WindowLifter(window=9, width=16).eval()
    capture, _ = lift_role(role, placed, lifter, 30.0, options)
    known = capture.points[0].isfinite().all(-1).all(-1)
    assert known.tolist() == [f < 20 or f >= 30 for f in range(FRAMES)]
    alone = seen(detector, spans=((30, FRAMES),))
    again, _ = lift_role(alone, placed, lifter, 30.0, options)
    ours, theirs = (
        c.points[0, 30:] - BLAZEPOSE33.root_of(c.points[0, 30:])
        for c in (capture, again)
    )
    lengths = [torch.cdist(x, x) for x in (ours, theirs)]
    torch.testing.assert_close(*lengths, atol=1e-3, rtol=0)


def test_a_video_leaves_all_results(take, capsys):
    options, detector = take
    capture = lift(options, detector)
    assert capture.points.shape == (1, FRAMES, 33, 3)
    folder = Path(options.output)
    views = ("free_view.mp4", "stick_figures_0.mp4", "stick_figures_90.mp4")
    for name in ("motion.json", "motion.npz", "motion.html", "person1.trc", *views):
        assert (folder / name).stat().st_size > 200, name
    assert json.loads((folder / "motion.json").read_text())["format"] == "blazepose33"
    printed = capsys.readouterr().out
    assert "frames in" in printed
    assert "lifting" in printed


def test_somebody_who_leaves_for_a_while_is_found_again(take):
    options, detector = take
    detector.hidden = set(range(5, 8))
    capture = lift(options, detector)
    assert capture.points[0].isfinite().all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"video": "nowhere.mp4"}, "There is no video"),
        ({"person": 2}, "There is no person 2"),
        ({"lifter": "unknown"}, "There are no weights 'unknown'"),
        ({"start": 999}, "none are left"),
    ],
)
def test_bad_input_is_one_sentence(take, change, sentence):
    options, detector = take
    with pytest.raises(InputError, match=sentence):
        lift(replace(options, **change), detector)


def test_nobody_in_view_is_one_sentence(take):
    options, detector = take
    detector.hidden = set(range(FRAMES))
    with pytest.raises(InputError, match="Nobody is seen"):
        lift(options, detector)


@pytest.mark.parametrize("broken", ["unsure", "not a number"])
def test_invalid_key_points_are_nobody(take, broken):
    options, detector = take
    if broken == "unsure":
        detector.sure = 0.05
    else:
        detector.pixels = np.full_like(detector.pixels, np.nan)
    with pytest.raises(InputError, match="Nobody is seen"):
        lift(options, detector)
    assert not list(Path(options.output).glob("motion*"))


def test_a_camera_must_be_named_where_there_are_several(take, tmp_path):
    options, _ = take
    several = Calibration(("a", "b"), ring(2, width=SIZE), ((SIZE, SIZE),) * 2)
    write_calibration(several, tmp_path / "two.toml", "pose2sim")
    options = replace(options, calibration=str(tmp_path / "two.toml"))
    with pytest.raises(InputError, match="say with --camera"):
        find_camera(probe(options.video), options)
    with pytest.raises(InputError, match="has no camera 'c'"):
        find_camera(probe(options.video), replace(options, camera="c"))
    assert find_camera(probe(options.video), replace(options, camera="b")).names == (
        "b",
    )


def test_normalised_input_does_not_depend_on_the_image_size(scene):
    """Why an unknown focal length is no disaster."""
    joints, camera = scene
    rays = camera.normalise(camera.project(joints.reshape(1, -1, 3))[0])
    rays = rays.reshape(1, FRAMES, 33, 2)
    sure = torch.ones(rays.shape[:-1])
    right, _ = normalise(rays, sure, BLAZEPOSE33)
    wrong, _ = normalise(1.2 * rays, sure, BLAZEPOSE33)
    torch.testing.assert_close(right.joints, wrong.joints, atol=0.06, rtol=0)
