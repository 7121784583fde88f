"""Which video belongs to which camera, and whether its size fits the calibration."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from glob import glob
from pathlib import Path

from human_capture.common.errors import InputError
from human_capture.common.video import natural_order

_PADDING = 16
"""Encoders round picture sides up to multiples of 16; calibrations may keep that."""


def find_sources(
    given: str | Path | Sequence[str | Path], accepts: Callable[[Path], bool], what: str
) -> list[Path]:
    """The videos or key-point files a user means, in natural order.

    Args:
        given: A folder, a pattern with ``*``, or a list of files and folders.
        accepts: Whether a path is such a source.
        what: What they are called in an error, such as "videos".

    Raises:
        InputError: A named path does not exist, or nothing is found.
    """
    if isinstance(given, str | Path):
        given = [given]
    found: list[Path] = []
    for entry in given:
        path = Path(entry)
        if "*" in str(entry):
            matches = [Path(match) for match in glob(str(entry))]
            found += [match for match in matches if accepts(match)]
        elif not path.exists():
            raise InputError(f"There is no {str(path)!r} to take the {what} from.")
        elif path.is_dir() and not (len(given) > 1 and accepts(path)):
            found += [inner for inner in path.iterdir() if accepts(inner)]
        else:
            found.append(path)
    if not found:
        listed = ", ".join(repr(str(entry)) for entry in given)
        raise InputError(f"No {what} found in {listed}.")
    return sorted(set(found), key=lambda path: natural_order(path.name))


def match_cameras(
    sources: Sequence[Path], names: Sequence[str], what: str = "video"
) -> dict[str, Path]:
    """Which source each camera took, by name where possible, else by order.

    A camera matches a source whose name is the camera's, or contains it as a word
    (``trial_cam01.mp4``), upper and lower case alike. Cameras or sources left over
    are named in a warning.

    Args:
        sources: Videos or key-point files.
        names: Of the calibrated cameras.
        what: What a source is called in messages.

    Raises:
        InputError: Fewer than two cameras have a source.
    """
    pairs = _matched_by_name(sources, names)
    if not pairs and len(sources) == len(names):
        pairs = dict(zip(names, sources, strict=True))
        listed = ", ".join(f"{name} = {path.name}" for name, path in pairs.items())
        warnings.warn(
            f"No {what} is named after a camera, so they are paired by order: "
            f"{listed}.",
            stacklevel=2,
        )
    left = [name for name in names if name not in pairs]
    right = [path.name for path in sources if path not in pairs.values()]
    if len(pairs) < 2:
        raise InputError(
            f"At least two cameras need a {what} each, but the cameras "
            f"{', '.join(map(repr, names))} and the files "
            f"{', '.join(path.name for path in sources)} give {len(pairs)}; name each "
            f"{what} after its camera."
        )
    if left:
        warnings.warn(
            f"Left out, for want of a {what}: {_listed('camera', left)}.", stacklevel=2
        )
    if right:
        warnings.warn(
            f"Left out, for want of a calibration: {_listed(what, right)}.",
            stacklevel=2,
        )
    return pairs


def _listed(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _matched_by_name(sources: Sequence[Path], names: Sequence[str]) -> dict[str, Path]:
    pairs: dict[str, Path] = {}
    for exact in (True, False):
        for name in names:
            if name in pairs:
                continue
            free = [path for path in sources if path not in pairs.values()]
            fits = [path for path in free if _fits(path, name, exact)]
            if len(fits) == 1:
                pairs[name] = fits[0]
    return {name: pairs[name] for name in names if name in pairs}


def _fits(path: Path, name: str, exact: bool) -> bool:
    stem = (path.name if path.is_dir() else path.stem).lower()
    if exact:
        return stem == name.lower()
    return bool(
        re.search(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])", _words(stem))
    )


def _words(stem: str) -> str:
    return stem.replace("_", " ")


def check_size(
    camera: str, calibrated: tuple[int, int] | None, video: tuple[int, int]
) -> float:
    """Factor by which the calibrated intrinsics must be scaled to fit a video.

    A video of another size with the same aspect ratio was resized. One whose sides are
    a few pixels shorter lost the padding that encoders add at the right and bottom,
    which leaves the intrinsics as they are.

    Args:
        camera: Its name, for messages.
        calibrated: Width and height the calibration was made for, if it says.
        video: Width and height of the images.

    Raises:
        InputError: The sizes do not fit together.
    """
    if calibrated is None or calibrated == video:
        return 1.0
    sizes = f"{video[0]} x {video[1]} pixels, but was calibrated for {calibrated[0]} x "
    sizes += str(calibrated[1])
    slack = [c - v for c, v in zip(calibrated, video, strict=True)]
    if all(0 <= s <= _PADDING for s in slack) and min(slack) == 0:
        warnings.warn(
            f"Camera {camera!r} has images of {sizes}; taken as the same picture "
            "without the encoder's padding.",
            stacklevel=2,
        )
        return 1.0
    scale = video[0] / calibrated[0]
    if abs(scale * calibrated[1] - video[1]) <= 1 + 0.002 * video[1]:
        warnings.warn(
            f"Camera {camera!r} has images of {sizes}; the calibration is scaled by "
            f"{scale:.3f}.",
            stacklevel=2,
        )
        return scale
    turned = (calibrated[1], calibrated[0]) == video
    remedy = "turn the video upright" if turned else "use the videos' own calibration"
    raise InputError(f"Camera {camera!r} has images of {sizes}; {remedy}.")
