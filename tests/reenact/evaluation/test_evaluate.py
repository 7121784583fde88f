import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate, normalize

from human_capture.common.errors import InputError
from human_capture.reenact.datasets.takes import DrawTake, Take
from human_capture.reenact.evaluation import descriptors
from human_capture.reenact.evaluation.driving import driving
from human_capture.reenact.evaluation.evaluate import EvaluateOptions, evaluate
from human_capture.reenact.evaluation.keypoint_regression import keypoint_regression
from human_capture.reenact.evaluation.material import Judges, Material, Setup
from human_capture.reenact.evaluation.methods import Method, TrainedImitator
from human_capture.reenact.evaluation.openings import INNER_LIPS, LIDS
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.identity_encoder import IdentityEncoder
from human_capture.reenact.networks.pose_encoder import PoseEncoder
from human_capture.reenact.networks.reenactor import Reenactor

SETUP = Setup(
    people=4, first=5000, clips=1, frames=4, size=32, shots=2, drivers=1, poses=2,
    videos=1, video_frames=4, learners=4, learner_frames=2, recognise=True,
)  # fmt: skip


class Still:
    """Draws the first picture, whatever the pose."""

    def __init__(self):
        self.calls = 0

    def identity(self, pictures):
        self.calls += 1
        return pictures[0].flatten()

    def describe(self, pictures):
        return interpolate(pictures, size=(4, 4), mode="area").flatten(1)

    def draw(self, identity, pose):
        return identity.reshape(3, 32, 32).expand(len(pose), -1, -1, -1).clone()


def colour_judges(setup):
    """Landmarks that move with the brightness; identity is the mean colour.

    Mouths are as far open as pictures are red, and eyes as they are blue.
    """

    def landmarks(pictures):
        face = torch.linspace(0.2, 0.8, 136).reshape(68, 2)
        faces = face + 0.1 * pictures.mean((1, 2, 3))[:, None, None]
        for colour, pairs in ((0, INNER_LIPS), (2, LIDS)):
            for above, below in pairs:
                faces[:, below] = faces[:, above]
                faces[:, below, 1] += pictures[:, colour].mean((1, 2))
        return faces

    def identity(pictures, landmarks):
        small = interpolate(pictures, size=(4, 4), mode="area")
        return normalize(small.flatten(1) + 0.01, dim=-1)

    def second(pictures):
        return 1 - landmarks(pictures)

    if not setup.recognise:
        return Judges(landmarks, None)
    return Judges(landmarks, identity, second)


@pytest.fixture
def options(tmp_path, monkeypatch):
    monkeypatch.setenv("HUMAN_CAPTURE_CACHE", str(tmp_path / "cache"))
    short = partial(keypoint_regression, steps=5)
    monkeypatch.setattr(descriptors, "keypoint_regression", short)
    weights = tmp_path / "some.safetensors"
    weights.write_bytes(b"first")
    return EvaluateOptions(
        methods=[Method("still", str(weights))],
        setup=SETUP,
        device="cpu",
        output=str(tmp_path / "out"),
    )


def test_the_ground_truth_shows_the_person_doing_as_the_driver(options):
    material = Material(replace(SETUP, frames=6, poses=3), colour_judges)
    person, driver = 1, 3
    frames = material.poses(driver)
    truth = DrawTake(material.setup.still_clips().recipe)(
        Take(5001, (5003, 0), (5001, 0)), (frames - 18).tolist()
    )
    assert torch.equal(truth["actions"], material.people.actions[frames])
    torch.testing.assert_close(truth["turn"], material.people.turn[frames])
    wanted = truth["frames"] / 255 * (truth["masks"] / 255)
    rounded = {"atol": 0.5 / 255 + 1e-6, "rtol": 0}
    torch.testing.assert_close(material.ground_truth(person, driver), wanted, **rounded)
    # oneself doing as oneself is what one does
    own = material.people[material.poses(person)].on_black()
    torch.testing.assert_close(material.ground_truth(person, person), own, **rounded)


def drawn_truly(material, person, frames):
    """Everybody truly doing as the driver whose the frames are."""
    driver = int(material.people.person[frames[0]])
    return material.ground_truth(person, driver)


def only_red(material, person, frames):
    """Likewise, but always as blue."""
    pictures = drawn_truly(material, person, frames).clone()
    pictures[:, 2] = 0.5
    return pictures


def test_who_draws_the_truth_makes_no_error(options, tmp_path):
    setup = replace(SETUP, people=6, frames=10, poses=8, drivers=2)
    material = Material(setup, colour_judges)
    sheet = tmp_path / "sheet.jpg"
    found = driving(partial(drawn_truly, material), material, sheet).figures
    assert found["cross_pose_error"] == found["second_cross_pose_error"] == 0
    assert found["mouth"] == pytest.approx(1) == found["eyes"]
    red = driving(partial(only_red, material), material, sheet).figures
    assert red["mouth"] == pytest.approx(1)
    assert math.isnan(red["eyes"])
    others = driving(
        lambda _, frames: material.people[frames].on_black(), material, sheet
    ).figures
    assert others["cross_pose_error"] > 0.01 < others["second_cross_pose_error"]


def test_truths_without_a_face_do_not_count(options, tmp_path):
    material = Material(SETUP, colour_judges)
    found = material.judges.landmarks

    def sees_nobody_in_truths(pictures):
        faces = found(pictures)
        truths = material.ground_truth(0, material.drivers(0)[0])
        lost = pictures.shape == truths.shape and torch.equal(pictures, truths)
        return torch.full_like(faces, torch.nan) if lost else faces

    material.judges = replace(material.judges, landmarks=sees_nobody_in_truths)
    figures = driving(
        lambda _, frames: material.people[frames].on_black(),
        material,
        tmp_path / "sheet.jpg",
    ).figures
    assert figures["lost_truths"] == pytest.approx(1 / SETUP.people)
    assert figures["lost_cross"] == 0


