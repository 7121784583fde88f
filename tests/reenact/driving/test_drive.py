"""``reenact drive`` from files to files."""

import importlib.util
import signal
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from human_capture.common import cli
from human_capture.common.errors import InputError
from human_capture.common.images import read_image, write_image
from human_capture.common.video import probe, read_frames
from human_capture.common.video_writer import VideoWriter
from human_capture.reenact.crops import crop_face, face_square
from human_capture.reenact.data import ClipsDataModule
from human_capture.reenact.drive import drive, drive_live
from human_capture.reenact.driving.options import DriveOptions
from human_capture.reenact.driving.show import open_avatar
from human_capture.reenact.task import ReenactmentTask

pytestmark = pytest.mark.usefixtures("load")


@pytest.fixture
def options(tmp_path, film, frames, paint):
    """A photo drives nobody yet; a video of 12 frames waits to drive it."""
    write_image(tmp_path / "in/ada.png", paint(None, 60))
    return DriveOptions(
        avatar=str(tmp_path / "in/ada.png"),
        driver=str(film(tmp_path / "in/driver.mp4", frames)),
        output=str(tmp_path / "out/driven.mp4"),
        precision="float32",
        device="cpu",
    )


@pytest.fixture
def show(monkeypatch, finder):
    """Drives, and gives the pictures before they are compressed."""
    images, write = [], VideoWriter.write

    def written(self, image):
        images.append(image.astype(int))
        write(self, image)

    def run(options, finder=finder):
        images.clear()
        drive(options, finder)
        return np.stack(images)

    monkeypatch.setattr(VideoWriter, "write", written)
    return run


def made(options):
    """What lies in the folder of the output."""
    return sorted(path.name for path in Path(options.output).parent.glob("*"))


def test_frames_and_rate_are_those_of_the_driver(options, finder, capsys):
    tally = drive(options, finder)
    assert (tally.frames, tally.held) == (12, 3)
    info = probe(options.output)
    assert (info.frames, info.width, info.height) == (12, 32, 32)
    assert info.fps == pytest.approx(25)
    assert made(options) == ["driven.mp4"]
    said = capsys.readouterr()
    assert "driven.mp4: 12 frames, 3 without a face held." in said.out
    assert "Driving" in said.err


def test_the_avatar_moves_and_is_held(options, show):
    change = np.abs(np.diff(show(options), axis=0)).max((1, 2, 3))
    assert (change[[3, 4, 5]] == 0).all()  # into frames 4 to 6
    assert change[[0, 1, 2, 7, 8, 9, 10]].min() > 20


def test_what_is_written_is_what_was_drawn(options, show):
    drawn = show(options)
    read = np.stack(list(read_frames(options.output)))
    grey = np.array([0.299, 0.587, 0.114])  # colours lose half their resolution
    assert np.abs((drawn - read) @ grey).mean() < 4


def test_batches_make_no_difference(options, show):
    alone = show(replace(options, batch=1))
    assert np.abs(alone - show(replace(options, batch=5))).max() <= 1


def test_without_strength_nothing_moves(options, show):
    for pose in ("absolute", "relative"):
        still = show(replace(options, strength=0.0, pose=pose))
        assert (still == still[0]).all()


def test_relative_driving_starts_from_the_photos_pose(options, show):
    own = show(replace(options, strength=0.0))[0]
    moved = show(replace(options, pose="relative"))
    assert np.abs(moved[0] - own).max() <= 1
    moved = show(replace(options, pose="relative", neutral=2))
    assert np.abs(moved[2] - own).max() <= 1
    assert np.abs(moved[0] - own).max() > 20


def test_the_neutral_frame_shows_the_face_that_is_followed(options, show, film, paint):
    # the second person comes later, to the left, and is larger
    frames = [
        paint(20 + n if n > 2 else None, 90 + n, 44 - 8 * (n < 3)) for n in range(6)
    ]
    film(options.driver, frames)
    for face in (1, None):
        chosen = replace(options, pose="relative", face=face)
        own = show(replace(chosen, strength=0.0))[0]
        moved = show(replace(chosen, neutral=4))
        assert np.abs(moved[4] - own).max() <= 1
        assert np.abs(moved[0] - own).max() > 20


def test_smoothing_moves_less(options, show):
    rough = np.abs(np.diff(show(options), axis=0)).mean()
    smooth = np.abs(np.diff(show(replace(options, smoothing="one-euro")), axis=0))
    assert smooth.mean() < 0.9 * rough


