import re

import numpy as np
import pytest
import torch

from human_capture.common.calibration import read_calibration, write_calibration
from human_capture.common.errors import InputError

K = np.array([[1200.0, 0.5, 399.5], [0, 1210, 299.25], [0, 0, 1]])
R = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
T = [np.array([0.1, 0.2, 4.0]), np.array([-0.3, 0.1, 4.5])]
SPHERE = np.diag([0.8, 0.8, 0.8, 1.0])


def values(scale=1.0):
    arrays = {}
    for index, t in enumerate(T):
        world = np.eye(4)
        world[:3] = scale * K @ np.column_stack((R, t))
        arrays[f"world_mat_{index}"] = world
        arrays[f"scale_mat_{index}"] = SPHERE
        arrays[f"world_mat_inv_{index}"] = np.linalg.inv(world)
    return arrays


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "cameras_sphere.npz"
    np.savez(path, **values())
    return path


@pytest.mark.parametrize("scale", [1.0, -3.0, 1e-3, 250.0])
def test_projection_is_taken_apart_whatever_its_scale(tmp_path, scale):
    path = tmp_path / "cameras_sphere.npz"
    np.savez(path, **values(scale))
    rig = read_calibration(path)
    assert (rig.names, rig.sizes) == (("000", "001"), (None, None))
    points = np.array([[0.1, 0.2, 0.3], [0.4, -0.5, 0.1]])
    for index, t in enumerate(T):
        homogeneous = (points @ R.T + t) @ K.T
        expected = homogeneous[:, :2] / homogeneous[:, 2:] + 0.5
        pixels, depth = rig.cameras[index].project(torch.from_numpy(points))
        assert np.allclose(pixels.numpy(), expected, rtol=0, atol=1e-8)
        assert np.allclose(depth.numpy(), homogeneous[:, 2])


def test_sphere_is_kept_in_metres(file):
    rig = read_calibration(file, unit="cm")
    assert rig.unit_sphere_to_world.shape == (2, 4, 4)
    assert rig.unit_sphere_to_world[0].diagonal().tolist() == pytest.approx(
        [0.008, 0.008, 0.008, 1]
    )
    assert rig.cameras.translation[0].tolist() == pytest.approx([0.001, 0.002, 0.04])


def test_round_trip(make_rig, assert_equal_rigs, tmp_path, file):
    rig = make_rig("ideal")
    write_calibration(rig, tmp_path / "a.npz", "neus")
    assert_equal_rigs(rig, read_calibration(tmp_path / "a.npz"), names=False)
    rig = read_calibration(file)
    write_calibration(rig, tmp_path / "a.npz", "neus")
    again = read_calibration(tmp_path / "a.npz")
    assert_equal_rigs(rig, again)
    torch.testing.assert_close(again.unit_sphere_to_world, rig.unit_sphere_to_world)


def test_cut_off_files_are_refused(file, assert_damage_is_noticed):
    errors, count = assert_damage_is_noticed(file)
    assert errors == count


def test_flipped_bits_never_escape_as_other_errors(file):
    content = file.read_bytes()
    generator = np.random.default_rng(0)
    for place in generator.integers(0, len(content), 300):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(generator.integers(0, 8))
        file.write_bytes(damaged)
        try:
            read_calibration(file)
        except InputError:
            pass


@pytest.mark.parametrize("field", ["world_mat_0", "scale_mat_0", "scale_mat_1"])
def test_missing_matrix_is_named(file, field):
    arrays = values()
    del arrays[field]
    np.savez(file, **arrays)
    with pytest.raises(InputError, match=rf"'{field}' of camera '00.' is missing"):
        read_calibration(file)


@pytest.mark.parametrize(
    "matrix, message",
    [
        (np.zeros((4, 4)), "not a projection matrix"),
        (np.eye(3), "must be 4x4 numbers or 3x4 numbers, not 3x3 numbers"),
        (np.full((4, 4), np.nan), "NaN"),
        (np.array(["a"]), "must be"),
    ],
)
def test_wrong_matrix_is_explained(file, matrix, message):
    np.savez(file, **values() | {"world_mat_1": matrix})
    with pytest.raises(InputError, match=f"'world_mat_1' of camera '001'.*{message}"):
        read_calibration(file)


def test_pickled_objects_are_not_loaded(file):
    np.savez(file, **values() | {"world_mat_1": np.array([{}], dtype=object)})
    with pytest.raises(InputError, match=re.escape(file.name)):
        read_calibration(file)


def test_what_the_format_lacks_is_refused(make_rig, tmp_path):
    with pytest.raises(InputError, match="opencv lens"):
        write_calibration(make_rig("opencv"), tmp_path / "a.npz", "neus")
    assert not list(tmp_path.iterdir())
