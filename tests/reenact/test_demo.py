"""The demonstration, with networks that have learned nothing."""

import cv2
import pytest

from human_capture.common.video import probe
from human_capture.common.weights import save_weights
from human_capture.reenact.demo import DemoOptions, demo


@pytest.mark.slow
def test_a_person_is_driven_and_shown(tmp_path, descriptions, networks, monkeypatch):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(tmp_path / "cache"))
    weights = tmp_path / "heads.safetensors"
    save_weights(weights, networks()[0], {"reenactor": descriptions(16)["reenactor"]})
    demo(DemoOptions(str(tmp_path / "out"), seconds=0.2, weights=str(weights)))
    assert probe(tmp_path / "out" / "driven.mp4").frames == 5
    assert len(list((tmp_path / "out" / "photos").glob("*.png"))) == 4
    assert cv2.imread(str(tmp_path / "out" / "driven.png")).shape[1] > 16
