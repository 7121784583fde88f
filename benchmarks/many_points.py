"""Triangulation of ten thousand points, against the packages people use."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from measuring import Machine, Row, Timing, interleaved, per_run, repeated, timed
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.rigs import ring
from human_capture.pose3d import triangulate

POINTS, VIEWS, NOISE_PX = 10_000, 4, 2.0
PEERS = {"aniposelib 0.8.0": 5.0, "Pose2Sim 0.10.49": 25.0}
FOLDER = Path(__file__).parent


def _scene() -> tuple[Cameras, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    cameras = ring(VIEWS).to(torch.float64)
    points = 0.4 * torch.randn(POINTS, 3, generator=generator, dtype=torch.float64)
    points = points + torch.tensor([0.0, 0.0, 1.0])
    pixels, _ = cameras.project(points)
    noise = torch.randn(pixels.shape, generator=generator, dtype=torch.float64)
    return cameras, points, pixels + NOISE_PX * noise


class _Peers:
    """A process in the peers' own environment that works on demand."""

    def __init__(self, cameras: Cameras, pixels: Tensor, folder: Path) -> None:
        np.savez(
            folder / "scene.npz",
            pixels=pixels.numpy(),
            intrinsics=cameras.intrinsics.numpy(),
            world_to_camera=cameras.world_to_camera.numpy(),
        )
        self.folder = folder
        threads = str(torch.get_num_threads())
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        multi = "true" if threads != "1" else "false"
        environment = {
            **os.environ,
            **dict.fromkeys(names, threads),
            "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={multi}",
            "MPLBACKEND": "Agg",
        }
        self.process = subprocess.Popen(
            [str(FOLDER / ".venv/bin/python"), str(FOLDER / "peers.py"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def ask(self, name: str) -> dict[str, float | str]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(f"{name}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        return json.loads(answer or '{"error": "the process ended"}')

    def time(self, name: str) -> Timing:
        answer = self.ask(name)
        return Timing(float(answer["cpu"]), float(answer["wall"]))

    def points(self, name: str) -> Tensor:
        return torch.from_numpy(np.load(self.folder / f"{name}.npy"))

    def close(self) -> None:
        self.process.communicate()


def rows(machine: Machine) -> list[Row]:
    """One row a peer."""
    cameras, points, pixels = _scene()
    times = 10

    def ours() -> Tensor:
        return triangulate(pixels, cameras).points

    def error_mm(found: Tensor) -> float:
        return 1000 * (found - points).norm(dim=-1).mean().item()

    def limit(timing: Timing) -> str:
        bytes_ = 8.0 * POINTS * (2 * VIEWS + 3 + 9 + 1)
        flops = POINTS * 2 * (VIEWS * (6 + 2 * 64) + 80)
        return machine.limit(timing, bytes_, flops)

    work = repeated(ours, times)
    what = f"{POINTS:,} points × {VIEWS} cameras"
    result = []
    with tempfile.TemporaryDirectory() as folder:
        peers = _Peers(cameras, pixels, Path(folder))
        for name, goal in PEERS.items():
            answer = peers.ask(name)
            if "error" in answer:
                fast = per_run(interleaved({"": lambda: timed(work)}, 9)[""], times)
                note = f"could not be run here: {answer['error']}"
                result.append(Row(what, fast, None, name, goal, note, limit(fast)))
                continue
            runs = {
                "ours": lambda: timed(work),
                "other": lambda name=name: peers.time(name),
            }
            medians = interleaved(runs, 9)
            fast = per_run(medians["ours"], times)
            theirs = error_mm(peers.points(name))
            note = f"{error_mm(ours()):.2f} mm against {theirs:.2f} mm at 2 px noise"
            result.append(
                Row(what, fast, medians["other"], name, goal, note, limit(fast))
            )
        peers.close()
    return result
