import random
import re
from typing import get_args

import pytest

from human_capture.common.calibration import (
    CalibrationFormat,
    read_calibration,
    recognise_format,
    write_calibration,
)
from human_capture.common.errors import InputError

NAMES = {
    "opencv": "rig.yml",
    "qualisys": "Calib.qca.txt",
    "pose2sim": "Calib.toml",
    "easymocap": "folder",
    "panoptic": "calibration.json",
    "human36m": "camera-parameters.json",
    "colmap": "folder",
    "neus": "cameras_sphere.npz",
}


@pytest.mark.parametrize("format", get_args(CalibrationFormat))
def test_every_format_is_recognised_and_keeps_the_rig(
    make_rig, assert_equal_rigs, tmp_path, format
):
    rig = make_rig("ideal", ("00_01", "00_02", "00_03"))
    path = tmp_path / NAMES[format]
    write_calibration(rig, path, format)
    assert recognise_format(path) == format
    assert_equal_rigs(rig, read_calibration(path), names=format != "neus")


@pytest.mark.parametrize("format", get_args(CalibrationFormat))
def test_unwritable_target_is_one_sentence(make_rig, tmp_path, format):
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / NAMES[format]
    with pytest.raises(InputError, match="Cannot write"):
        write_calibration(make_rig("ideal"), path, format)


@pytest.mark.parametrize("format", get_args(CalibrationFormat))
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04", b"hello\n"])
def test_wrong_content_is_one_sentence(tmp_path, format, content):
    path = tmp_path / NAMES[format]
    if path.name == "folder":
        path.mkdir()
        for name in ("intri.yml", "extri.yml", "cameras.txt", "images.txt"):
            (path / name).write_bytes(content)
    else:
        path.write_bytes(content)
    for wanted in (None, format):
        with pytest.raises(InputError) as caught:
            read_calibration(path, wanted)
        assert str(path) in str(caught.value)


def test_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_calibration(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read"):
        read_calibration(tmp_path / "none.toml", "pose2sim")


def test_folder_that_holds_one_calibration_is_read(make_rig, tmp_path):
    write_calibration(make_rig(), tmp_path / "Calib.qca.txt", "qualisys")
    (tmp_path / "extrinsics").mkdir()
    (tmp_path / "notes.txt").write_text("nothing")
    assert read_calibration(tmp_path).names == ("left", "middle", "right")


def test_folder_that_holds_several_is_refused(make_rig, tmp_path):
    write_calibration(make_rig(), tmp_path / "Calib.qca.txt", "qualisys")
    write_calibration(make_rig(), tmp_path / "Calib.toml", "pose2sim")
    with pytest.raises(InputError, match=r"\(Calib\.qca\.txt, Calib\.toml\); name one"):
        read_calibration(tmp_path)


@pytest.mark.parametrize("names", [[], ["a.png"], ["notes.txt"]])
def test_folder_without_calibration_is_refused(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match="not a calibration of a known format"):
        read_calibration(tmp_path)


def test_rig_that_cannot_be_is_refused_with_the_files_name(make_rig, tmp_path):
    path = tmp_path / "Calib.toml"
    write_calibration(make_rig().inverted(), path, "pose2sim")
    with pytest.raises(InputError, match=r"Calib\.toml: The cameras do not look"):
        read_calibration(path)


def damaged(content, chance):
    """A copy of a file with a few bytes lost, added, repeated or changed."""
    copy = bytearray(content)
    for _ in range(chance.choice([1, 1, 3])):
        place = chance.randrange(len(copy))
        numbers = list(re.finditer(rb"-?\d+\.?\d*", bytes(copy)))
        kind = chance.randrange(5)
        if kind == 0:
            copy[place] = chance.randrange(128)
        elif kind == 1:
            del copy[place : place + chance.choice([1, 3, 10, 60])]
        elif kind == 2:
            copy[place:place] = chance.choice(
                [b"-", b"e", b"{", b"[", b'"', b"\n", b"<"]
            )
        elif kind == 3:
            copy[place:place] = copy[chance.randrange(len(copy)) :][:30]
        elif numbers:
            number = chance.choice(numbers)
            values = [b"1e400", b"-1", b"0", b"null", b'"a"', b"1e-320", b"[]", b"nan"]
            copy[number.start() : number.end()] = chance.choice(values)
    return bytes(copy)


@pytest.mark.parametrize("format", get_args(CalibrationFormat))
def test_random_damage_ends_in_one_sentence_or_a_rig(make_rig, tmp_path, format):
    path = tmp_path / NAMES[format]
    write_calibration(make_rig("ideal"), path, format)
    files = [f for f in tmp_path.rglob("*") if f.is_file() and f.name != "points3D.txt"]
    chance = random.Random(format)
    sentences = 0
    for _ in range(120):
        file = chance.choice(files)
        content = file.read_bytes()
        file.write_bytes(damaged(content, chance) or b" ")
        try:
            read_calibration(path)
        except InputError as error:
            sentences += 1
            assert "\n" not in str(error)
        file.write_bytes(content)
    assert sentences > 0
    read_calibration(path)  # the undamaged file still is one
