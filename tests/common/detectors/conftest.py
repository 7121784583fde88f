import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch

from human_capture.common.detectors.body import BodyDetector
from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.common.detectors.models import INSTALL_COMMAND
from human_capture.common.detectors.person_mask import PersonSegmenter
from human_capture.common.detectors.search import SearchPattern
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import Phenotype, sample_face
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.places.lighting import Light
from human_capture.common.people.places.rooms import Room
from human_capture.common.people.scene import Scene
from human_capture.common.rigs import from_field_of_view, look_at
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


@pytest.fixture(scope="session")
def face_finder(networks):
    return FaceFinder(networks)


@pytest.fixture(scope="session")
def segmenter(networks):
    return PersonSegmenter(networks)


@pytest.fixture(scope="session")
def astronaut():
    """A photograph, 512 x 512 pixels: head and shoulders before a wall."""
    return pytest.importorskip("skimage.data").astronaut()


@dataclass(frozen=True)
class DrawnHead:
    """A picture of a synthetic person; landmarks in pixels, their depth in metres."""

    image: np.ndarray
    mask: np.ndarray
    landmarks: np.ndarray
    depth: np.ndarray

    @property
    def eye_distance(self):
        """Between the outer corners."""
        return np.linalg.norm(self.landmarks[33] - self.landmarks[263])


@pytest.fixture(scope="session")
def drawn_head():
    """Draws a person's head seen from the given degrees aside."""

    @lru_cache
    @torch.no_grad()
    def draw(person, aside=0.0, size=384, focal=2.0):
        body, who = default_body(), Phenotype.sample(person)
        shape = body.shape(who.tensor(), sample_face(body.face_shape_names, person))
        vertices = body.rest(shape)[0][0]
        face = vertices[body.landmarks_478[:468]]
        angle = torch.deg2rad(torch.tensor(aside))
        ahead = torch.stack((angle.sin(), -angle.cos(), torch.tensor(0.0)))
        target = face.mean(0) + torch.tensor((0.0, 0.05, 0.0))
        transform = look_at(target + ahead, target)[None]
        cameras = from_field_of_view(transform, size, size, focal)
        pixels, depth = cameras.project(face[None])
        look = Appearance.sample(person, who.gender)
        scene = Scene(
            [(vertices.numpy(), look)], Room.sample(person), Light.sample(person)
        )
        drawn = scene.render(
            cameras.intrinsics.numpy(), transform.numpy(), size, size, 2
        )
        return DrawnHead(
            drawn.image[0], drawn.mask[0], pixels[0].numpy(), depth[0].numpy()
        )

    return draw
