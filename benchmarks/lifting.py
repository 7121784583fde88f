"""Lifting one frame of a stream at a time, as live use does, by one thread."""

from __future__ import annotations

import torch
from measuring import Machine, Row, compared

from human_capture.common.cameras import Cameras
from human_capture.common.processors import multiplies_bfloat16
from human_capture.pose3d.lifting.stream import LiftingStream
from human_capture.pose3d.networks.lifters.lifter import Lifter
from human_capture.pose3d.networks.lifters.perceptron import WindowLifter
from human_capture.pose3d.networks.lifters.temporal import TemporalLifter

FRAMES = 60


def rows(machine: Machine) -> list[Row]:
    """Ours remembers; the plain version lifts the whole window for every frame."""
    lifter = TemporalLifter().eval()
    quick = TemporalLifter().eval()
    quick.load_state_dict(lifter.state_dict())
    if multiplies_bfloat16():
        quick.store(torch.bfloat16)
    keypoints = 200 + 200 * torch.rand(FRAMES + lifter.window, 33, 2)
    sure = torch.ones(keypoints.shape[:2])

    def streamed(network: Lifter) -> LiftingStream:
        intrinsics = torch.tensor([[600.0, 0, 320], [0, 600.0, 240], [0, 0, 1]])
        return LiftingStream(network, Cameras(intrinsics, torch.eye(4)))

    remembering = {
        "temporal": streamed(quick),
        "thesis": streamed(WindowLifter(window=27).eval()),
    }
    forgetful = streamed(lifter)

    def ours(name: str = "temporal") -> torch.Tensor:
        stream = remembering[name]
        found = [stream(keypoints[f : f + 1], sure[f : f + 1]) for f in range(FRAMES)]
        return found[-1].joints[-1]

    def literal() -> torch.Tensor:
        for frame in range(FRAMES):
            window = slice(frame, frame + lifter.window)
            forgetful.restart()
            found = forgetful(keypoints[window], sure[window])
        return found.joints[-1]

    fast, slow = compared(ours, literal, 5)
    thesis, _ = compared(lambda: ours("thesis"), ours, 5)
    work = 2.0 * FRAMES * sum(p.numel() for p in lifter.parameters())
    read = float(FRAMES * sum(p.nbytes for p in quick.parameters()))
    note = (
        f"{fast.cpu / FRAMES:.2f} ms a frame; the thesis's perceptron (window 27) "
        f"{thesis.cpu / FRAMES:.2f} ms"
    )
    return [
        Row(
            f"lifting {FRAMES} frames one by one, window {lifter.window}",
            fast,
            slow,
            "the window anew for every frame",
            note=note,
            limit=machine.limit(fast, read, work),
        )
    ]
