"""The loop equals a plain one, holds what it must, and needs no batches."""

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.images import to_bytes, to_tensor
from human_capture.common.one_euro import OneEuro, relative_speed
from human_capture.reenact.crops import crop_face, face_square
from human_capture.reenact.driving.performance import Performance, first_pose
from human_capture.reenact.driving.sources import DriverFrame
from human_capture.reenact.driving.transfer import PoseTransfer
from human_capture.reenact.faces import FaceTracker
from human_capture.reenact.steady_squares import SquareFilter


def timed(images, fps=25.0):
    return [DriverFrame(n / fps, image) for n, image in enumerate(images)]


def perform(animator, avatar, finder, images, batch=1, **options):
    performance = Performance(
        animator, FaceTracker(finder), PoseTransfer(avatar.pose), batch=batch, **options
    )
    return list(performance(timed(images)))


@pytest.mark.parametrize("batch", [1, 3, 8, 50])
def test_it_equals_a_plain_loop(animator, avatar, finder, frames, batch):
    performed = perform(animator, avatar, finder, frames, batch)
    assert len(performed) == len(frames)
    shown = avatar.draw(avatar.pose[None])
    for image, done in zip(frames, performed, strict=True):
        faces = finder(image)
        assert done.held == (not faces)
        if faces:
            square = face_square(faces[0].landmarks)
            crop = to_tensor(crop_face(image, square, 32))[None]
            with torch.inference_mode():
                shown = avatar.draw(avatar.reenactor.pose(crop))
            assert done.square == square
        expected = to_bytes(shown.colour[0]).astype(int)
        assert np.abs(done.drawing.colour - expected).max() <= 1
        np.testing.assert_allclose(
            done.drawing.mask, shown.mask[0, 0].numpy(), atol=1e-3
        )


def test_without_a_face_drawing_and_place_stay(animator, avatar, finder, frames):
    performed = perform(animator, avatar, finder, frames, 5)
    assert [n for n, done in enumerate(performed) if done.held] == [4, 5, 6]
    for done in performed[4:7]:
        assert done.drawing is performed[3].drawing
        assert done.square == performed[3].square
    moved = performed[7].drawing.colour.astype(int) - performed[3].drawing.colour
    assert np.abs(moved).max() > 5


def test_before_a_face_is_seen_the_avatar_is_in_its_own_pose(
    animator, avatar, finder, paint
):
    performed = perform(animator, avatar, finder, [paint(), paint(), paint(40)], 2)
    own = animator.draw(avatar.pose[None])[0]
    assert np.array_equal(performed[0].drawing.colour, own.colour)
    assert [done.square is None for done in performed] == [True, True, False]


def test_of_two_faces_the_one_asked_for_drives(animator, avatar, finder, paint):
    both = [paint(20 + n, 100 - n) for n in range(5)]
    alone = [paint(None, 100 - n, side=28) for n in range(5)]
    chosen = Performance(animator, FaceTracker(finder, 2), PoseTransfer(avatar.pose))
    squares = [done.square for done in chosen(timed(both))]
    assert squares == [done.square for done in perform(animator, avatar, finder, alone)]


def test_frames_come_as_they_are_asked_for(animator, avatar, finder, frames):
    asked = []

    def camera():
        for frame in timed(frames):
            asked.append(frame)
            yield frame

    live = Performance(animator, FaceTracker(finder), PoseTransfer(avatar.pose))
    pictures = live(camera())
    next(pictures)
    assert len(asked) == 1
    next(pictures)
    assert len(asked) == 2


def test_a_steady_square_jumps_less(animator, avatar, finder, paint):
    jitter = np.random.default_rng(0).integers(-5, 6, 30)
    images = [paint(60 + int(shift)) for shift in jitter]
    loose = perform(animator, avatar, finder, images)
    steady = perform(animator, avatar, finder, images, steady=SquareFilter(25.0))

    def spread(performed):
        return np.std([done.square.left for done in performed])

    assert spread(steady) < 0.8 * spread(loose)


def test_smoothing_goes_on_after_a_moment_without_a_face(
    animator, avatar, finder, frames
):
    transfer = PoseTransfer(avatar.pose, smooth=OneEuro(1.5, 4.0, relative_speed))
    loop = Performance(animator, FaceTracker(finder), transfer)
    smooth = OneEuro(1.5, 4.0, relative_speed)
    for done in loop(timed(frames)):
        if not done.held:
            crop = crop_face(done.frame.image, done.square, 32)
            pose = smooth(animator.poses([crop])[0], done.frame.time)
            expected = animator.draw(pose[None])[0].colour.astype(int)
            assert np.abs(done.drawing.colour - expected).max() <= 1


@pytest.mark.parametrize("batch", [1, 4])
def test_a_jump_without_a_gap_ends_all_smoothing(
    animator, avatar, finder, paint, batch
):
    images = [*[paint(30 + n) for n in range(5)], paint(104), paint(105)]
    transfer = PoseTransfer(avatar.pose, smooth=OneEuro(1.5, 4.0, relative_speed))
    loop = Performance(
        animator, FaceTracker(finder), transfer, SquareFilter(25.0), batch
    )
    done = list(loop(timed(images)))[5]
    square = face_square(finder(images[5])[0].landmarks)
    assert done.square == square
    pose = animator.poses([crop_face(images[5], square, 32)])
    expected = animator.draw(pose)[0].colour.astype(int)
    assert np.abs(done.drawing.colour - expected).max() <= 1


def test_the_neutral_pose_is_that_of_the_first_face(animator, finder, frames):
    def first(images, start=0):
        return first_pose(timed(images), FaceTracker(finder), animator, start)

    square = face_square(finder(frames[7])[0].landmarks)
    expected = animator.poses([crop_face(frames[7], square, 32)])[0]
    for pose in (first(frames[4:]), first(frames, 4), first(frames, 7)):
        torch.testing.assert_close(pose, expected)
    assert first(frames[4:7]) is None and first(frames[:7], 4) is None


def test_a_batch_of_nothing_is_one_sentence(animator, avatar, finder):
    with pytest.raises(InputError, match="at least 1 frame"):
        Performance(animator, FaceTracker(finder), PoseTransfer(avatar.pose), batch=0)
