"""Every configuration of ``experiments/`` runs."""

from pathlib import Path

import pytest
import yaml

from human_capture.multineus.commands import run as run_multineus
from human_capture.pose3d.commands import run as run_pose3d

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
EVALUATIONS = sorted(EXPERIMENTS.glob("*/evaluation*.yaml"))
CONFIGS = sorted({*EXPERIMENTS.glob("*/*.yaml")} - {*EVALUATIONS})
RUN = {"pose3d": run_pose3d, "multineus": run_multineus}
DEBUG = EXPERIMENTS / "debug.yaml"
SMALL = {  # the same networks on small pictures and volumes
    "resnet152": [
        "--model.init_args.augmentation.size=128",
        "--data.init_args.train.size=160",
        "--data.init_args.held_out.size=128",
        "--data.init_args.train.views=2",
        "--data.init_args.held_out.views=2",
        "--data.init_args.num_workers=0",
    ],
    "meta": [
        "--model.init_args.field.init_args.personal.rank=8",
        "--data.init_args.recipe.size=32",
        "--data.init_args.recipe.views=2",
        "--data.init_args.sampler.rays=16",
    ],
    "prior": ["--data.init_args.recipe.size=32", "--data.init_args.recipe.views=2"],
    "volumetric": ["--model.init_args.method.init_args.points=32"],
}


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_experiment_runs(config: Path, tmp_path: Path, cache: Path, monkeypatch):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(cache))
    settings = yaml.safe_load(config.read_text())["model"]
    arguments = [
        "test" if config.stem.endswith("comparison") else "fit",
        f"--config={config}",
        *([f"--config={DEBUG}"] if config.parent.name == "pose3d" else []),
        "--trainer.fast_dev_run=1",
        "--trainer.accelerator=cpu",
        f"--trainer.default_root_dir={tmp_path}",
    ]
    weights = settings.get("init_args", {}).get("weights", "")
    if weights.startswith("outputs/"):  # of an earlier run
        arguments.append("--model.init_args.weights=null")
    for part, overrides in SMALL.items():
        arguments += overrides if part in config.stem else []
    assert RUN[config.parent.name](arguments) == 0


@pytest.mark.slow
@pytest.mark.parametrize("config", EVALUATIONS, ids=lambda p: p.stem)
def test_evaluation_runs(config: Path, tmp_path: Path, cache: Path, monkeypatch):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(cache))
    settings = yaml.safe_load(config.read_text())
    methods = settings["methods"]
    for method in methods:
        if str(method["prior"]).startswith("outputs/"):  # of an earlier run
            method["prior"] = "heads"
        method["seen"] = method.get("seen", ["front"])[:1]
        for stage in method["stages"]:
            stage["steps"] = 1
    settings |= {"heads": 1, "size": 32, "output": str(tmp_path / "out")}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(settings))
    assert RUN[config.parent.name](["evaluate", f"--config={tmp_path}/small.yaml"]) == 0
    table = (tmp_path / "out" / "table.md").read_text().splitlines()
    assert len(table) == 2 + sum(len(method["stages"]) for method in methods)
