"""Collect photographs that stand behind rendered people while training.

Nothing of them enters the repository or the weights; they only teach a network what is
not a person. The default training configurations need none (rooms are procedural). The
shipped weights were trained with the pictures of these free packages:

    npm pack @pmndrs/assets          # CC0 panoramas of Poly Haven, unpacked with tar
    apt-get download gnome-backgrounds mate-backgrounds ukui-wallpapers \
        plasma-workspace-wallpapers lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 \
        supertuxkart-data            # unpacked with dpkg-deb -x

    python tools/collect_photographs.py UNPACKED_FOLDER... --output photographs
"""

from __future__ import annotations

import argparse
import base64
import os
from collections.abc import Iterator
from pathlib import Path

os.environ["OPENCV_IO_ENABLE_OPENEXR"] = "1"  # before cv2 is imported

import cv2
import numpy as np

SIDE = 512
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


def main() -> None:
    """Write every usable picture as a JPEG of at most 512 pixels."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--output", type=Path, default=Path("photographs"))
    parser.add_argument("--most", type=int, default=400, help="From one folder.")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    count = 0
    for folder in options.folders:
        for image in _pictures(folder, options.most):
            cv2.imwrite(str(options.output / f"{count:05d}.jpg"), image)
            count += 1
    print(f"{count} photographs in {options.output}")


def _pictures(folder: Path, most: int) -> Iterator[np.ndarray]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    flat = [p for p in files if p.suffix.lower() in PICTURES and _large(p)]
    for path in _spread(flat, most):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is not None and min(image.shape[:2]) >= 128 and image.std() > 15:
            yield _shrunk(image)
    for path in (p for p in files if p.name.endswith(".exr.js")):
        yield from _views_of_panorama(path)


def _large(path: Path) -> bool:
    return path.stat().st_size > 40_000


def _spread(paths: list[Path], most: int) -> list[Path]:
    if len(paths) <= most:
        return paths
    return [paths[i] for i in np.linspace(0, len(paths) - 1, most).astype(int)]


def _shrunk(image: np.ndarray) -> np.ndarray:
    scale = min(1.0, SIDE / min(image.shape[:2]))
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _views_of_panorama(path: Path, views: int = 6) -> Iterator[np.ndarray]:
    """Perspective pictures of an equirectangular one, 90 degrees wide."""
    data = base64.b64decode(path.read_text().split("base64,")[1].split("'")[0])
    encoded = np.frombuffer(data, np.uint8)
    panorama = cv2.imdecode(encoded, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if panorama is None:
        return
    exposure = 0.5 / max(float(np.median(panorama)), 1e-4)
    panorama = np.clip(panorama * exposure, 0, 1) ** (1 / 2.2)
    height, width = panorama.shape[:2]
    axis = np.linspace(-1, 1, SIDE // 2, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    latitude = np.arctan2(y, np.hypot(1, x)) / np.pi + 0.5
    for view in range(views):
        longitude = (np.arctan2(x, 1) / (2 * np.pi) + view / views) % 1
        picture = cv2.remap(
            panorama,
            longitude * (width - 1),
            (latitude * (height - 1)).astype(np.float32),
            cv2.INTER_LINEAR,
        )
        yield (255 * picture).astype(np.uint8)


if __name__ == "__main__":
    main()
