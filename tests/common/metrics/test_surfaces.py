import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from trimesh.registration import procrustes

from human_capture.common.errors import InputError
from human_capture.common.meshes import Mesh
from human_capture.common.metrics.surfaces import h3ds_distances, strict_distances

LANDMARKS = (
    "right_eye",
    "left_eye",
    "nose_tip",
    "nose_base",
    "right_lips",
    "left_lips",
)
SCENE = "1b2a8613401e42a8"  # the package knows its scenes by name


def head(details=4):
    """An egg with a nose at -y and a bump on one side, in metres."""
    sphere = trimesh.creation.icosphere(details, 1.0)
    vertices = np.asarray(sphere.vertices) * [0.08, 0.1, 0.12]
    for middle, height in (([0, -0.1, 0], 0.25), ([0.06, 0, 0.08], 0.15)):
        near = np.exp(-np.square(vertices - middle).sum(1) / 0.025**2)
        vertices = vertices * (1 + height * near[:, None])
    return Mesh(vertices, np.asarray(sphere.faces))


def sphere_around_the_nose(mesh, radius=0.095):
    nose = mesh.vertices[mesh.vertices[:, 1].argmin()]
    return np.flatnonzero(np.linalg.norm(mesh.vertices - nose, axis=1) < radius)


def face_of(mesh):
    return np.flatnonzero(mesh.vertices[:, 1] < 0.02)


def prediction(kind, mesh):
    random = np.random.default_rng(3)
    vertices = mesh.vertices
    if kind == "noisy":
        some = random.permutation(len(vertices))[:1500]
        turn = Rotation.from_rotvec([0.05, -0.1, 0.02]).as_matrix()
        vertices = 1.07 * vertices[some] @ turn.T + [0.004, -0.003, 0.002]
        return vertices + random.normal(0, 0.0005, vertices.shape)
    return vertices * {"mirrored": [-1, 1, 1], "large": 1.3}[kind]


def evaluate_scene(truth, predicted, region, face, landmarks):
    """The protocol told plainly, with trimesh's Procrustes analysis; millimetres."""
    if landmarks is not None:
        matrix, _, _ = procrustes(landmarks[1], landmarks[0], reflection=False)
        predicted = trimesh.transform_points(predicted, matrix)
    source = truth[face if region is None else region]
    tree, total, before = cKDTree(predicted), np.eye(4), np.inf
    for _ in range(20):
        matrix, source, cost = procrustes(source, predicted[tree.query(source)[1]])
        total = matrix @ total
        if before - cost < 1e-5:
            break
        before = cost
    predicted = trimesh.transform_points(predicted, np.linalg.inv(total))
    truth = truth if region is None else truth[region]
    return (
        cKDTree(predicted).query(truth)[0],
        cKDTree(truth).query(predicted)[0],
        predicted,
    )


@pytest.mark.parametrize("kind", ["noisy", "mirrored", "large"])
@pytest.mark.parametrize("in_region", [True, False])
@pytest.mark.parametrize("with_landmarks", [True, False])
def test_h3ds_numbers_are_those_of_the_protocol(kind, in_region, with_landmarks):
    truth = head()
    predicted = prediction(kind, truth)
    face = face_of(truth)
    region = sphere_around_the_nose(truth) if in_region else None
    random = np.random.default_rng(1)
    landmarks = None
    if with_landmarks:
        own = truth.vertices[random.choice(face, 6, replace=False)]
        sides = [-1, 1, 1] if kind == "mirrored" else [1, 1, 1]
        landmarks = own, 1.1 * own * sides + random.normal(0, 0.002, own.shape)
    found = h3ds_distances(
        truth.vertices, predicted, region, face, *(landmarks or (None, None))
    )
    forward, backward, aligned = evaluate_scene(
        1000 * truth.vertices,
        1000 * predicted,
        region,
        face,
        None if landmarks is None else [1000 * points for points in landmarks],
    )
    assert np.abs(found.true_to_predicted_mm - forward).max() < 1e-9
    assert np.abs(found.predicted_to_true_mm - backward).max() < 1e-9
    assert found.mean_mm == pytest.approx(forward.mean(), abs=1e-9)
    moved = predicted @ found.alignment[:3, :3].T + found.alignment[:3, 3]
    assert np.abs(1000 * moved - aligned).max() < 1e-9


