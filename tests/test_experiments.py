"""Every configuration of ``experiments/`` runs."""

from pathlib import Path

import jsonargparse
import pytest
import torch
import yaml
from omegaconf import OmegaConf

from human_capture.common.weights import save_weights
from human_capture.multineus.commands import run as run_multineus
from human_capture.pose3d.commands import run as run_pose3d
from human_capture.reenact.commands import run as run_reenact
from human_capture.reenact.evaluation.methods import Method

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
EVALUATIONS = {
    project: sorted((EXPERIMENTS / project).glob("evaluation*.yaml"))
    for project in ("multineus", "reenact")
}
CONFIGS = sorted({*EXPERIMENTS.glob("*/*.yaml")}.difference(*EVALUATIONS.values()))
COMPACT = EXPERIMENTS / "reenact" / "compact.yaml"
CHANGES = sorted(EXPERIMENTS.glob("reenact/*/*.yaml"))
RUN = {"pose3d": run_pose3d, "multineus": run_multineus, "reenact": run_reenact}
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
    "reenact/": [
        "--model.init_args.labels=2",
        "--model.init_args.judge_from=0",
        "--data.init_args.splits.init_args.recipe.frames=4",
        "--data.init_args.splits.init_args.recipe.supersampling=1",
        "--data.init_args.splits.init_args.train=1",
        "--data.init_args.splits.init_args.val=1",
        "--data.init_args.shots=2",
        "--data.init_args.batch_size=2",
        "--data.init_args.eval_repeats=1",
        "--data.init_args.num_workers=0",
    ],
    "reenact/official": [
        "--model.init_args.reenactor.init_args.generator.init_args.size=32",
        "--model.init_args.discriminator.init_args.size=32",
        "--data.init_args.splits.init_args.recipe.size=32",
    ],
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
        arguments += overrides if part in f"{config.parent.name}/{config.stem}" else []
    assert RUN[config.parent.name](arguments) == 0


@pytest.mark.slow
@pytest.mark.parametrize("config", EVALUATIONS["multineus"], ids=lambda path: path.stem)
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


@pytest.mark.slow
@pytest.mark.parametrize("config", CHANGES, ids=lambda path: path.stem)
def test_change_runs(config: Path, tmp_path: Path, cache: Path, monkeypatch):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(cache))
    arguments = [
        "fit",
        f"--config={COMPACT}",
        f"--config={config}",
        "--trainer.fast_dev_run=1",
        "--trainer.accelerator=cpu",
        f"--trainer.default_root_dir={tmp_path}",
    ]
    settings = yaml.safe_load(config.read_text()).get("model", {}).get("init_args", {})
    if settings.get("weights", "").startswith("outputs/"):  # no training came first
        arguments.append("--model.init_args.weights=heads")
    assert run_reenact([*arguments, *SMALL["reenact/"]]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keypoints_vector", "keypoints_drawing"])
def test_what_was_trained_can_be_judged(name, tmp_path, cache, monkeypatch):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(cache))
    arguments = [
        "fit",
        f"--config={COMPACT}",
        f"--config={COMPACT.parent}/ablations/{name}.yaml",
        "--trainer.max_steps=1",
        "--trainer.limit_val_batches=0",
        "--trainer.accelerator=cpu",
        f"--trainer.default_root_dir={tmp_path}",
    ]
    assert run_reenact([*arguments, *SMALL["reenact/"]]) == 0
    method = Method(name, str(tmp_path / "heads.safetensors"))
    model = method.load(torch.device("cpu"))
    pictures = torch.rand(2, 3, 64, 64)
    pose = model.describe(pictures)
    assert pose.shape == (2, 136)
    assert model.draw(model.identity(pictures), pose).shape == (2, 3, 128, 128)


SMALL_SETUP = {
    "people": 4, "clips": 1, "frames": 4, "size": 128, "shots": 2, "drivers": 1,
    "poses": 2, "videos": 1, "video_frames": 4, "learners": 4, "learner_frames": 2,
    "recognise": False,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("config", EVALUATIONS["reenact"], ids=lambda path: path.stem)
def test_reenactors_are_evaluated(config: Path, tmp_path: Path, cache, monkeypatch):
    """Weights of the configured networks, as training writes them."""
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(cache))
    settings = yaml.safe_load(config.read_text())
    for method in settings["methods"]:
        run = Path(method["weights"]).parent.name
        method["weights"] = str(tmp_path / f"{run}.safetensors")
        name, _ = run.rsplit("_", 1)  # the training that came second changes no network
        save_untrained(name, Path(method["weights"]))
    setup = settings.get("setup", {}) | SMALL_SETUP
    settings |= {"setup": setup, "output": str(tmp_path / "out")}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(settings))
    assert run_reenact(["evaluate", f"--config={tmp_path}/small.yaml"]) == 0
    table = (tmp_path / "out" / "table.md").read_text()
    first, *others = (method["name"] for method in settings["methods"])
    assert f"## Against {first}" in table and table.count(f"| {first} |") == 6
    for name in others:
        assert table.count(f"| {name} |") == 7


def save_untrained(name: str, weights: Path) -> None:
    config = yaml.safe_load(COMPACT.read_text())
    if name != "latent":
        ablation = COMPACT.parent / "ablations" / f"{name}.yaml"
        config = merged(config, yaml.safe_load(ablation.read_text()))
    config = OmegaConf.to_container(OmegaConf.create(config), resolve=True)
    config = config["model"]["init_args"]["reenactor"]
    parser = jsonargparse.ArgumentParser()
    parser.add_subclass_arguments(torch.nn.Module, "reenactor")
    network = parser.instantiate(parser.parse_object({"reenactor": config})).reenactor
    save_weights(weights, network, {"reenactor": config})


def merged(one: dict, other: dict) -> dict:
    """As the command line merges two files: another class takes the place of one."""
    if other.get("class_path", one.get("class_path")) != one.get("class_path"):
        return other
    parts = {
        name: merged(one[name], value) if isinstance(value, dict) else value
        for name, value in other.items()
        if name in one
    }
    return {**other, **one, **parts}
