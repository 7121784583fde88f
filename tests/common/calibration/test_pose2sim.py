import re

import pytest
import torch

from human_capture.common.calibration import read_calibration, write_calibration
from human_capture.common.errors import InputError

POSE2SIM = """[cam_01]
name = "cam_01"
size = [ 1088.0, 1920.0]
matrix = [ [ 1681.24, 0.0, 532.97], [ 0.0, 1681.07, 948.13], [ 0.0, 0.0, 1.0]]
distortions = [ -0.046, 0.139, 0.0006, 0.0007]
rotation = [ 0.1, -2.0, 1.7]
translation = [ 0.3, 0.9, 2.5]
fisheye = false

[cam_02]
name = "cam_02"
size = [ 1088.0, 1920.0]
matrix = [ [ 1673.72, 0.0, 534.49], [ 0.0, 1673.79, 963.22], [ 0.0, 0.0, 1.0]]
distortions = [ -0.047, 0.136, 0.0009, 0.0002]
rotation = [ 1.2, -1.1, 1.3]
translation = [ -0.3, 0.7, 3.5]
fisheye = false

[metadata]
adjusted = false
error = 0.0
"""
ANIPOSE = """[cam_0]
name = "A"
size = [ 1280, 720,]
matrix = [ [ 700.5, 0.0, 640.0,], [ 0.0, 700.5, 360.0,], [ 0.0, 0.0, 1.0,],]
distortions = [ -0.1, 0.0, 0.0, 0.0, 0.0,]
rotation = [ 0.01, 0.02, 0.03,]
translation = [ 1.0, -2.0, 3.0,]

[cam_1]
name = "B"
size = [ 1280, 720,]
matrix = [ [ 710.5, 0.0, 641.0,], [ 0.0, 710.5, 361.0,], [ 0.0, 0.0, 1.0,],]
distortions = [ -0.2, 0.01, 0.0, 0.0, 0.0,]
rotation = [ 0.01, 0.9, 0.03,]
translation = [ -800.0, 20.0, 300.0,]

[metadata]
adjusted = false
error = 0.42
"""
POINTS = torch.tensor([[0.1, 0.2, 0.3], [-0.4, 0.1, 1.2], [0.3, -0.2, 0.9]])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Calib.toml"
    path.write_text(POSE2SIM)
    return path


def test_projects_as_opencv_does_with_the_numbers_in_the_file(file, reference_pixels):
    calibration = read_calibration(file)
    assert calibration.names == ("cam_01", "cam_02")
    assert calibration.sizes == ((1088, 1920), (1088, 1920))
    expected = reference_pixels(
        POINTS,
        [[1673.72, 0, 534.49], [0, 1673.79, 963.22], [0, 0, 1]],
        [-0.047, 0.136, 0.0009, 0.0002],
        [1.2, -1.1, 1.3],
        [-0.3, 0.7, 3.5],
    )
    pixels, _ = calibration.cameras[1].project(POINTS.double())
    torch.testing.assert_close(pixels, expected, rtol=0, atol=1e-8)


def test_anipose_lengths_are_in_the_unit_told(tmp_path):
    path = tmp_path / "calibration.toml"
    path.write_text(ANIPOSE)
    with pytest.raises(InputError, match="--unit mm"):
        read_calibration(path)
    calibration = read_calibration(path, unit="mm")
    assert calibration.names == ("A", "B")
    translation = calibration.cameras.translation[1]
    assert translation.tolist() == pytest.approx([-0.8, 0.02, 0.3])


@pytest.mark.parametrize("lens", ["ideal", "opencv", "rational", "fisheye"])
def test_round_trip(make_rig, assert_equal_rigs, tmp_path, lens):
    rig = make_rig(lens)
    write_calibration(rig, tmp_path / "a.toml", "pose2sim")
    again = read_calibration(tmp_path / "a.toml")
    assert_equal_rigs(rig, again)
    assert again.sizes == rig.sizes


@pytest.mark.parametrize("name", ['a "b" \\ c', "Ünï cödé 🎥", "with.dot", "tab\t\x7f"])
def test_any_camera_name_survives(make_rig, tmp_path, name):
    rig = make_rig(names=(name, "other", "third"))
    write_calibration(rig, tmp_path / "a.toml", "pose2sim")
    assert read_calibration(tmp_path / "a.toml").names[0] == name


def test_fisheye_lens_projects_as_opencv_does(make_rig, tmp_path, reference_pixels):
    rig = make_rig("fisheye")
    write_calibration(rig, tmp_path / "a.toml", "pose2sim")
    text = (tmp_path / "a.toml").read_text()
    assert text.count("fisheye = true") == 3
    camera = read_calibration(tmp_path / "a.toml").cameras[0]
    k = camera.intrinsics.clone()
    k[:2, 2] -= 0.5
    expected = reference_pixels(
        POINTS,
        k.numpy(),
        camera.distortion.numpy(),
        camera.rotation.numpy(),
        camera.translation.numpy(),
        fisheye=True,
    )
    torch.testing.assert_close(
        camera.project(POINTS.double())[0], expected, rtol=0, atol=1e-8
    )


@pytest.mark.parametrize("text", [POSE2SIM, ANIPOSE])
def test_cut_off_files_never_mislead(tmp_path, assert_damage_is_noticed, text):
    path = tmp_path / "calibration.toml"
    path.write_text(text)
    assert_damage_is_noticed(path, unit="mm")


@pytest.mark.parametrize(
    "field", ["matrix", "distortions", "rotation", "translation", "fisheye"]
)
def test_missing_field_is_named_with_its_camera(file, field):
    head, tail = POSE2SIM.split("[cam_02]")
    file.write_text(head + "[cam_02]" + re.sub(f"{field} = .*\n", "", tail, count=1))
    with pytest.raises(InputError, match=rf"Calib.toml: field '{field}'.*'cam_02'"):
        read_calibration(file)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("[ 1.2, -1.1, 1.3]", "[ 1.2, -1.1]", "'rotation' of camera 'cam_02'"),
        ("[ 1.2, -1.1, 1.3]", '[ 1.2, "x", 1.3]', "'rotation' of camera 'cam_02'"),
        ("[ 1.2, -1.1, 1.3]", "[ 1.2, nan, 1.3]", "holds NaN"),
        ("[ 1088.0, 1920.0]", "[ 1088.5, 1920.0]", "'size'.*whole number"),
        ("[ 1088.0, 1920.0]", "[ 1088.0, inf]", "'size'"),
        ("1681.24", "-1681.24", "focal length that is not positive"),
        ("1681.24", "0.9", "convert it"),
        ('"cam_02"', '"cam_01"', "Two cameras are named 'cam_01'"),
        ("fisheye = false", "fisheye = 3", "true or false"),
        ("[cam_01]", "[cam_01", "not valid TOML"),
    ],
)
def test_wrong_values_are_explained(file, old, new, message):
    file.write_text(POSE2SIM.replace(old, new))
    with pytest.raises(InputError, match=message):
        read_calibration(file)


def test_fisheye_and_pinhole_in_one_rig_are_refused(file):
    text = POSE2SIM.replace("fisheye = false", "fisheye = true", 1)
    file.write_text(text)
    with pytest.raises(InputError, match="one kind"):
        read_calibration(file)


def test_lens_the_format_lacks_is_refused_and_nothing_written(make_rig, tmp_path):
    with pytest.raises(InputError, match="human36m lens"):
        write_calibration(make_rig("human36m"), tmp_path / "a.toml", "pose2sim")
    assert not list(tmp_path.iterdir())
