"""Pictures of one person to learn from."""

import numpy as np
import pytest
import skimage.data
import torch

from human_capture.common.errors import InputError
from human_capture.common.images import resize, write_image
from human_capture.common.video_writer import VideoWriter
from human_capture.reenact.crops import crop_face, face_square
from human_capture.reenact.finetuning.pictures import (
    PHOTO,
    PersonPictures,
    read_person,
)

FACE = skimage.data.astronaut()[:256, 96:352]
EMPTY = np.full_like(FACE, 90)
EMPTY_BESIDE = np.full((256, 768, 3), 90, np.uint8)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "ada.png"
    write_image(path, FACE)
    return path


@pytest.fixture(scope="module")
def alone(photo):
    return read_person([str(photo)], 64)


@pytest.fixture
def film(tmp_path):
    def write(frames):
        path = tmp_path / "film.mp4"
        with VideoWriter(path, 25.0, quality=10) as writer:
            for frame in frames:
                writer.write(frame)
        return str(path)

    return write


def test_a_photo_becomes_a_crop_a_mask_and_landmarks(alone):
    assert len(alone) == 1
    assert alone.frames.shape == (1, 3, 64, 64)
    assert alone.frames.dtype == alone.masks.dtype == torch.uint8
    middle, corner = alone.masks[0, 0, 24:40, 24:40], alone.masks[0, 0, :4, :4]
    assert middle.float().mean() > 200
    assert corner.float().mean() < 100
    landmarks = alone.landmarks[0]
    assert ((landmarks > 0) & (landmarks < 1)).all()
    right_eye, left_eye, mouth = landmarks[36], landmarks[45], landmarks[48:].mean(0)
    assert right_eye[0] < mouth[0] < left_eye[0]
    assert mouth[1] > max(right_eye[1], left_eye[1])


def test_crops_follow_the_crop_rule(alone, photo):
    from human_capture.common.detectors.face_finder import FaceFinder
    from human_capture.reenact.faces import FaceTracker

    face = FaceTracker(FaceFinder())(FACE)
    crop = crop_face(FACE, face_square(face.landmarks), 64)
    assert np.array_equal(alone.frames[0].permute(1, 2, 0).numpy(), crop)


def test_folders_are_read_in_natural_order(tmp_path, alone):
    for number, light in ((2, 1.0), (10, 0.6), (1, 0.8)):
        dark = (FACE * light).astype(np.uint8)
        write_image(tmp_path / f"photo{number}.png", dark)
    (tmp_path / "notes.txt").write_text("of the day")
    person = read_person([str(tmp_path)], 64)
    lights = person.frames.float().mean((1, 2, 3))
    assert lights.argsort().tolist() == [2, 0, 1]  # 0.8, 1.0, 0.6
    assert torch.equal(person.frames[1], alone.frames[0])


def test_photos_and_folders_are_joined(tmp_path, photo):
    write_image(tmp_path / "other.png", FACE[:, ::-1])
    person = read_person([str(photo), str(tmp_path)], 64)
    assert len(person) == 2
    apart = person.frames[0].float() - person.frames[1].flip(-1).float()
    assert apart.abs().mean() < 20


def test_frames_of_a_video_are_evenly_spaced(film):
    lights = np.linspace(0.4, 1, 9)
    path = film([(FACE * light).astype(np.uint8) for light in lights])
    person = read_person([path], 64, most=3)
    assert len(person) == 3
    seen = person.frames.float().mean((1, 2, 3))
    shares = (seen / seen[-1]).numpy()
    assert shares == pytest.approx(lights[[0, 4, 8]], abs=0.05)
    assert len(read_person([path], 64, most=64)) == 9


def test_frames_without_a_face_are_passed_over(film):
    path = film([FACE, EMPTY, FACE, EMPTY, EMPTY, FACE])
    assert len(read_person([path], 64)) == 3


def beside(x, light=1.0, side=128, width=768):
    """Two faces: a large one from ``x`` on, and a small one at the left."""
    image = np.full((256, width, 3), 90, np.uint8)
    image[64 : 64 + side, :side] = resize((FACE * light).astype(np.uint8), side, side)
    image[:, x : x + 256] = FACE
    return image


