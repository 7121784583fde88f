import io
import pickle

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load, save

from human_capture.common.errors import InputError
from human_capture.reenact.preparation.records import (
    EncodedClip,
    EncodedFrames,
    decode_mask,
    decode_picture,
    encode_picture,
)


def test_bytes_there_and_back(drawn_clip):
    clip = drawn_clip(1)
    back = EncodedClip.from_bytes(clip.to_bytes())
    assert len(back) == len(clip) == 12
    np.testing.assert_array_equal(back.landmarks, clip.landmarks)
    np.testing.assert_array_equal(back.frames, clip.frames)
    for n in range(12):
        np.testing.assert_array_equal(back.pictures.file(n), clip.pictures.file(n))
        np.testing.assert_array_equal(back.masks.file(n), clip.masks.file(n))


def test_bytes_are_a_safetensors_file(drawn_clip):
    clip = drawn_clip(1)
    arrays = load(clip.to_bytes())
    np.testing.assert_array_equal(arrays["landmarks"], clip.landmarks)
    np.testing.assert_array_equal(arrays["pictures"], clip.pictures.data)


def test_reading_copies_nothing(drawn_clip):
    memory = bytearray(drawn_clip(1).to_bytes())
    clip = EncodedClip.from_bytes(memoryview(memory))
    before = clip.pictures.data[-1]
    memory[:] = bytes(255 - b for b in memory)
    assert clip.pictures.data[-1] == 255 - before


def test_each_file_is_a_jpeg_of_high_quality():
    y, x = np.mgrid[:64, :64]
    picture = np.stack((4 * x, 4 * y, 255 - 4 * x), -1).astype(np.uint8)
    files = EncodedFrames.of([encode_picture(p) for p in (picture, picture[::-1])])
    for n, truth in enumerate((picture, picture[::-1])):
        opened = Image.open(io.BytesIO(files.file(n).tobytes()))
        assert opened.format == "JPEG" and opened.mode == "RGB"
        error = np.abs(decode_picture(files.file(n), 64) - truth.astype(int))
        assert error.mean() < 2


def test_masks_are_grey():
    mask = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (64, 1))
    decoded = decode_mask(np.frombuffer(encode_picture(mask), np.uint8), 64)
    assert np.abs(decoded - mask.astype(int)).max() <= 4


def test_pictures_of_another_size_are_refused(drawn_clip):
    with pytest.raises(InputError, match="damaged"):
        decode_picture(drawn_clip().pictures.file(0), 64)
    with pytest.raises(InputError, match="damaged"):
        decode_mask(np.zeros(9, np.uint8), 32)
    with pytest.raises(InputError, match="damaged"):
        decode_mask(np.zeros(0, np.uint8), 32)


def test_damage_is_an_input_error(drawn_clip):
    data = drawn_clip().to_bytes()
    arrays = load(data)
    few = save({**arrays, "landmarks": arrays["landmarks"][:2]})
    small = save({**arrays, "landmarks": arrays["landmarks"][:, :68].copy()})
    for bad in (
        b"",
        b"12345678",
        data[: len(data) // 2],
        data[8:],
        b"\xff" * 200,
        pickle.dumps({"pictures": 1}),
        few,
        small,
    ):
        with pytest.raises(InputError, match="damaged"):
            EncodedClip.from_bytes(bad)
