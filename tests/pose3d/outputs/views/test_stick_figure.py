import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.common.video import probe
from human_capture.pose3d.outputs.views.openpose_styles import stick_figure_style
from human_capture.pose3d.outputs.views.orbit import Orbit
from human_capture.pose3d.outputs.views.stick_figure import (
    draw_stick_figure,
    write_stick_figures,
)

SIZE = 256
# BGR tables of OpenPose's and ControlNet's own drawing code, as RGB
COCO_LIMBS = {
    ("neck", "right_shoulder"): (255, 0, 0),
    ("neck", "left_shoulder"): (255, 85, 0),
    ("right_shoulder", "right_elbow"): (255, 170, 0),
    ("left_elbow", "left_wrist"): (85, 255, 0),
    ("neck", "right_hip"): (0, 255, 0),
    ("neck", "left_hip"): (0, 255, 255),
    ("left_knee", "left_ankle"): (0, 85, 255),
    ("neck", "nose"): (0, 0, 255),
    ("left_eye", "left_ear"): (255, 0, 170),
}
BODY_LIMBS = {
    ("neck", "mid_hip"): (255, 0, 0),
    ("neck", "right_shoulder"): (255, 85, 0),
    ("left_elbow", "left_wrist"): (0, 255, 0),
    ("mid_hip", "right_hip"): (0, 255, 85),
    ("left_ankle", "left_big_toe"): (0, 0, 255),
    ("right_ankle", "right_heel"): (0, 255, 255),
    ("nose", "right_eye"): (255, 0, 170),
}
JOINTS = {
    "coco18": {"nose": (255, 0, 0), "left_ear": (255, 0, 85), "neck": (255, 85, 0)},
    "body25": {"nose": (255, 0, 85), "mid_hip": (255, 0, 0), "left_eye": (170, 0, 255)},
}


def scattered(style, seed=0):
    """One person whose joints are far from one another."""
    count = len(style.format)
    angles = 2 * np.pi * np.random.default_rng(seed).permutation(count) / count
    spots = SIZE / 2 + 110 * np.stack((np.cos(angles), np.sin(angles)), -1)
    return spots[None], np.ones((1, count), bool)


def drawn(name, joints):
    """A picture of some joints alone."""
    style = stick_figure_style(name)
    pixels, valid = scattered(style)
    chosen = [style.format.index(joint) for joint in joints]
    only = np.isin(np.arange(len(style.format)), chosen)[None]
    image = draw_stick_figure(pixels, valid & only, style, SIZE, SIZE)
    return image, pixels[0, chosen]


def at(image, spot):
    x, y = np.floor(spot).astype(int)
    return image[y, x].tolist()


@pytest.mark.parametrize(
    ("name", "limbs"), [("coco18", COCO_LIMBS), ("body25", BODY_LIMBS)]
)
def test_limbs_have_openposes_colours_dimmed(name, limbs):
    for ends, colour in limbs.items():
        image, (start, stop) = drawn(name, ends)
        dimmed = [int(0.6 * channel) for channel in colour]
        assert at(image, (start + stop) / 2) == dimmed, ends


@pytest.mark.parametrize("name", ["coco18", "body25"])
def test_joints_have_openposes_colours_and_lie_on_top(name):
    style = stick_figure_style(name)
    pixels, valid = scattered(style)
    image = draw_stick_figure(pixels, valid, style, SIZE, SIZE)
    for joint, colour in JOINTS[name].items():
        assert at(image, pixels[0, style.format.index(joint)]) == list(colour)


def test_a_limb_is_an_ellipse_as_thick_as_generators_know():
    style = stick_figure_style("coco18")
    pixels = np.zeros((1, 18, 2))
    pixels[0, 2], pixels[0, 3] = (100.5, 200.5), (300.5, 200.5)
    valid = np.zeros((1, 18), bool)
    valid[0, 2:4] = True
    image = draw_stick_figure(pixels, valid, style, 512, 512)
    for column, half in ((200, 4.0), (250, 4 * np.sqrt(0.75))):
        lit = image[150:250, column].max(1) > 76
        assert lit.sum() == pytest.approx(2 * half + 1, abs=1.5)
        assert lit[50]
    assert (image[196:205, 100].max(1) > 127).sum() == 9  # a joint of radius 4


def test_limbs_need_both_ends_and_the_rest_is_black():
    image, (spot,) = drawn("body25", ["left_wrist"])
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    near = np.hypot(columns - spot[0], rows - spot[1]) < 4
    assert image[near].any() and not image[~near].any()


def test_people_are_drawn_limb_by_limb():
    """A later limb of the first person lies over an earlier one of the second."""
    style = stick_figure_style("coco18")
    index = style.format.index
    pixels, valid = np.zeros((2, 18, 2)), np.zeros((2, 18), bool)
    for person, ends, height in (
        (0, ("left_knee", "left_ankle"), 1),
        (1, ("neck", "right_shoulder"), 0),
    ):
        for end, joint in enumerate(ends):
            spot = [128.5, 28.5 + 200 * end] if height else [28.5 + 200 * end, 128.5]
            pixels[person, index(joint)], valid[person, index(joint)] = spot, True
    image = draw_stick_figure(pixels, valid, style, SIZE, SIZE)
    assert at(image, (128.5, 128.5)) == [0, 51, 153]


def test_joints_far_outside_do_no_harm():
    style = stick_figure_style("body25")
    pixels, valid = scattered(style)
    pixels[0, 3] = 1e9
    pixels[0, 6] = (-400.0, 128.0)
    image = draw_stick_figure(pixels, valid, style, SIZE, SIZE)
    assert image.any()


def test_a_path_with_a_suffix_is_a_video(tmp_path, performed):
    capture = performed(frames=5)
    write_stick_figures(capture, Orbit(), tmp_path / "s.mp4", width=128, height=192)
    video = probe(tmp_path / "s.mp4")
    assert (video.frames, video.width, video.height) == (5, 128, 192)


def test_a_path_without_one_is_a_folder_of_images(tmp_path, performed, rig):
    capture = performed(frames=4)
    folder = tmp_path / "figures"
    write_stick_figures(capture, rig[0], folder, "body25", 640, 640)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"{n:06d}.png" for n in range(4)]
    image = read_image(folder / names[2])
    knee = capture.points[:, 2, capture.format.index("left_knee")]
    (pixel,), _ = rig[0].project(knee)
    assert image.shape == (640, 640, 3)
    assert at(image, pixel.numpy()) == [0, 85, 255]


def test_an_unknown_style_is_named(tmp_path, performed):
    with pytest.raises(InputError, match="'coco19'; known are coco18, body25"):
        write_stick_figures(performed(), Orbit(), tmp_path / "s.mp4", "coco19")
