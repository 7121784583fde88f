"""Sound that goes with written images; images alone are tested in test_video."""

from fractions import Fraction

import av
import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.video import probe
from human_capture.common.video_writer import VideoWriter

RATE = 48_000


def film(path, frames=50, seconds=2.0, codec="aac", late=Fraction(0), silent=0.0):
    """A video at 25 frames a second with a tone of 440 Hz.

    ``late`` shifts the images' time stamps; the first ``silent`` seconds have no tone.
    """
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", 25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream(codec, RATE, layout="mono")
        for n in range(frames):
            image = np.full((48, 64, 3), 4 * n % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.time_base = Fraction(1, 25)
            frame.pts = n + round(25 * late)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        times = np.arange(round(seconds * RATE)) / RATE
        tone = np.where(times < silent, 0, 0.5 * np.sin(2 * np.pi * 440 * times))
        for start in range(0, len(tone), 1024):
            part = (tone[None, start : start + 1024] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(part, "s16", "mono")
            frame.sample_rate, frame.pts = RATE, start
            frame.time_base = Fraction(1, RATE)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return path


def write(path, audio_from, frames=50, fps=25.0):
    with VideoWriter(path, fps, audio_from=audio_from) as writer:
        for n in range(frames):
            writer.write(np.full((48, 64, 3), 4 * n % 256, np.uint8))
    return path


def sound(path):
    """Samples of a file's sound with their times in seconds, and its codec."""
    times, samples = [], []
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        name = stream.codec_context.name
        for frame in container.decode(stream):
            values = frame.to_ndarray().astype(float)[0]
            if frame.format.name == "s16":
                values /= 32767
            samples.append(values)
            times.append(frame.time + np.arange(len(values)) / frame.sample_rate)
    return np.concatenate(times), np.concatenate(samples), name


def packets(path):
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=0) if p.size]


def onset(path):
    """When the tone begins, in seconds."""
    times, samples, _ = sound(path)
    return times[np.abs(samples) > 0.2][0]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_sound_is_copied_bit_by_bit(tmp_path, suffix):
    source = film(tmp_path / f"source{suffix}")
    made = write(tmp_path / f"made{suffix}", source)
    assert packets(made) == packets(source)
    times, _, name = sound(made)
    assert name == "aac"
    assert times[-1] == pytest.approx(2.0, abs=0.05)
    assert probe(made).frames == 50


def test_sound_stays_in_step_with_the_first_image(tmp_path):
    source = film(tmp_path / "source.mp4", silent=0.8)
    late = film(tmp_path / "late.mkv", late=Fraction(2, 5), silent=0.8)
    assert onset(write(tmp_path / "a.mp4", source)) == pytest.approx(0.8, abs=0.03)
    assert onset(write(tmp_path / "b.mp4", late)) == pytest.approx(0.4, abs=0.03)


def test_sound_ends_with_the_images(tmp_path):
    source = film(tmp_path / "source.mp4", seconds=2.0)
    times, _, _ = sound(write(tmp_path / "made.mp4", source, frames=20))
    assert times[-1] == pytest.approx(20 / 25, abs=0.03)


@pytest.mark.parametrize("codec", ["adpcm_ms", "pcm_s16le"])
def test_sound_of_other_kinds_is_heard_in_an_mp4_too(tmp_path, codec):
    source = film(tmp_path / "source.avi", codec=codec, silent=0.8)
    made = write(tmp_path / "made.mp4", source)
    times, samples, name = sound(made)
    assert name == "aac"
    assert times[-1] == pytest.approx(2.0, abs=0.05)
    assert onset(made) == pytest.approx(0.8, abs=0.03)
    turns = np.diff(np.signbit(samples[(times > 1) & (times < 1.9)])).sum()
    assert turns / 2 / 0.9 == pytest.approx(440, rel=0.02)


def test_a_source_without_sound_gives_none(tmp_path):
    silent = write(tmp_path / "silent.mp4", None)
    assert sound(write(tmp_path / "made.mp4", silent)) is None


def test_sound_that_cannot_be_read_is_one_sentence_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match=r"The sound of .*none\.mp4"):
        write(tmp_path / "made.mp4", tmp_path / "none.mp4")
    assert not list(tmp_path.iterdir())


def test_an_interrupted_writer_with_sound_leaves_nothing(tmp_path):
    source = film(tmp_path / "source.mp4")
    with pytest.raises(KeyboardInterrupt):
        with VideoWriter(tmp_path / "made.mp4", 25.0, audio_from=source) as writer:
            writer.write(np.zeros((48, 64, 3), np.uint8))
            raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == [source]
