"""One frame of driving at 256 x 256 pixels: the networks prepared, and as trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from measuring import Machine, Row, Timing, interleaved, timed
from torch import Tensor

from human_capture.common.processors import multiplies_bfloat16
from human_capture.reenact.export import export_onnx
from human_capture.reenact.networks.family import Networks, official_networks
from human_capture.reenact.networks.folding import fold

SIZE, REPEATS = 256, 5
Draw = Callable[[], Tensor]


def rows(machine: Machine) -> list[Row]:
    """Pose encoder and generator of the official size, batches of one."""
    torch.manual_seed(0)
    networks = official_networks(size=SIZE)
    for network in (networks.pose_encoder, networks.generator):
        network.eval()
    identity, frame = torch.randn(1, 512), torch.rand(1, 3, SIZE, SIZE)
    ways: dict[str, Draw] = {
        "plain": _plain(networks, identity, frame),
        "folded": _folded(networks, identity, frame, half=False),
        "half": _folded(networks, identity, frame, multiplies_bfloat16()),
        "onnx": _onnx(networks, identity, frame),
    }
    pictures = {name: draw().float() for name, draw in ways.items()}
    times = interleaved({n: _timing(draw) for n, draw in ways.items()}, REPEATS)
    plain = times["plain"]
    folded, onnx = times["folded"], times["onnx"]
    half = "bfloat16" if multiplies_bfloat16() else "float32"
    return [
        Row(
            f"driving a frame, {SIZE} × {SIZE}, {half}, channels last, folded",
            times["half"],
            plain,
            "float32, spectral norm recomputed",
            goal=2.0,
            note=(
                f"{_psnr(pictures['half'], pictures['plain']):.1f} dB apart, random "
                f"weights; folded alone {folded.cpu:,.0f} ms, ONNX Runtime "
                f"{onnx.cpu:,.0f} ms, {_psnr(pictures['onnx'], pictures['plain']):.0f} "
                "dB"
            ),
        )
    ]


def _plain(networks: Networks, identity: Tensor, frame: Tensor) -> Draw:
    encoder, generator = networks.pose_encoder, networks.generator

    @torch.inference_mode()
    def draw() -> Tensor:
        picture: Tensor = generator(identity, encoder(frame)).picture
        return picture

    return draw


def _folded(networks: Networks, identity: Tensor, frame: Tensor, half: bool) -> Draw:
    encoder, generator = networks.pose_encoder, networks.generator
    quick = fold(generator).to(memory_format=torch.channels_last)
    seen = fold(encoder).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def draw() -> Tensor:
        pose = seen(frame)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            picture: Tensor = quick(identity, pose).picture
        return picture

    return draw


def _onnx(networks: Networks, identity: Tensor, frame: Tensor) -> Draw:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    with TemporaryDirectory() as folder:
        export_onnx(networks.pose_encoder, networks.generator, Path(folder), SIZE)
        seen, drawn = (
            onnxruntime.InferenceSession(
                Path(folder, f"{name}.onnx").read_bytes(), options
            )
            for name in ("pose_encoder", "generator")
        )
    images, who = frame.numpy(), identity.numpy()

    def draw() -> Tensor:
        (pose,) = seen.run(None, {"images": images})
        colour, mask = drawn.run(None, {"identity": who, "pose": pose})
        return torch.from_numpy(np.asarray(colour * mask))

    return draw


def _timing(draw: Draw) -> Callable[[], Timing]:
    def work() -> None:
        draw()

    return lambda: timed(work)


def _psnr(one: Tensor, other: Tensor) -> float:
    return float(-10 * (one - other).square().mean().clamp_min(1e-12).log10())
