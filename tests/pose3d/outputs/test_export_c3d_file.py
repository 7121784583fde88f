from dataclasses import replace

import c3d
import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.pose3d.outputs.export import write_c3d

pytestmark = pytest.mark.filterwarnings("ignore:No analog data")


def parse(path):
    with path.open("rb") as file:
        reader = c3d.Reader(file)
        labels = [label.strip() for label in reader.point_labels]
        frames = [points.copy() for _, points, _ in reader.read_frames()]
        facts = {
            "rate": reader.point_rate,
            "units": reader.get("POINT:UNITS").string_value.strip(),
            "y_screen": reader.get("POINT:Y_SCREEN").string_value.strip(),
        }
    return labels, np.stack(frames), facts


def test_the_c3d_package_reads_back_what_was_written(tmp_path, walk):
    capture = walk(frames=9)
    write_c3d(tmp_path / "person1.c3d", capture)
    labels, frames, facts = parse(tmp_path / "person1.c3d")
    assert tuple(labels) == capture.format.joints
    assert facts == {"rate": 30.0, "units": "mm", "y_screen": "+Z"}
    assert frames.shape == (9, 17, 5)
    assert np.allclose(frames[..., :3], capture.points[0].numpy() * 1000, atol=1e-2)


def test_residuals_are_pixels_for_measured_zero_for_filled_minus_one_for_unknown(
    tmp_path, walk
):
    capture = walk(frames=4)
    points, filled = capture.points.clone(), capture.filled.clone()
    points[0, 2, 5] = torch.nan
    filled[0, 1, 3] = True
    write_c3d(tmp_path / "r.c3d", replace(capture, points=points, filled=filled))
    frames = parse(tmp_path / "r.c3d")[1]
    residual = frames[..., 3]
    assert residual[2, 5] == -1 and (residual == -1).sum() == 1
    assert residual[1, 3] == 0 and (residual == 0).sum() == 1
    assert (frames[2, 5, :3] == 0).all()
    evidence = capture.evidence
    assert evidence is not None
    wrist = capture.format.index("left_wrist")
    used = evidence.reprojection_error[0, 0, 1:, wrist]  # the first view is excluded
    assert residual[0, wrist] == pytest.approx(used.mean().item(), abs=0.051)


def test_the_camera_mask_names_the_used_views(tmp_path, walk):
    capture = walk(frames=2)
    write_c3d(tmp_path / "mask.c3d", capture)
    with (tmp_path / "mask.c3d").open("rb") as file:
        header = np.frombuffer(file.read(512), "<u2")
        file.seek((int(header[8]) - 1) * 512)
        fourth = np.frombuffer(file.read(2 * 17 * 16), "<f4").reshape(2, 17, 4)[..., 3]
    masks = fourth.astype(int) >> 8
    wrist = capture.format.index("left_wrist")
    assert masks[0, wrist] == 0b1110 and masks[0, 0] == 0b1111


def test_y_up_is_said_in_the_file(tmp_path, walk):
    capture = walk(frames=2)
    write_c3d(tmp_path / "y.c3d", capture, up="y")
    _, frames, facts = parse(tmp_path / "y.c3d")
    assert facts["y_screen"] == "+Y"
    height = capture.points[0, :, 0, 2].numpy() * 1000
    assert np.allclose(frames[:, 0, 1], height, atol=1e-2)


def test_long_recordings_keep_every_frame(tmp_path, walk):
    capture = replace(walk(frames=2), evidence=None)
    long = replace(
        capture,
        points=capture.points[:, :1, :2].expand(1, 66_000, 2, 3).clone(),
        filled=torch.zeros(1, 66_000, 2, dtype=torch.bool),
        confidence=torch.ones(1, 66_000, 2),
        format=replace(capture.format, joints=("nose", "left_eye"), bones=()),
    )
    write_c3d(tmp_path / "long.c3d", long)
    assert len(parse(tmp_path / "long.c3d")[1]) == 66_000


def test_a_motion_without_frames_is_refused(tmp_path, walk):
    with pytest.raises(InputError, match="no frames"):
        write_c3d(tmp_path / "none.c3d", walk(frames=0))
    assert list(tmp_path.iterdir()) == []
