"""Every configuration of ``experiments/`` runs."""

from pathlib import Path

import pytest
import yaml

from human_capture.pose3d.commands import run

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
CONFIGS = sorted(EXPERIMENTS.glob("*/*.yaml"))
TINY = {  # the same architecture, small enough to run in a test
    "depth": "18",
}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_experiment_runs(config: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(tmp_path / "cache"))
    settings = yaml.safe_load(config.read_text())
    command = "test" if "comparison" in config.stem else "fit"
    arguments = [
        command,
        f"--config={config}",
        f"--config={EXPERIMENTS / 'debug.yaml'}",
        "--trainer.fast_dev_run=1",
        "--trainer.accelerator=cpu",
        f"--trainer.default_root_dir={tmp_path}",
    ]
    if "weights" in settings["model"]["init_args"]:
        arguments.append("--model.init_args.weights=null")
    assert run(arguments) == 0
