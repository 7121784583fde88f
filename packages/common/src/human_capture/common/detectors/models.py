"""Finding and running the detectors' networks, small ``.tflite`` files.

The files come inside the package ``mediapipe==0.10.14`` (Apache-2.0). It is installed
without its dependencies, as a carrier: its folder is looked up and the package is never
imported. A folder of ``.tflite`` files serves as well, given as an argument or in the
environment variable ``HUMAN_CAPTURE_DETECTORS``.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from jaxtyping import Float32

from human_capture.common.errors import InputError

FOLDER_VARIABLE = "HUMAN_CAPTURE_DETECTORS"
INSTALL_COMMAND = "pip install --no-deps mediapipe==0.10.14"


def find_network(name: str, folder: str | Path | None = None) -> Path:
    """Path of a network file.

    Args:
        name: File name without folder, such as ``pose_detection.tflite``.
        folder: Where to look, subfolders included. Defaults to the environment
            variable ``HUMAN_CAPTURE_DETECTORS``, then to the installed carrier package.

    Raises:
        InputError: The file is nowhere; the message says how to get it.
    """
    given = folder or os.environ.get(FOLDER_VARIABLE)
    places = [Path(given)] if given else _carrier_folders()
    for place in places:
        found = next(iter(sorted(place.rglob(name))), None)
        if found is not None:
            return found
    where = f"in the folder {str(given)!r}" if given else "on this machine"
    raise InputError(
        f"The detector network {name!r} is not {where}; install the package that "
        f"contains it with `{INSTALL_COMMAND}`, or set {FOLDER_VARIABLE} to a folder "
        "that holds it."
    )


def _carrier_folders() -> list[Path]:
    specification = importlib.util.find_spec("mediapipe")
    if specification is None or specification.submodule_search_locations is None:
        return []
    return [Path(p) / "modules" for p in specification.submodule_search_locations]


class Network:
    """A ``.tflite`` network with one image as input.

    Interpreters are made on first use, one for each process and thread, so a network
    may be shared between threads, pickled, and carried over a fork.

    Args:
        path: The file.
        threads: Threads of one run.
    """

    def __init__(self, path: str | Path, threads: int = 1) -> None:
        self.path = Path(path)
        self.threads = threads
        self._interpreters: dict[tuple[int, int], Interpreter] = {}

    def __reduce__(self) -> tuple[Callable[..., Network], tuple[Path, int]]:
        """Pickle the recipe; interpreters cannot travel."""
        return type(self), (self.path, self.threads)

    @property
    def input_size(self) -> int:
        """Side of the square input image in pixels."""
        return int(self._interpreter().get_input_details()[0]["shape"][1])

    def __call__(
        self, image: Float32[np.ndarray, "height width 3"]
    ) -> dict[str, Float32[np.ndarray, "..."]]:
        """The outputs by name, without the leading batch axis.

        Args:
            image: RGB in the range that this network was trained on.
        """
        interpreter = self._interpreter()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        return {
            output["name"]: interpreter.get_tensor(output["index"])[0]
            for output in interpreter.get_output_details()
        }

    def require_outputs(self, shapes: dict[str, tuple[int, ...]]) -> None:
        """Check that the file holds the network that the caller can read.

        Args:
            shapes: Output shapes by name, without the batch axis.

        Raises:
            InputError: An output is missing or has another shape.
        """
        present = {
            output["name"]: tuple(int(n) for n in output["shape"][1:])
            for output in self._interpreter().get_output_details()
        }
        for name, shape in shapes.items():
            if present.get(name) != shape:
                raise InputError(
                    f"{str(self.path)!r} is another network than expected: its output "
                    f"{name!r} should have shape {shape}, not {present.get(name)}; "
                    f"take the file from `{INSTALL_COMMAND}`."
                )

    def _interpreter(self) -> Interpreter:
        key = (os.getpid(), threading.get_ident())
        if key not in self._interpreters:
            self._interpreters[key] = self._load()
        return self._interpreters[key]

    def _load(self) -> Interpreter:
        try:
            interpreter = Interpreter(
                model_content=self.path.read_bytes(), num_threads=self.threads
            )
            interpreter.allocate_tensors()
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(
                f"Cannot load the network {str(self.path)!r} ({error}); install it "
                f"again with `{INSTALL_COMMAND} --force-reinstall`."
            ) from error
        return interpreter
