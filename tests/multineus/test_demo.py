import numpy as np
import pytest

from human_capture.common.images import read_image
from human_capture.multineus import reconstruct as module
from human_capture.multineus.commands import run
from human_capture.multineus.fitting import Stage
from human_capture.multineus.head_fit import HeadFit
from human_capture.multineus.ray_batches import RaySampler
from human_capture.multineus.reconstruct import Preset
from human_capture.multineus.renderer import Renderer


@pytest.mark.slow
def test_the_demonstration_compares_with_the_truth(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(tmp_path / "cache"))
    stages = (Stage("blend", 2, 1e-3),)
    tiny = Preset(64, HeadFit(stages, RaySampler(rays=16), Renderer(8, 8, 2)), 64)
    monkeypatch.setitem(module.PRESETS, "quick", tiny)
    assert run(["demo", f"--output={tmp_path / 'out'}"]) == 0
    said = capsys.readouterr().out
    # the mean head of the shipped prior is a head, in the frame of the truth
    face = float(said.split("The face is ")[1].split(" mm")[0])
    assert 0.5 < face < 8
    sheet = read_image(tmp_path / "out" / "against_truth.png")
    assert np.ptp(sheet) > 100
