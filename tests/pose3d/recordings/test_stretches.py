import weakref

import numpy as np
import pytest

from human_capture.common.keypoints import COCO17
from human_capture.common.video import decode, probe
from human_capture.common.video_writer import VideoWriter
from human_capture.pose3d.recordings import stretches
from human_capture.pose3d.recordings.detection import detect
from human_capture.pose3d.recordings.stages import StageClock
from human_capture.pose3d.recordings.stretches import split

FPS, FRAMES, CUTS = 5.0, 325, [100, 160]  # 65 s; the first cut is at a border
BORDERS = [(0, 100), (100, 200), (200, 300), (300, 325)]


class Reader:
    """A detector that reads the frame number in the image; it tells who is there."""

    format = COCO17
    fingerprint = "reader"

    def __init__(self):
        self.stop_at, self.read = None, []

    def people(self, images):
        for image in images:
            bits = image[:8].reshape(8, 10, 8, 3).mean((0, 2, 3)) > 128
            frame = int(bits @ (1 << np.arange(10)))
            if frame == self.stop_at:
                raise KeyboardInterrupt
            self.read.append(frame)
            yield self.seen(frame)

    def seen(self, frame):
        return [
            (np.full((17, 2), frame + 1000.0 * p), np.full(17, 0.9))
            for p in range(frame % 4)
        ]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A long video with its frame numbers at the top and shots below."""
    path = tmp_path_factory.mktemp("video") / "long.mp4"
    scenes = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), np.uint8)
    scenes = scenes.repeat(20, 1).repeat(16, 2)
    with VideoWriter(path, FPS, quality=18) as writer:
        for frame in range(FRAMES):
            bits = frame >> np.arange(10) & 1
            numbers = np.tile(np.repeat(112 + 32 * bits, 8)[:, None], (8, 1, 3))
            shot = scenes[sum(frame >= cut for cut in CUTS)]
            writer.write(np.vstack((numbers, shot)).astype(np.uint8))
    return probe(path)


@pytest.fixture(scope="module")
def whole_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("whole")


@pytest.fixture(scope="module")
def whole(video, whole_folder):
    """What a run that nobody stops finds."""
    return detect("cam", video, np.arange(FRAMES), Reader(), whole_folder)


def equal(first, second):
    same = [
        np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True)
        for name in ("keypoints", "confidence", "cuts")
    ]
    return first.format == second.format and all(same)


def interrupted(video, folder, stop_at, frames=None):
    detector = Reader()
    detector.stop_at = stop_at
    frames = np.arange(FRAMES) if frames is None else frames
    with pytest.raises(KeyboardInterrupt):
        detect("cam", video, frames, detector, folder)
    return detector


def kept(folder):
    return sorted(p.name for p in (folder / "cam.stretches").glob("*"))


def test_a_long_video_is_split_every_twenty_seconds():
    times = np.arange(FRAMES) / FPS
    assert split(times, np.arange(FRAMES)) == BORDERS
    assert split(times, np.arange(30, 140)) == [(0, 100), (100, 110)]
    assert split(times, np.array([0, 99, 99, 100, 100, 324])) == [
        (0, 3),
        (3, 5),
        (5, 6),
    ]
    assert split(times, np.array([7])) == [(0, 1)]


def test_a_whole_run_finds_everybody_and_leaves_one_file(whole, whole_folder):
    expected = [Reader().seen(frame) for frame in range(FRAMES)]
    for frame, people in enumerate(expected):
        found = whole.keypoints[frame]
        assert (np.isfinite(found).all((1, 2))).sum() == len(people)
        assert all((found[p] == points).all() for p, (points, _) in enumerate(people))
    assert [p.name for p in whole_folder.iterdir()] == ["cam.npz"]


def test_the_tracker_goes_on_over_borders(video, tmp_path):
    detector, runs = Reader(), []
    people = detector.people

    def counted(images):
        runs.append(1)
        return people(images)

    detector.people = counted
    detect("cam", video, np.arange(FRAMES), detector, tmp_path)
    assert len(runs) == 1 and detector.read == list(range(FRAMES))


@pytest.mark.parametrize("stop_at", [50, 102, 199, 324])
def test_an_interrupted_run_loses_at_most_one_stretch(video, whole, tmp_path, stop_at):
    folder = tmp_path / "out"
    interrupted(video, folder, stop_at)
    done = 100 * (stop_at // 100)
    assert len(kept(folder)) == stop_at // 100
    detector = Reader()
    assert equal(detect("cam", video, np.arange(FRAMES), detector, folder), whole)
    assert detector.read == list(range(done, FRAMES))
    assert [p.name for p in folder.iterdir()] == ["cam.npz"]


def test_a_run_may_be_stopped_again_and_again(video, whole, tmp_path):
    folder = tmp_path / "out"
    for stop_at in (150, 151, 250, 310):
        interrupted(video, folder, stop_at)
    assert len(kept(folder)) == 3
    assert equal(detect("cam", video, np.arange(FRAMES), Reader(), folder), whole)


def test_cuts_are_found_wherever_a_run_was_stopped(video, whole, tmp_path):
    assert whole.cuts.tolist() == CUTS
    for stop_at in (101, 150, 165):
        interrupted(video, tmp_path / str(stop_at), stop_at)
        found = detect(
            "cam", video, np.arange(FRAMES), Reader(), tmp_path / str(stop_at)
        )
        assert found.cuts.tolist() == CUTS


def test_kept_detections_come_back_as_they_were(video, whole, whole_folder):
    detector = Reader()
    again = detect("cam", video, np.arange(FRAMES), detector, whole_folder)
    assert equal(again, whole) and not detector.read


def test_cuts_are_counted_in_moments(video, tmp_path):
    frames = np.repeat(np.arange(40, 200, 3), 2)
    found = detect("cam", video, frames, Reader(), tmp_path)
    assert found.cuts.tolist() == [
        int(np.flatnonzero(frames >= cut)[0]) for cut in CUTS
    ]
    assert (found.keypoints[::2] == found.keypoints[1::2])[:, 0].any()


def test_a_damaged_stretch_and_those_of_other_frames_are_made_anew(
    video, whole, tmp_path
):
    interrupted(video, tmp_path, 250)
    (tmp_path / "cam.stretches" / kept(tmp_path)[1]).write_bytes(b"broken")
    detector = Reader()
    assert equal(detect("cam", video, np.arange(FRAMES), detector, tmp_path), whole)
    assert detector.read[0] == 100
    interrupted(video, tmp_path / "other", 250, np.arange(0, FRAMES - 1))
    detector = Reader()
    detect("cam", video, np.arange(FRAMES), detector, tmp_path / "other")
    assert detector.read[0] == 0


def test_frames_that_cannot_be_decoded_show_nobody(video, whole, tmp_path, monkeypatch):
    lost = {5, 99, 100, *range(198, 206), 324}

    def damaged(path, start, stop):
        return (f for f in decode(path, start, stop) if f.index not in lost)

    monkeypatch.setattr(stretches, "decode", damaged)
    with pytest.warns(UserWarning, match="12 of 325 frames of long.mp4 cannot be"):
        found = detect("cam", video, np.arange(FRAMES), Reader(), tmp_path / "out")
    there = np.array([frame not in lost for frame in range(FRAMES)])
    assert np.isnan(found.keypoints[~there]).all()
    assert found.keypoints[there] == pytest.approx(whole.keypoints[there], nan_ok=True)


def test_only_a_few_images_are_in_memory(video, tmp_path, monkeypatch):
    alive = most = 0

    def gone():
        nonlocal alive
        alive -= 1

    def counted(path, start, stop):
        nonlocal alive, most
        for frame in decode(path, start, stop):
            alive += 1
            most = max(most, alive)
            weakref.finalize(frame.image, gone)
            yield frame

    monkeypatch.setattr(stretches, "decode", counted)
    detect("cam", video, np.arange(FRAMES), Reader(), tmp_path)
    assert 1 <= most <= 10


def test_the_caller_is_told_what_takes_the_time(video, tmp_path):
    clock = StageClock()
    detect("cam", video, np.arange(FRAMES), Reader(), tmp_path, clock)
    assert set(clock.seconds) == {"decoding", "detecting"}
    before = dict(clock.seconds)
    detect("cam", video, np.arange(FRAMES), Reader(), tmp_path, clock)
    assert clock.seconds == before  # kept detections take no time