def test_an_evaluation_is_continued_and_not_repeated(options, tmp_path, capsys):
    model = Still()
    evaluate(options, lambda method, device: model, colour_judges)
    out = tmp_path / "out"
    content = json.loads((out / "results.json").read_text())
    parts = content["methods"]["still"]["parts"]
    assert set(parts) == {
        "driving", "shaking", "paths", "retrieval", "keypoints", "leakage",
    }  # fmt: skip
    figures = {
        name: {part: outcome["figures"] for part, outcome in method["parts"].items()}
        for name, method in content["methods"].items()
    }
    assert figures["still"]["shaking"]["smoothness"] == 0  # it never moves
    assert figures["still"]["paths"]["monotone"] == 0
    driver, photos = (
        figures["the driver"]["driving"],
        figures["other photos"]["driving"],
    )
    assert driver["recognised"] == 0 < photos["recognised"]
    assert photos["identity_raw"] < driver["identity_raw"]
    assert set(figures["found landmarks"]) == {"retrieval", "keypoints", "leakage"}
    assert figures["found landmarks"] != figures["true landmarks"]
    driving = parts["driving"]
    assert len(driving["each"]["pose_error"]) == SETUP.people
    for figure, each in driving["each"].items():
        assert driving["figures"][figure] == pytest.approx(sum(each) / len(each))
    table = (out / "table.md").read_text()
    assert table.count("| still |") == 6
    names = {path.name for path in (out / "pictures").iterdir()}
    assert {f"still_{p}.jpg" for p in ("driving", "paths", "retrieval")} <= names
    calls = model.calls
    evaluate(options, lambda method, device: model, colour_judges)
    assert model.calls == calls
    # one part is done again when it is lost, and all when the weights change
    del content["methods"]["still"]["parts"]["shaking"]
    (out / "results.json").write_text(json.dumps(content))
    capsys.readouterr()
    evaluate(options, lambda method, device: model, colour_judges)
    assert capsys.readouterr().out.count("still, ") == 1
    (tmp_path / "some.safetensors").write_bytes(b"second")
    evaluate(options, lambda method, device: model, colour_judges)
    assert capsys.readouterr().out.count("still, ") == 6


@pytest.mark.filterwarnings("error")
def test_identities_need_not_be_judged(options):
    unknown = replace(options, setup=replace(SETUP, recognise=False))
    evaluate(unknown, lambda method, device: Still(), colour_judges)
    driving = json.loads((Path(options.output) / "results.json").read_text())
    driving = driving["methods"]["still"]["parts"]["driving"]
    asked = {"pose_error", "pose_error_aligned", "cross_pose_error"}
    asked |= {"lost_self", "lost_drivers", "lost_cross", "lost_truths"}
    assert set(driving["each"]) == asked
    assert set(driving["figures"]) == asked | {"mouth", "eyes"}


def test_methods_have_different_names():
    twice = EvaluateOptions(methods=[Method("a", "x"), Method("a", "y")])
    reference = EvaluateOptions(methods=[Method("pixels", "x")])
    for options in (twice, reference):
        with pytest.raises(InputError, match="name"):
            options.all_methods()
    assert [m.name for m in EvaluateOptions().all_methods()] == ["heads"]
    both = EvaluateOptions(weights="x", methods=[Method("a", "y")])
    assert [m.name for m in both.all_methods()] == ["x", "a"]


def test_weights_that_are_nowhere_are_answered_with_a_sentence(options):
    nowhere = EvaluateOptions(weights="nowhere.safetensors", output=options.output)
    with pytest.raises(InputError, match="no weights file"):
        evaluate(nowhere, lambda method, device: Still(), colour_judges)


class Pooled(nn.Module):
    """A network so small that it is no trouble."""

    def __init__(self, numbers):
        super().__init__()
        self.linear = nn.Linear(3, numbers)

    def forward(self, pictures):
        return self.linear(pictures.mean((-1, -2)))


def test_a_reenactor_takes_any_size_and_batch():
    torch.manual_seed(0)
    networks = IdentityEncoder(6, Pooled(6)), PoseEncoder(5, Pooled(5))
    reenactor = Reenactor(*networks, Generator(6, 5, 16, 4, 8)).eval()
    whole, parts = TrainedImitator(reenactor), TrainedImitator(reenactor, batch=2)
    pictures = torch.rand(5, 3, 24, 24)
    identity, pose = whole.identity(pictures), whole.describe(pictures)
    assert identity.shape == (6,) and pose.shape == (5, 5)
    drawn = whole.draw(identity, pose)
    assert drawn.shape == (5, 3, 16, 16)
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert torch.allclose(parts.describe(pictures), pose, atol=1e-6)
    assert torch.allclose(parts.draw(identity, pose), drawn, atol=1e-5)
    with torch.no_grad():
        own = pictures[..., :16, :16]
        expected = reenactor(own[None], own[:1]).picture.clamp(0, 1)
    same = whole.draw(whole.identity(own), whole.describe(own[:1]))
    assert torch.allclose(same, expected, atol=1e-5)


def test_a_device_that_is_not_there_is_one_sentence(options):
    with pytest.raises(InputError, match="There is no device 'cuda:99' here"):
        evaluate(replace(options, device="cuda:99"), judges=colour_judges)
