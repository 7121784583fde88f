from fractions import Fraction

import av
import numpy as np
import pytest

from human_capture.common.keypoints import COCO17
from human_capture.common.video import probe
from human_capture.common.video_writer import VideoWriter
from human_capture.pose3d.recordings.detection import detect
from human_capture.pose3d.recordings.timelines import own_timeline

SPOTS = np.array([[20.0, 12.0], [52.0, 30.0]])  # head and foot, in the turned camera


class SpotFinder:
    """A detector that finds two bright spots, the red before the blue."""

    format = COCO17
    fingerprint = "spots"

    def people(self, images):
        for image in images:
            points = np.full((17, 2), np.nan)
            for joint, channel in enumerate((0, 2)):
                rows, columns = np.nonzero(image[..., channel] > 128)
                points[joint] = columns.mean() + 0.5, rows.mean() + 0.5
            yield [(points, np.full(17, 0.9))]


def spots(shift=0):
    image = np.zeros((48, 64, 3), np.uint8)
    for (x, y), channel in zip(SPOTS.astype(int), (0, 2), strict=True):
        image[y - 4 : y + 4, x - 4 + shift : x + 4 + shift, channel] = 250
    return image


@pytest.mark.parametrize("turn", [0, 90, 180, -90])
def test_key_points_of_a_turned_phone_are_upright(tmp_path, turn):
    with VideoWriter(tmp_path / "plain.mp4", 30.0, quality=15) as writer:
        for _ in range(3):
            writer.write(spots())
    with av.open(str(tmp_path / "plain.mp4")) as source:
        with av.open(str(tmp_path / "turned.mp4"), "w") as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            stream.set_display_rotation(turn)  # counter-clockwise
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
    video = probe(tmp_path / "turned.mp4")
    found = detect("phone", video, np.arange(3), SpotFinder(), tmp_path)
    x, y = SPOTS.T
    upright = {0: (x, y), 90: (y, 64 - x), 180: (64 - x, 48 - y), -90: (48 - y, x)}
    assert (video.width, video.height) == ((64, 48) if turn % 180 == 0 else (48, 64))
    for frame in found.keypoints[:, 0, :2]:
        assert frame == pytest.approx(np.stack(upright[turn], -1), abs=1)


def test_a_video_of_variable_rate_is_detected_along_its_timeline(tmp_path):
    ticks = [0, 20, 40, 60, 160, 260, 280, 300, 400]
    with av.open(str(tmp_path / "vfr.mp4"), "w") as container:
        stream = container.add_stream("libx264", 25, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for frame, tick in enumerate(ticks):
            picture = av.VideoFrame.from_ndarray(spots(frame), format="rgb24")
            picture.pts, picture.time_base = tick, Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    video = probe(tmp_path / "vfr.mp4")
    timeline = own_timeline(video)
    found = detect("vfr", video, timeline.frames[:, 0], SpotFinder(), tmp_path)
    moments = np.arange(len(found)) / timeline.fps
    place = found.keypoints[:, 0, 0, 0] - SPOTS[0, 0]  # the frame's number
    nearest = np.abs(np.array(ticks) / 1000 - moments[:, None]).argmin(1)
    assert place == pytest.approx(nearest, abs=0.4) and len(found) == 13
