import cv2
import numpy as np
import pytest
import torch

from human_capture.common.calibration import read_calibration, write_calibration
from human_capture.common.errors import InputError

ONE = """%YAML:1.0
---
calibration_time: "Mon Nov 23 10:00:00 2026"
image_width: 640
image_height: 480
flags: 0
fisheye_model: 0
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 525.5, 0., 319.5, 0., 526.5, 239.5, 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 5
   cols: 1
   dt: d
   data: [ -0.26, 0.07, 0.001, -0.002, 0.01 ]
rvec: !!opencv-matrix
   rows: 3
   cols: 1
   dt: d
   data: [ 0.1, -0.2, 0.3 ]
tvec: !!opencv-matrix
   rows: 3
   cols: 1
   dt: d
   data: [ 0.5, -0.25, 3. ]
"""
POINTS = torch.tensor([[0.1, 0.2, 0.3], [-0.4, 0.1, 1.2], [0.3, -0.2, 0.9]])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "front.yml"
    path.write_text(ONE)
    return path


def test_projects_as_opencv_does_with_the_numbers_in_the_file(file, reference_pixels):
    calibration = read_calibration(file)
    assert (calibration.names, calibration.sizes) == (("front",), ((640, 480),))
    expected = reference_pixels(
        POINTS,
        [[525.5, 0, 319.5], [0, 526.5, 239.5], [0, 0, 1]],
        [-0.26, 0.07, 0.001, -0.002, 0.01],
        [0.1, -0.2, 0.3],
        [0.5, -0.25, 3.0],
    )
    pixels, _ = calibration.cameras[0].project(POINTS.double())
    torch.testing.assert_close(pixels, expected, rtol=0, atol=1e-8)


def test_files_that_opencv_itself_writes_are_read(tmp_path, assert_equal_rigs):
    matrix = np.array([[525.5, 0, 319.5], [0, 526.5, 239.5], [0, 0, 1]])
    for name in ("b.yml", "a.xml", "c.json"):
        storage = cv2.FileStorage(str(tmp_path / name), cv2.FILE_STORAGE_WRITE)
        storage.write("K", matrix)
        storage.write("D", np.array([[-0.26, 0.07, 0.001, -0.002]]))
        storage.write("R", np.eye(3))
        storage.write("T", np.array([[float(ord(name[0]) - 97)], [0.0], [3.0]]))
        storage.release()
    rig = read_calibration(tmp_path)
    assert rig.names == ("a", "b", "c")
    assert rig.cameras.translation[:, 0].tolist() == [0, 1, 2]
    assert rig.sizes == (None,) * 3
    for index, name in enumerate(("a.xml", "b.yml", "c.json")):
        alone = read_calibration(tmp_path / name)
        assert_equal_rigs(alone, rig.select([rig.names[index]]))


def test_what_is_written_opencv_can_read(make_rig, tmp_path):
    rig = make_rig("opencv")
    write_calibration(rig, tmp_path / "rig.yml", "opencv")
    storage = cv2.FileStorage(str(tmp_path / "rig.yml"), cv2.FILE_STORAGE_READ)
    item = storage.getNode("cameras").at(1)
    assert item.getNode("name").string() == "middle"
    matrix = item.getNode("camera_matrix").mat()
    assert matrix[0, 2] == rig.cameras.intrinsics[1, 0, 2].item() - 0.5
    rotation = item.getNode("rotation").mat()
    assert np.array_equal(rotation, rig.cameras.rotation[1].numpy())


@pytest.mark.parametrize(
    "lens", ["ideal", "opencv", "rational", "thin prism", "fisheye"]
)
@pytest.mark.parametrize("names", [("a", "b"), ('x"y', "ü \\", "#:- 7")])
def test_round_trip(make_rig, assert_equal_rigs, tmp_path, lens, names):
    rig = make_rig(lens, names)
    write_calibration(rig, tmp_path / "rig.yml", "opencv")
    again = read_calibration(tmp_path / "rig.yml")
    assert_equal_rigs(rig, again)
    assert again.sizes == rig.sizes


def test_cut_off_files_never_mislead(
    file, make_rig, tmp_path, assert_damage_is_noticed
):
    assert_damage_is_noticed(file)
    write_calibration(make_rig("opencv"), tmp_path / "rig.yml", "opencv")
    assert_damage_is_noticed(tmp_path / "rig.yml")


def test_files_cut_off_between_lines_never_mislead(
    file, make_rig, tmp_path, assert_damage_is_noticed
):
    rig = tmp_path / "rig.yml"
    write_calibration(make_rig("opencv"), rig, "opencv")
    for path in (file, rig):
        lines = path.read_bytes().splitlines(keepends=True)
        copies = [b"".join(lines[:count]) for count in range(len(lines))]
        assert_damage_is_noticed(path, copies=copies)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("camera_matrix", "other", "'camera_matrix' of camera 'front' is missing"),
        ("distortion_coeff", "other", "'distortion_coefficients' of camera 'front'"),
        ("rvec", "other", "'rotation' of camera 'front' is missing"),
        ("tvec", "other", "'translation' of camera 'front' is missing"),
        ("image_width: 640", "", "'image_width' of camera 'front' is missing"),
        ("image_width: 640", "image_width: wide", "'image_width'.*must be one number"),
        ("   rows: 3\n   cols: 3", "   rows: 3\n   cols: 2", "must hold 3x2 numbers"),
        ("   rows: 3\n", "   rows: -3\n", "'rows' must be a positive"),
        ("319.5", ".Nan", "'camera_matrix'.*NaN"),
        ("%YAML:1.0\n---\n", "%YAML:1.0\n---\n- 1\n", "not a valid OpenCV file"),
        (
            "[ -0.26, 0.07, 0.001, -0.002, 0.01 ]",
            "[ " + "0.1, " * 12 + "0.2, 0. ]",
            "must hold 5x1|tilted",
        ),
    ],
)
def test_wrong_values_are_explained(file, old, new, message):
    assert old in ONE
    file.write_text(ONE.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_calibration(file)


def test_only_yaml_is_written(make_rig, tmp_path):
    with pytest.raises(InputError, match=r"\.yml"):
        write_calibration(make_rig(), tmp_path / "rig.xml", "opencv")
