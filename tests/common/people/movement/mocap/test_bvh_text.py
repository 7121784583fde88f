"""Damaged BVH files end in one sentence that says what is wrong."""

import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap import read_bvh


def without_elbow(text):
    return text.replace("LeftForeArm", "LeftThing")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: text.index("JOINT RightLeg")], "part MOTION"),
        (lambda text: text[: text.index("MOTION") + 8], "'Frames:'"),
        (lambda text: text.rstrip()[:-40], "cut off or damaged; 3 frames of 66"),
        (lambda text: text.replace("}\nMOTION", "MOTION"), "within its hierarchy"),
        (lambda text: text.replace("CHANNELS 3 Z", "CHANNELS 4 Z", 1), "announces"),
        (lambda text: text.replace("ation Yrot", "ation Wrot", 1), "announces"),
        (lambda text: text.replace("\n0 100", "\n5 0 100"), "67 numbers.*66 channels"),
        (lambda text: text.replace("\n0 100", "\nnan 100", 2), "frame 1 of 3"),
        (lambda text: text.replace("\n0 100", "\nx 100", 1), "must be 198 numbers"),
        (
            lambda text: text.replace("OFFSET 0 12 0", "OFFSET 0 12"),
            "offset of 'Spine'",
        ),
        (lambda text: text.replace("Frames: 3", "Frames: 0"), "has no motion"),
        (lambda text: text.replace("Time: 0.03", "Time: 0.00000003"), "frame time"),
        (lambda text: "version https://elsewhere", "begin with HIERARCHY"),
        (lambda text: text.replace("OFFSET 0 12", "OFSET 0 12"), "has no place"),
        (without_elbow, "no left_elbow; its joints are Hips"),
    ],
)
def test_damage_is_told_in_one_sentence(person, tmp_path, damage, message):
    path = tmp_path / "a.bvh"
    path.write_text(damage(person.text(person.rows(3))))
    with pytest.raises(InputError, match=message) as caught:
        read_bvh(path)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).endswith(".")
