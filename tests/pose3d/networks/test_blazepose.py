import numpy as np
import pytest
import torch

from human_capture.common.detectors.models import Network, find_network
from human_capture.common.errors import InputError
from human_capture.common.keypoints import HUMAN36M, keypoint_format
from human_capture.pose3d.networks.blazepose import WEIGHTS, BlazePoseBackbone


@pytest.fixture(scope="module")
def detector():
    """A backbone with the detector's own heat maps."""
    backbone = BlazePoseBackbone(39)
    backbone.load_tflite(find_network(WEIGHTS), format=None)
    return backbone.eval()


@torch.no_grad()
def test_it_is_the_detectors_network(detector):
    image = np.random.default_rng(0).random((256, 256, 3), np.float32)
    expected = Network(find_network(WEIGHTS))(image)["Identity_3"]
    maps = detector(torch.from_numpy(image).permute(2, 0, 1)[None]).heatmaps[0]
    difference = maps.permute(1, 2, 0).numpy() - expected
    assert np.abs(difference).max() < 1e-4 * np.abs(expected).max()


@torch.no_grad()
def test_shared_joints_start_from_the_detectors_maps(detector):
    backbone = BlazePoseBackbone()
    backbone.load_tflite(find_network(WEIGHTS))
    images = torch.rand(1, 3, 64, 64)
    ours, theirs = backbone(images).heatmaps[0], detector(images).heatmaps[0]
    blazepose = keypoint_format("blazepose33")
    for joint in ("left_wrist", "right_ankle"):
        torch.testing.assert_close(
            ours[HUMAN36M.index(joint)], theirs[blazepose.index(joint)]
        )
    hips = HUMAN36M.index("left_hip_centre"), blazepose.index("left_hip")
    torch.testing.assert_close(ours[hips[0]], theirs[hips[1]])


@pytest.mark.parametrize("size", [(64, 64), (128, 96)])
def test_maps_have_a_quarter_of_the_image(size):
    network = BlazePoseBackbone(7).eval()
    features = network(torch.rand(2, 3, *size))
    rows, columns = size[0] // 4, size[1] // 4
    assert features.heatmaps.shape == (2, 7, rows, columns)
    assert features.features.shape == (2, network.feature_channels, rows, columns)
    assert features.deep.shape[:2] == (2, network.deep_channels)


def test_gradients_reach_every_parameter():
    backbone = BlazePoseBackbone(39)
    backbone.load_tflite(find_network(WEIGHTS), format=None)
    for name, parameter in backbone.refine.named_parameters():
        if name.endswith("branch.4.weight"):  # zero at the start, and so what follows
            torch.nn.init.normal_(parameter, std=0.01)
    backbone(torch.rand(2, 3, 64, 64)).heatmaps.square().sum().backward()
    for name, parameter in backbone.named_parameters():
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("file", ["face_landmark.tflite", "selfie_segmentation.tflite"])
def test_another_network_is_refused(file):
    with pytest.raises(InputError, match="another network than"):
        BlazePoseBackbone().load_tflite(find_network(file))


def test_its_own_heat_maps_need_their_number():
    with pytest.raises(InputError, match="another network than"):
        BlazePoseBackbone(17).load_tflite(find_network(WEIGHTS), format=None)
