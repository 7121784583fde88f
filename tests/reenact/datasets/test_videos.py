import cv2
import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.clip_frames import ClipSource
from human_capture.reenact.datasets import videos
from human_capture.reenact.datasets.videos import PreparedClips
from human_capture.reenact.landmarks import face68
from human_capture.reenact.preparation.records import (
    EncodedClip,
    EncodedFrames,
    encode_picture,
)
from human_capture.reenact.preparation.shards import (
    ClipEntry,
    ShardIndex,
    append_clips,
)

SIZE = 32
PEOPLE = ("ann", "bob", "ann")


def pictures(clip):
    """Smooth pictures, which JPEG keeps."""
    random = np.random.default_rng(clip)
    coarse = random.integers(0, 256, (10 + clip, 2, 2, 3), np.uint8)
    return [cv2.resize(c, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR) for c in coarse]


def points(clip):
    random = np.random.default_rng(clip)
    return random.uniform(0, 1, (10 + clip, 468, 2)).astype(np.float32)


def write(folder, people):
    """One clip for each of the people."""
    files, entries = [], []
    for number, person in enumerate(people):
        shots = pictures(number)
        clip = EncodedClip(
            EncodedFrames.of([encode_picture(shot) for shot in shots]),
            EncodedFrames.of([encode_picture(shot[..., 0]) for shot in shots]),
            points(number),
            np.arange(len(shots)),
        )
        files.append(folder / f"{number}.safetensors")
        files[-1].write_bytes(clip.to_bytes())
        name = f"{number}.mp4"
        entries.append(ClipEntry(str(number), name, person, len(shots)))
    append_clips(folder, ShardIndex({"size": SIZE}), entries, files)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("shards"), PEOPLE)


def test_clips_come_back_whole(folder):
    clips = PreparedClips(folder)
    assert isinstance(clips, ClipSource) and len(clips) == 3
    for number in range(3):
        clip = clips[number]
        truth = torch.from_numpy(np.array(pictures(number))).permute(0, 3, 1, 2)
        assert len(clip) == clips.frames(number) == 10 + number
        assert (clip.frames.float() - truth).abs().mean() < 5
        assert (clip.masks.float() - truth[:, :1]).abs().mean() < 5
        np.testing.assert_array_equal(clip.landmarks, face68(points(number)))
        np.testing.assert_array_equal(clip.landmarks_478[:, :468], points(number))
        assert clip.landmarks_478[:, 468:].isnan().all()
        assert clip.actions.isnan().all() and clip.turn.isnan().all()


def test_drawing_frames_gives_what_the_whole_clip_has_there(folder):
    clips = PreparedClips(folder)
    whole, some = clips[1], clips.draw(1, [7, 0, 3])
    for name in ("frames", "masks", "landmarks", "actions", "turn"):
        expected = getattr(whole, name)[[7, 0, 3]]
        assert torch.equal(getattr(some, name).nan_to_num(), expected.nan_to_num())


def test_only_the_drawn_frames_are_decoded(folder, monkeypatch):
    decoded = []

    def counting(file, size):
        decoded.append(len(file))
        return cv2.imdecode(file, cv2.IMREAD_COLOR_RGB)

    monkeypatch.setattr(videos, "decode_picture", counting)
    PreparedClips(folder).draw(2, [1, 5])
    assert len(decoded) == 2


def test_people_have_numbers(folder):
    clips = PreparedClips(folder)
    assert clips.people == ["ann", "bob"]
    assert [clips.draw(n, [0]).person for n in range(3)] == [0, 1, 0]


def test_splits_take_some_of_the_people(folder):
    train, val = PreparedClips(folder, ["ann"]), PreparedClips(folder, ["bob"])
    assert [train.frames(n) for n in range(len(train))] == [10, 12]
    assert len(val) == 1 and val.frames(0) == 11
    with pytest.raises(InputError, match="no prepared clips of carl"):
        PreparedClips(folder, ["ann", "carl"])


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Of people who are named after folders, two of which have the same name."""
    people = ["anna-1a2b3c4d", "bert-00000000", "bert-ffffffff", "anna-1a2b3c4d"]
    people += ["carl-12345678", "dora-12345678", "emil-12345678", "fred-12345678"]
    return write(tmp_path_factory.mktemp("folders"), people)


def test_the_plain_name_of_a_folder_is_enough_where_it_is_unique(folders):
    clips = PreparedClips(folders, ["carl", "anna", "bert-ffffffff"])
    assert clips.people == ["carl-12345678", "anna-1a2b3c4d", "bert-ffffffff"]
    assert [clips.draw(n, [0]).person for n in range(len(clips))] == [1, 2, 1, 0]
    assert PreparedClips(folders, ["anna", "anna-1a2b3c4d"]).people == clips.people[1:2]
    with pytest.raises(
        InputError,
        match=r"2 people are called 'bert' .* one of bert-00000000, bert-ffffffff",
    ):
        PreparedClips(folders, ["bert"])


def test_an_unknown_name_is_answered_with_known_ones(folder, folders):
    with pytest.raises(InputError, match=r"clips of carl in .*; there are some of ann"):
        PreparedClips(folder, ["carl"])
    with pytest.raises(InputError, match=r"of Anna, gina in .* anna-.*emil-.* 1 other"):
        PreparedClips(folders, ["gina", "Anna"])


def test_places_that_do_not_exist(folder):
    clips = PreparedClips(folder)
    for frames in ([10], [-1]):
        with pytest.raises(IndexError):
            clips.draw(0, frames)


def test_other_processes_read_too(folder):
    clips = PreparedClips(folder)
    before = clips.draw(0, [0]).frames  # opened here, used there
    loader = torch.utils.data.DataLoader(clips, batch_size=None, num_workers=1)
    seen = list(loader)
    assert torch.equal(seen[0].frames[:1], before) and len(seen) == 3
