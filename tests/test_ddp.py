"""Two processes: metrics give the same result, and training runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from human_capture.common.keypoints import HUMAN36M
from human_capture.common.metrics import MPJPE, PCK

ROOT = Path(__file__).parents[1]


def poses() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(7, 17, 3, generator=generator)
    noise = 0.1 * torch.randn(7, 17, 3, generator=generator)
    return target + noise, target, torch.tensor([0, 1, 2, 0, 1, 2, 2])


def metrics() -> dict[str, MPJPE | PCK]:
    kinds = ("absolute", "root", "scale", "procrustes")
    table = {kind: MPJPE(HUMAN36M, kind, actions=3) for kind in kinds}
    return {**table, "pck": PCK(HUMAN36M, 150.0, actions=3)}


def one_rank(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    store = dist.FileStore(f"{folder}/store", 2)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2)
    predicted, target, action = poses()
    share = slice(0, 2) if rank == 0 else slice(2, 7)  # unequal shares on purpose
    results = {}
    for name, metric in metrics().items():
        metric.update(predicted[share], target[share], action=action[share])
        results[name] = metric.compute()
    torch.save(results, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_metrics_over_two_processes_equal_one(tmp_path):
    # forked, because spawned processes cannot import a test module
    mp.start_processes(one_rank, (str(tmp_path),), nprocs=2, start_method="fork")
    predicted, target, action = poses()
    for rank in range(2):
        shared = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        for name, metric in metrics().items():
            metric.update(predicted, target, action=action)
            torch.testing.assert_close(shared[name], metric.compute(), msg=name)


def fit_on_two_processes(program, folder, *options):
    command = [
        str(Path(sys.executable).parent / program),
        "fit",
        *options,
        "--trainer.accelerator=cpu",
        "--trainer.devices=2",
        f"--trainer.default_root_dir={folder}/run",
    ]
    environment = {**os.environ, "HUMAN_CAPTURE_CACHE": str(folder / "cache")}
    environment["OMP_NUM_THREADS"] = "1"
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
def test_training_runs_on_two_processes(tmp_path):
    config = f"--config={ROOT}/experiments/pose3d/algebraic_compact.yaml"
    debug = f"--config={ROOT}/experiments/debug.yaml"
    fit_on_two_processes("pose3d", tmp_path, config, debug, "--trainer.strategy=ddp")
    weights = tmp_path / "run" / "algebraic.safetensors"
    assert weights.is_file(), "the first process writes the weights"


@pytest.mark.slow
def test_processes_train_objects_of_their_own_and_share_the_rest(tmp_path):
    fit_on_two_processes(
        "multineus",
        tmp_path,
        f"--config={ROOT}/experiments/multineus/meta_small.yaml",
        "--trainer.strategy=ddp_find_unused_parameters_true",
        "--trainer.max_steps=1",
        "--trainer.logger=false",
        "--model.init_args.field.init_args.objects=4",
        "--data.init_args.heads=4",
        "--data.init_args.recipe.views=2",
        "--data.init_args.recipe.size=32",
        "--data.init_args.sampler.rays=16",
    )
    saved = torch.load(tmp_path / "run" / "last.ckpt", weights_only=False)
    moments = saved["optimizer_states"][0]["state"]
    names = enumerate(saved["state_dict"])
    stepped = {name for index, name in names if index in moments}
    own = {name.rsplit(".", 1)[1] for name in stepped if "coefficients" in name}
    assert len(own) == 2, "one object a process was stepped, the others were not"


@pytest.mark.slow
def test_both_players_learn_on_two_processes(tmp_path):
    fit_on_two_processes(
        "reenact",
        tmp_path,
        f"--config={ROOT}/experiments/reenact/compact.yaml",
        "--trainer.strategy=ddp",
        "--trainer.max_steps=1",
        "--trainer.logger=false",
        "--trainer.limit_val_batches=0",
        "--trainer.num_sanity_val_steps=0",
        "--model.init_args.labels=4",
        "--model.init_args.judge_from=0",
        "--data.init_args.splits.init_args.recipe.frames=3",
        "--data.init_args.splits.init_args.recipe.supersampling=1",
        "--data.init_args.splits.init_args.train=2",
        "--data.init_args.splits.init_args.val=1",
        "--data.init_args.batch_size=2",
        "--data.init_args.repeats=1",
    )
    saved = torch.load(tmp_path / "run" / "last.ckpt", weights_only=False)
    state = saved["state_dict"]
    assert state["labels.steps"].tolist() == [1, 1, 1, 1], "two clips a process"
    trained = [
        len(group["params"]) for group in saved["optimizer_states"][0]["param_groups"]
    ]
    moments = saved["optimizer_states"][0]["state"]
    assert min(trained) > 0 and len(moments) == sum(trained)
    still = [number for number, m in moments.items() if not m["exp_avg_sq"].any()]
    assert len(still) <= 2, "all but what normalisation takes off both descriptors"
    for name in ("heads", "heads_discriminator"):
        assert (tmp_path / "run" / f"{name}.safetensors").is_file()
