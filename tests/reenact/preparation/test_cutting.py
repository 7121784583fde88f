import importlib.util

import av
import cv2
import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.common.video import VideoInfo
from human_capture.common.video_writer import VideoWriter
from human_capture.reenact.landmarks import face68
from human_capture.reenact.preparation.cutting import (
    NoClipError,
    chosen_frames,
    cut_video,
)
from human_capture.reenact.preparation.options import PrepareOptions
from human_capture.reenact.preparation.prepare import prepare
from human_capture.reenact.preparation.records import decode_mask, decode_picture
from human_capture.reenact.preparation.sources import find_sources

OPTIONS = PrepareOptions(["x"], size=128, every=5, fewest_frames=2, smallest=64)


@pytest.fixture(scope="module")
def photo():
    if importlib.util.find_spec("mediapipe") is None:
        pytest.skip("needs the package mediapipe, which carries the networks")
    image = pytest.importorskip("skimage.data").astronaut()
    return cv2.resize(image, (320, 320), interpolation=cv2.INTER_AREA)


def film(path, photo, shifts):
    """The photo moved to the right by some pixels in each frame."""
    with VideoWriter(path, 25.0, quality=12) as writer:
        for shift in shifts:
            move = np.array([[1.0, 0.0, shift], [0.0, 1.0, 0.0]])
            border = cv2.BORDER_REPLICATE
            writer.write(cv2.warpAffine(photo, move, (320, 320), borderMode=border))
    return path


def shown(path, images):
    """Images as a video."""
    with VideoWriter(path, 25.0, quality=12) as writer:
        for image in images:
            writer.write(image)
    return path


def cut(path, **changes):
    (source,) = find_sources([path])
    return cut_video(source, PrepareOptions(**{**vars(OPTIONS), **changes}))


def info(path, times):
    return VideoInfo(path, 64, 48, np.array(times))


def test_frames_are_chosen_by_time(tmp_path):
    steady = info(tmp_path / "a.mp4", np.arange(50) / 25)
    options = PrepareOptions(["x"], per_second=5.0)
    assert chosen_frames(steady, options).tolist() == list(range(0, 50, 5))
    every = PrepareOptions(["x"], every=20)
    assert chosen_frames(steady, every).tolist() == [0, 20, 40]
    slow = info(tmp_path / "a.mp4", [0.0, 1.0, 2.0, 2.1, 2.2])  # pauses, then hurries
    assert chosen_frames(slow, options).tolist() == [0, 1, 2, 4]
    dense = PrepareOptions(["x"], per_second=100.0, most_frames=4)
    assert chosen_frames(steady, dense).tolist() == [0, 16, 33, 49]


def test_folders_of_images_are_taken_whole(tmp_path):
    assert chosen_frames(info(tmp_path, np.arange(7) / 30), OPTIONS).tolist() == [0, 5]
    options = PrepareOptions(["x"])
    assert len(chosen_frames(info(tmp_path, np.arange(7) / 30), options)) == 7


def test_a_clip_ends_at_a_cut_to_somebody_else(tmp_path, photo):
    wall = np.full_like(photo, 90)
    left, right = (np.concatenate(p, 1) for p in ((photo, wall), (wall, photo)))
    path = shown(tmp_path / "a.mp4", [left] * 10 + [right[:, ::-1]] * 5 + [right] * 10)
    made = cut(path)
    assert made.clip.frames.tolist() == [0, 5, 10]  # mirrored, she is where she was
    assert made.left_out == {"after a jump to what may be somebody else": 2}
    with pytest.raises(NoClipError, match=r"usable .*: 3 \(2 after a jump to what may"):
        cut(path, fewest_frames=4)


def test_a_clip_begins_after_a_jump_if_nothing_before_is_usable(tmp_path, photo):
    small = np.full((320, 640, 3), 90, np.uint8)
    small[:160, :160] = photo[::2, ::2]
    large = np.full((320, 640, 3), 90, np.uint8)
    large[:, 320:] = photo
    path = shown(tmp_path / "a.mp4", [small] * 10 + [large] * 10)
    made = cut(path, smallest=80)
    assert made.clip.frames.tolist() == [10, 15]
    assert made.left_out == {"too small": 2}
    with pytest.raises(NoClipError, match=r"0 .2 too small, 2 after a jump"):
        cut(path, smallest=80, face=1)  # may be another face than was asked for


def test_images_in_a_folder_are_one_clip_with_a_note_where_the_face_jumps(
    tmp_path, photo
):
    wall = np.full_like(photo, 90)
    for number, parts in enumerate(((photo, wall), (wall, photo), (wall, photo))):
        write_image(tmp_path / "a" / f"{number}.png", np.concatenate(parts, 1))
    made = cut(tmp_path / "a", every=None)
    assert made.clip.frames.tolist() == [0, 1, 2] and made.left_out == {}
    (note,) = made.notes
    assert note.startswith("the face in a jumps between images")


def test_who_moves_far_between_two_chosen_frames_is_still_followed(tmp_path, photo):
    head = photo[:160, 40:200]
    images = []
    for x in range(160, 481, 8):
        images.append(np.full((160, 640, 3), 90, np.uint8))
        images[-1][:, :160] = head[:, ::-1]
        images[-1][:, x : x + 160] = head
    made = cut(shown(tmp_path / "a.mp4", images), every=40, face=2, outside=0.5)
    assert made.clip.frames.tolist() == [0, 40] and made.left_out == {}
    first, last = (decode_picture(made.clip.pictures.file(n), 128) for n in (0, 1))
    assert np.abs(first - last.astype(float)).mean() < 15


