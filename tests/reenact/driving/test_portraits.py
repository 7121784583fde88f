"""Photos as crops of heads."""

import cv2
import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.common.photos import find_photos
from human_capture.reenact.crops import crop_face, face_square
from human_capture.reenact.portraits import read_heads


def test_files_and_folders_in_natural_order(tmp_path, paint):
    for name in ("b10.png", "b9.png", "c.jpg"):
        write_image(tmp_path / name, paint(40))
    (tmp_path / "notes.txt").write_text("no photo")
    names = [p.name for p in find_photos([tmp_path / "c.jpg", tmp_path])]
    assert names == ["c.jpg", "b9.png", "b10.png", "c.jpg"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no photos"):
        find_photos([tmp_path / "empty"])


def test_a_head_is_cropped_as_the_drivers_is(tmp_path, paint, finder):
    image = paint(50)
    write_image(tmp_path / "a.png", image)
    heads = read_heads([tmp_path / "a.png"], 32, finder)
    square = face_square(finder(image)[0].landmarks)
    assert np.array_equal(heads[0].permute(1, 2, 0), crop_face(image, square, 32))
    assert heads.dtype == torch.uint8


def test_of_several_faces_the_largest_is_taken_and_told(tmp_path, paint, finder):
    write_image(tmp_path / "two.png", paint(20, 90))
    write_image(tmp_path / "one.png", paint(20))
    with pytest.warns(UserWarning, match=r"two\.png shows 2 faces"):
        heads = read_heads([tmp_path / "two.png", tmp_path / "one.png"], 32, finder)
    assert heads[0, 0].float().mean() > heads[0, 1].float().mean()  # red


def test_pictures_with_alpha_and_sixteen_bits_are_read(tmp_path, paint, finder):
    image = paint(50)
    bgr = image[..., ::-1]
    cv2.imwrite(
        str(tmp_path / "alpha.png"), np.dstack((bgr, np.full_like(bgr, 200)[..., :1]))
    )
    cv2.imwrite(str(tmp_path / "deep.png"), bgr.astype(np.uint16) * 257)
    write_image(tmp_path / "plain.png", image)
    names = ("plain.png", "alpha.png", "deep.png")
    plain, alpha, deep = read_heads([tmp_path / n for n in names], 32, finder)
    assert torch.equal(alpha, plain)
    assert (deep.int() - plain.int()).abs().max() <= 1


def test_grey_photos_are_read_too(tmp_path, paint, finder):
    class Anywhere:
        def __call__(self, image):
            return finder(paint(50))

        def follow(self, image, faces):
            return list(faces)

    cv2.imwrite(str(tmp_path / "grey.png"), paint(50)[..., 0])
    head = read_heads([tmp_path / "grey.png"], 32, Anywhere())[0]
    assert torch.equal(head[0], head[1]) and torch.equal(head[0], head[2])


def test_a_photo_without_a_face_is_one_sentence(tmp_path, paint, finder):
    write_image(tmp_path / "wall.png", paint())
    with pytest.raises(InputError, match=r"There is no face in .*wall\.png"):
        read_heads([tmp_path / "wall.png"], 32, finder)


def test_photos_of_a_folder_without_a_face_are_left_out(tmp_path, paint, finder):
    for n in range(8):
        write_image(tmp_path / f"{n}.png", paint(None if n in (1, 2, 4, 6) else 50))
    (tmp_path / "3.png").write_bytes(b"damaged")
    said = r"5 of the 8 photos in .* are left out: 1\.png, 2\.png, 3\.png, \.\.\."
    with pytest.warns(UserWarning, match=said):
        heads = read_heads([tmp_path], 32, finder)
    good = [tmp_path / f"{n}.png" for n in (0, 5, 7)]
    assert torch.equal(heads, read_heads(good, 32, finder))
    with pytest.raises(InputError, match=r"There is no face in .*1\.png"):
        read_heads([*good, tmp_path / "1.png"], 32, finder)
    with pytest.raises(InputError, match=r"3\.png' is not an image"):
        read_heads([*good, tmp_path / "3.png"], 32, finder)
    for path in good:
        path.unlink()
    with pytest.warns(UserWarning, match="5 of the 5 photos"):
        with pytest.raises(InputError, match="There is no face in any photo"):
            read_heads([tmp_path], 32, finder)