def test_a_neutral_frame_without_a_face_after_it_is_one_sentence(
    options, finder, frames, film
):
    film(options.driver, frames[:7])
    with pytest.raises(InputError, match=r"no face in .* from frame 5 on"):
        drive(replace(options, pose="relative", neutral=5), finder)


def test_several_photos_and_folders_and_avatars_are_avatars(options, finder, paint):

    folder = Path(options.avatar).parent / "photos"
    for n in range(3):
        write_image(folder / f"{n}.png", paint(20 + 5 * n))
    one = open_avatar([str(folder)], None, finder)
    other = open_avatar([str(folder / f"{n}.png") for n in range(3)], None, finder)
    np.testing.assert_array_equal(one.identity, other.identity)
    one.save(folder / "avatar")
    kept = open_avatar(str(folder / "avatar"), None, finder)
    np.testing.assert_array_equal(one.identity, kept.identity)
    tally = drive(replace(options, avatar=str(folder / "avatar")), finder)
    assert tally.frames == 12


def test_into_the_drivers_video_the_head_is_put_at_full_resolution(
    options, show, finder
):
    shown = show(replace(options, background="driver"))
    frames = np.stack(list(read_frames(options.driver))).astype(int)
    assert shown.shape == frames.shape
    for n in (0, 3, 9):
        square = face_square(finder(frames[n].astype(np.uint8))[0].landmarks)
        outside = np.ones(frames.shape[1:3], bool)
        rows = slice(max(square.top, 0), square.top + square.side)
        outside[rows, max(square.left, 0) : square.left + square.side] = False
        assert np.array_equal(shown[n][outside], frames[n][outside])
        assert np.abs(shown[n] - frames[n])[~outside].mean() > 10


def test_side_by_side_shows_the_drivers_head_and_the_avatar(options, show, finder):
    alone = show(options)
    both = show(replace(options, side_by_side=True))
    assert both.shape == (12, 32, 64, 3)
    assert np.array_equal(both[:, :, 32:], alone)
    frame = next(read_frames(options.driver))
    square = face_square(finder(frame)[0].landmarks)
    assert np.array_equal(both[0, :, :32], crop_face(frame, square, 32))
    whole = show(replace(options, side_by_side=True, background="driver"))
    assert whole.shape == (12, 120, 320, 3)
    assert np.array_equal(whole[0, :, :160], frame)


def test_a_picture_drives_a_picture(options, finder, paint):

    write_image(Path(options.driver).parent / "pose.png", paint(50))
    still = replace(
        options,
        driver=options.driver.replace("driver.mp4", "pose.png"),
        output=options.output.replace(".mp4", ".png"),
    )
    assert str(drive(still, finder)) == "1 frame"
    assert read_image(still.output).shape == (32, 32, 3)
    assert made(still) == ["driven.png"]


def test_a_folder_of_images_drives(options, finder, frames):

    folder = Path(options.driver).parent / "frames"
    for n, image in enumerate(frames):
        write_image(folder / f"{n}.png", image)
    assert drive(replace(options, driver=str(folder), fps=12.0), finder).frames == 12
    assert probe(options.output).fps == pytest.approx(12)


def test_the_sound_of_the_driver_is_kept(options, finder, frames, tmp_path):
    path = tmp_path / "in/sound.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", 25)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio = container.add_stream("aac", 16000, layout="mono")
        for image in frames:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        tone = np.sin(2 * np.pi * 440 * np.arange(7680) / 16000)
        frame = av.AudioFrame.from_ndarray(
            tone[None].astype(np.float32), "fltp", "mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = 16000, 0, Fraction(1, 16000)
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))

    def seconds():
        with av.open(options.output) as container:
            streams = container.streams.audio
            return (
                float(streams[0].duration * streams[0].time_base) if streams else None
            )

    loud = replace(options, driver=str(path))
    drive(loud, finder)
    assert seconds() == pytest.approx(12 / 25, abs=0.08)
    drive(replace(loud, sound=False), finder)
    assert seconds() is None


def test_frames_that_come_late_are_shown_late(options, finder, frames, tmp_path):
    path, ticks = tmp_path / "in/vfr.mp4", [0, 40, 80, 120, 320, 360]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for image, tick in zip(frames, ticks, strict=False):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    tally = drive(replace(options, driver=str(path)), finder)
    info = probe(options.output)
    assert tally.frames == 6 and info.frames == 10
    assert info.fps == pytest.approx(25, rel=1e-3)


