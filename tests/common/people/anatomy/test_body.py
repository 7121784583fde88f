"""The body: against anny's own results, and the properties of skinning."""

from pathlib import Path

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.body import Body, default_body

REFERENCE = Path(__file__).with_name("anny_reference.npz")


@pytest.fixture(scope="module")
def body():
    return default_body()


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["vertex_indices"] = arrays["vertex_indices"].astype(np.int64)
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def people(body, reference):
    keys = ("phenotypes", "face_shapes", "expressions")
    return body.shape(*(reference[key] for key in keys))


def millimetres(a, b):
    return (a - b).norm(dim=-1) * 1000


def test_skinning_matches_anny(body, reference):
    vertices, _ = body.rest(people(body, reference))
    vertices[:, reference["vertex_indices"]] = reference["rest_vertices"]
    posed = body.skin(
        vertices, reference["rest_joints"], reference["rotations"], reference["root"]
    )
    got = posed.vertices[:, reference["vertex_indices"]]
    assert millimetres(got, reference["vertices"]).max() < 0.1
    assert millimetres(posed.joints, reference["joints"]).max() < 0.01


def test_shapes_match_anny_to_the_rank_of_the_basis(body, reference):
    vertices, joints = body.rest(people(body, reference))
    error = millimetres(
        vertices[:, reference["vertex_indices"]], reference["rest_vertices"]
    )
    assert error.mean() < 0.05
    assert error.max() < 2
    assert millimetres(joints, reference["rest_joints"]).max() < 0.2


def test_rest_is_the_pose_without_rotation(body, reference):
    coefficients = people(body, reference)[:1]
    vertices, joints = body.rest(coefficients)
    still = torch.eye(3).expand(1, len(body.bone_names), 3, 3)
    posed = body.pose(coefficients, still, joints[:, 0])
    assert torch.allclose(posed.vertices, vertices, atol=1e-5)
    assert torch.allclose(posed.joints, joints, atol=1e-5)


def test_one_person_takes_many_poses_as_one_by_one(body, reference):
    coefficients = people(body, reference)[:1]
    together = body.pose(coefficients, reference["rotations"], reference["root"])
    for index in range(len(reference["root"])):
        one = slice(index, index + 1)
        alone = body.pose(
            coefficients, reference["rotations"][one], reference["root"][one]
        )
        assert torch.allclose(together.vertices[one], alone.vertices, atol=1e-5)


def test_gradients_reach_shape_face_and_pose(body, reference):
    one = {key: value[:1].clone() for key, value in reference.items()}
    leaves = [
        one["phenotypes"].requires_grad_(),
        torch.zeros(1, 139, requires_grad=True),  # at zero, where a ReLU would be dead
        one["expressions"].requires_grad_(),
        one["rotations"].requires_grad_(),
    ]
    posed = body.pose(body.shape(*leaves[:3]), leaves[3], one["root"])
    posed.vertices.square().sum().backward()
    for leaf in leaves:
        assert torch.isfinite(leaf.grad).all()
        assert (leaf.grad != 0).float().mean() > 0.5


def test_jaw_opens_the_lower_teeth(body):
    person = torch.full((1, 11), 0.5)
    jaw = torch.zeros(1, 52)
    jaw[0, body.facial_action_names.index("jawOpen")] = 1
    closed, _ = body.rest(body.shape(person))
    opened, _ = body.rest(body.shape(person, expressions=jaw))
    teeth = body.faces["lower_teeth"].unique()
    moved = (opened - closed)[0, teeth]
    assert moved[:, 2].max() < 0
    assert 0.02 < moved.norm(dim=-1).mean() < 0.05


def test_taller_and_heavier_people_are(body):
    def size(**values):
        person = torch.full((1, 11), 0.5)
        for name, value in values.items():
            person[0, body.phenotype_names.index(name)] = value
        skin = body.rest(body.shape(person))[0][0, : int(body.faces["body"].max()) + 1]
        return float(skin[:, 2].max() - skin[:, 2].min()), volume(skin, body)

    assert size(height=0.9)[0] > size(height=0.1)[0] + 0.1
    assert size(weight=0.9)[1] > 1.1 * size(weight=0.1)[1]


def volume(vertices, body):
    a, b, c = vertices[body.faces["body"]].unbind(1)
    return float((a * torch.linalg.cross(b - a, c - a)).sum() / 6)


def test_skin_faces_outwards(body):
    # in cubic metres; negative if the skin were inside out
    assert 0.04 < volume(body.template, body) < 0.12


def test_unknown_bone_is_named(body):
    with pytest.raises(InputError, match="no bone 'tail'"):
        body.bone("tail")


def test_broken_file_says_how_to_make_one(tmp_path):
    path = tmp_path / "body.npz"
    path.write_bytes(b"PK\x03\x04 truncated")
    with pytest.raises(InputError, match=r"bake_body\.py"):
        Body(path)