def write_scene(root, truth, regions, landmarks):
    """A scene as H3DS has it on disk, in millimetres, without pictures."""
    (root / SCENE / "regions").mkdir(parents=True)
    lines = ["v {:.17g} {:.17g} {:.17g}".format(*v) for v in 1000 * truth.vertices]
    lines += ["f {} {} {}".format(*face) for face in truth.faces + 1]
    (root / SCENE / "full_head.obj").write_text("\n".join(lines) + "\n")
    for name, indices in regions.items():
        np.savetxt(root / SCENE / "regions" / f"{name}.txt", indices, fmt="%d")
    rows = [f"{n} {i}" for n, i in zip(LANDMARKS, landmarks, strict=True)]
    (root / SCENE / "landmarks.txt").write_text("\n".join(rows) + "\n")
    (root / "version.txt").write_text("0.2\n")


@pytest.mark.parametrize("kind", ["noisy", "mirrored", "large"])
@pytest.mark.parametrize("region", [None, "face", "face_sphere"])
@pytest.mark.parametrize("with_landmarks", [True, False])
def test_h3ds_numbers_are_those_of_the_package(
    tmp_path, monkeypatch, kind, region, with_landmarks
):
    package = pytest.importorskip("h3ds.dataset", reason="H3DS's package is absent")
    monkeypatch.setattr(np, "int", int, raising=False)  # it needs an old NumPy
    truth = head()
    regions = {"face": face_of(truth), "face_sphere": sphere_around_the_nose(truth)}
    random = np.random.default_rng(1)
    own = random.choice(regions["face"], 6, replace=False)
    write_scene(tmp_path, truth, regions, own)
    predicted = prediction(kind, truth)
    others = random.choice(len(predicted), 6, replace=False) if kind == "noisy" else own
    forward, backward, _, aligned = package.H3DS(
        str(tmp_path), config_id="config_v1"
    ).evaluate_scene(
        SCENE,
        trimesh.Trimesh(1000 * predicted, [[0, 1, 2]], process=False),
        dict(zip(LANDMARKS, others.tolist(), strict=True)) if with_landmarks else None,
        region,
    )
    found = h3ds_distances(
        truth.vertices,
        predicted,
        None if region is None else regions[region],
        regions["face"],
        truth.vertices[own] if with_landmarks else None,
        predicted[others] if with_landmarks else None,
    )
    assert np.abs(found.true_to_predicted_mm - forward).max() < 1e-9
    assert np.abs(found.predicted_to_true_mm - backward).max() < 1e-9
    moved = predicted @ found.alignment[:3, :3].T + found.alignment[:3, 3]
    assert np.abs(1000 * moved - aligned.vertices).max() < 1e-9


def test_h3ds_is_blind_to_scale_and_the_strict_distance_is_not():
    truth = head()
    large = Mesh(1.3 * truth.vertices, truth.faces)
    blind = h3ds_distances(truth.vertices, large.vertices, face=face_of(truth))
    assert blind.mean_mm < 1e-9
    strict = strict_distances(truth, large)
    assert strict.completeness_mm > 10
    assert strict.accuracy_mm > 10


def relief(depth=0.01):
    """A mask with a nose, bent a little: what a scan of a face looks like."""
    axis = np.linspace(-0.07, 0.07, 57)
    x, z = (part.ravel() for part in np.meshgrid(axis, axis, indexing="ij"))
    y = -depth * np.exp(-(x**2 + (z + 0.01) ** 2) / 0.03**2) + 3 * depth * x * z / 0.07
    number = np.arange(57 * 57).reshape(57, 57)
    a, b, c, d = (
        part.ravel()
        for part in (number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:])
    )
    faces = np.concatenate((np.stack((a, b, c), 1), np.stack((a, c, d), 1)))
    return Mesh(np.stack((x, y, z), 1), faces)


