import json
from dataclasses import replace

import torch

from human_capture.pose3d.outputs.export import write_json


def test_the_documented_fields_hold_the_motion(tmp_path, walk):
    capture = walk(people=2, frames=4)
    points, filled = capture.points.clone(), capture.filled.clone()
    points[1, 2, 3] = torch.nan
    filled[0, 1, 5] = True
    capture = replace(capture, points=points, filled=filled)
    write_json(tmp_path / "motion.json", capture)
    content = json.loads((tmp_path / "motion.json").read_text())
    assert content["type"] == "human-capture motion" and content["version"] == 1
    assert (content["units"], content["up"], content["fps"]) == ("m", "z", 30.0)
    assert content["frames"] == 4 and tuple(content["joints"]) == capture.format.joints
    assert tuple(map(tuple, content["bones"])) == capture.format.bone_indices
    first, second = content["people"]
    assert (first["name"], second["name"]) == ("person1", "person2")
    read = torch.tensor(first["points"])
    assert torch.allclose(read, points[0], atol=5.1e-5)
    assert second["points"][2][3] is None and second["points"][2][4] is not None
    assert first["filled"][1][5] is True and first["filled"][1][4] is False
    assert first["confidence"][0][0] == 0.9


def test_the_text_is_json_to_the_letter(tmp_path, walk):
    capture = walk(frames=2)
    nothing = torch.full_like(capture.points, torch.nan)
    unsure = torch.full_like(capture.confidence, torch.nan)
    path = tmp_path / "empty.json"
    write_json(path, replace(capture, points=nothing, confidence=unsure))

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    json.loads(path.read_text(), parse_constant=refuse)
