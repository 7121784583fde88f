import cv2
import numpy as np
import pytest

from human_capture.common.video import Frame
from human_capture.pose3d.recordings.cuts import CutDetector

HEIGHT, WIDTH = 90, 160


def scene(seed, width=WIDTH):
    """A picture of coloured blobs."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, width // 20, 3), np.uint8)
    return cv2.resize(coarse, (width, HEIGHT), interpolation=cv2.INTER_CUBIC)


def shot(seed, length, start=0):
    """A person-sized patch walks through a scene, with the noise of a camera."""
    generator = np.random.default_rng(seed + 1000)
    for frame in range(start, start + length):
        image = scene(seed).astype(float)
        left = (10 + 3 * frame) % (WIDTH - 20)
        image[30:80, left : left + 20] = (200, 150, 120)
        yield byte(image + generator.normal(0, 3, image.shape))


def byte(image):
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def cuts(images, first=0):
    detector = CutDetector()
    frames = [Frame(first + n, image) for n, image in enumerate(images)]
    assert [f.index for f in detector.watch(iter(frames))] == [f.index for f in frames]
    return detector.cuts


@pytest.mark.parametrize("lengths", [(40, 40), (3, 30), (30, 2), (20, 20, 5, 20, 6)])
def test_every_new_shot_is_a_cut(lengths):
    images = [image for seed, n in enumerate(lengths) for image in shot(seed, n)]
    assert cuts(images) == np.cumsum(lengths)[:-1].tolist()


def test_numbers_are_those_of_the_frames():
    assert cuts([*shot(0, 20), *shot(1, 20)], first=500) == [520]


def test_a_single_shot_has_none():
    assert cuts(shot(0, 120)) == []
    assert cuts(shot(0, 1)) == [] and cuts([]) == []


@pytest.mark.parametrize("length", [1, 2, 4])
def test_a_flash_is_no_cut(length):
    images = list(shot(0, 60))
    images[30 : 30 + length] = [np.full_like(images[0], 250)] * length
    assert cuts(images) == []


@pytest.mark.parametrize("length", [6, 12, 25])
def test_a_dissolve_is_no_cut(length):
    weights = np.concatenate((np.zeros(20), np.linspace(0, 1, length), np.ones(20)))
    pairs = zip(weights, shot(0, len(weights)), shot(1, len(weights)), strict=True)
    assert cuts(byte((1 - w) * a.astype(float) + w * b) for w, a, b in pairs) == []


@pytest.mark.parametrize("length", [8, 15, 30])
def test_a_fade_through_black_is_no_cut(length):
    down, black = np.linspace(1, 0, length), np.zeros(10)
    gains = np.concatenate((np.ones(20), down, black, down[::-1], np.ones(20)))
    images = [*shot(0, len(gains) // 2), *shot(1, len(gains) - len(gains) // 2)]
    assert cuts(byte(g * i) for g, i in zip(gains, images, strict=True)) == []


@pytest.mark.parametrize("step", [2, 8, 20, 40])
def test_a_pan_that_starts_and_stops_at_once_is_no_cut(step):
    panorama = scene(0, width=20 * (step + WIDTH))
    lefts = [0] * 20 + [step * n for n in range(20)] + [19 * step] * 20
    assert cuts(panorama[:, left : left + WIDTH] for left in lefts) == []


@pytest.mark.parametrize("gain", [0.6, 0.8, 1.25])
def test_a_change_of_light_is_no_cut(gain):
    images = [i if n < 30 else byte(gain * i) for n, i in enumerate(shot(0, 60))]
    assert cuts(images) == []


def test_a_cut_of_a_shaking_camera_is_found():
    generator = np.random.default_rng(0)
    images = []
    for seed in (0, 1):
        wide = scene(seed, width=WIDTH + 40)
        lefts = generator.integers(15, 25, 40)
        images += [wide[:, left : left + WIDTH] for left in lefts]
    assert cuts(images) == [40]


def test_repeated_frames_do_not_hide_a_cut_nor_make_one():
    images = [i for i in [*shot(0, 30), *shot(1, 30)] for _ in range(2)]
    assert cuts(images) == [60]


def test_a_cut_over_a_mixed_frame_counts_once():
    first, second = list(shot(0, 30)), list(shot(1, 30))
    mixed = byte((first[-1].astype(float) + second[0]) / 2)
    assert cuts([*first, mixed, *second]) in ([30], [31])


def test_cuts_are_known_when_their_frame_is_passed_on_and_few_frames_wait():
    detector, asked = CutDetector(), 0

    def frames():
        nonlocal asked
        for n, image in enumerate([*shot(0, 30), *shot(1, 30)]):
            asked = n
            yield Frame(n, image)

    for frame in detector.watch(frames()):
        assert detector.cuts == ([30] if frame.index >= 30 else [])
        assert asked - frame.index <= detector.ahead


def test_some_frames_before_are_enough_to_go_on():
    images = [*shot(0, 60), *shot(1, 60)]
    assert cuts(images[60 - CutDetector().memory :], 60 - CutDetector().memory) == [60]
    assert cuts(images[60:], 60) == []
