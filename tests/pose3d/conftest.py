"""A person who walks, seen by four cameras: ground truth for what comes out."""

import math
from dataclasses import replace

import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.keypoints import COCO17
from human_capture.common.rigs import ring
from human_capture.pose3d.capture import Capture, Evidence

VIEWS = ("front", "left", "back", "right")


def _rotated(vector, axis, angle):
    x, y, z = vector
    c, s = math.cos(angle), math.sin(angle)
    if axis == "y":  # positive swings a hanging limb backwards
        return (c * x + s * z, y, c * z - s * x)
    return (c * x - s * y, s * x + c * y, z)


def _walker(time: float, heading: float, start: tuple[float, float]) -> dict:
    """Joint positions of one walking frame; z up, constant bone lengths."""
    phase = 2 * math.pi * 0.9 * time
    local = {"mid_hip": (0.0, 0.0, 0.93 + 0.015 * math.cos(2 * phase))}

    def put(joint, parent, vector):
        local[joint] = tuple(a + b for a, b in zip(local[parent], vector, strict=True))

    for side, sign in (("left", 1), ("right", -1)):
        swing = 0.45 * sign * math.sin(phase)
        knee = 0.5 + 0.45 * math.sin(phase * 1 + sign * math.pi / 2)
        put(f"{side}_hip", "mid_hip", (0, 0.11 * sign, 0))
        put(f"{side}_knee", f"{side}_hip", _rotated((0, 0, -0.43), "y", -swing))
        shin = _rotated((0, 0, -0.42), "y", knee - swing)
        put(f"{side}_ankle", f"{side}_knee", shin)
        twist = 0.15 * math.sin(phase)
        shoulder = _rotated((0, 0.19 * sign, 0.5), "z", twist)
        put(f"{side}_shoulder", "mid_hip", shoulder)
        arm = _rotated((0, 0.05 * sign, -0.28), "y", swing)
        put(f"{side}_elbow", f"{side}_shoulder", arm)
        fore = _rotated((0, 0.02 * sign, -0.25), "y", swing - 0.7)
        put(f"{side}_wrist", f"{side}_elbow", fore)
    local["nose"] = (0.1, 0.0, local["mid_hip"][2] + 0.68)
    for side, sign in (("left", 1), ("right", -1)):
        put(f"{side}_eye", "nose", (-0.03, 0.035 * sign, 0.035))
        put(f"{side}_ear", "nose", (-0.11, 0.075 * sign, 0.02))
    travelled = (1.1 * time, 0.0, 0.0)
    turned = {}
    for joint, position in local.items():
        moved = tuple(a + b for a, b in zip(position, travelled, strict=True))
        x, y, z = _rotated(moved, "z", heading)
        turned[joint] = (x + start[0], y + start[1], z)
    return turned


@pytest.fixture(scope="session")
def rig() -> Cameras:
    """Four cameras around the origin."""
    return ring(4, radius=4.5, width=640)


@pytest.fixture(scope="session")
def walk(rig):
    """A function that makes captures of people who walk through the rig."""

    def make(people: int = 1, frames: int = 60, fps: float = 30.0, noise: float = 2.0):
        tracks = []
        for person in range(people):
            heading = 2 * math.pi * person / max(people, 1) + 0.3
            start = (-0.9 * math.cos(heading), -0.9 * math.sin(heading) + 0.4 * person)
            poses = (_walker(frame / fps, heading, start) for frame in range(frames))
            tracks.append([[p[j] for j in COCO17.joints] for p in poses])
        points = torch.tensor(tracks).reshape(people, frames, 17, 3)
        known = torch.ones(points.shape[:-1], dtype=torch.bool)
        capture = Capture(COCO17, fps, points, known * 0.9, ~known)
        return replace(capture, evidence=_evidence(capture, rig, noise))

    return make


def _evidence(capture: Capture, rig: Cameras, noise: float) -> Evidence:
    """Noisy 2D key points; the first camera is off at the left wrist and excluded."""
    shape = capture.points.shape[:3]
    pixels, _ = rig.project(capture.points.reshape(1, -1, 3).expand(4, -1, -1))
    pixels = pixels.unflatten(1, shape).permute(1, 2, 0, 3, 4)
    generator = torch.Generator().manual_seed(0)
    offsets = noise * torch.randn(pixels.shape, generator=generator)
    wrist = COCO17.index("left_wrist")
    offsets[:, :, 0, wrist] += 80
    used = torch.ones(pixels.shape[:-1], dtype=torch.bool)
    used[:, :, 0, wrist] = False
    confidence = used * 0.8 + 0.1
    return Evidence(VIEWS, pixels + offsets, confidence, offsets.norm(dim=-1), used)