def test_h3ds_is_blind_to_mirroring_and_the_strict_distance_is_not():
    truth = relief()
    hollow = Mesh(truth.vertices * [1, -1, 1], truth.faces)  # the nose goes inwards
    blind = h3ds_distances(truth.vertices, hollow.vertices)
    assert np.linalg.det(blind.alignment[:3, :3]) < 0
    assert blind.mean_mm < 0.05
    strict = strict_distances(truth, hollow)
    assert np.linalg.det(strict.alignment[:3, :3]) == pytest.approx(1)
    assert strict.completeness_mm > 1


def test_h3ds_counts_vertices_and_the_strict_distance_surfaces():
    truth = head()
    coarse = trimesh.creation.box(extents=(0.2, 0.2, 0.25))
    fine = coarse.subdivide().subdivide().subdivide().subdivide()  # the same surface
    coarse, fine = (
        Mesh(np.asarray(box.vertices), np.asarray(box.faces)) for box in (coarse, fine)
    )
    blind = [
        h3ds_distances(truth.vertices, box.vertices).mean_mm for box in (coarse, fine)
    ]
    assert blind[0] > 2 * blind[1]
    one, two = (strict_distances(truth, box, align=False) for box in (coarse, fine))
    np.testing.assert_allclose(
        one.true_to_predicted_mm, two.true_to_predicted_mm, atol=1e-9
    )
    assert one.accuracy_mm == pytest.approx(two.accuracy_mm, rel=0.01)


def test_a_rigid_motion_costs_nothing_if_it_may_be_undone():
    truth = head()
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec([0.05, -0.1, 0.02]).as_matrix()
    matrix[:3, 3] = [0.004, -0.003, 0.002]
    moved = truth.transform(matrix)
    aligned = strict_distances(truth, moved)
    assert aligned.completeness_mm < 1e-3
    assert aligned.accuracy_mm < 1e-3
    np.testing.assert_allclose(aligned.alignment @ matrix, np.eye(4), atol=1e-5)
    placed = strict_distances(truth, moved, align=False)
    np.testing.assert_array_equal(placed.alignment, np.eye(4))
    assert placed.completeness_mm > 1


def sphere(radius, details=5):
    mesh = trimesh.creation.icosphere(details, radius)
    return Mesh(np.asarray(mesh.vertices), np.asarray(mesh.faces))


def test_distances_of_spheres_within_each_other_are_known():
    found = strict_distances(sphere(0.100), sphere(0.102), align=False, within_mm=2.5)
    for number in (
        found.completeness_mm,
        found.completeness_median_mm,
        found.accuracy_mm,
        found.accuracy_median_mm,
        found.chamfer_mm,
    ):
        assert number == pytest.approx(2, abs=0.05)
    assert found.recall == found.precision == 1
    closer = strict_distances(sphere(0.1), sphere(0.102), align=False, within_mm=1.5)
    assert closer.recall == closer.precision == 0


