import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.reenact.clip_frames import ClipSource
from human_capture.reenact.datasets.official_layout import OfficialLayout


@pytest.fixture
def root(tmp_path):
    for clip in ("id1/aa", "id1/bb", "id2/cc"):
        for frame in (2, 10, 1):
            image = np.full((64, 64, 3), (frame, 50, 60), np.uint8)
            write_image(tmp_path / "cropped_fix" / clip / f"{frame}.png", image)
            mask = np.full((64, 64, 3), 20 * frame, np.uint8)
            folder = tmp_path / "segmentation_Graphonomy" / clip
            write_image(folder / f"{frame}.png", mask)
            if clip != "id2/cc":
                keypoints = tmp_path / "cropped_landmarks_fix" / clip
                keypoints.mkdir(parents=True, exist_ok=True)
                np.save(keypoints / f"{frame}.npy", np.full((68, 3), 31.5 + frame))
    table = ",path\n0,id1/aa\n1,id1/bb\n2,id2/cc\n3,id3/missing\n"
    (tmp_path / "train.csv").write_text(table)
    return tmp_path


@pytest.fixture
def clips(root):
    return OfficialLayout(root, root / "train.csv")


def test_frames_come_in_natural_order_with_their_masks(clips):
    assert isinstance(clips, ClipSource)
    clip = clips[0]
    assert clip.frames[:, 0, 5, 5].tolist() == [1, 2, 10]
    assert clip.frames[0, :, 0, 0].tolist() == [1, 50, 60]
    assert clip.masks[:, 0, 5, 5].tolist() == [20, 40, 200]


def test_landmarks_are_shares_of_the_side(clips):
    # pixel 31.5 counted from the first centre is the middle of 64 pixels
    expected = 0.5 + torch.tensor([1.0, 2.0, 10.0]) / 64
    torch.testing.assert_close(clips[1].landmarks[:, 7, 1], expected)
    assert clips[2].landmarks.isnan().all()


def test_clips_without_frames_are_left_out(clips):
    assert len(clips) == 3 and clips.people == ["id1", "id2"]
    assert [clips[n].person for n in range(3)] == [0, 0, 1]


def test_only_drawn_frames_are_read(root, clips):
    (root / "cropped_fix" / "id1" / "aa" / "2.png").write_bytes(b"broken")
    assert clips.draw(0, [2, 0]).frames[:, 0, 0, 0].tolist() == [10, 1]
    with pytest.raises(InputError, match="not an image"):
        clips.draw(0, [1])


def test_nothing_is_unpickled(root, clips):
    path = root / "cropped_landmarks_fix" / "id1" / "aa" / "1.npy"
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(InputError, match="not an array of numbers"):
        clips[0]


def test_wrong_folders_are_input_errors(root):
    with pytest.raises(InputError, match="No clip of"):
        OfficialLayout(root, root / "train.csv", images="images")
    with pytest.raises(InputError, match="no table of clips"):
        OfficialLayout(root, root / "test.csv")
    (root / "empty.csv").write_text("name\nid1/aa\n")
    with pytest.raises(InputError, match="column 'path'"):
        OfficialLayout(root, root / "empty.csv")
