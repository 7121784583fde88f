"""What a detector's network sees in pictures, with gradients back to the pictures.

The detectors run their ``.tflite`` files as they are, which tells nothing of how a
picture should change. Here the convolutional part of a file is run in torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from ai_edge_litert import schema_py_generated as schema
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from human_capture.common.detectors.parameters import read_graph, stored_numbers
from human_capture.common.errors import InputError

_KIND = schema.BuiltinOperator
_SAME = schema.Padding.SAME
_ACTIVATIONS = (_KIND.RELU, _KIND.PRELU)

Run = Callable[[dict[int, Tensor]], Tensor]


@dataclass(frozen=True)
class _Step:
    """One operator.

    Attributes:
        output: Number of the tensor it makes.
        run: Makes it from those that are there.
        activation: Whether its output is a feature.
    """

    output: int
    run: Run
    activation: bool


class ConvolutionalFeatures(nn.Module):
    """The maps behind all activations of a network's convolutional part.

    It ends where the file first does something that is no convolution, sum, padding,
    pooling or activation, as detectors do where their answers are put together. Its
    numbers are not trained.

    Args:
        path: A ``.tflite`` file with float weights.

    Raises:
        InputError: The file is missing, damaged, or begins with something else.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        model = read_graph(path)
        graph = model.subgraphs[0]
        self._input = int(graph.inputs[0])
        self.size = int(graph.tensors[self._input].shape[1])
        self._kept = 0
        self._steps = self._read(model)
        if not any(step.activation for step in self._steps):
            raise InputError(f"{str(path)!r} does not begin with convolutions.")
        self.requires_grad_(False).eval()

    def forward(
        self, images: Float[Tensor, "image 3 height width"]
    ) -> list[Float[Tensor, "image _channel _height _width"]]:
        """The maps, fine to coarse.

        Args:
            images: RGB in the range that the network was made for.
        """
        tensors, maps = {self._input: images}, []
        for step in self._steps:
            tensors[step.output] = step.run(tensors)
            if step.activation:
                maps.append(tensors[step.output])
        return maps

    def _read(self, model: Any) -> list[_Step]:
        steps: list[_Step] = []
        widened: dict[int, int] = {}  # half floats are stored apart
        for operator in model.subgraphs[0].operators:
            code = model.operatorCodes[operator.opcodeIndex]
            kind = max(code.builtinCode, code.deprecatedBuiltinCode)
            output = int(operator.outputs[0])
            if kind == _KIND.DEQUANTIZE:
                widened[output] = int(operator.inputs[0])
                continue
            inputs = [int(number) for number in operator.inputs]
            constants = [widened.get(number, number) for number in inputs]
            run = self._run(model, kind, operator.builtinOptions, inputs, constants)
            if run is None:
                break
            steps.append(_Step(output, run, kind in _ACTIVATIONS))
        return steps

    def _run(
        self, model: Any, kind: int, options: Any, inputs: list[int], stored: list[int]
    ) -> Run | None:
        """The operator in torch; None if it is none of the known ones."""
        if getattr(options, "fusedActivationFunction", 0):
            return None
        x = inputs[0]
        if kind in (_KIND.CONV_2D, _KIND.DEPTHWISE_CONV_2D):
            depthwise = kind == _KIND.DEPTHWISE_CONV_2D
            weight = stored_numbers(model, stored[1])
            axes = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
            name = self._keep(weight.permute(axes))
            bias = self._keep(stored_numbers(model, stored[2]))
            return partial(self._convolve, x, name, bias, options, depthwise)
        if kind == _KIND.PRELU:
            slope = self._keep(stored_numbers(model, stored[1]).flatten())
            return lambda t: functional.prelu(t[x], getattr(self, slope))
        if kind == _KIND.PAD:
            edges = stored_numbers(model, stored[1]).long()[[3, 2, 1]].flatten()
            return partial(_pad, x, edges.tolist())
        if kind == _KIND.MAX_POOL_2D:
            return partial(_pool, x, options)
        if kind == _KIND.ADD:
            return lambda t: t[inputs[0]] + t[inputs[1]]
        return (lambda t: t[x].relu()) if kind == _KIND.RELU else None

    def _keep(self, numbers: Tensor) -> str:
        name, self._kept = f"constant_{self._kept}", self._kept + 1
        self.register_buffer(name, numbers.contiguous(), persistent=False)
        return name

    def _convolve(
        self,
        x: int,
        weight: str,
        bias: str,
        options: Any,
        depthwise: bool,
        tensors: dict[int, Tensor],
    ) -> Tensor:
        kernel, stride = getattr(self, weight), (options.strideH, options.strideW)
        padded = tensors[x]
        if options.padding == _SAME:
            padded = functional.pad(padded, _same(padded, kernel.shape[-2:], stride))
        groups = padded.shape[1] if depthwise else 1
        return functional.conv2d(
            padded, kernel, getattr(self, bias), stride, groups=groups
        )


def _same(x: Tensor, kernel: Any, stride: tuple[int, int]) -> list[int]:
    """Left, right, top, bottom: what is odd goes to the end."""
    edges: list[int] = []
    for side, window, step in zip(x.shape[-2:], kernel, stride, strict=True):
        whole = max((-(-side // step) - 1) * step + window - side, 0)
        edges = [whole // 2, whole - whole // 2, *edges]
    return edges


def _pad(x: int, edges: list[int], tensors: dict[int, Tensor]) -> Tensor:
    """Rows, columns and channels, in the order of torch."""
    channels, columns, rows = edges[:2], edges[2:4], edges[4:]
    return functional.pad(tensors[x], [*columns, *rows, *channels])


def _pool(x: int, options: Any, tensors: dict[int, Tensor]) -> Tensor:
    window = (options.filterHeight, options.filterWidth)
    stride = (options.strideH, options.strideW)
    edges = _same(tensors[x], window, stride)
    padded = functional.pad(tensors[x], edges, value=-torch.inf)
    return functional.max_pool2d(padded, window, stride)
