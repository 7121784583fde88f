"""What a ``.tflite`` file has learned, for networks that are rebuilt in torch.

The detectors run their files as they are; a network that is to be trained further needs
the numbers inside. Only convolutions are read: the rest of these graphs has no
parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema
from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError

T = TypeVar("T")

_NUMBERS = {
    schema.TensorType.INT32: np.int32,
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
}
_CONVOLUTIONS = {
    schema.BuiltinOperator.CONV_2D: (0, 3, 1, 2),  # out, row, column, in
    schema.BuiltinOperator.DEPTHWISE_CONV_2D: (3, 0, 1, 2),  # 1, row, column, out
}


@dataclass(frozen=True)
class Convolution:
    """Parameters of one convolution, as torch lays them out.

    Attributes:
        weight: One input channel a group if the convolution is depthwise.
        bias: One number an output channel.
    """

    weight: Float[Tensor, "output input row column"]
    bias: Float[Tensor, " output"]


def read_convolutions(path: str | Path) -> list[Convolution]:
    """The convolutions of a network, in the order in which they run.

    Args:
        path: A ``.tflite`` file with float weights.

    Raises:
        InputError: The file is missing, is no such network or is damaged.
    """
    return _read(path, lambda model: list(_convolutions(model)))


def read_graph(path: str | Path) -> Any:
    """A network as the classes of its file format describe it.

    Args:
        path: A ``.tflite`` file.

    Raises:
        InputError: The file is missing, is no such network or is damaged.
    """
    return _read(path, lambda model: model)


def _read(path: str | Path, take: Callable[[Any], T]) -> T:
    try:
        content = Path(path).read_bytes()
        if content[4:8] != b"TFL3":
            raise ValueError("it does not begin like one")
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
        return take(model)
    except OSError as error:
        raise InputError(
            f"Cannot read the network {str(path)!r} ({error.strerror}); check the path."
        ) from error
    except Exception as error:  # whatever the reader of the format makes of damage
        raise InputError(
            f"{str(path)!r} is not a .tflite network with float weights ({error}); "
            "fetch it again."
        ) from error


def _convolutions(model: Any) -> Iterator[Convolution]:
    graph = model.subgraphs[0]
    stored: dict[int, int] = {}  # half floats are stored apart and widened at run time
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)
        if kind == schema.BuiltinOperator.DEQUANTIZE:
            stored[int(operator.outputs[0])] = int(operator.inputs[0])
        elif kind in _CONVOLUTIONS:
            weight, bias = (
                stored_numbers(model, stored.get(int(tensor), int(tensor)))
                for tensor in operator.inputs[1:3]
            )
            yield Convolution(weight.permute(_CONVOLUTIONS[kind]).contiguous(), bias)


def stored_numbers(model: Any, index: int) -> Float[Tensor, "*shape"]:
    """Numbers that a file holds for one of its tensors.

    Args:
        model: From :func:`read_graph`.
        index: Number of the tensor.
    """
    tensor = model.subgraphs[0].tensors[index]
    content = bytes(model.buffers[tensor.buffer].data)
    flat = np.frombuffer(content, _NUMBERS[tensor.type]).astype(np.float32)
    return torch.from_numpy(flat.reshape(tensor.shape))
