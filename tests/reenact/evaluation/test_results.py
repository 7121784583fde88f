import json
import math

import pytest

from human_capture.common.errors import InputError
from human_capture.reenact.evaluation.results import Outcome, Results

OUTCOME = Outcome({"error": 0.25, "other": 3.0}, {"path": [(0.0, 1.0), (0.5, 2.0)]})


def test_outcomes_come_back_from_the_file(tmp_path):
    path = tmp_path / "results.json"
    Results(path, {"people": 4}).put("ours", "a1", "driving", OUTCOME)
    again = Results(path, {"people": 4})
    assert again.get("ours", "a1", "driving") == OUTCOME
    assert again.get("ours", "a1", "paths") is None
    assert again.get("theirs", "a1", "driving") is None
    again.put("theirs", "b", "paths", Outcome({"error": math.nan}))
    both = Results(path, {"people": 4})
    assert both.get("ours", "a1", "driving") == OUTCOME
    assert math.isnan(both.get("theirs", "b", "paths").figures["error"])


def test_outcomes_of_other_weights_are_forgotten(tmp_path):
    results = Results(tmp_path / "results.json", {})
    results.put("ours", "old", "driving", OUTCOME)
    results.put("ours", "old", "paths", OUTCOME)
    assert results.get("ours", "new", "driving") is None
    results.put("ours", "new", "paths", OUTCOME)
    assert results.get("ours", "new", "driving") is None
    assert results.get("ours", "old", "paths") is None


def test_other_options_are_named(tmp_path):
    path = tmp_path / "results.json"
    Results(path, {"people": 4, "size": 64}).put("ours", "", "paths", OUTCOME)
    with pytest.raises(InputError, match=r"other options \(people\)"):
        Results(path, {"people": 5, "size": 64})


def test_results_of_another_version_are_not_continued(tmp_path):
    path = tmp_path / "results.json"
    Results(path, {"people": 4, "version": 3}).put("ours", "", "paths", OUTCOME)
    with pytest.raises(InputError, match="another version"):
        Results(path, {"people": 4, "version": 4})


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"methods": {}})])
def test_other_files_are_no_results(tmp_path, text):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(InputError, match="no results"):
        Results(path, {})