def test_a_second_face_is_told_and_may_be_chosen(
    options, finder, show, paint, film, capsys
):
    both = film(options.driver, [paint(20 + n, 100) for n in range(4)])
    drive(replace(options, driver=str(both)), finder)
    assert "shows up to 2 faces" in capsys.readouterr().err
    still = show(replace(options, driver=str(both), face=2))
    assert "faces" not in capsys.readouterr().err
    moving = show(replace(options, driver=str(both), face=1))
    still, moving = (np.abs(np.diff(shown, axis=0)).mean() for shown in (still, moving))
    assert still < 0.3 * moving  # the green face stays where it is
    with pytest.raises(InputError, match="There is no face 3"):
        drive(replace(options, driver=str(both), face=3), finder)


def test_a_driver_without_a_face_is_one_sentence(options, finder, paint, film):
    film(options.driver, [paint()] * 3)
    with pytest.raises(InputError, match="no face in any of the 3 frames"):
        drive(options, finder)
    assert made(options) == []


def test_a_photo_without_a_face_is_one_sentence(options, finder, paint):
    write_image(options.avatar, paint())
    with pytest.raises(InputError, match=r"There is no face in .*ada\.png"):
        drive(options, finder)
    assert made(options) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"driver": ""}, "There is no driver"),
        ({"driver": "none.mp4"}, "There is no video 'none.mp4'"),
        ({"avatar": "none.png"}, "There is no image 'none.png'"),
        ({"avatar": []}, "There are no photos"),
        ({"avatar": "none.safetensors"}, "There is no avatar in 'none.safetensors'"),
        ({"output": "driven.txt"}, "videos end in one of"),
        ({"output": "driven.png"}, "is a picture, but the driver moves"),
        ({"background": "blakc"}, "is no background"),
        ({"seconds": 0.0}, "--fps and --seconds must be above 0"),
        ({"neutral": 3}, "--neutral is for relative driving"),
        ({"neutral": 12, "pose": "relative"}, "12 frames, .* there is no frame 12"),
        ({"neutral": -1, "pose": "relative"}, "there is no frame -1"),
    ],
)
def test_what_is_wrong_is_one_sentence(options, finder, change, sentence):
    with pytest.raises(InputError, match=sentence):
        drive(replace(options, **change), finder)
    assert made(options) == []


