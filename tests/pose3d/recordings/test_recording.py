import errno
import json
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.calibration import Calibration, write_calibration
from human_capture.common.errors import InputError
from human_capture.common.keypoints import COCO17
from human_capture.common.progress import plain_warnings, progress
from human_capture.common.rigid import so3_exp
from human_capture.common.rigs import ring
from human_capture.common.video_writer import VideoWriter
from human_capture.pose3d.recordings.detection import make_detector
from human_capture.pose3d.recordings.detections import Detections
from human_capture.pose3d.recordings.options import RecordingOptions
from human_capture.pose3d.recordings.recording import (
    capture_motion,
    detect_people,
    open_recording,
)

SIZE, FRAMES = 160, 20
NAMES = ("cam1", "cam2", "cam3", "cam4")


class Projector:
    """A detector that knows the truth: grey levels tell it the camera and frame."""

    format = COCO17

    def __init__(self, points, cameras, noise=0.0):
        self.points, self.cameras, self.noise = points, cameras, noise
        self.fingerprint = f"projector {noise}"
        self.calls, self.stop_at, self.blind = 0, None, set()

    def people(self, images):
        for image in images:
            self.calls += 1
            if self.calls == self.stop_at:
                raise KeyboardInterrupt
            view = round(float(image[: SIZE // 2].mean()) / 50)
            frame = round(float(image[SIZE // 2 :].mean()) / 10)
            hidden = (view, frame) in self.blind
            yield [] if hidden else list(self.seen(view, frame))

    def seen(self, view, frame):
        generator = np.random.default_rng(100 * view + frame)
        for person in generator.permutation(len(self.points)):
            truth = self.points[person, frame].double()
            pixels, _ = self.cameras[view].project(truth)
            noise = generator.normal(0, self.noise, pixels.shape)
            yield pixels.numpy() + noise, np.full(17, 0.9)


@pytest.fixture
def cameras():
    return ring(4, radius=4.5, width=SIZE).to(torch.float64)


@pytest.fixture
def studio(tmp_path, cameras, walk):
    """Options for four small videos with a calibration, and their detector."""
    write_videos(tmp_path / "videos")
    sizes = ((SIZE, SIZE),) * 4
    calibration = Calibration(NAMES, cameras, sizes)
    write_calibration(calibration, tmp_path / "calibration.toml", "pose2sim")
    options = RecordingOptions(
        calibration=str(tmp_path / "calibration.toml"),
        videos=str(tmp_path / "videos"),
        output=str(tmp_path / "out"),
        smooth="none",
    )
    return options, Projector(walk(2, FRAMES).points, cameras)


def write_videos(folder, names=NAMES, frames=FRAMES, fps=30.0):
    for name in names:
        view = NAMES.index(name)
        with VideoWriter(folder / f"{name}.mp4", fps, quality=30) as writer:
            for frame in range(frames):
                image = np.full((SIZE, SIZE, 3), 50 * view, np.uint8)
                image[SIZE // 2 :] = 10 * frame
                writer.write(image)


def run(options, detector):
    return capture_motion(open_recording(options), options, detector)


def worst(capture, points):
    """Largest distance to the truth in metres, whoever is first."""
    orders = (points, points.flip(0)) if len(points) == 2 else (points,)
    return min((capture.points - p).norm(dim=-1).max().item() for p in orders)


def test_exact_detections_give_the_exact_motion(studio):
    options, detector = studio
    capture = run(options, detector)
    assert capture.points.shape == (2, FRAMES, 17, 3)
    assert capture.fps == pytest.approx(30) and capture.format == COCO17
    assert worst(capture, detector.points) < 1e-4
    assert capture.evidence.used.all() and not capture.filled.any()
    assert capture.evidence.reprojection_error.max() < 0.05
    assert capture.confidence == pytest.approx(0.9, abs=1e-5)


def test_noise_is_averaged_over_cameras(studio):
    options, detector = studio
    detector = Projector(detector.points, detector.cameras, noise=0.75)
    capture = run(options, detector)
    assert worst(capture, detector.points) < 0.08


def test_one_person_can_be_asked_for(studio):
    options, detector = studio
    assert len(run(replace(options, people=1), detector).points) == 1


def test_parts_and_steps_of_a_recording(studio):
    options, detector = studio
    capture = run(replace(options, start=4, stop=16, every=3), detector)
    assert capture.fps == pytest.approx(10)
    assert worst(capture, detector.points[:, 4:16:3]) < 1e-4


def test_a_wrong_camera_is_left_out_joint_by_joint(studio):
    options, detector = studio
    wrist = COCO17.index("left_wrist")
    honest = detector.seen

    def lying(view, frame):
        for pixels, confidence in honest(view, frame):
            pixels[wrist] += 15 * (view == 2)
            yield pixels, confidence

    detector.seen = lying
    capture = run(options, detector)
    used = capture.evidence.used
    assert not used[:, :, 2, wrist].any() and used.sum() == used.numel() - 2 * FRAMES
    assert worst(capture, detector.points) < 1e-4


def test_gaps_are_filled_and_said_to_be(studio):
    options, detector = studio
    detector.blind = {(v, f) for v in range(1, 4) for f in (8, 9)}
    with pytest.warns(UserWarning) as caught:
        capture = run(options, detector)
    text = " ".join(str(w.message) for w in caught)
    assert "nobody is detected: 2 of cam2, 2 of cam3, 2 of cam4" in text
    assert "Nobody is seen by two cameras in 2 of 20 frames" in text
    assert "4 sightings of people in one camera only" in text
    assert capture.filled.all(-1).all(0).nonzero().flatten().tolist() == [8, 9]
    assert worst(capture, detector.points) < 0.01
    with pytest.warns(UserWarning):
        capture = run(replace(options, fill_gaps=0.0), detector)
    assert capture.points[:, 8:10].isnan().all() and not capture.filled.any()
    assert (capture.confidence[:, 8:10] == 0).all()


def test_nan_key_points_are_as_good_as_hidden_ones(studio):
    options, detector = studio
    honest = detector.seen

    def broken(view, frame):
        for pixels, confidence in honest(view, frame):
            pixels[3 + view] = np.nan
            confidence[10] = np.nan if view == 1 else 0.9
            yield pixels, confidence

    detector.seen = broken
    capture = run(options, detector)
    assert worst(capture, detector.points) < 1e-4
    assert not capture.evidence.used[:, :, 0, 3].any()


def test_nobody_anywhere_ends_in_one_sentence(studio):
    options, detector = studio
    detector.blind = {(v, f) for v in range(4) for f in range(FRAMES)}
    with pytest.warns(UserWarning), pytest.raises(InputError, match="0 of 4 cameras"):
        run(options, detector)


def test_cameras_that_were_turned_since_are_suspected(studio):
    options, detector = studio
    pitch = torch.deg2rad(torch.tensor([-20.0, -7.0, 7.0, 20.0], dtype=torch.float64))
    zero = torch.zeros_like(pitch)
    turn = torch.eye(4, dtype=torch.float64).repeat(4, 1, 1)
    turn[:, :3, :3] = so3_exp(torch.stack((pitch, zero, zero), -1))
    moved = turn @ detector.cameras.world_to_camera
    detector.cameras = replace(detector.cameras, world_to_camera=moved)
    with pytest.raises(InputError, match="to its camera"):
        run(options, detector)


def test_finished_cameras_survive_ctrl_c_and_the_next_run_goes_on(studio, tmp_path):
    options, detector = studio
    detector.stop_at = 2 * FRAMES + 5  # in the third camera
    with pytest.warns(UserWarning, match="2 of 4 cameras are finished"):
        with pytest.raises(KeyboardInterrupt):
            run(options, detector)
    kept = sorted(p.name for p in (tmp_path / "out" / "detections").iterdir())
    assert kept == ["cam1.npz", "cam2.npz"]
    detector.calls, detector.stop_at = 0, None
    assert worst(run(options, detector), detector.points) < 1e-4
    assert detector.calls == 2 * FRAMES
    run(options, detector)
    assert detector.calls == 2 * FRAMES  # nothing is detected twice


def test_kept_detections_are_dropped_when_what_they_rest_on_changes(studio, tmp_path):
    options, detector = studio
    run(options, detector)
    start = detector.calls
    run(replace(options, stop=10), detector)
    assert detector.calls - start == 40  # other frames
    detector.fingerprint = "another detector"
    run(replace(options, stop=10), detector)
    assert detector.calls - start == 80
    write_videos(tmp_path / "videos", ("cam2",), frames=FRAMES - 1)
    with pytest.warns(UserWarning, match="differ in length"):
        run(replace(options, stop=10), detector)
    assert detector.calls - start == 80 + 10  # only the camera whose video changed


def test_a_damaged_file_of_detections_is_made_anew(studio, tmp_path):
    options, detector = studio
    run(options, detector)
    path = tmp_path / "out" / "detections" / "cam3.npz"
    path.write_bytes(path.read_bytes()[:100])
    start = detector.calls
    run(options, detector)
    assert detector.calls - start == FRAMES


def test_a_full_disk_is_one_sentence_and_leaves_nothing(studio, tmp_path, monkeypatch):
    options, detector = studio

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("numpy.savez_compressed", full)
    with pytest.raises(InputError, match=r"cam1\.npz.*No space left"):
        run(options, detector)
    assert not list((tmp_path / "out" / "detections").iterdir())


def test_saved_detections_come_back(tmp_path):
    found = Detections.collect(COCO17, [[], [(np.ones((17, 2)), np.ones(17))]])
    found.save(tmp_path / "a.npz", "mark")
    back = Detections.load(tmp_path / "a.npz", "mark")
    assert back is not None and back.format == COCO17
    assert np.array_equal(back.keypoints, found.keypoints, equal_nan=True)
    assert Detections.load(tmp_path / "a.npz", "other mark") is None
    assert Detections.load(tmp_path / "none.npz", "mark") is None


def test_videos_of_different_length_use_the_common_part(studio, tmp_path):
    options, detector = studio
    write_videos(tmp_path / "videos", ("cam2",), frames=15)
    with pytest.warns(UserWarning, match=r"5 of cam1\.mp4, 5 of cam3\.mp4"):
        capture = run(options, detector)
    assert worst(capture, detector.points[:, :15]) < 1e-4


def test_a_camera_without_video_is_left_out(studio, tmp_path):
    options, detector = studio
    (tmp_path / "videos" / "cam4.mp4").unlink()
    with pytest.warns(UserWarning, match="camera cam4"):
        capture = run(options, detector)
    assert capture.evidence.views == NAMES[:3]
    assert worst(capture, detector.points) < 1e-4


def test_one_video_or_one_camera_is_too_few(studio, tmp_path, cameras):
    options, _ = studio
    for name in NAMES[1:]:
        (tmp_path / "videos" / f"{name}.mp4").unlink()
    with pytest.raises(InputError, match="At least two cameras"):
        open_recording(options)
    alone = Calibration(NAMES[:1], cameras[:1], ((SIZE, SIZE),))
    write_calibration(alone, tmp_path / "one.toml", "pose2sim")
    with pytest.raises(InputError, match="one camera only"):
        open_recording(replace(options, calibration=str(tmp_path / "one.toml")))


def test_unreadable_and_missing_videos_are_named(studio, tmp_path):
    options, _ = studio
    (tmp_path / "videos" / "cam2.mp4").write_bytes(b"not a video")
    with pytest.raises(InputError, match=r"cam2\.mp4.*cannot be read"):
        open_recording(options)
    with pytest.raises(InputError, match="There is no"):
        open_recording(replace(options, videos=str(tmp_path / "nowhere")))
    with pytest.raises(InputError, match="--videos"):
        open_recording(replace(options, videos=None))


def test_key_point_files_take_the_place_of_videos(studio, tmp_path):
    options, detector = studio
    for view, name in enumerate(NAMES):
        folder = tmp_path / "json" / name
        folder.mkdir(parents=True)
        for frame in range(FRAMES - view):
            people = [
                {"pose_keypoints_2d": np.c_[p - 0.5, c].ravel().tolist()}
                for p, c in detector.seen(view, frame)
            ]
            path = folder / f"{name}_{frame:012d}_keypoints.json"
            path.write_text(json.dumps({"people": people}))
    options = replace(options, videos=None, keypoints=str(tmp_path / "json"), fps=50.0)
    with pytest.warns(UserWarning, match="3 of cam1, 2 of cam2, 1 of cam3"):
        capture = run(options, None)
    assert capture.fps == 50
    assert worst(capture, detector.points[:, : FRAMES - 3]) < 1e-4


def test_rtmlib_is_optional(monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(InputError, match="pip install rtmlib"):
        make_detector("rtmlib")


def test_detections_are_in_step_with_the_timeline(studio):
    options, detector = studio
    recording = open_recording(replace(options, start=3, stop=9, every=2))
    views = detect_people(recording, options, detector)
    assert [len(view) for view in views] == [3] * 4
    assert recording.timeline.frames[:, 1].tolist() == [3, 5, 7]


def test_progress_is_plain_in_a_pipe(capsys):
    assert list(progress([1, 2, 3], "Counting")) == [1, 2, 3]
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("Counting: 3 in ") and "\x1b" not in err


def test_warnings_are_one_plain_line(capsys):
    with plain_warnings():
        warnings.warn("two frames lost", stacklevel=1)
    assert capsys.readouterr().err == "warning: two frames lost\n"
