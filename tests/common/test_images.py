import errno

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image

from human_capture.common import images
from human_capture.common.errors import InputError


def picture(height=20, width=30):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_png_comes_back_bit_for_bit_in_rgb(tmp_path):
    images.write_image(tmp_path / "sub" / "a.png", picture())
    assert (images.read_image(tmp_path / "sub" / "a.png") == picture()).all()


def test_jpeg_keeps_channel_order(tmp_path):
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    images.write_image(tmp_path / "a.jpg", red)
    back = images.read_image(tmp_path / "a.jpg").reshape(-1, 3).mean(0)
    assert back[0] > 240 and back[1:].max() < 15


@pytest.mark.parametrize("content", [b"", b"not an image"])
def test_unreadable_image_is_named(tmp_path, content):
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.png"):
        images.read_image(tmp_path / "bad.png")


def test_missing_image_and_unknown_suffix_are_refused(tmp_path):
    with pytest.raises(InputError, match="There is no image"):
        images.read_image(tmp_path / "none.png")
    with pytest.raises(InputError, match="images end in"):
        images.write_image(tmp_path / "a.xyz", picture())


def test_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        images.write_image(tmp_path / "a.png", picture())
    assert not list(tmp_path.iterdir())


def test_shrinking_averages_and_keeps_the_mean():
    image = np.kron(np.indices((4, 4)).sum(0) % 2, np.ones((1, 1)))[..., None]
    image = (image * 200).astype(np.uint8).repeat(3, -1)
    assert (images.resize(image, 2, 2) == 100).all()


def test_fit_within_keeps_the_aspect_and_never_enlarges():
    assert images.fit_within(picture(100, 50), 20).shape == (20, 10, 3)
    assert images.fit_within(picture(100, 50), 200).shape == (100, 50, 3)


def test_tensor_and_bytes_are_inverse():
    batch = np.stack([picture(), picture()[::-1]])
    tensor = images.to_tensor(batch)
    assert tensor.shape == (2, 3, 20, 30) and tensor.max() <= 1
    assert (images.to_bytes(tensor) == batch).all()
    assert images.to_bytes(torch.full((3, 1, 1), 7.0)).max() == 255


def photo_with(path, size=(400, 300), **written):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {ExifTags.Base[name].value: value for name, value in written.items()}
    )
    Image.new("RGB", size).save(path, exif=exif)
    return path


def test_the_focal_length_that_a_camera_wrote_is_read(tmp_path):
    path = photo_with(tmp_path / "phone.jpg", FocalLengthIn35mmFilm=26)
    focal = images.focal_from_exif(path, 400, 300)
    # the diagonal of the picture is 500 pixels, that of the film 43.27 mm
    assert focal == pytest.approx(26 * 500 / 43.27)
    whole = {"ExifImageWidth": 4000, "ExifImageHeight": 3000}
    path = photo_with(tmp_path / "small.jpg", FocalLengthIn35mmFilm=26, **whole)
    assert images.focal_from_exif(path, 400, 300) == pytest.approx(focal)
    assert images.focal_from_exif(path, 300, 400) == pytest.approx(focal)  # turned


def test_nothing_is_known_of_cropped_photos_and_plain_files(tmp_path):
    wide = {"ExifImageWidth": 4000, "ExifImageHeight": 3000}
    path = photo_with(
        tmp_path / "cropped.jpg", (300, 300), FocalLengthIn35mmFilm=26, **wide
    )
    assert images.focal_from_exif(path, 300, 300) is None
    assert images.focal_from_exif(photo_with(tmp_path / "plain.jpg"), 400, 300) is None
    (tmp_path / "noise.jpg").write_bytes(b"\xff\xd8nothing")
    assert images.focal_from_exif(tmp_path / "noise.jpg", 400, 300) is None


def test_an_image_too_large_for_its_format_is_one_sentence(tmp_path):
    tall = np.zeros((65_600, 2, 3), np.uint8)
    with pytest.raises(InputError, match=r"a\.jpg': an image of 2 x 65600 pixels"):
        images.write_image(tmp_path / "a.jpg", tall)
    assert not list(tmp_path.iterdir())
    images.write_image(tmp_path / "a.png", tall)
    assert images.read_image(tmp_path / "a.png").shape == tall.shape
