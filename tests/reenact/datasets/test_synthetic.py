import dataclasses

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.body_keypoints import FACE68_OF_478
from human_capture.common.people.anatomy.expressions import FACIAL_ACTIONS
from human_capture.common.people.movement.orientations import turn
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.reenact.clip_frames import ClipFrames, ClipSource, Preparable
from human_capture.reenact.crops import SCALE, crop_face, crop_mask, face_square
from human_capture.reenact.datasets import performer as performers
from human_capture.reenact.datasets.performer import Performer
from human_capture.reenact.datasets.synthetic import (
    DOUBLES,
    DrawClip,
    SyntheticClips,
    synthetic_splits,
)
from human_capture.reenact.datasets.takes import (
    DrawTake,
    TalkingHeadRecipe,
    head_turn,
)

RECIPE = TalkingHeadRecipe(frames=8, size=48, clips=2, supersampling=1)
REACH = (0.9, 0.45, 0.26)
NOSE, CHIN, RIGHT_EAR, LEFT_EAR = 1, 152, 234, 454


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return SyntheticClips(RECIPE, 30, 2, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def clip(clips):
    return clips[1]


@pytest.fixture(scope="module")
def everyone(clips):
    """All frames of all clips, one after the other."""
    every = [clips[number] for number in range(len(clips))]
    names = [f.name for f in dataclasses.fields(ClipFrames) if f.name != "person"]
    joined = {name: torch.cat([getattr(c, name) for c in every]) for name in names}
    return ClipFrames(**joined, person=-1)


def test_a_clip_has_all_frames_with_their_truth(clips, clip):
    assert isinstance(clips, ClipSource) and isinstance(clips, Preparable)
    assert len(clips) == 4 and len(clip) == 8
    assert clip.frames.shape == (8, 3, 48, 48) and clip.masks.shape == (8, 1, 48, 48)
    assert clip.frames.dtype == clip.masks.dtype == torch.uint8
    assert clip.landmarks_478.shape == (8, 478, 2)
    assert clip.actions.shape == (8, len(FACIAL_ACTIONS))
    assert 0 <= clip.actions.min() and clip.actions.max() <= 1
    assert [clips[number].person for number in range(4)] == [30, 30, 31, 31]


def test_the_same_number_is_the_same_clip(clip, tmp_path):
    again = SyntheticClips(RECIPE, 30, 2, tmp_path)[1]
    for field in dataclasses.fields(ClipFrames):
        old, new = getattr(clip, field.name), getattr(again, field.name)
        assert torch.equal(torch.as_tensor(old), torch.as_tensor(new)), field.name


def test_the_number_of_a_person_not_of_an_item_says_who_it_is(clip):
    """Clip 1 of person 30 in a split that begins with person 29."""
    moved = DrawClip(RECIPE, 29)(3)
    assert torch.equal(moved["frames"], clip.frames)


def test_clips_of_a_person_differ_in_light_place_and_moves(clips):
    first, second = clips[0], clips[1]
    assert not torch.equal(first.turn, second.turn)
    colours = [c.frames.float().mean((0, 2, 3)) for c in (first, second)]
    assert (colours[0] - colours[1]).abs().max() > 5


def test_frames_of_a_clip_share_light_and_room(clip, clips):
    def border(c):
        return c.frames[:, :, :4].float().mean((2, 3))

    within = border(clip).std(0).mean()
    between = torch.stack([border(clips[n]).mean(0) for n in range(4)]).std(0).mean()
    assert within < between


def test_the_head_fills_every_crop_alike(everyone):
    """The face is in the middle; the side is the rule's multiple of its extent."""
    face = everyone.landmarks_478[:, :468]
    low, high = face.amin(1), face.amax(1)
    longer = (high - low).amax(-1)
    # squares end at whole pixels of the video
    torch.testing.assert_close(
        longer, torch.full_like(longer, 1 / SCALE), atol=0.015, rtol=0
    )
    middle = (low + high) / 2
    torch.testing.assert_close(middle, torch.full_like(middle, 0.5), atol=0.015, rtol=0)


def test_68_landmarks_are_the_named_ones_of_478(clip):
    assert torch.equal(clip.landmarks, clip.landmarks_478[:, list(FACE68_OF_478)])
    frontal = clip.landmarks[clip.turn.norm(dim=-1).argmin()]
    right_eye, left_eye = frontal[36:42].mean(0), frontal[42:48].mean(0)
    chin, nose, mouth = frontal[8], frontal[30], frontal[48:].mean(0)
    assert right_eye[0] < nose[0] < left_eye[0]  # the person's right is on the left
    assert right_eye[1] < nose[1] < mouth[1] < chin[1]
    assert frontal[0, 0] < frontal[16, 0]  # the jaw begins at the right ear


def test_landmarks_lie_on_the_person(everyone):
    column, row = (everyone.landmarks * 48).long().clamp(0, 47).unbind(-1)
    frame = torch.arange(len(everyone))[:, None]
    assert (everyone.masks[frame, 0, row, column] > 127).float().mean() > 0.97


def still_video(talk, width):
    """A camera at a metre's distance that holds still."""
    away = torch.tensor([np.sin(talk.audience), -np.cos(talk.audience), 0.0]).float()
    target = talk.landmarks.mean((0, 1)).expand(len(talk.head), 3)
    return from_field_of_view(look_at(target + away, target), width, width, 1 / 0.6)


@pytest.fixture(scope="module")
def talking():
    """Somebody, two moments of a talk, and how to draw crops of it."""
    person = Performer.of(30)
    talk = person.talk(5, 2, 1.0, REACH)
    recipe = dataclasses.replace(RECIPE, frames=2, supersampling=2)
    return person, talk, DrawTake(recipe)


def test_pictures_are_what_the_crop_rule_takes_from_a_video(talking):
    person, talk, crops = talking
    video = still_video(talk, 192)
    frames, masks = crops._pictures(person, talk, crops._crops(video, talk), 7)
    whole = DrawTake(dataclasses.replace(crops.recipe, size=192))
    pictures, covered = whole._pictures(person, talk, video, 7)
    pixels = video.project(talk.landmarks)[0][:, :468].numpy()
    for frame, mask, picture, cover, face in zip(
        frames, masks, pictures, covered, pixels, strict=True
    ):
        square = face_square(face)
        image = np.ascontiguousarray(picture.permute(1, 2, 0))
        cropped = crop_face(image, square, 48).transpose(2, 0, 1)
        assert np.abs(cropped - frame.float().numpy()).mean() < 4
        share = crop_mask(cover[0].float().numpy() / 255, square, 48)
        assert np.abs(share - mask[0].float().numpy()).mean() < 2


def test_the_mask_separates_person_and_place(talking):
    """Without the person the picture is the same outside of the mask alone."""
    person, talk, crops = talking
    cameras = crops._crops(still_video(talk, 192), talk)
    frames, masks = crops._pictures(person, talk, cameras, 7)
    below = talk.vertices - torch.tensor([0, 0, 100.0])
    gone = dataclasses.replace(talk, vertices=below)
    empty, nothing = crops._pictures(person, gone, cameras, 7)
    assert not nothing.any()
    same = (frames == empty).all(1, keepdim=True)
    assert same[masks == 0].float().mean() > 0.95  # the person has a shadow
    assert same[masks == 255].float().mean() < 0.05
    assert 0.25 < (masks > 127).float().mean() < 0.85


def test_turns_are_recovered_from_landmarks(everyone):
    """The nose between the ears tells the yaw, the ears' line tells the roll."""
    yaw, _, roll = everyone.turn.unbind(-1)
    points = everyone.landmarks_478
    ears = (points[:, RIGHT_EAR] + points[:, LEFT_EAR]) / 2
    width = (points[:, LEFT_EAR] - points[:, RIGHT_EAR]).norm(dim=-1)
    across = (points[:, NOSE] - ears)[:, 0] / width
    turned = yaw.abs() > 0.2
    assert turned.sum() > 5
    assert torch.equal(across[turned] > 0, yaw[turned] > 0)
    assert np.corrcoef(across, yaw)[0, 1] > 0.95
    along = points[:, LEFT_EAR] - points[:, RIGHT_EAR]
    tilt = torch.atan2(along[:, 1], along[:, 0].abs())
    straight = yaw.abs() < 0.4
    assert np.corrcoef(tilt[straight], roll[straight])[0, 1] > 0.9


def test_turns_stay_within_reach_and_use_it(everyone):
    assert everyone.turn[:, 0].abs().max() < RECIPE.yaw + 0.1
    assert everyone.turn[:, 0].std() > 0.2
    assert everyone.turn[:, 1].abs().max() < RECIPE.pitch + 0.25  # cameras stand higher
    assert everyone.turn[:, 2].abs().max() < RECIPE.roll + 0.15


@pytest.mark.parametrize("heading", [0.0, 2.0])
def test_a_turn_is_the_one_the_head_made(heading):
    angles = torch.tensor(
        [[0.0, 0, 0], [0.5, 0, 0], [0, 0.3, 0], [0, 0, -0.2], [0.7, -0.3, 0.2]]
    )
    yaw, pitch, roll = angles.double().numpy().T
    head = turn(yaw=heading) @ turn(pitch, roll, yaw)
    target = torch.tensor([0.3, -0.2, 1.5]).expand(5, 3)
    away = torch.tensor([np.sin(heading), -np.cos(heading), 0.0]).float()
    cameras = from_field_of_view(look_at(target + away, target), 64, 64, 1.0)
    found = head_turn(torch.from_numpy(head).float(), cameras)
    torch.testing.assert_close(found, angles, atol=1e-5, rtol=0)


def test_faces_move_with_their_actions(clips):
    """Mouths are open where the jaw is, eyes are shut where they blink."""
    points = torch.cat([clips[n].landmarks_478 for n in range(4)])
    actions = torch.cat([clips[n].actions for n in range(4)])
    turn = torch.cat([clips[n].turn for n in range(4)])
    gap = (points[:, 13] - points[:, 14]).norm(dim=-1)
    jaw = actions[:, FACIAL_ACTIONS.index("jawOpen")]
    calm = turn.norm(dim=-1) < 0.8
    assert jaw[calm].max() > 0.2
    assert np.corrcoef(gap[calm], jaw[calm])[0, 1] > 0.6


def test_the_upper_body_is_posed_as_the_whole_is():
    person = Performer.of(4)
    body = default_body()
    stage = performers.Stage(person.skeleton, 3, 2, 1.0)
    motion, _ = person._moves(stage, REACH)
    pose = performers.retarget(motion, body, person.skeleton)
    actions = torch.rand(2, 52, generator=torch.Generator().manual_seed(0))
    shape = body.shape(
        person.phenotype.expand(2, -1), person.face.expand(2, -1), actions
    )
    whole = body.pose(shape, pose.rotations, pose.root).vertices
    upper = performers._bust().pose(shape, pose)
    drawn = upper.isfinite().all(-1)[0]
    assert drawn[body.landmarks_478].all() and not drawn.all()
    torch.testing.assert_close(upper[:, drawn], whole[:, drawn], atol=1e-5, rtol=0)
    used = person.look.costume.source[person.look.costume.faces]
    assert drawn[used[used >= 0]].all()


def test_shoulders_turn_less_than_the_head():
    talk = Performer.of(4).talk(3, 24, 1.0, REACH)
    places = default_body().canonical
    left, right = (
        int((places - torch.tensor([x, 0.0, 0.55])).norm(dim=-1).argmin())
        for x in (0.12, -0.12)
    )
    across = talk.vertices[:, left] - talk.vertices[:, right]
    # relative to the audience, so that no angle is near a half turn
    front = torch.from_numpy(turn(yaw=-talk.audience)).float()
    across, head = across @ front.T, front @ talk.head
    shoulders = torch.atan2(across[:, 1], across[:, 0])
    heads = torch.atan2(head[:, 1, 0], head[:, 0, 0])
    assert shoulders.std() < 0.6 * heads.std()


def test_splits_have_different_people_and_are_the_same_every_time(tmp_path):
    splits = synthetic_splits(RECIPE, 5, 2, 3, tmp_path)
    people = [set(part.persons) for part in (splits.train, splits.val, splits.test)]
    assert [len(part) for part in people] == [5, 2, 3]
    assert not people[0] & people[1] and not (people[0] | people[1]) & people[2]
    again = synthetic_splits(RECIPE, 5, 2, 3, tmp_path)
    assert again.val.cache.folder == splits.val.cache.folder
    with pytest.raises(InputError, match="at most"):
        synthetic_splits(RECIPE, 2_000_000)


@pytest.fixture(scope="module")
def double(tmp_path_factory):
    return SyntheticClips(RECIPE, 30, 2, tmp_path_factory.mktemp("cache"), doubles=True)


def test_a_double_does_the_same_and_is_somebody_else_elsewhere(clips, double):
    for number in range(4):
        person, other = clips[number], double[number]
        assert other.person == person.person + DOUBLES
        assert torch.equal(other.actions, person.actions)
        torch.testing.assert_close(other.turn, person.turn, atol=1e-5, rtol=0)
        apart = (other.landmarks - person.landmarks).norm(dim=-1).mean(1)
        assert 0.002 < apart.min() and apart.max() < 0.1  # faces differ in shape
        colours = [c.frames.float().mean((0, 2, 3)) for c in (person, other)]
        assert (colours[0] - colours[1]).abs().max() > 5


def test_doubles_are_of_the_training_alone(tmp_path):
    splits = synthetic_splits(RECIPE, 5, 2, 3, tmp_path, doubles=True)
    assert splits.doubles.persons == range(DOUBLES, DOUBLES + 5)
    assert splits.doubles.cache.folder != splits.train.cache.folder
    assert synthetic_splits(RECIPE, 5, 2, 3, tmp_path).doubles is None


def test_preparing_draws_only_what_is_missing(tmp_path, capsys):
    recipe = dataclasses.replace(RECIPE, frames=2, size=16, clips=1)
    clips = SyntheticClips(recipe, 50, 2, tmp_path)
    clips.cache.build(1)
    assert clips.cache.missing() == [0]
    clips.prepare(0)
    assert not clips.cache.missing()
    assert "Drawing people" in capsys.readouterr().err
    clips.prepare(0)
    assert not capsys.readouterr().err
