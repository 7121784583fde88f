import pytest

from human_capture.multineus.commands import run
from human_capture.multineus.evaluation.report import Result, table
from human_capture.multineus.evaluation.scores import Scores


def result(head, face, stage="blend"):
    return Result("ours", head, "front", stage, Scores(face, 3.0, 2.0, 4.0, 20.0), 9.0)


def test_a_result_comes_back_from_its_line():
    one = result(6000, 1.25)
    line = {name: str(value) for name, value in one.row().items()}
    assert Result.of(line) == one


def test_the_table_has_means_and_errors_of_each_stage():
    lines = table([result(1, 1.0), result(2, 3.0), result(1, 5.0, "shared")]).split(
        "\n"
    )
    assert lines[2].startswith("| ours | front | blend | 2 | 2.00 ± 1.00 | 3.00 ± 0.00")
    assert lines[3].startswith("| ours | front | shared | 1 | 5.00 |")


@pytest.mark.slow
def test_trials_that_are_done_are_not_repeated(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(tmp_path / "cache"))
    stage = "{trains: %s, steps: 2, learning_rate: 0.01, camera_learning_rate: 0.0}"
    config = tmp_path / "evaluation.yaml"
    stages = f"[{stage % 'blend'}, {stage % 'personal'}]"
    scratch = f"[{stage % 'everything'}]"
    config.write_text(
        "methods:\n"
        f"- {{name: ours, seen: [front], stages: {stages}}}\n"
        f"- {{name: scratch, prior: null, seen: [three], stages: {scratch}}}\n"
        "heads: 1\nfirst: 930\nsize: 48\n"
    )
    arguments = ["evaluate", f"--config={config}", f"--output={tmp_path / 'out'}"]
    assert run(arguments) == 0
    table_of_first = (tmp_path / "out" / "table.md").read_text()
    assert "| ours | front | personal | 1 |" in table_of_first
    assert "| scratch | three | everything | 1 |" in table_of_first
    capsys.readouterr()
    assert run(arguments) == 0
    assert "head 930" not in capsys.readouterr().out
    assert (tmp_path / "out" / "table.md").read_text() == table_of_first