def test_means_and_medians_are_those_of_the_distances():
    truth, predicted = head(), sphere(0.1)
    found = strict_distances(truth, predicted, within_mm=5.0, samples=2000)
    assert len(found.predicted_to_true_mm) == 2000
    for values, mean, median, share in (
        (
            found.true_to_predicted_mm,
            found.completeness_mm,
            found.completeness_median_mm,
            found.recall,
        ),
        (
            found.predicted_to_true_mm,
            found.accuracy_mm,
            found.accuracy_median_mm,
            found.precision,
        ),
    ):
        assert mean == pytest.approx(sum(values) / len(values))
        assert median == pytest.approx(np.sort(values)[len(values) // 2], abs=0.1)
        assert share == pytest.approx(sum(values <= 5) / len(values))
        assert 0 < share < 1
    assert found.chamfer_mm == (found.completeness_mm + found.accuracy_mm) / 2


@pytest.mark.parametrize("as_numbers", [True, False])
def test_only_the_part_of_the_truth_counts(as_numbers):
    truth = sphere(0.1)
    front = truth.vertices[:, 1] < 0
    vertices = truth.vertices.copy()
    vertices[truth.vertices[:, 1] > 0.02] *= 1.2  # the back is wrong
    part = np.flatnonzero(front) if as_numbers else front
    found = strict_distances(truth, Mesh(vertices, truth.faces), part)
    assert len(found.true_to_predicted_mm) == front.sum()
    assert len(found.predicted_to_true_mm) < 50_000
    assert found.completeness_mm < 0.01
    assert found.accuracy_mm < 0.05
    whole = strict_distances(truth, Mesh(vertices, truth.faces), aligned_by=part)
    assert whole.completeness_mm > 3
    assert np.abs(whole.true_to_predicted_mm[front]).mean() < 0.01


def test_missing_parts_are_seen_from_the_truth_and_additions_from_the_prediction():
    truth = sphere(0.1)
    half = Mesh(truth.vertices, truth.faces[truth.vertices[truth.faces, 1].max(1) < 0])
    missing = strict_distances(truth, half, align=False)
    assert missing.accuracy_mm < 1e-6
    assert missing.completeness_mm > 10
    added = strict_distances(half, truth, align=False)
    assert added.accuracy_mm > 10


def test_nothing_near_a_part_is_not_a_number():
    truth = sphere(0.1, 2)
    alone = strict_distances(truth, truth, np.array([0]), align=False)  # no whole face
    assert alone.completeness_mm < 1e-9
    assert np.isnan(alone.accuracy_mm)
    assert np.isnan(alone.accuracy_median_mm)
    assert np.isnan(alone.precision)


EMPTY = Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))
NO_FACES = Mesh(np.eye(3), np.zeros((0, 3), int))
NAN = Mesh(np.full((3, 3), np.nan), np.array([[0, 1, 2]]))


@pytest.mark.parametrize(
    "mesh, message",
    [
        (EMPTY, "holds no vertices"),
        (NO_FACES, "holds no triangles"),
        (NAN, "NaN or infinite"),
    ],
)
def test_meshes_without_a_surface_are_one_sentence(mesh, message):
    whole = sphere(0.1, 1)
    with pytest.raises(InputError, match=f"The predicted mesh.*{message}"):
        strict_distances(whole, mesh)
    with pytest.raises(InputError, match=f"The true mesh.*{message}"):
        strict_distances(mesh, whole)
    if mesh is not NO_FACES:
        with pytest.raises(InputError, match=f"The predicted mesh.*{message}"):
            h3ds_distances(whole.vertices, mesh.vertices)
        with pytest.raises(InputError, match=f"The true mesh.*{message}"):
            h3ds_distances(mesh.vertices, whole.vertices)


def test_empty_parts_are_one_sentence():
    whole = sphere(0.1, 1)
    nothing = np.zeros(len(whole.vertices), bool)
    with pytest.raises(InputError, match="part of the truth holds no"):
        strict_distances(whole, whole, nothing)
    with pytest.raises(InputError, match="alignment rests on holds no"):
        strict_distances(whole, whole, aligned_by=nothing)
    with pytest.raises(InputError, match="region of the truth holds no"):
        h3ds_distances(whole.vertices, whole.vertices, nothing)


def test_landmarks_of_one_mesh_only_are_refused():
    whole = sphere(0.1, 1)
    with pytest.raises(ValueError, match="both or of neither"):
        h3ds_distances(whole.vertices, whole.vertices, true_landmarks=np.eye(3))