def test_a_video_that_breaks_off_is_driven_to_there(options, finder, frames, capsys):
    with av.open(options.driver, "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", 25, options={"g": "1", "crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for image in frames:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with open(options.driver, "r+b") as file:
        file.truncate(file.seek(0, 2) * 2 // 3)
    tally = drive(options, finder)
    assert 4 < tally.frames < 12 and probe(options.output).frames == tally.frames
    assert "breaks off" in capsys.readouterr().err


def test_interrupted_driving_leaves_nothing(options, finder):
    class Impatient(type(finder)):
        def __call__(self, image):
            self.count = getattr(self, "count", 0) + 1
            if self.count > 5:
                raise KeyboardInterrupt
            return super().__call__(image)

    with pytest.raises(KeyboardInterrupt):
        drive(replace(options, batch=2), Impatient())
    assert made(options) == []


def stopping(finder):
    """The finder, and Ctrl-C at the second frame after the photo."""

    class Stopping(type(finder)):
        seen = 0

        def __call__(self, image):
            self.seen += 1
            if self.seen == 3:
                signal.raise_signal(signal.SIGINT)
            return super().__call__(image)

    return Stopping()


def test_driving_that_is_stopped_is_kept_and_told(options, finder, capsys):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        tally = drive(replace(options, batch=4), stopping(finder))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert 2 <= tally.frames < 12
    assert probe(options.output).frames == tally.frames
    said = f"interrupted; driven.mp4 ends after {tally.frames} of 12 frames"
    assert said in capsys.readouterr().err
    drive(options, finder)
    assert "interrupted" not in capsys.readouterr().err


def test_damaged_frames_of_the_driver_are_told_of(options, finder, frames, capsys):
    folder = Path(options.driver).parent / "frames"
    for n, image in enumerate(frames):
        write_image(folder / f"{n}.png", image)
    (folder / "10.png").write_bytes(b"damaged")
    assert drive(replace(options, driver=str(folder)), finder).frames == 12
    assert "1 frames of frames cannot be decoded" in capsys.readouterr().err


def test_a_recording_is_driven_as_long_as_asked(options, finder, capsys):
    assert drive(replace(options, seconds=0.2), finder).frames == 5
    assert probe(options.output).duration == pytest.approx(0.2, abs=0.01)
    assert "interrupted" not in capsys.readouterr().err


def test_what_is_read_is_not_written_over(options, finder, frames, tmp_path):
    photos, pose = tmp_path / "in/photos", tmp_path / "in/pose.png"
    for n in range(2):
        write_image(photos / f"{n}.png", frames[n])
    write_image(pose, frames[0])
    (tmp_path / "in/other.mp4").symlink_to(options.driver)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/same").symlink_to(photos)
    still = replace(options, driver=str(pose), avatar=[str(photos)])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for case, sentence in (
        (replace(options, output=options.driver), "would be lost"),
        (replace(options, output=options.driver, live=True), "would be lost"),
        (replace(options, output=str(tmp_path / "in/other.mp4")), "would be lost"),
        (replace(still, output=str(pose)), "would be lost"),
        (replace(still, output=str(photos / "1.png")), "would be lost"),
        (replace(still, output=f"{photos}/../photos/1.png"), "would be lost"),
        (replace(still, avatar=options.avatar, output=options.avatar), "be lost"),
        (replace(still, output=str(photos / "new.png")), "taken for photos"),
        (replace(still, output=str(tmp_path / "out/same/new.png")), "taken for photos"),
    ):
        with pytest.raises(InputError, match=rf"{sentence}.*another --output"):
            drive(case, finder)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before
    drive(replace(still, output=str(tmp_path / "in/new.png")), finder)


def test_a_picture_may_lie_beside_an_avatar(options, finder, paint, tmp_path):
    open_avatar(options.avatar, None, finder).save(tmp_path / "ada")
    pose = tmp_path / "in/pose.png"
    write_image(pose, paint(50))
    output = str(tmp_path / "ada/driven.png")
    still = replace(
        options, avatar=str(tmp_path / "ada"), driver=str(pose), output=output
    )
    for _ in range(2):
        drive(still, finder)
    assert read_image(output).shape == (32, 32, 3)


def test_live_pictures_answer_the_newest_image(options, finder):
    pictures = list(drive_live(replace(options, live=True), finder))
    assert 1 <= len(pictures) <= 12
    assert all(picture.shape == (32, 32, 3) for picture in pictures)


def test_a_live_recording_lasts_as_long_as_the_camera(options, finder):
    tally = drive(replace(options, live=True), finder)
    assert 2 <= tally.frames <= 12
    assert probe(options.output).duration == pytest.approx(12 / 25, abs=0.13)
    drive(replace(options, live=True, seconds=0.2), finder)
    assert probe(options.output).duration < 0.3


def test_a_live_recording_that_is_stopped_is_kept(options, finder):
    before = signal.getsignal(signal.SIGINT)
    tally = drive(replace(options, live=True), stopping(finder))
    assert tally.frames == 2
    assert probe(options.output).frames >= 1
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("photos", [["ada.png"], ["ada.png", "eva.png"]])
def test_the_command_line_takes_one_photo_or_several(photos):
    given = []
    drive_it = cli.Command(DriveOptions, given.append, "Drives.", "avatar", True)

    def run(*args):
        commands = {"drive": drive_it}
        return cli.main("reenact", ReenactmentTask, ClipsDataModule, commands, args)

    assert run("drive", *photos, "--driver", "a.mp4", "--side-by-side", "true") == 0
    assert given[0].avatar == photos and given[0].side_by_side
    assert run("drive", "--avatar", "ada", "--driver", "0", "--face", "2") == 0
    assert given[1].avatar in ("ada", ["ada"])
    assert (given[1].driver, given[1].face) == ("0", 2)


def test_a_photographed_face_is_found_and_followed(options, show, film, capsys):
    astronaut = pytest.importorskip("skimage.data").astronaut()
    if importlib.util.find_spec("mediapipe") is None:
        pytest.skip("needs the networks in the package mediapipe")
    images = [astronaut[:240, 60 + 5 * n : 380 + 5 * n] for n in range(8)]
    film(options.driver, images)
    write_image(options.avatar, images[0])
    shown = show(replace(options, background="driver"), None)
    assert "8 frames." in capsys.readouterr().out  # none is held
    frames = np.stack(list(read_frames(options.driver)))
    assert shown.shape == frames.shape
    assert np.array_equal(shown[:, 200:, :20], frames[:, 200:, :20])
    heads = np.abs(shown - frames).mean(-1) > 10
    middles = [np.flatnonzero(head.any(0)).mean() for head in heads]
    assert np.diff(middles) == pytest.approx(-5, abs=4)
