import numpy as np
import pytest
import torch

from human_capture.common.calibration import read_calibration, write_calibration
from human_capture.common.errors import InputError

CAMERAS = """# Camera list with one line of data per camera:
#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]
# Number of cameras: 3
1 SIMPLE_RADIAL 1000 800 900.5 500 400 -0.1
2 PINHOLE 640 480 500 501 320 240
5 FULL_OPENCV 640 480 500 501 320 240 0.1 0.02 0.003 0.004 0.05 0.06 0.007 0.008
"""
IMAGES = """# Image list with two lines of data per image:
#   IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME
#   POINTS2D[] as (X, Y, POINT3D_ID)
# Number of images: 3, mean observations per image: 1
1 0.8 0.0 0.6 0.0 0.25 -0.5 3.5 1 left camera.png
10.5 20.5 -1 30 40 7
2 1.0 0.0 0.0 0.0 0.5 0.25 3.0 2 b.png

7 0.5 0.5 0.5 -0.5 0.5 0.25 3.0 5 c/000.png

"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cameras.txt").write_text(CAMERAS)
    (tmp_path / "images.txt").write_text(IMAGES)
    return tmp_path


def test_projects_by_colmaps_formula(folder):
    rig = read_calibration(folder)
    assert rig.names == ("left camera.png", "b.png", "c/000.png")
    assert rig.sizes == ((1000, 800), (640, 480), (640, 480))
    point = np.array([0.2, -0.3, 0.4])
    # The quaternion (0.8, 0, 0.6, 0) turns about y by 2 acos(0.8).
    c, s = 0.8**2 - 0.6**2, 2 * 0.8 * 0.6
    turned = [c * 0.2 + s * 0.4 + 0.25, -0.3 - 0.5, -s * 0.2 + c * 0.4 + 3.5]
    x, y = turned[0] / turned[2], turned[1] / turned[2]
    bend = 1 - 0.1 * (x * x + y * y)
    expected = [900.5 * x * bend + 500, 900.5 * y * bend + 400]  # no half pixel
    pixels, _ = rig.cameras[0].project(torch.from_numpy(point)[None])
    assert pixels[0].tolist() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "line, lens, fisheye",
    [
        ("SIMPLE_PINHOLE 640 480 500 320 240", [0, 0, 0, 0], False),
        ("PINHOLE 640 480 500 501 320 240", [0, 0, 0, 0], False),
        ("SIMPLE_RADIAL 640 480 500 320 240 0.1", [0.1, 0, 0, 0], False),
        ("RADIAL 640 480 500 320 240 0.1 0.02", [0.1, 0.02, 0, 0], False),
        ("OPENCV 640 480 500 501 320 240 .1 .02 .003 .004", None, False),
        ("OPENCV_FISHEYE 640 480 500 501 320 240 .1 .02 .003 .004", None, True),
    ],
)
def test_models_project_as_opencv_does(tmp_path, reference_pixels, line, lens, fisheye):
    (tmp_path / "cameras.txt").write_text(f"1 {line}\n")
    (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 3 1 a.png\n\n")
    camera = read_calibration(tmp_path).cameras[0]
    focal_y = 501 if " 501 " in line else 500
    points = torch.tensor([[0.3, 0.2, 0.1], [-0.6, 0.5, -0.4]], dtype=torch.float64)
    expected = reference_pixels(
        points,
        [[500, 0, 320], [0, focal_y, 240], [0, 0, 1]],
        lens or [0.1, 0.02, 0.003, 0.004],
        np.eye(3),
        [0, 0, 3],
        fisheye,
    )
    pixels = camera.project(points)[0]
    torch.testing.assert_close(pixels, expected - 0.5, rtol=0, atol=1e-8)


@pytest.mark.parametrize("lens", ["ideal", "opencv", "rational", "fisheye"])
def test_round_trip(make_rig, assert_equal_rigs, tmp_path, lens):
    rig = make_rig(lens, ("a b", "c", "d"))
    write_calibration(rig, tmp_path / "sparse", "colmap")
    again = read_calibration(tmp_path / "sparse")
    assert_equal_rigs(rig, again)
    assert again.sizes == rig.sizes
    assert (tmp_path / "sparse" / "points3D.txt").is_file()


@pytest.mark.parametrize("name", ["cameras.txt", "images.txt"])
def test_cut_off_files_are_refused(folder, name, assert_damage_is_noticed):
    file = folder / name
    copies = [file.read_bytes()[:end] for end in range(0, len(file.read_bytes()) - 2)]
    assert_damage_is_noticed(folder, file=file, copies=copies)


@pytest.mark.parametrize(
    "name, old, new, message",
    [
        ("cameras.txt", "PINHOLE", "THIN", "'model' of camera '2' is 'THIN'"),
        ("cameras.txt", " 240\n", "\n", "'parameters' of camera '2' must be 4 numbers"),
        ("cameras.txt", "640", "x", "'width' of camera '2' must be one number"),
        ("images.txt", " 2 b.png", " 3 b.png", "'camera' of camera 'b.png' is 3"),
        ("images.txt", "0.8 0.0", "0.0 0.0", "'quaternion'.*length 1"),
        ("images.txt", "3.5 1 left camera.png", "3.5 1", "number 1.*9 of 10"),
        ("images.txt", "3.5 1 left", "nan 1 left", "'translation'.*NaN"),
        ("images.txt", "images: 3", "images: 4", "its header says 4"),
    ],
)
def test_wrong_values_are_explained(folder, name, old, new, message):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_calibration(folder)


def test_what_the_format_lacks_is_refused(make_rig, tmp_path):
    for rig, message in (
        (make_rig("thin prism"), "12 distortion coefficients"),
        (make_rig("human36m"), "human36m lens"),
        (make_rig(sizes=False), "image size"),
    ):
        with pytest.raises(InputError, match=message):
            write_calibration(rig, tmp_path / "out", "colmap")
    assert not (tmp_path / "out").exists()
