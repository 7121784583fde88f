"""Somebody who dances, and a file of detector errors."""

import numpy as np
import pytest
import torch

from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.pose3d.datasets.motion import Performer


@pytest.fixture(scope="session")
def dance():
    """Key points of three people, (person, frame, joint, 3), world, metres."""
    clips = []
    for person, action in enumerate(("Dancing", "Walking", "Waiting")):
        performer = Performer.of(person, BLAZEPOSE33.name)
        motion = procedural_motion(performer.skeleton, action, person, 48, fps=30.0)
        clips.append(performer(motion))
    return torch.stack(clips)


@pytest.fixture(scope="session")
def bank(tmp_path_factory):
    """A file of errors: stretch n has errors of n / 100 and faces n * 90 degrees."""
    path = tmp_path_factory.mktemp("bank") / "errors.npz"
    number = np.arange(4.0)
    np.savez(
        path,
        errors=np.ones((4, 10, 33, 2)) * number[:, None, None, None] / 100,
        confidence=np.full((4, 10, 33), 0.9),
        facing=number * np.pi / 2,
    )
    return path
