import importlib.util
from pathlib import Path

import pytest

from human_capture.common.detectors.body import BodyDetector
from human_capture.common.detectors.models import INSTALL_COMMAND
from human_capture.common.detectors.search import SearchPattern
from human_capture.common.video import read_frames


def folder_of(package, install):
    specification = importlib.util.find_spec(package)
    if specification is None:
        pytest.skip(f"needs the package {package}: {install}")
    return Path(specification.submodule_search_locations[0])


@pytest.fixture(scope="session")
def networks():
    """Folder of the network files."""
    return folder_of("mediapipe", INSTALL_COMMAND) / "modules"


@pytest.fixture(scope="session")
def demo_frames():
    """First frames of a demonstration's camera, as a function."""
    folder = folder_of("Pose2Sim", "pip install --no-deps Pose2Sim==0.10.49")

    def first(demo, camera, count):
        path = folder / f"Demo_{demo}Person/videos/cam0{camera}.mp4"
        return list(read_frames(path, 0, count))

    return first


@pytest.fixture(scope="session")
def detector(networks):
    return BodyDetector(networks)


@pytest.fixture(scope="session")
def quick_detector(networks):
    """Searches the whole picture once."""
    return BodyDetector(networks, search=SearchPattern(tiles=()), rounds=1)
