from dataclasses import replace

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.pose3d.outputs.export import EXPORT_FORMATS, export


def test_every_format_is_written_under_the_promised_name(tmp_path, walk):
    written = export(walk(people=2, frames=4), tmp_path / "out")
    names = {f"person{n}.{form}" for n in (1, 2) for form in ("trc", "c3d", "bvh")}
    assert {path.name for path in written} == names | {"motion.json", "motion.npz"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        path.name for path in written
    }


def test_only_the_wanted_formats_are_written(tmp_path, walk):
    export(walk(frames=2), tmp_path, ["json"])
    assert [path.name for path in tmp_path.iterdir()] == ["motion.json"]


def test_an_unknown_format_is_named_with_the_known_ones(tmp_path, walk):
    with pytest.raises(InputError, match=r"'fbx'.*trc, c3d, bvh, json, npz"):
        export(walk(frames=2), tmp_path, ["trc", "fbx"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("people", [0, 1])
def test_nobody_in_the_motion_is_said(tmp_path, walk, people):
    capture = walk(people=people, frames=2)
    nobody = torch.full_like(capture.points, torch.nan)
    with pytest.raises(InputError, match="nobody was seen"):
        export(replace(capture, points=nobody), tmp_path)


def test_a_full_disk_is_one_sentence_for_every_format(tmp_path, walk, monkeypatch):
    """Each writer opens or writes the temporary file inside ``atomic_path``."""

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    capture = walk(frames=2)
    monkeypatch.setattr("pathlib.Path.write_text", full)
    monkeypatch.setattr("pathlib.Path.open", full)
    for name in EXPORT_FORMATS:
        with pytest.raises(InputError, match="No space left on device"):
            export(capture, tmp_path, [name])
    assert list(tmp_path.iterdir()) == []


def test_a_person_without_hips_is_left_out_of_bvh_with_a_warning(tmp_path, walk):
    capture = walk(people=2, frames=3)
    points = capture.points.clone()
    points[0, :, capture.format.index("right_hip")] = torch.nan
    with pytest.warns(UserWarning, match=r"person1\.bvh is left out.*needs a pelvis"):
        written = export(replace(capture, points=points), tmp_path, ["bvh", "trc"])
    assert [path.name for path in written] == [
        "person2.bvh",
        "person1.trc",
        "person2.trc",
    ]
    assert not (tmp_path / "person1.bvh").exists()
