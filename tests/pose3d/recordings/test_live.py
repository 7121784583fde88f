"""Poses of a stream as they happen."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.detectors.detected import DetectedPerson
from human_capture.common.detectors.regions import Region
from human_capture.common.detectors.silhouettes import Silhouette
from human_capture.common.errors import InputError
from human_capture.common.video_writer import VideoWriter
from human_capture.common.weights import save_weights
from human_capture.pose3d.networks.lifters.perceptron import WindowLifter
from human_capture.pose3d.recordings import live as module
from human_capture.pose3d.recordings.live import LiveOptions, live

SIZE = 64


class Tracker:
    """Somebody who leaves after two images; then somebody else."""

    def __init__(self, detector):
        self.images = 0

    def __call__(self, image):
        assert image.shape == (SIZE, SIZE, 3)
        self.images += 1
        if self.images == 3:
            return []
        region, sure = Region(32.0, 32.0, 40.0), np.full(33, 0.8)
        random = np.random.default_rng(self.images)
        return [
            DetectedPerson(
                keypoints=random.uniform(16, 48, (33, 2)),
                depth=np.zeros(33),
                visibility=sure,
                presence=sure,
                confidence=sure,
                human=0.9,
                score=0.8,
                box=np.array([16.0, 16, 48, 48]),
                region=region,
                silhouette=Silhouette(np.zeros((128, 16), np.uint8), region),
                track=0 if self.images < 3 else 1,
            )
        ]


@pytest.fixture
def options(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BodyTracker", Tracker)
    monkeypatch.setattr(module, "BodyDetector", lambda threads: None)
    with VideoWriter(tmp_path / "clip.mp4", 15.0) as writer:
        for _ in range(9):
            writer.write(np.zeros((SIZE, SIZE, 3), np.uint8))
    torch.manual_seed(0)
    lifter = WindowLifter(window=3, width=16)
    path = f"{WindowLifter.__module__}.{WindowLifter.__name__}"
    config = {"class_path": path, "init_args": {"window": 3, "width": 16}}
    save_weights(tmp_path / "small.safetensors", lifter, {"lifter": config})
    return LiveOptions(
        source=str(tmp_path / "clip.mp4"),
        output=str(tmp_path / "poses" / "poses.jsonl"),
        lifter=str(tmp_path / "small.safetensors"),
    )


def test_every_pose_is_a_line_and_its_latency_is_printed(options, tmp_path, capsys):
    live(options)
    lines = (tmp_path / "poses" / "poses.jsonl").read_text().splitlines()
    first, *poses = (json.loads(line) for line in lines)
    assert len(first["joints"]) == 33
    assert len(poses) >= 3
    for pose in poses:
        assert np.isfinite(pose["points"]).all()
        assert np.shape(pose["points"]) == (33, 3)
        assert 0 < pose["latency_ms"] < 2000
    times = [pose["time"] for pose in poses]
    assert times == sorted(times)
    printed = capsys.readouterr().err
    assert f"{len(poses)} poses, latency" in printed
    assert "1 showed nobody" in printed


def test_it_stops_in_time(options, tmp_path):
    live(replace(options, seconds=0.0))
    lines = (tmp_path / "poses" / "poses.jsonl").read_text().splitlines()
    assert len(lines) == 1


def test_a_source_that_cannot_be_opened_is_one_sentence(options):
    with pytest.raises(InputError, match="cannot be opened"):
        live(replace(options, source="nowhere.mp4"))


def test_a_lifter_that_looks_ahead_is_one_sentence(options, tmp_path):
    lifter = WindowLifter(window=3, delay=1, width=16)
    path = f"{WindowLifter.__module__}.{WindowLifter.__name__}"
    arguments = {"window": 3, "delay": 1, "width": 16}
    config = {"class_path": path, "init_args": arguments}
    save_weights(tmp_path / "ahead.safetensors", lifter, {"lifter": config})
    with pytest.raises(InputError, match="looks 1 frames ahead"):
        live(replace(options, lifter=str(tmp_path / "ahead.safetensors")))
