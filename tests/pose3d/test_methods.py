import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from human_capture.common.errors import InputError
from human_capture.common.publishing import published
from human_capture.common.rigs import ring
from human_capture.common.weights import save_weights
from human_capture.pose3d.methods import METHODS, load_method, start_from
from human_capture.pose3d.networks.blazepose import BlazePoseBackbone
from human_capture.pose3d.networks.compact import CompactBackbone
from human_capture.pose3d.networks.confidence import HeatmapConfidence
from human_capture.pose3d.triangulation import AlgebraicTriangulation

PATH = "human_capture.pose3d.networks"
DESCRIPTION = {
    "method": {
        "class_path": "human_capture.pose3d.AlgebraicTriangulation",
        "init_args": {
            "backbone": {"class_path": f"{PATH}.compact.CompactBackbone"},
            "confidence": {"class_path": f"{PATH}.confidence.HeatmapConfidence"},
        },
    }
}


@pytest.fixture
def file(tmp_path):
    torch.manual_seed(0)
    method = AlgebraicTriangulation(CompactBackbone(), HeatmapConfidence())
    save_weights(tmp_path / "own.safetensors", method, DESCRIPTION, half=False)
    return tmp_path / "own.safetensors", method.eval()


def test_a_file_is_all_that_is_needed(file):
    path, method = file
    images = torch.rand(1, 3, 3, 64, 64)
    cameras = ring(3, width=64).map(lambda tensor: tensor[None])
    with torch.no_grad():
        torch.testing.assert_close(
            load_method(path)(images, cameras).points, method(images, cameras).points
        )


def test_foreign_classes_are_never_built(file):
    path, _ = file
    config = json.loads(json.dumps(DESCRIPTION))
    config["method"]["init_args"]["backbone"] = {
        "class_path": "subprocess.Popen",
        "init_args": {"args": ["touch", str(path.with_name("owned"))]},
    }
    tensors = load_file(path)
    save_file(tensors, path, {"description": json.dumps(config)})
    with pytest.raises(InputError, match="describes no triangulation method"):
        load_method(path)
    assert not path.with_name("owned").exists()


def test_other_modules_of_the_project_are_no_method(file):
    path, _ = file
    config = {"method": {"class_path": f"{PATH}.compact.CompactBackbone"}}
    save_file(load_file(path), path, {"description": json.dumps(config)})
    with pytest.raises(InputError, match="describes no triangulation method"):
        load_method(path)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(InputError, match="no weights 'algebra'"):
        load_method("algebra")


@pytest.mark.parametrize("name", published(METHODS))
def test_published_weights_load_and_give_finite_joints(name):
    images = torch.rand(2, 4, 3, 128, 128)
    cameras = ring(4, width=128).map(lambda tensor: tensor.expand(2, *tensor.shape))
    with torch.no_grad():
        estimate = load_method(name)(images, cameras)
    assert estimate.points.isfinite().all()
    assert estimate.confidence.isfinite().all()


def test_a_training_starts_from_the_detectors_network():
    fresh, started = (AlgebraicTriangulation(BlazePoseBackbone()) for _ in range(2))
    start_from(started, Path("pose_landmark_full.tflite"))
    images, cameras = torch.rand(1, 2, 3, 64, 64), ring(2, width=64)
    maps = [
        m(images, cameras.map(lambda t: t[None])).heatmaps for m in (fresh, started)
    ]
    assert maps[1].abs().amax() > 10 * maps[0].abs().amax()


def test_other_backbones_cannot_start_from_it():
    with pytest.raises(InputError, match="Only a BlazePoseBackbone can start from"):
        start_from(AlgebraicTriangulation(CompactBackbone()), Path("x.tflite"))


def test_a_training_starts_from_what_fits(file):
    path, method = file
    other = AlgebraicTriangulation(CompactBackbone())
    start_from(other, path)
    for name, parameter in other.named_parameters():
        torch.testing.assert_close(parameter, method.get_parameter(name))
