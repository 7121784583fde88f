import warnings

import numpy as np
import pytest
import skimage.data
import torch

from human_capture.common.errors import InputError
from human_capture.common.images import read_image, write_image
from human_capture.common.photos import find_photos
from human_capture.multineus.canonical import canonical_landmarks
from human_capture.multineus.photographs import PhotoOptions, read_photos


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    write_image(folder / "astronaut.png", skimage.data.astronaut())
    return folder


def read(folder, **options):
    return read_photos(find_photos([folder]), PhotoOptions(**{"size": 96, **options}))


def test_a_portrait_has_its_face_in_the_middle_of_the_sphere(folder):
    portraits = read(folder)
    assert portraits.images.shape == (1, 3, 96, 96)
    eyes = canonical_landmarks()[[33, 263]]
    pixels, depth = portraits.cameras[0].project(eyes)
    assert ((pixels > 24) & (pixels < 60)).all()
    assert (depth > 1).all()
    # the face is skin, the person's own right eye is on the left of the picture
    assert pixels[0, 0] < pixels[1, 0]
    assert portraits.masks[0, 36, 44] == 255
    assert portraits.masks[0, 4, 4] == 0


def test_the_body_below_the_sphere_teaches_nothing(folder):
    portraits = read(folder)
    assert portraits.trust[0, 90, 48] == 0
    assert portraits.trust[0, 36, 44] == 255
    assert portraits.trust[0, 4, 4] == 255  # the background does


def test_a_larger_part_shows_the_same(folder):
    small, large = read(folder), read(folder, size=192)
    points = canonical_landmarks()
    one, two = (p.cameras[0].project(points)[0] for p in (small, large))
    torch.testing.assert_close(2 * one, two, atol=1e-2, rtol=1e-4)
    shrunk = torch.nn.functional.avg_pool2d(large.images.float(), 2)
    assert (shrunk - small.images.float()).abs().mean() < 6


def test_a_given_mask_is_used(folder, tmp_path):
    image = read_image(folder / "astronaut.png")
    write_image(tmp_path / "a.png", image)
    mask = np.zeros_like(image)
    mask[:200, 150:300] = 255
    write_image(tmp_path / "mask" / "a.png", mask)
    assert read(tmp_path).masks[0, 80:].max() == 0
    write_image(tmp_path / "mask" / "a.png", mask[:100])
    with pytest.raises(InputError, match="512x100 pixels, but its photo is 512x512"):
        read(tmp_path)
    write_image(tmp_path / "mask" / "a.png", 0 * mask)
    with pytest.raises(InputError, match="covers nothing"):
        read(tmp_path)


def test_the_largest_of_several_faces_is_taken_and_said(folder, tmp_path):
    image = read_image(folder / "astronaut.png")
    pair = np.concatenate((image, image[:, ::-1]), 1)
    half = np.zeros((512, 256, 3), np.uint8) + 128
    half[:256] = image[::2, ::2]
    write_image(tmp_path / "a.png", np.concatenate((pair, half), 1))
    with pytest.warns(UserWarning, match="shows 3 faces"):
        first = read(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        small = read(tmp_path, face=2)
    widths = [float(p.cameras[0].intrinsics[0, 0]) for p in (first, small)]
    assert min(widths) > 0
    with pytest.raises(InputError, match="there is no face 3"):
        read(tmp_path, face=3)


def test_what_is_no_portrait_is_said(tmp_path):
    with pytest.raises(InputError, match="no photos"):
        find_photos([tmp_path])
    grey = tmp_path / "grey.png"
    write_image(grey, np.full((200, 200, 3), 127, np.uint8))
    with pytest.raises(InputError, match="no face in"):
        read(tmp_path)
    grey.write_bytes(b"no image")
    with pytest.raises(InputError, match="is not an image"):
        read(tmp_path)
