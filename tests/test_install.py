"""The packages as strangers get them: wheels in a fresh environment."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = """
from human_capture.pose3d import AlgebraicTriangulation, load_method, triangulate
from human_capture.common.rigs import ring
from human_capture.common.people.anatomy.body import default_body
import torch
cameras = ring(4)
points = torch.rand(2, 17, 3)
pixels, _ = cameras.project(points[:, None])
assert (triangulate(pixels, cameras).points - points).abs().max() < 1e-4
assert len(default_body().template) == 19158
"""


def run(*command: str, **kwargs: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_wheels_work_in_a_fresh_environment(tmp_path):
    wheels = tmp_path / "wheels"
    for package in ("common", "pose3d", "multineus", "reenact"):
        pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps")
        run(*pip, "-w", str(wheels), str(ROOT / "packages" / package))
    venv.create(tmp_path / "venv", with_pip=True)
    # the third-party packages are those of this environment: they take 5 GB
    here = Path(sys.executable).parents[1]
    site = next((here / "lib").glob("python3*/site-packages"))
    fresh = next((tmp_path / "venv/lib").glob("python3*/site-packages"))
    for entry in site.iterdir():
        own = "human_capture" in entry.name or entry.name.startswith(("pip", "_"))
        if not own and not (fresh / entry.name).exists():
            (fresh / entry.name).symlink_to(entry)
    for package in ("_distutils_hack", "_virtualenv.py"):
        assert not (fresh / package).is_symlink()
    python = str(tmp_path / "venv/bin/python")
    names = [str(path) for path in wheels.glob("*.whl")]
    run(python, "-m", "pip", "install", "-q", "--no-deps", *names)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run(python, "-c", SCRIPT, cwd=tmp_path, env=environment)
    text = run(str(tmp_path / "venv/bin/pose3d"), "--help", cwd=tmp_path)
    assert "triangulate" in text and "fit" in text
    text = run(str(tmp_path / "venv/bin/multineus"), "--help", cwd=tmp_path)
    assert "fit" in text
    text = run(str(tmp_path / "venv/bin/reenact"), "--help", cwd=tmp_path)
    assert "drive" in text and "fit" in text
