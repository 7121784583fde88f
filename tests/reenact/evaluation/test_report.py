import numpy as np
import torch

from human_capture.reenact.evaluation.charts import COLOURS, line_chart
from human_capture.reenact.evaluation.comparison import comparison
from human_capture.reenact.evaluation.report import tables, write_report
from human_capture.reenact.evaluation.results import Outcome
from human_capture.reenact.evaluation.sheets import CELL, framed, sheet


def test_tables_have_a_row_for_each_method():
    ours = Outcome({"pose_error": 0.1234, "identity_raw": 0.05678, "lost_self": 0.0})
    theirs = Outcome({"pose_error": float("nan"), "lost_self": 1.0})
    text = tables({"driving": {"ours": ours, "theirs": theirs}, "paths": {}})
    assert "## Driving" in text and "## Paths" not in text
    header, _, *rows = text.strip().splitlines()[-4:]
    assert header.startswith("| method | pose error ↓ | identity error ↓ | no face")
    # what no method has gets no column, what one lacks a dash
    assert "recognised" not in header
    assert rows[0] == "| ours | 12.3 % | 0.0568 | 0.0 % |"
    assert rows[1] == "| theirs | – | – | 100.0 % |"


def test_methods_are_compared_person_by_person():
    def outcome(*errors):
        return Outcome({"pose_error": 0.0}, each={"pose_error": list(errors)})

    plain = Outcome({"pose_error": 0.0})
    methods = {"ours": outcome(0.1, 0.3), "theirs": outcome(0.12, 0.36), "x": plain}
    rows = comparison({"driving": methods}, "ours").strip().splitlines()
    # 2 % and 6 % worse: 4 % with a standard error of 2 %; other figures are not known
    assert rows[0] == "## Against ours"
    assert rows[-3:] == [
        "| method | pose error |",
        "|---|---|",
        "| theirs | +4.0 ± 2.0 % |",
    ]
    assert comparison({"driving": methods}, "x") == ""
    assert comparison({"driving": {"ours": methods["ours"]}}, "ours") == ""
    text = tables({"driving": methods}, "theirs")
    assert text.rstrip().endswith("| ours | -4.0 ± 2.0 % |")


def test_a_report_has_tables_and_a_picture_of_each_curve(tmp_path):
    curves = {"retrieval": [(10.0, 0.5), (20.0, 0.4)]}
    write_report({"retrieval": {"ours": Outcome({"top_10": 0.5}, curves)}}, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"table.md", "retrieval.png"}


def has(chart, colour):
    return (chart == colour).all(-1)


def test_higher_curves_are_drawn_higher():
    low, high = [(0.0, 0.2), (1.0, 0.2)], [(0.0, 0.9), (1.0, 0.9)]
    chart = line_chart({"low": low, "high": high}, "x", "y")
    rows = [np.nonzero(has(chart, colour)[:, 100:600])[0] for colour in COLOURS[:2]]
    assert rows[0].mean() > rows[1].mean() + 100


def test_charts_of_nothing_and_of_one_value_are_drawn():
    for lines in ({}, {"none": []}, {"flat": [(0.0, 0.0)]}, {"less": [(1.0, -2.0)]}):
        chart = line_chart(lines, "x", "y")
        assert chart.shape[2] == 3 and (chart != 255).any()


def test_sheets_hold_pictures_of_all_sizes_in_rows():
    grey, black = torch.full((3, 40, 40), 0.5), torch.zeros(3, 200, 200)
    shown = sheet([[grey, black], [grey]])
    assert shown.shape == (2 * CELL, 2 * CELL, 3)
    assert (shown[:CELL, :CELL] == 128).all()
    assert (shown[:CELL, CELL:] == 0).all()
    assert (shown[CELL:, CELL:] == 255).all()


def test_a_frame_covers_the_border_alone():
    picture = torch.full((3, 64, 64), 0.5)
    marked = framed(picture, (1.0, 0.0, 0.0))
    assert torch.equal(marked[:, 2:-2, 2:-2], picture[:, 2:-2, 2:-2])
    assert marked[:, 0, 5].tolist() == [1.0, 0.0, 0.0]
    assert (picture == 0.5).all()  # the original stays as it was
