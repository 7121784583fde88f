import json

import numpy as np
import pytest
import torch

from human_capture.common.calibration import read_calibration, write_calibration
from human_capture.common.calibration.human36m import SIZES
from human_capture.common.errors import InputError

K = [[1145.05, 0.0, 512.54], [0.0, 1143.78, 515.45], [0.0, 0.0, 1.0]]
DISTORTION = [-0.2071, 0.2478, -0.0009, -0.0014, -0.0031]
ANGLES = np.array([-1.6, 0.05, -0.9])
CENTRE = np.array([1841.1, 4955.3, 1563.4])  # millimetres


def turn(axis, angle):
    c, s = np.cos(angle), np.sin(angle)
    i, j = {0: (1, 2), 1: (2, 0), 2: (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


ROTATION = turn(0, ANGLES[0]) @ turn(1, ANGLES[1]) @ turn(2, ANGLES[2])


def literal_pixels(points):
    """Pixels of world points in millimetres, as the data set's toolbox has them."""
    seen = (points - CENTRE) @ ROTATION.T
    x, y = seen[:, 0] / seen[:, 2], seen[:, 1] / seen[:, 2]
    k1, k2, p1, p2, k3 = DISTORTION
    r2 = x**2 + y**2
    factor = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3 + p1 * y + p2 * x
    u = K[0][0] * (x * factor + p2 * r2) + K[0][2]
    v = K[1][1] * (y * factor + p1 * r2) + K[1][2]
    return torch.from_numpy(np.stack((u, v), -1)) + 0.5


def metadata(tmp_path, subject=5, camera=2):
    numbers = np.random.default_rng(0).normal(size=300)
    poses, lenses = numbers[:264].reshape(4, 11, 6), numbers[264:].reshape(4, 9)
    poses[..., 3:] *= 3000
    lenses[:, :4] = [1100, 1100, 500, 500]
    poses[camera, subject - 1] = [*ANGLES, *CENTRE]
    k1, k2, p1, p2, k3 = DISTORTION
    lenses[camera] = [K[0][0], K[1][1], K[0][2], K[1][2], k1, k2, k3, p1, p2]
    path = tmp_path / "metadata.xml"
    text = " ".join(map(repr, numbers.tolist()))
    path.write_text(f"<?xml version='1.0'?><metadata><w0>[{text}]</w0></metadata>")
    return path


def parameters(tmp_path, subjects=("S1", "S5")):
    pose = {"R": ROTATION.tolist(), "t": (-ROTATION @ CENTRE)[:, None].tolist()}
    lens = {"calibration_matrix": K, "distortion": DISTORTION}
    values = {
        "intrinsics": {"58860488": lens},
        "extrinsics": {subject: {"58860488": pose} for subject in subjects},
    }
    path = tmp_path / "camera-parameters.json"
    path.write_text(json.dumps(values, indent=2))
    return path


@pytest.mark.parametrize("write", [metadata, parameters])
def test_projects_as_the_data_set_defines_it(tmp_path, write):
    rig = read_calibration(write(tmp_path), "human36m", subject="S5")
    camera = rig.select(["58860488"]).cameras
    points = np.array([[0.0, 0.0, 900.0], [300.0, -200.0, 1700.0], [-400, 500, 20]])
    pixels, _ = camera.project(torch.from_numpy(points / 1000))
    torch.testing.assert_close(pixels[0], literal_pixels(points), rtol=0, atol=1e-8)
    assert rig.sizes[rig.names.index("58860488")] == (1000, 1000)


def test_metadata_has_four_cameras(tmp_path):
    rig = read_calibration(metadata(tmp_path), subject="S11")
    assert rig.names == tuple(SIZES)
    assert rig.sizes == ((1000, 1002), (1000, 1000), (1000, 1000), (1000, 1002))


@pytest.mark.parametrize("write", [metadata, parameters])
@pytest.mark.parametrize("subject", [None, "S12"])
def test_subject_must_be_one_of_those_in_the_file(tmp_path, write, subject):
    with pytest.raises(InputError, match=r"subjects S1, .*of them\."):
        read_calibration(write(tmp_path), subject=subject)


def test_the_only_subject_needs_no_name(tmp_path):
    assert len(read_calibration(parameters(tmp_path, ["S9"]))) == 1


@pytest.mark.parametrize("lens", ["ideal", "human36m"])
def test_round_trip(make_rig, assert_equal_rigs, tmp_path, lens):
    rig = make_rig(lens, ("54138969", "55011271"))
    write_calibration(rig, tmp_path / "a.json", "human36m")
    again = read_calibration(tmp_path / "a.json")
    assert_equal_rigs(rig, again)
    assert again.sizes == (SIZES["54138969"], SIZES["55011271"])


@pytest.mark.parametrize("write", [metadata, parameters])
def test_cut_off_files_are_refused(tmp_path, write, assert_damage_is_noticed):
    path = write(tmp_path)
    errors, count = assert_damage_is_noticed(path, subject="S5")
    assert errors == count


@pytest.mark.parametrize(
    "table, field", [("intrinsics", "calibration_matrix"), ("intrinsics", "distortion")]
)
def test_missing_field_is_named(tmp_path, table, field):
    path = parameters(tmp_path)
    values = json.loads(path.read_text())
    del values[table]["58860488"][field]
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match=f"'{field}' of camera '58860488' is missing"):
        read_calibration(path, subject="S1")


@pytest.mark.parametrize("value", [None, 3, [], {}, {"58860488": 1}])
def test_wrong_tables_are_refused(tmp_path, value):
    path = parameters(tmp_path)
    values = json.loads(path.read_text())
    for change in ({"intrinsics": value}, {"extrinsics": {"S1": value}}):
        path.write_text(json.dumps({**values, **change}))
        with pytest.raises(InputError):
            read_calibration(path, subject="S1")


def test_opencv_lens_is_refused(make_rig, tmp_path):
    with pytest.raises(InputError, match="opencv lens"):
        write_calibration(make_rig("opencv"), tmp_path / "a.json", "human36m")
