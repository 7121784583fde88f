import resource
import warnings
from fractions import Fraction

import av
import numpy as np
import pytest

from human_capture.common import video
from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.common.video_writer import VideoWriter


def numbered(count, height=48, width=64):
    """Images whose grey level tells their number: 0, 20, 40, ..."""
    return [np.full((height, width, 3), 20 * n, np.uint8) for n in range(count)]


def numbers(frames):
    return [round(float(image.mean()) / 20) for image in frames]


def write(path, frames, fps=25.0):
    with VideoWriter(path, fps) as writer:
        for image in frames:
            writer.write(image)
    return path


@pytest.fixture
def clip(tmp_path):
    return write(tmp_path / "clip.mp4", numbered(12))


def test_what_is_written_is_read_in_order(clip):
    info = video.probe(clip)
    assert (info.width, info.height, info.frames) == (64, 48, 12)
    assert info.fps == pytest.approx(25) and info.duration == pytest.approx(12 / 25)
    assert numbers(video.read_frames(clip)) == list(range(12))


def test_colours_keep_their_order(tmp_path):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 250
    write(tmp_path / "red.mp4", [red] * 3)
    mean = next(video.read_frames(tmp_path / "red.mp4")).reshape(-1, 3).mean(0)
    assert mean[0] > 220 and mean[1:].max() < 30


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (5, 9), (11, None), (4, 99)])
def test_a_range_is_exact(clip, start, stop):
    expected = list(range(12))[start:stop]
    assert [f.index for f in video.decode(clip, start, stop)] == expected
    assert numbers(f.image for f in video.decode(clip, start, stop)) == expected


def test_seeking_is_exact_in_a_video_with_many_key_frames_and_b_frames(tmp_path):
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as container:
        options = {"g": "7", "bf": "3"}
        stream = container.add_stream("libx264", Fraction(30), options=options)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for n in range(60):
            image = np.full((64, 64, 3), 4 * n, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    for start in (0, 6, 7, 8, 31, 59):
        frame = next(video.decode(path, start))
        assert frame.index == start
        assert abs(float(frame.image.mean()) - 4 * start) < 2


def test_presentation_times_of_variable_frame_rate_are_kept(tmp_path):
    path, ticks = tmp_path / "vfr.mp4", [0, 40, 80, 200, 240, 400]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for image, tick in zip(numbered(6, 64, 64), ticks, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert video.probe(path).times * 1000 == pytest.approx(ticks, abs=0.1)
    assert numbers(video.read_frames(path, 3)) == [3, 4, 5]


def test_rotation_metadata_is_applied(tmp_path, clip):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32] = 250  # bright top left corner
    write(tmp_path / "plain.mp4", [image] * 3)
    with av.open(str(tmp_path / "plain.mp4")) as source:
        with av.open(str(tmp_path / "turned.mp4"), "w") as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            stream.set_display_rotation(90)  # counter-clockwise
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
    info = video.probe(tmp_path / "turned.mp4")
    assert (info.width, info.height) == (48, 64)
    upright = next(video.read_frames(tmp_path / "turned.mp4")).mean(-1)
    quarter = {
        "top left": upright[:32, :24],
        "top right": upright[:32, 24:],
        "bottom left": upright[32:, :24],
        "bottom right": upright[32:, 24:],
    }
    assert max(quarter, key=lambda name: quarter[name].mean()) == "bottom left"


def test_damaged_frames_are_counted_and_the_others_keep_their_number(tmp_path):
    path = tmp_path / "damaged.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", 25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for image in numbered(12):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for place, size in (places[3], places[4], places[8]):
        data[place : place + size] = bytes(size)
    path.write_bytes(data)
    assert [f.index for f in video.decode(path)] == [0, 1, 2, 5, 6, 7, 9, 10, 11]
    with pytest.warns(UserWarning, match="3 frames of damaged.avi"):
        shown = numbers(video.read_frames(path))
    assert shown == [0, 1, 2, 2, 2, 5, 6, 7, 7, 9, 10, 11]


def test_a_video_that_breaks_off_warns_and_gives_what_is_there(tmp_path):
    path = tmp_path / "cut.mp4"
    noise = np.random.default_rng(0).integers(0, 256, (30, 64, 64, 3), np.uint8)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", 25, options={"g": "1"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for image in noise:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.warns(UserWarning, match=r"cut\.mp4 breaks off: \d+ of its 30 frames"):
        info = video.probe(path)
    assert 10 <= info.frames < 30
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(list(video.read_frames(path, 0, info.frames))) == info.frames


@pytest.mark.parametrize("content", [b"", b"hello" * 100])
def test_unreadable_videos_are_named(tmp_path, content):
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.mp4"):
        video.probe(path)
    with pytest.raises(InputError, match="There is no video"):
        video.probe(tmp_path / "none.mp4")


def test_sound_without_pictures_is_refused(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", 16000)
        samples = np.zeros((1, 16000), np.float32)
        frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="no pictures"):
        video.probe(tmp_path / "sound.mp4")


def test_a_folder_of_images_is_a_video_in_natural_order(tmp_path):
    for n, image in enumerate(numbered(12)):
        write_image(tmp_path / f"img{n}.png", image)
    (tmp_path / "img5.png").write_bytes(b"broken")
    (tmp_path / "notes.txt").write_text("not an image")
    info = video.probe(tmp_path, image_fps=50.0)
    assert (info.frames, info.fps, info.width) == (12, pytest.approx(50), 64)
    with pytest.warns(UserWarning, match="1 frames"):
        shown = numbers(video.read_frames(tmp_path, 3, 11))
    assert shown == [3, 4, 4, 6, 7, 8, 9, 10]


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no images"):
        video.probe(tmp_path)


def test_odd_sizes_lose_a_row_and_other_sizes_are_refused(tmp_path):
    write(tmp_path / "odd.mp4", [np.zeros((31, 33, 3), np.uint8)] * 2)
    info = video.probe(tmp_path / "odd.mp4")
    assert (info.width, info.height) == (32, 30)
    with pytest.raises(InputError, match="does not fit"):
        write(tmp_path / "two.mp4", [*numbered(1), np.zeros((8, 8, 3), np.uint8)])
    assert not (tmp_path / "two.mp4").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_writer_leaves_nothing(tmp_path, error):
    with pytest.raises(error):
        with VideoWriter(tmp_path / "a.mp4", 25.0) as writer:
            writer.write(numbered(1)[0])
            raise error
    assert not list(tmp_path.iterdir())


def test_a_video_without_frames_is_refused(tmp_path):
    with pytest.raises(InputError, match="no frames"):
        with VideoWriter(tmp_path / "a.mp4", 25.0):
            pass
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = np.random.default_rng(0).integers(0, 256, (40, 256, 256, 3), np.uint8)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(InputError, match=r"a\.mp4.*free some space"):
            write(tmp_path / "a.mp4", noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())
