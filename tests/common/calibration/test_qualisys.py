import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from human_capture.common.calibration import (
    check_calibration,
    read_calibration,
    write_calibration,
)
from human_capture.common.calibration.check import meeting_point
from human_capture.common.errors import InputError

QTM = """<?xml version="1.0" encoding="UTF-8"?>
<calibration calibrated="true" source="a.qca" qtm-version="2024.3" type="regular">
 <results std-dev="1.9" min-max-diff="4.1"/>
 <cameras>
  <camera active="1" calibrated="true" point-count="2241" avg-residual="0.5"
   serial="26580" model="Miqus Video" viewrotation="0" video_resolution="1080p">
   <fov_marker left="0" top="0" right="1919" bottom="1087"/>
   <fov_video left="16" top="8" right="1903" bottom="1079"/>
   <transform x="1460.2323709212087" y="-1909.1590482454608" z="1896.5058524092062"
    r11="0.5536380477336265" r12="0.8046719867383512" r13="0.2144479094331626"
    r21="-0.4345300743838753" r22="0.05946489349975602" r23="0.8986921279821063"
    r31="0.7104002579937896" r32="-0.5907342212870501" r33="0.3825762057979294"/>
   <intrinsic focallength="9.27" sensorMinU="0.0" sensorMaxU="122879.0" sensorMinV="0.0"
    sensorMaxV="69631.0" focalLengthU="107872.609375" focalLengthV="107880.257813"
    centerPointU="60827.273438" centerPointV="32684.021484" skew="0.000000"
    radialDistortion1="-0.045450" radialDistortion2="0.139604" radialDistortion3="0.01"
    tangentalDistortion1="0.000615" tangentalDistortion2="-0.000391"/>
  </camera>
  <camera active="1" calibrated="true" serial="99" model="Miqus M3" viewrotation="0">
   <transform x="0" y="0" z="0" r11="1" r12="0" r13="0" r21="0" r22="1" r23="0"
    r31="0" r32="0" r33="1"/>
  </camera>
 </cameras>
</calibration>
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Calib.qca.txt"
    path.write_text(QTM)
    return path


def sample(demo="Demo_SinglePerson"):
    spec = importlib.util.find_spec("Pose2Sim")
    if spec is None:
        pytest.skip("Pose2Sim's sample data is not installed")
    folder = Path(spec.submodule_search_locations[0])
    return folder / demo / "calibration" / "Calib.qca.txt"


def test_projects_as_the_format_is_defined(file):
    calibration = read_calibration(file)
    assert calibration.names == ("26580",)  # the marker camera is left out
    assert calibration.sizes == ((1888, 1072),)
    point = np.array([-0.4, 0.3, 0.7])
    r = [float(v) for v in re.findall(r'r\d\d="([^"]+)"', QTM)[:9]]
    centre = np.array([1.4602323709212087, -1.9091590482454608, 1.8965058524092062])
    seen = np.array(r).reshape(3, 3) @ (point - centre)
    assert seen[2] < 0  # Qualisys cameras look along -z, with y up
    x, y = seen[0] / -seen[2], -seen[1] / -seen[2]
    k1, k2, k3, p1, p2 = -0.04545, 0.139604, 0.01, 0.000615, -0.000391
    r2 = x * x + y * y
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    distorted_x = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    distorted_y = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    u = (107872.609375 * distorted_x + 60827.273438) / 64 - 16
    v = (107880.257813 * distorted_y + 32684.021484) / 64 - 8
    pixels, depth = calibration.cameras.project(torch.from_numpy(point)[None, None])
    assert depth.item() == pytest.approx(-seen[2])
    assert pixels.flatten().tolist() == pytest.approx([u + 0.5, v + 0.5], abs=1e-8)


def test_size_comes_from_the_sensor_when_the_video_is_not_described(file):
    file.write_text(re.sub("<fov_video.*/>", "", QTM))
    assert read_calibration(file).sizes == ((1920, 1088),)


@pytest.mark.parametrize("demo", ["Demo_SinglePerson", "Demo_MultiPerson"])
def test_real_cameras_stand_in_a_room_and_look_at_one_place(demo):
    calibration = read_calibration(sample(demo))
    assert calibration.names == ("cam01", "cam02", "cam03", "cam04")
    assert calibration.sizes == ((1088, 1920),) * 4
    assert check_calibration(calibration, torch.tensor([0.0, 0.0, 1.0])) == []
    heights = calibration.cameras.centre[:, 2]
    assert 1.5 < heights.min() and heights.max() < 2.3
    up_in_image = -calibration.cameras.rotation[:, 1, 2]
    assert (up_in_image > 0.8).all()
    place = meeting_point(calibration.cameras)
    seen = calibration.cameras.to_camera(place[None])[:, 0]
    angles = torch.atan2(seen[:, :2].norm(dim=-1), seen[:, 2])
    assert angles.max() < 0.05  # radians
    with pytest.raises(InputError, match="map cameras to the world"):
        check_calibration(calibration.inverted())


def test_real_distortion_is_that_of_the_checkerboard_pictures():
    lens = read_calibration(sample()).cameras.distortion
    # Calibrated from the pictures beside the file: -0.046, -0.064, -0.046, -0.051.
    assert ((lens[:, 0] > -0.07) & (lens[:, 0] < -0.04)).all()


def test_round_trip(make_rig, assert_equal_rigs, tmp_path):
    for lens in ("ideal", "opencv"):
        rig = make_rig(lens)
        write_calibration(rig, tmp_path / "a.qca.txt", "qualisys")
        again = read_calibration(tmp_path / "a.qca.txt")
        assert_equal_rigs(rig, again)
        assert again.sizes == rig.sizes


def test_real_file_survives_a_round_trip(assert_equal_rigs, tmp_path):
    calibration = read_calibration(sample())
    write_calibration(calibration, tmp_path / "a.qca.txt", "qualisys")
    assert_equal_rigs(calibration, read_calibration(tmp_path / "a.qca.txt"))


def test_cut_off_files_never_mislead(file, assert_damage_is_noticed):
    errors, count = assert_damage_is_noticed(file)
    assert errors > 0.95 * count


def test_real_file_cut_off_never_misleads(tmp_path, assert_damage_is_noticed):
    path = tmp_path / "Calib.qca.txt"
    path.write_bytes(sample().read_bytes())
    assert_damage_is_noticed(path)


def test_every_missing_attribute_is_named(file):
    transform = "x y z r11 r12 r13 r21 r22 r23 r31 r32 r33".split()
    intrinsic = "focalLengthU focalLengthV centerPointU centerPointV".split()
    lens = re.findall(r"\w+Distortion\d", QTM)
    for field in transform + intrinsic + lens:
        file.write_text(re.sub(rf'\b{field}="[^"]*"', "", QTM, count=1))
        with pytest.raises(InputError, match=f"'{field}' of camera '26580' is missing"):
            read_calibration(file)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ('serial="26580"', "", "'serial' of camera 'number 1'"),
        ('x="1460.2323709212087"', 'x="far"', "'x' of camera '26580' must be one"),
        ('r11="0.5536', 'r11="0.9536', "not orthonormal"),
        ('skew="0.000000"', 'skew="1"', "'skew'"),
        ("<intrinsic", "<other", "'intrinsic' of camera '26580' is missing"),
        ('right="1903"', 'right="3"', "'right'"),
        ('active="1" calibrated="true" point', 'active="0" point', "'intrinsic'.*'99'"),
    ],
)
def test_wrong_values_are_explained(file, old, new, message):
    assert old in QTM
    file.write_text(QTM.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_calibration(file)


def test_mirrored_rotation_is_explained(file):
    text = QTM
    for field in ("r11", "r12", "r13"):
        text = re.sub(rf'{field}="(-?)', rf'{field}="-\1', text, count=1)
    file.write_text(text.replace('"--', '"'))
    with pytest.raises(InputError, match="reflection"):
        read_calibration(file)


def test_turned_view_is_warned_about(file):
    file.write_text(QTM.replace('viewrotation="0"', 'viewrotation="90"', 1))
    with pytest.warns(UserWarning, match="rotated by 90 degrees"):
        read_calibration(file)
