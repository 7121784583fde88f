import pickle
import threading

import numpy as np
import pytest

from human_capture.common.detectors import models
from human_capture.common.detectors.models import Network, find_network
from human_capture.common.errors import InputError


@pytest.fixture(autouse=True)
def no_folder_variable(monkeypatch):
    monkeypatch.delenv(models.FOLDER_VARIABLE, raising=False)


def test_a_given_folder_is_searched_with_its_subfolders(tmp_path, monkeypatch):
    file = tmp_path / "deep" / "net.tflite"
    file.parent.mkdir()
    file.write_bytes(b"")
    assert find_network("net.tflite", tmp_path) == file
    monkeypatch.setenv(models.FOLDER_VARIABLE, str(tmp_path))
    assert find_network("net.tflite") == file


def test_a_missing_network_names_the_remedy(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"pip install --no-deps mediapipe==0\.10\.14"):
        find_network("net.tflite", tmp_path)
    monkeypatch.setattr(models.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"not on this machine.*pip install"):
        find_network("pose_detection.tflite")


@pytest.mark.parametrize("content", [b"", b"not a network at all"])
def test_a_damaged_file_is_one_sentence(tmp_path, content):
    file = tmp_path / "net.tflite"
    file.write_bytes(content)
    with pytest.raises(InputError, match="Cannot load the network"):
        _ = Network(file).input_size


def test_the_carrier_package_holds_the_networks(networks):
    assert find_network("pose_detection.tflite").is_relative_to(networks)


def test_another_network_is_recognised(networks):
    network = Network(find_network("face_landmark.tflite", networks))
    with pytest.raises(InputError, match="another network than expected"):
        network.require_outputs({"Identity": (2254, 12)})


def test_threads_and_copies_give_the_same_outputs(networks):
    network = Network(find_network("pose_detection.tflite", networks))
    image = np.random.default_rng(0).uniform(-1, 1, (224, 224, 3)).astype(np.float32)
    expected = network(image)["Identity"]
    results = [pickle.loads(pickle.dumps(network))(image)["Identity"]]
    thread = threading.Thread(target=lambda: results.append(network(image)["Identity"]))
    thread.start()
    thread.join()
    assert len(results) == 2
    for result in results:
        np.testing.assert_array_equal(result, expected)