@pytest.mark.parametrize("moving", [False, True])
def test_the_largest_of_several_faces_is_taken(tmp_path, film, alone, moving):
    both = beside(256)
    path = tmp_path / "both.png"
    write_image(path, both)
    with pytest.warns(UserWarning, match=r"shows 2 faces; the largest is (taken|foll)"):
        person = read_person([film([both] * 2) if moving else str(path)], 64)
    apart = person.frames[0].float() - alone.frames[0].float()
    assert apart.abs().mean() < 20


def test_another_face_of_a_video_is_counted_from_the_left(film, alone):
    path = film([EMPTY_BESIDE, *[beside(256, light=0.5)] * 3])
    lights = [
        read_person([path], 64, face=number).frames.float().mean() for number in (1, 2)
    ]
    whole = alone.frames.float().mean()
    assert [float(light / whole) for light in lights] == pytest.approx(
        [0.5, 1], abs=0.1
    )
    with pytest.raises(InputError, match=r"no face 3.* shows 2"):
        read_person([path], 64, face=3)


def test_who_moves_far_between_two_chosen_frames_is_still_followed(film, alone):
    path = film([beside(x) for x in range(160, 513, 16)])
    with pytest.warns(UserWarning, match="shows 2 faces; the largest is followed"):
        person = read_person([path], 64, most=2)
    assert len(person) == 2
    for frame in person.frames:
        assert (frame.float() - alone.frames[0].float()).abs().mean() < 25


def test_a_video_that_cuts_to_somebody_else_is_told_of(film):
    images = [EMPTY_BESIDE.copy() for _ in range(6)]
    for number, image in enumerate(images):
        x = 0 if number < 3 else 512
        image[:, x : x + 256] = FACE
    with pytest.warns(UserWarning, match=r"film.mp4 jumps, .* somebody else's; cut"):
        person = read_person([film(images)], 64)
    assert len(person) == 6


def test_videos_are_told_apart_from_photos_and_from_each_other(film, photo):
    path = film([FACE] * 2)
    person = read_person([path, str(photo), path], 64)
    assert person.video.tolist() == [0, 0, PHOTO, 1, 1]


def test_pictures_become_clips_that_tell_of_themselves(person):
    chosen = torch.tensor([4, 1])
    clips = person.clips(chosen)
    assert len(clips) == 2
    assert torch.equal(clips.frame, person.frames[chosen])
    assert torch.equal(clips.identity, person.frames[chosen][:, None])
    assert torch.equal(clips.mask, person.masks[chosen])
    assert torch.equal(clips.landmarks, person.landmarks[chosen])
    assert clips.actions.isnan().all() and clips.turn.isnan().all()
    assert len(person.clips(chosen[:0])) == 0
    assert isinstance(person, PersonPictures)


def test_what_shows_nobody_is_one_sentence(tmp_path, film):
    write_image(tmp_path / "wall.png", EMPTY)
    with pytest.raises(InputError, match=r"no face in '.*wall\.png'"):
        read_person([str(tmp_path / "wall.png")], 64)
    with pytest.raises(InputError, match="no face in any picture"):
        read_person([film([EMPTY] * 2)], 64)


def test_what_is_no_picture_is_one_sentence(tmp_path):
    (tmp_path / "notes.txt").write_text("of the day")
    with pytest.raises(InputError, match="is not an image"):
        read_person([str(tmp_path / "notes.txt")], 64)
    with pytest.raises(InputError, match="There are no photos"):
        read_person([str(tmp_path)], 64)
    with pytest.raises(InputError, match="There is no image"):
        read_person([str(tmp_path / "nobody.jpg")], 64)
    (tmp_path / "film.mp4").write_bytes(b"no film")
    with pytest.raises(InputError):
        read_person([str(tmp_path / "film.mp4")], 64)


def test_photos_of_a_folder_without_a_face_are_left_out(tmp_path, alone):
    write_image(tmp_path / "wall.png", EMPTY)
    write_image(tmp_path / "ada.png", FACE)
    (tmp_path / "torn.png").write_bytes(b"damaged")
    said = r"2 of the 3 photos in .* are left out: torn\.png, wall\.png\."
    with pytest.warns(UserWarning, match=said):
        person = read_person([str(tmp_path)], 64)
    assert torch.equal(person.frames, alone.frames)
    (tmp_path / "ada.png").unlink()
    with pytest.warns(UserWarning, match="2 of the 2 photos"):
        with pytest.raises(InputError, match="no face in any picture"):
            read_person([str(tmp_path)], 64)
