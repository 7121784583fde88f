import json

import numpy as np
import pytest
import torch

from human_capture.common.calibration import read_calibration, write_calibration
from human_capture.common.calibration.panoptic import read_panoptic
from human_capture.common.errors import InputError

R = [[0.96, 0.0, -0.28], [0.0, 1.0, 0.0], [0.28, 0.0, 0.96]]
CAMERAS = [
    {
        "name": name,
        "type": kind,
        "resolution": size,
        "panel": int(name[:2]),
        "node": int(name[3:]),
        "K": [[1396.5, 0.0, 944.5], [0.0, 1393.25, 554.5], [0, 0, 1]],
        "distCoef": [-0.28, 0.18, -0.0002, 0.0009, 0.03],
        "R": R,
        "t": [[shift], [111.0], [250.5]],
    }
    for name, kind, size, shift in (
        ("01_01", "vga", [640, 480], 10.0),
        ("00_00", "hd", [1920, 1080], -47.5),
        ("50_07", "kinect-color", [1920, 1080], 90.0),
    )
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "calibration_170101_test.json"
    path.write_text(json.dumps({"calibDataSource": "x", "cameras": CAMERAS}, indent=1))
    return path


def test_projects_the_toolbox_way_and_turns_the_world_upright(file, reference_pixels):
    calibration = read_calibration(file)
    assert calibration.names == ("01_01", "00_00", "50_07")
    assert calibration.sizes == ((640, 480), (1920, 1080), (1920, 1080))
    in_file = np.array([[10.0, -150.0, 20.0], [0.0, 0.0, 0.0], [-30.0, -90.0, 5.0]])
    camera = CAMERAS[1]
    expected = reference_pixels(
        in_file, camera["K"], camera["distCoef"], R, np.ravel(camera["t"])
    )
    x, y, z = torch.from_numpy(in_file / 100).unbind(-1)
    upright = torch.stack((x, z, -y), -1)  # a head at y = -150 cm is at z = 1.5 m
    pixels, _ = calibration.cameras[1].project(upright)
    torch.testing.assert_close(pixels, expected, rtol=0, atol=1e-8)


def test_kinds_of_cameras_can_be_chosen(file):
    assert read_panoptic(file, types=["hd"]).names == ("00_00",)


@pytest.mark.parametrize("lens", ["ideal", "opencv"])
def test_round_trip(make_rig, assert_equal_rigs, tmp_path, lens):
    rig = make_rig(lens, ("00_03", "00_12", "01_01", "other"))
    write_calibration(rig, tmp_path / "calibration.json", "panoptic")
    again = read_calibration(tmp_path / "calibration.json")
    assert_equal_rigs(rig, again)
    assert again.sizes == rig.sizes
    first, _, third, _ = json.loads((tmp_path / "calibration.json").read_text())[
        "cameras"
    ]
    assert (first["panel"], first["node"], first["type"]) == (0, 3, "hd")
    assert (third["panel"], third["node"], third["type"]) == (1, 1, "vga")


def test_cut_off_files_are_refused(file, assert_damage_is_noticed):
    errors, count = assert_damage_is_noticed(file)
    assert errors == count


@pytest.mark.parametrize("field", ["name", "resolution", "K", "distCoef", "R", "t"])
def test_missing_field_is_named(file, field):
    cameras = json.loads(json.dumps(CAMERAS))
    del cameras[1][field]
    file.write_text(json.dumps({"cameras": cameras}))
    whose = "number 2" if field == "name" else "00_00"
    with pytest.raises(InputError, match=f"'{field}' of camera '{whose}' is missing"):
        read_calibration(file)


@pytest.mark.parametrize("field", ["resolution", "K", "distCoef", "R", "t"])
@pytest.mark.parametrize("value", [None, {}, [], "x", [[1, 2], [3]], [1e999, 1], True])
def test_wrong_field_is_named(file, field, value):
    cameras = json.loads(json.dumps(CAMERAS))
    cameras[1][field] = value
    file.write_text(json.dumps({"cameras": cameras}))
    with pytest.raises(InputError, match=f"field '{field}' of camera '00_00'"):
        read_calibration(file)


@pytest.mark.parametrize(
    "text",
    [
        *("{}", "[]", "null", "1", "", "\x00", "[" * 100_000, '{"cameras": []}'),
        *('{"cameras": 3}', '{"cameras": [1]}', '{"cameras": {}}', '{"cameras": [{}]}'),
    ],
)
def test_other_json_is_refused(file, text):
    file.write_text(text)
    with pytest.raises(InputError, match=r"calibration_170101_test\.json"):
        read_calibration(file)


def test_size_is_needed(make_rig, tmp_path):
    with pytest.raises(InputError, match="image size of camera 'left'"):
        write_calibration(make_rig(sizes=False), tmp_path / "a.json", "panoptic")
