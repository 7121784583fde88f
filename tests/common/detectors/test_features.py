"""Networks of detectors as torch runs them."""

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter

from human_capture.common.detectors.features import ConvolutionalFeatures
from human_capture.common.detectors.models import find_network
from human_capture.common.errors import InputError

NAMES = ("face_detection_short_range.tflite", "face_landmark.tflite")


def tensors(path, image):
    """All activations of the interpreter of the file, by their shape."""
    interpreter = Interpreter(
        str(path), experimental_preserve_all_tensors=True, num_threads=1
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
    interpreter.invoke()
    found = []
    for operator in interpreter._get_ops_details():
        if operator["op_name"] in ("RELU", "PRELU"):
            found.append(interpreter.get_tensor(operator["outputs"][0])[0])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_maps_are_those_of_the_interpreter(name):
    path = find_network(name, None)
    features = ConvolutionalFeatures(path)
    random = np.random.default_rng(0)
    image = random.random((features.size, features.size, 3), np.float32)
    found = features(torch.from_numpy(image).permute(2, 0, 1)[None])
    wanted = tensors(path, image)
    assert len(found) == len(wanted) > 15
    for ours, theirs in zip(found, wanted, strict=True):
        ours = ours[0].permute(1, 2, 0).numpy()
        np.testing.assert_allclose(ours, theirs, atol=2e-3 * np.abs(theirs).max())


def test_gradients_reach_the_picture_and_nothing_is_trained():
    features = ConvolutionalFeatures(find_network(NAMES[0], None))
    image = torch.rand(2, 3, 128, 128, requires_grad=True)
    features(image)[-1].square().mean().backward()
    assert image.grad.abs().sum() > 0
    assert not list(features.parameters()) and not features.state_dict()


def test_what_is_no_network_is_told(tmp_path):
    with pytest.raises(InputError, match="Cannot read the network"):
        ConvolutionalFeatures(tmp_path / "missing.tflite")
    (tmp_path / "odd.tflite").write_bytes(b"12345678")
    with pytest.raises(InputError, match=r"not a \.tflite network"):
        ConvolutionalFeatures(tmp_path / "odd.tflite")
