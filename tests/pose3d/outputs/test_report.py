import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.console import Console

from human_capture.common.errors import InputError
from human_capture.pose3d.outputs.report import (
    bone_name,
    measure_motion,
    write_report_json,
)
from human_capture.pose3d.outputs.report_page import write_report_page
from human_capture.pose3d.outputs.report_table import print_report


@pytest.fixture
def capture(walk):
    return walk(people=2, frames=50)


def test_errors_and_exclusions_match_plain_loops(capture):
    report, evidence = measure_motion(capture), capture.evidence
    assert evidence is not None and report.overall is not None
    for joint in range(17):
        for view in range(4):
            errors, seen = [], 0
            for person in range(2):
                for frame in range(50):
                    seen += 1
                    if evidence.used[person, frame, view, joint]:
                        where = person, frame, view, joint
                        errors.append(float(evidence.reprojection_error[where]))
            fit = report.by_joint_and_view[joint][view]
            assert fit.seen == seen == 100
            assert fit.excluded == pytest.approx(1 - len(errors) / seen)
            if errors:
                assert fit.median == pytest.approx(float(np.median(errors)))
                assert fit.high == pytest.approx(float(np.percentile(errors, 95)))
            else:
                assert math.isnan(fit.median)
    wrist = capture.format.index("left_wrist")
    assert report.by_joint_and_view[wrist][0].excluded == 1
    assert report.by_joint[wrist].excluded == 0.25
    assert report.by_view[0].excluded == pytest.approx(1 / 17)
    assert report.overall.excluded == pytest.approx(1 / 68)
    assert 1.5 < report.overall.median < 3  # two pixels of noise in x and in y


def test_key_points_not_seen_are_not_counted_as_excluded(capture):
    evidence = capture.evidence
    keypoints, used = evidence.keypoints.clone(), evidence.used.clone()
    keypoints[:, :10, 2, 4] = torch.nan
    used[:, :10, 2, 4] = False
    error = evidence.reprojection_error.masked_fill(keypoints[..., 0].isnan(), math.nan)
    changed = replace(
        evidence, keypoints=keypoints, used=used, reprojection_error=error
    )
    fit = measure_motion(replace(capture, evidence=changed)).by_joint_and_view[4][2]
    assert (fit.seen, fit.excluded) == (80, 0)


def test_rigid_bones_have_no_spread_and_stretched_ones_do(walk):
    capture = walk(frames=40)
    stretched = capture.points.clone()
    knee, ankle = (capture.format.index(f"left_{j}") for j in ("knee", "ankle"))
    share = 1 + 0.1 * torch.linspace(-1, 1, 40)[:, None]
    shin = stretched[0, :, ankle] - stretched[0, :, knee]
    stretched[0, :, ankle] = stretched[0, :, knee] + share * shin
    bones = measure_motion(replace(capture, points=stretched)).bones
    by_name = {bone.name: bone for bone in bones}
    thigh, shin_bone = by_name["left hip – knee"], by_name["left knee – ankle"]
    assert thigh.mean_mm == pytest.approx(430, abs=0.1) and thigh.spread_mm < 0.01
    assert thigh.other_side == pytest.approx(1, abs=1e-4)
    assert shin_bone.mean_mm == pytest.approx(420, abs=0.1)
    expected = 42 * float(np.linspace(-1, 1, 40).std())
    assert shin_bone.spread_mm == pytest.approx(expected, rel=1e-3)
    assert shin_bone.variation == pytest.approx(expected / 420, rel=1e-3)
    assert math.isnan(by_name["left shoulder – right shoulder"].other_side)
    assert by_name["left eye – nose"].other_side == pytest.approx(1, abs=1e-4)


def test_gaps_and_empty_frames_are_counted(capture):
    points, filled = capture.points.clone(), capture.filled.clone()
    points[:, 20:23] = torch.nan  # nobody
    points[1, :10] = torch.nan  # the second comes later: not unknown, only absent
    filled[0, 5:8, 3] = True
    filled[0, 12, 3] = True
    filled[1, 30:31, 4] = True
    report = measure_motion(replace(capture, points=points, filled=filled))
    assert report.frames_without_anybody == 3
    assert report.gaps_filled == 3
    assert report.filled == pytest.approx(5 / (17 * (47 + 37)))
    assert report.unknown == pytest.approx(6 / 90)


def test_the_json_holds_every_number_and_no_nan(tmp_path, capture):
    report = measure_motion(capture)
    write_report_json(tmp_path / "report.json", report)

    def refuse(name):
        raise AssertionError(name)

    text = (tmp_path / "report.json").read_text()
    content = json.loads(text, parse_constant=refuse)
    assert content["views"] == ["front", "left", "back", "right"]
    fit = content["by_joint_and_view"][0][1]
    assert fit["median"] == report.by_joint_and_view[0][1].median
    wrist = capture.format.index("left_wrist")
    assert content["by_joint_and_view"][wrist][0]["median"] is None


def test_the_terminal_shows_joints_cameras_and_bones(capture):
    console = Console(width=120, file=io.StringIO())
    print_report(measure_motion(capture), console)
    text = console.file.getvalue()
    for word in ("2 people in 50 frames", "left wrist", "front", "left hip – knee"):
        assert word in text
    assert "1.5% of the 2D key points" in text
    assert "nan" not in text


def test_the_page_stands_alone_and_has_a_row_for_everything(tmp_path, capture):
    evidence = replace(capture.evidence, views=("<b>", "left", "back", "right"))
    report = measure_motion(replace(capture, evidence=evidence))
    write_report_page(tmp_path / "r.html", report, title="A & B")
    page = (tmp_path / "r.html").read_text()
    assert "A &amp; B" in page and "<b>" not in page and "&lt;b&gt;" in page
    assert page.count("<tr") == 1 + 17 + 2 + 1 + 2 * 16
    assert "http" not in page and "nan" not in page


def test_a_motion_without_evidence_still_has_bones(tmp_path, walk):
    report = measure_motion(replace(walk(frames=5), evidence=None))
    assert report.overall is None and report.views == () and len(report.bones) == 16
    write_report_page(tmp_path / "r.html", report)
    assert "Reprojection" not in (tmp_path / "r.html").read_text()


def test_nobody_at_all_is_reported_without_failing(tmp_path, walk):
    report = measure_motion(walk(people=0, frames=4))
    assert report.frames_without_anybody == 4 and report.bones == ()
    print_report(report, Console(quiet=True))
    write_report_json(tmp_path / "r.json", report)
    write_report_page(tmp_path / "r.html", report)


def test_bones_are_named_in_words():
    assert bone_name(("left_elbow", "left_wrist")) == "left elbow – wrist"
    assert bone_name(("left_hip", "right_hip")) == "left hip – right hip"
    assert bone_name(("pelvis", "spine")) == "pelvis – spine"


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, walk, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    report = measure_motion(walk(frames=2))
    monkeypatch.setattr("pathlib.Path.write_text", full)
    for write in (write_report_json, write_report_page):
        with pytest.raises(InputError, match="No space left on device"):
            write(tmp_path / "report.html", report)
    assert list(tmp_path.iterdir()) == []