def test_only_chosen_frames_are_counted(tmp_path, photo):
    images = [photo if n % 10 < 5 else np.full_like(photo, 90) for n in range(50)]
    made = cut(shown(tmp_path / "a.mp4", images), every=15)
    assert made.clip.frames.tolist() == [0, 30]
    assert made.left_out == {"no face": 2}


def test_head_stays_in_the_middle_while_it_moves(tmp_path, photo):
    made = cut(film(tmp_path / "a.mp4", photo, 2 * np.arange(31)))
    assert made.clip.frames.tolist() == [0, 5, 10, 15, 20, 25, 30]
    assert made.left_out == {} and made.notes == ()
    pictures = [decode_picture(made.clip.pictures.file(n), 128) for n in range(7)]
    faces = np.array(pictures, float)[:, 32:96, 32:96]
    assert np.abs(faces - faces[0]).mean() < 11  # squares are in whole pixels
    middles = (made.clip.landmarks.min(1) + made.clip.landmarks.max(1)) / 2
    np.testing.assert_allclose(middles, 0.5, atol=0.01)
    extents = np.ptp(made.clip.landmarks, axis=1).max(-1)
    np.testing.assert_allclose(extents, 1 / 1.8, atol=0.01)


def test_mask_covers_the_face_and_not_the_corner(tmp_path, photo):
    made = cut(film(tmp_path / "a.mp4", photo, np.zeros(6)))
    mask = decode_mask(made.clip.masks.file(0), 128)
    face = (face68(made.clip.landmarks[0]) * 128).astype(int)
    assert mask[face[:, 1], face[:, 0]].mean() > 245
    assert mask[2:20, -20:-2].mean() < 30


def test_frames_without_a_face_or_with_half_of_one_are_left_out(tmp_path, photo):
    shifts = np.interp(np.arange(41), [5, 20, 35], [0.0, -110.0, 0.0])
    path = film(tmp_path / "a.mp4", photo, shifts)
    with VideoWriter(tmp_path / "b.mp4", 25.0) as writer:
        for n in range(20):
            writer.write(photo if n % 10 < 5 else np.full_like(photo, 90))
    made = cut(path, every=10, outside=0.2)
    assert made.left_out == {"partly outside of the picture": 1}
    assert made.clip.frames.tolist() == [0, 10, 30, 40]
    assert cut(tmp_path / "b.mp4").left_out == {"no face": 2}
    with pytest.raises(NoClipError, match=r"usable .* in a.mp4: 0 \(5 too small\)"):
        cut(path, every=10, smallest=300)


def test_no_face_is_one_sentence(tmp_path, write_video):
    if importlib.util.find_spec("mediapipe") is None:
        pytest.skip("needs the package mediapipe, which carries the networks")
    with pytest.raises(NoClipError, match=r"^no face in a.mp4$"):
        cut(write_video(tmp_path / "a.mp4"))


def test_one_frame_is_a_clip_if_that_is_enough(tmp_path, photo):
    path = film(tmp_path / "a.mp4", photo, [0.0])
    assert len(cut(path, fewest_frames=1).clip) == 1
    with pytest.raises(InputError, match=r"usable frames in a\.mp4: 1$"):
        cut(path)


def test_two_people(tmp_path, photo):
    both = np.concatenate((photo[:, 40:200], photo[:, 200:40:-1]), 1)
    path = film(tmp_path / "a.mp4", both, np.zeros(6))
    left, right = (cut(path, face=n, outside=0.5).clip for n in (1, 2))
    a, b = (decode_picture(clip.pictures.file(0), 128) for clip in (left, right))
    assert np.abs(a[:, ::-1] - b.astype(float)).mean() < 25
    assert np.abs(a - b.astype(float)).mean() > 30
    with pytest.raises(InputError, match="There is no face 3"):
        cut(path, face=3)
    with pytest.raises(NoClipError, match=r"^2 faces are seen at once in a.mp4$"):
        cut(path, alone=True)


def test_truncated_video_gives_what_is_there_and_a_note(tmp_path, photo):
    path = tmp_path / "torn.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", 25, options={"g": "1"})
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        for _ in range(30):
            frame = av.VideoFrame.from_ndarray(photo, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    made = cut(path)
    assert 3 <= len(made.clip) < 6
    (note,) = made.notes
    assert "torn.mp4 breaks off" in note


def test_images_of_all_kinds(tmp_path, photo):
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    alpha = np.dstack((photo[..., ::-1], np.full(photo.shape[:2], 255, np.uint8)))
    folder = tmp_path / "shots"
    write_image(folder / "1.jpg", photo)
    cv2.imwrite(str(folder / "2.png"), grey)
    cv2.imwrite(str(folder / "3.png"), alpha)
    clip = cut(folder, every=None).clip
    pictures = [
        decode_picture(clip.pictures.file(n), 128).astype(float) for n in (0, 1, 2)
    ]
    assert np.ptp(pictures[1], axis=-1).max() < 12
    assert np.abs(pictures[0] - pictures[2]).mean() < 5


@pytest.mark.slow
def test_processes_share_the_videos(tmp_path, photo):
    for name in ("a", "b", "c"):
        film(tmp_path / "in" / f"{name}.mp4", photo, np.zeros(11))
    (tmp_path / "in" / "d.mp4").write_bytes(b"not a video")
    changes = {"videos": [str(tmp_path / "in")], "output": str(tmp_path / "out")}
    options = PrepareOptions(**{**vars(OPTIONS), **changes, "workers": 2})
    prepared = prepare(options)
    assert [clip.frames for clip in prepared.clips] == [3, 3, 3]
    assert len(prepared.skipped) == 1 and "cannot be read" in prepared.skipped[0]
