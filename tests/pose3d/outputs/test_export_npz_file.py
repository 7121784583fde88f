import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.pose3d.outputs.export import read_capture, write_npz


def same(first, second):
    return torch.equal(first.nan_to_num(-7), second.nan_to_num(-7))


def test_what_is_written_is_read_back_exactly(tmp_path, walk):
    capture = walk(people=2, frames=5)
    points = capture.points.clone()
    points[0, 1, 2] = torch.nan
    capture = replace(capture, points=points)
    write_npz(tmp_path / "motion.npz", capture)
    read = read_capture(tmp_path / "motion.npz")
    assert read.format == capture.format and read.fps == capture.fps
    for name in ("points", "confidence", "filled"):
        assert same(getattr(read, name), getattr(capture, name)), name
    assert read.evidence is not None and capture.evidence is not None
    for field in fields(read.evidence):
        ours = getattr(capture.evidence, field.name)
        theirs = getattr(read.evidence, field.name)
        equal = ours == theirs if field.name == "views" else same(ours, theirs)
        assert equal, field.name


def test_a_capture_without_evidence_stays_so(tmp_path, walk):
    write_npz(tmp_path / "m.npz", replace(walk(frames=2), evidence=None))
    assert read_capture(tmp_path / "m.npz").evidence is None


def test_nothing_in_the_file_is_pickled(tmp_path, walk):
    write_npz(tmp_path / "m.npz", walk(frames=2))
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_a_file_with_a_pickle_in_it_is_not_opened(tmp_path):
    harmful = np.array([{"a": 1}], dtype=object)
    np.savez(tmp_path / "bad.npz", version=np.array(1), points=harmful)
    with pytest.raises(InputError, match="not a whole capture"):
        read_capture(tmp_path / "bad.npz")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.98])
def test_a_truncated_file_is_one_clear_sentence(tmp_path, walk, share):
    path = tmp_path / "m.npz"
    write_npz(path, walk(frames=5))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="not a whole capture file"):
        read_capture(path)


def test_a_missing_field_is_named(tmp_path, walk):
    write_npz(tmp_path / "m.npz", walk(frames=2))
    with (
        zipfile.ZipFile(tmp_path / "m.npz") as old,
        zipfile.ZipFile(tmp_path / "less.npz", "w") as new,
    ):
        for name in old.namelist():
            if name != "fps.npy":
                new.writestr(name, old.read(name))
    with pytest.raises(InputError, match="no field 'fps'"):
        read_capture(tmp_path / "less.npz")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="There is no capture file"):
        read_capture(tmp_path / "nowhere.npz")
