import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.pose3d.outputs.palette import hexadecimal, person_colours
from human_capture.pose3d.outputs.picture import write_picture

SVG = "{http://www.w3.org/2000/svg}"


def test_every_moment_shows_every_bone_of_everybody(tmp_path, walk):
    capture = walk(people=2, frames=31)
    write_picture(tmp_path / "motion.svg", capture, moments=5)
    root = ElementTree.parse(tmp_path / "motion.svg").getroot()
    groups = root.findall(f"{SVG}g")
    assert len(groups) == 5
    assert all(len(group.findall(f"{SVG}path")) == 2 * 16 for group in groups)
    labels = [group.find(f"{SVG}text").text for group in groups]
    assert labels[0] == "0.00 s" and labels[-1] == "1.00 s"
    strokes = {path.get("stroke") for path in root.iter(f"{SVG}path")}
    assert hexadecimal(person_colours(1).left) in strokes


def test_the_head_is_above_the_feet_and_inside_the_picture(tmp_path, walk):
    write_picture(tmp_path / "m.svg", walk(frames=2), moments=1)
    root = ElementTree.parse(tmp_path / "m.svg").getroot()
    width, height = map(float, root.get("viewBox").split()[2:])
    numbers = [re.findall(r"[\d.]+", p.get("d")) for p in root.iter(f"{SVG}path")]
    spots = torch.tensor([[float(n) for n in line] for line in numbers])
    nose, ankle = spots[1, 3], spots[13, 3]  # ends of eye-nose and knee-ankle
    assert nose < ankle - 120  # hundredths of a metre
    assert 0 <= spots.min() and spots[:, 0::2].max() < width
    assert spots[:, 1::2].max() < height


def test_unknown_joints_are_left_out_and_nobody_is_said(tmp_path, walk):
    capture = walk(frames=2)
    points = capture.points.clone()
    points[:, :, 0] = torch.nan
    write_picture(tmp_path / "m.svg", replace(capture, points=points), moments=1)
    assert "nan" not in (tmp_path / "m.svg").read_text()
    nothing = replace(capture, points=torch.full_like(points, torch.nan))
    with pytest.raises(InputError, match="nobody was seen"):
        write_picture(tmp_path / "n.svg", nothing)
