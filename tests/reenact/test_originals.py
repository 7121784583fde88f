"""Nothing takes the place of people's own files."""

import pytest

from human_capture.common.errors import InputError
from human_capture.reenact.originals import spare, spare_folders


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"ada")
    (tmp_path / "link").symlink_to(folder)
    return folder


def test_an_original_is_known_by_any_name(photos, tmp_path):
    originals = ["0", "rtsp://camera/1", photos / "a.png"]
    for name in ("photos/a.png", "photos/../photos/a.png", "link/a.png"):
        with pytest.raises(InputError, match=r"a\.png' is what is read .* --output"):
            spare(tmp_path / name, originals)
    (photos / "b.png").write_bytes(b"ada")  # its content is no matter
    for name in ("photos/b.png", "photos/c.png", "a.png"):
        spare(tmp_path / name, originals)


def test_pictures_do_not_come_among_photos(photos, tmp_path):
    for name in ("photos", "photos/", "link"):
        with pytest.raises(InputError, match=r"taken for photos .* --output"):
            spare_folders(f"{tmp_path}/{name}", [str(photos), "me.jpg"])
    for name in (".", "photos/ada", "ada"):
        spare_folders(tmp_path / name, [str(photos), photos / "a.png"])
