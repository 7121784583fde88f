import cv2
import numpy as np
import pytest

from human_capture.common.video_writer import VideoWriter
from human_capture.reenact.preparation.records import (
    EncodedClip,
    EncodedFrames,
    encode_picture,
)


def make_clip(seed=0, frames=12, size=32):
    random = np.random.default_rng(seed)
    noise = random.integers(-10, 10, (frames, size, size, 3))
    levels = 20 * np.arange(frames)[:, None, None, None] % 200 + 20
    masks = [np.full((size, size), 10 * n, np.uint8) for n in range(frames)]
    return EncodedClip(
        EncodedFrames.of(
            [encode_picture(p) for p in (noise + levels).astype(np.uint8)]
        ),
        EncodedFrames.of([encode_picture(mask) for mask in masks]),
        random.uniform(0, 1, (frames, 468, 2)).astype(np.float32),
        np.arange(frames),
    )


@pytest.fixture
def drawn_clip():
    """A clip that no video has given; frame n is 20 (n + 1) bright, its mask 10 n."""
    return make_clip


@pytest.fixture
def write_video():
    """Writes a video of a moving blob."""

    def write(path, frames=3):
        with VideoWriter(path, 25.0) as writer:
            for n in range(frames):
                image = np.zeros((48, 64, 3), np.uint8)
                writer.write(cv2.circle(image, (10 + n, 20), 8, (200, 90, 60), -1))
        return path

    return write
