import math
from dataclasses import replace

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.pose3d.outputs.export import write_trc


def parse(path):
    """Header facts, marker names, times and points (NaN where blank)."""
    lines = path.read_text().split("\n")
    facts = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    markers = lines[3].split("\t")[2::3]
    axes = lines[4].split("\t")[2:]
    assert lines[5] == "" and lines[-1] == ""
    rows = [line.split("\t") for line in lines[6:-1]]
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    numbers = [[float(c) if c else math.nan for c in row[2:]] for row in rows]
    points = torch.tensor(numbers).unflatten(1, (-1, 3))
    return facts, markers, axes, [float(row[1]) for row in rows], points


def test_a_parser_reads_back_what_was_written(tmp_path, walk):
    capture = walk(people=2, frames=7, fps=59.94)
    write_trc(tmp_path / "two.trc", capture, person=1, up="z")
    facts, markers, axes, times, points = parse(tmp_path / "two.trc")
    assert facts["NumFrames"] == "7" and facts["NumMarkers"] == "17"
    assert facts["Units"] == "m" and float(facts["DataRate"]) == 59.94
    assert tuple(markers) == capture.format.joints
    assert axes[:4] == ["X1", "Y1", "Z1", "X2"] and axes[-1] == "Z17"
    assert times == pytest.approx([n / 59.94 for n in range(7)], abs=1e-6)
    assert torch.allclose(points, capture.points[1], atol=1e-6)


def test_opensim_gets_y_up_without_mirroring(tmp_path, walk):
    capture = walk(frames=2)
    write_trc(tmp_path / "up.trc", capture)
    points = parse(tmp_path / "up.trc")[-1]
    nose, ankle = (capture.format.index(j) for j in ("nose", "left_ankle"))
    assert (points[:, nose, 1] - points[:, ankle, 1] > 1.2).all()
    turn = torch.linalg.lstsq(
        capture.points.reshape(-1, 3), points.reshape(-1, 3)
    ).solution
    assert torch.linalg.det(turn) == pytest.approx(1, abs=1e-3)


def test_unknown_joints_are_blank(tmp_path, walk):
    capture = walk(frames=3)
    points = capture.points.clone()
    points[0, 1, 4] = torch.nan
    write_trc(tmp_path / "gap.trc", replace(capture, points=points), up="z")
    assert "nan" not in (tmp_path / "gap.trc").read_text().lower()
    read = parse(tmp_path / "gap.trc")[-1]
    assert torch.equal(read.isnan(), points[0].isnan())


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, walk, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_trc(tmp_path / "person1.trc", walk(frames=2))
    assert list(tmp_path.iterdir()) == []
