import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from human_capture.common.calibration import Calibration, read_calibration
from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.rigs import look_at

LENSES = {
    "ideal": (None, "opencv"),
    "opencv": ([-0.21, 0.13, 0.0011, -0.0007, 0.02], "opencv"),
    "rational": ([0.4, -0.2, 1e-3, -2e-3, 0.01, 0.5, -0.1, 0.02], "opencv"),
    "thin prism": (
        [0.4, -0.2, 1e-3, -2e-3, 0.01, 0.5, -0.1, 0.02, 1e-3, 2e-3, -1e-3, 4e-4],
        "opencv",
    ),
    "human36m": ([-0.207, 0.248, -0.0009, -0.0014, -0.0031], "human36m"),
    "fisheye": ([0.02, -0.003, 0.001, -0.0002], "fisheye"),
}


@pytest.fixture
def make_rig():
    """A rig of cameras with odd numbers everywhere, looking at one place."""

    def make(lens="opencv", names=("left", "middle", "right"), sizes=True):
        count = len(names)
        generator = torch.Generator().manual_seed(7)
        angle = torch.arange(count, dtype=torch.float64) * 1.3 + 0.2
        centre = torch.stack((3 * angle.cos(), 4 * angle.sin(), 1.5 + 0.1 * angle), -1)
        target = torch.tensor([0.1, -0.2, 0.9], dtype=torch.float64).expand(count, 3)
        transforms = look_at(centre, target, roll=0.1 * angle)
        intrinsics = torch.zeros(count, 3, 3, dtype=torch.float64)
        noise = torch.rand(count, 4, generator=generator, dtype=torch.float64)
        intrinsics[:, 0, 0] = 900 + 50 * noise[:, 0]
        intrinsics[:, 1, 1] = 910 + 50 * noise[:, 1]
        intrinsics[:, 0, 2] = 500 + 9 * noise[:, 2]
        intrinsics[:, 1, 2] = 380 + 9 * noise[:, 3]
        intrinsics[:, 2, 2] = 1
        values, model = LENSES[lens]
        coefficients = None
        if values is not None:
            scale = 1 + 0.1 * torch.arange(count, dtype=torch.float64)[:, None]
            coefficients = scale * torch.tensor(values, dtype=torch.float64)
        cameras = Cameras(intrinsics, transforms, coefficients, model)
        size = tuple((1000 + i, 760) if sizes else None for i in range(count))
        return Calibration(tuple(names), cameras, size)

    return make


def difference(ours, theirs):
    """Largest relative difference of two tensors, missing trailing zeros added."""
    if ours is None and theirs is None:
        return 0.0
    if ours is None or theirs is None:
        return float((theirs if ours is None else ours).abs().max())
    length = max(ours.shape[-1], theirs.shape[-1])
    ours, theirs = (
        torch.nn.functional.pad(t, (0, length - t.shape[-1])) for t in (ours, theirs)
    )
    return float((ours - theirs).abs().max() / ours.abs().max().clamp_min(1e-30))


@pytest.fixture
def assert_equal_rigs():
    """Compare two rigs to 1e-9, relative to the largest entry."""

    def check(ours, theirs, names=True):
        assert len(ours) == len(theirs)
        assert not names or ours.names == theirs.names
        assert ours.cameras.model == theirs.cameras.model or (
            theirs.cameras.distortion is None
        )
        for field in ("intrinsics", "world_to_camera", "distortion"):
            gap = difference(
                getattr(ours.cameras, field), getattr(theirs.cameras, field)
            )
            assert gap < 1e-9, field

    return check


@pytest.fixture
def assert_damage_is_noticed(tmp_path):
    """Read damaged copies of a file: InputError, or cameras as in the whole file."""

    def consistent(partial, whole):
        for index, name in enumerate(partial.names):
            other = whole.names.index(name)
            assert partial.sizes[index] in (None, whole.sizes[other])
            for field in ("intrinsics", "world_to_camera"):
                ours = getattr(partial.cameras, field)[index]
                torch.testing.assert_close(ours, getattr(whole.cameras, field)[other])
            lens, full = partial.cameras.distortion, whole.cameras.distortion
            assert (
                difference(
                    None if lens is None else lens[index],
                    None if full is None else full[other],
                )
                < 1e-9
            )

    def check(path, file=None, copies=None, expect_errors=True, **options):
        whole = read_calibration(path, **options)
        file = Path(file or path)
        content = file.read_bytes()
        if copies is None:  # cut off at many places
            step = max(1, len(content) // 150)
            copies = [content[:end] for end in range(0, len(content) - 1, step)]
            copies += [content[:end] for end in range(len(content) - 40, len(content))]
        errors = 0
        for copy in copies:
            file.write_bytes(copy)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    partial = read_calibration(path, **options)
            except InputError as error:
                errors += 1
                message = str(error)
                assert file.name in message or file.parent.name in message
                assert "\n" not in message
                assert message.endswith(".")
                continue
            consistent(partial, whole)
        file.write_bytes(content)
        assert not expect_errors or errors > 0
        return errors, len(copies)

    return check


@pytest.fixture
def reference_pixels():
    """cv2's projection of world points, moved from integer centres to ours."""

    def project(points, matrix, lens, rotation, translation, fisheye=False):
        vector = np.asarray(rotation, dtype=np.float64)
        if vector.shape == (3, 3):
            vector = cv2.Rodrigues(np.ascontiguousarray(vector))[0]
        translation = np.asarray(translation, dtype=np.float64)
        points = np.asarray(points, dtype=np.float64)[:, None]
        arguments = tuple(
            np.ascontiguousarray(v.reshape(1, 3)) for v in (vector, translation)
        )
        matrix, lens = np.asarray(matrix, float), np.asarray(lens, float)
        if fisheye:
            pixels, _ = cv2.fisheye.projectPoints(points, *arguments, matrix, lens)
        else:
            pixels, _ = cv2.projectPoints(points, *arguments, matrix, lens)
        return torch.from_numpy(pixels[:, 0]) + 0.5

    return project
