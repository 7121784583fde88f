"""A person as a tree of nodes, and files that animate it."""

from dataclasses import dataclass

import numpy as np
import pytest

# node: parent, offset in metres with the person's left, up and front as axes
NODES = {
    "Hips": (None, (0, 1.0, 0)),
    "Spine": ("Hips", (0, 0.12, 0)),
    "Spine1": ("Spine", (0, 0.14, 0)),
    "Neck": ("Spine1", (0, 0.24, 0)),
    "Head": ("Neck", (0, 0.1, 0.02)),
    "LeftShoulder": ("Spine1", (0.05, 0.2, 0)),
    "LeftArm": ("LeftShoulder", (0.13, 0, 0)),
    "LeftForeArm": ("LeftArm", (0.28, 0, 0)),
    "LeftHand": ("LeftForeArm", (0.25, 0, 0)),
    "RightShoulder": ("Spine1", (-0.05, 0.2, 0)),
    "RightArm": ("RightShoulder", (-0.13, 0, 0)),
    "RightForeArm": ("RightArm", (-0.28, 0, 0)),
    "RightHand": ("RightForeArm", (-0.25, 0, 0)),
    "LeftUpLeg": ("Hips", (0.1, -0.05, 0)),
    "LeftLeg": ("LeftUpLeg", (0, -0.43, 0)),
    "LeftFoot": ("LeftLeg", (0, -0.41, 0)),
    "LeftToeBase": ("LeftFoot", (0, -0.06, 0.13)),
    "RightUpLeg": ("Hips", (-0.1, -0.05, 0)),
    "RightLeg": ("RightUpLeg", (0, -0.43, 0)),
    "RightFoot": ("RightLeg", (0, -0.41, 0)),
    "RightToeBase": ("RightFoot", (0, -0.06, 0.13)),
}


@dataclass
class Person:
    """A skeleton that can be written as BVH with one angle set or many."""

    order: str = "ZXY"
    scale: float = 100.0
    seconds: float = 1 / 30
    up: str = "y"
    prefix: str = ""

    def offset(self, node):
        x, y, z = (self.scale * v for v in NODES[node][1])
        return (x, y, z) if self.up == "y" else (x, -z, y)

    def children(self, node):
        return [name for name, (parent, _) in NODES.items() if parent == node]

    def names(self, node="Hips"):
        """Nodes in the order of the file."""
        return [node, *(n for child in self.children(node) for n in self.names(child))]

    def hierarchy(self, node="Hips"):
        spelled = " ".join(f"{axis}rotation" for axis in self.order)
        root = node == "Hips"
        moves = "6 Xposition Yposition Zposition" if root else "3"
        numbers = " ".join(f"{v:.8g}" for v in self.offset(node))
        lines = [f"{'ROOT' if root else 'JOINT'} {self.prefix}{node}", "{"]
        lines += [f"OFFSET {numbers}", f"CHANNELS {moves} {spelled}"]
        lines += [line for c in self.children(node) for line in self.hierarchy(c)]
        if not self.children(node):
            lines += ["End Site", "{", f"OFFSET 0 0 {0.1 * self.scale:g}", "}"]
        return [*lines, "}"]

    def rows(self, frames, **angles):
        """Numbers of a motion; ``LeftArm=array`` gives the angles of a node."""
        place = np.tile(self.offset("Hips"), (frames, 1))
        parts = [np.broadcast_to(angles.get(n, 0.0), (frames, 3)) for n in self.names()]
        return np.concatenate([place, *parts], 1)

    def text(self, rows):
        body = [" ".join(f"{value:.10g}" for value in row) for row in rows]
        head = ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {self.seconds:.8g}"]
        return "\n".join(["HIERARCHY", *self.hierarchy(), *head, *body, ""])


@pytest.fixture
def person():
    """The skeleton in centimetres, y up."""
    return Person()


@pytest.fixture
def acclaim(tmp_path):
    """Writes a small ASF beside an AMC; bones are as of the CMU database."""

    def write(frames, stem="07", motion="07_01", bones=None, suffix=".asf"):
        lines = [":version 1.10", ":units", "  mass 1.0", "  length 0.45"]
        lines += ["  angle deg", ":documentation", "   made up", ":root"]
        lines += ["   order TX TY TZ RX RY RZ", "   axis XYZ", "   position 0 0 0"]
        lines += ["   orientation 0 0 0", ":bonedata"]
        bones = bones or ACCLAIM
        for number, (name, (_, direction, length, axis, dof)) in enumerate(
            bones.items()
        ):
            lines += ["  begin", f"     id {number + 1}", f"     name {name}"]
            lines += ["     direction {} {} {}".format(*direction)]
            lines += [f"     length {length}", "     axis {} {} {}  XYZ".format(*axis)]
            if dof:
                lines += [f"    dof {dof}", "    limits (-180.0 180.0)"]
                lines += ["           (-180.0 180.0)"] * dof.count(" ")
            lines += ["  end"]
        lines += [":hierarchy", "  begin"]
        for parent in ("root", *bones):
            below = [name for name, bone in bones.items() if bone[0] == parent]
            lines += [f"    {parent} {' '.join(below)}"] if below else []
        (tmp_path / f"{stem}{suffix}").write_text("\n".join([*lines, "  end", ""]))
        text = ["#!OML:ASF made up", ":FULLY-SPECIFIED", ":DEGREES"]
        for number, frame in enumerate(frames):
            values = {name: " ".join(map(str, v)) for name, v in frame.items()}
            text += [str(number + 1), *(f"{n} {v}" for n, v in values.items())]
        path = tmp_path / f"{motion}.amc"
        path.write_text("\n".join([*text, ""]))
        return path

    return write


# bone: parent, direction, length, axis, degrees of freedom
ACCLAIM = {
    "lhipjoint": ("root", (1, 0, 0), 1.8, (0, 0, 0), ""),
    "lfemur": ("lhipjoint", (0, -1, 0), 7.2, (0, 0, 20), "rx ry rz"),
    "ltibia": ("lfemur", (0, -1, 0), 7.2, (0, 0, 20), "rx"),
    "lfoot": ("ltibia", (0, 0, 1), 2.3, (-90, 0, 20), "rx rz"),
    "ltoes": ("lfoot", (0, 0, 1), 1.1, (-90, 0, 20), "rx"),
    "rhipjoint": ("root", (-1, 0, 0), 1.8, (0, 0, 0), ""),
    "rfemur": ("rhipjoint", (0, -1, 0), 7.2, (0, 0, -20), "rx ry rz"),
    "rtibia": ("rfemur", (0, -1, 0), 7.2, (0, 0, -20), "rx"),
    "rfoot": ("rtibia", (0, 0, 1), 2.3, (-90, 0, -20), "rx rz"),
    "rtoes": ("rfoot", (0, 0, 1), 1.1, (-90, 0, -20), "rx"),
    "lowerback": ("root", (0, 1, 0), 2.0, (0, 0, 0), "rx ry rz"),
    "upperback": ("lowerback", (0, 1, 0), 2.0, (0, 0, 0), "rx ry rz"),
    "thorax": ("upperback", (0, 1, 0), 2.0, (0, 0, 0), "rx ry rz"),
    "lowerneck": ("thorax", (0, 1, 0), 1.5, (0, 0, 0), "rx ry rz"),
    "upperneck": ("lowerneck", (0, 1, 0), 1.5, (0, 0, 0), "rx ry rz"),
    "head": ("upperneck", (0, 1, 0), 1.6, (0, 0, 0), "rx ry rz"),
    "lclavicle": ("thorax", (1, 0, 0), 3.5, (0, 0, 0), "ry rz"),
    "lhumerus": ("lclavicle", (1, 0, 0), 4.8, (180, 30, 90), "rx ry rz"),
    "lradius": ("lhumerus", (1, 0, 0), 3.3, (180, 30, 90), "rx"),
    "lwrist": ("lradius", (1, 0, 0), 1.6, (180, 30, 90), "ry"),
    "lhand": ("lwrist", (1, 0, 0), 0.7, (180, 30, 90), "rx rz"),
    "rclavicle": ("thorax", (-1, 0, 0), 3.5, (0, 0, 0), "ry rz"),
    "rhumerus": ("rclavicle", (-1, 0, 0), 4.8, (180, -30, -90), "rx ry rz"),
    "rradius": ("rhumerus", (-1, 0, 0), 3.3, (180, -30, -90), "rx"),
    "rwrist": ("rradius", (-1, 0, 0), 1.6, (180, -30, -90), "ry"),
    "rhand": ("rwrist", (-1, 0, 0), 0.7, (180, -30, -90), "rx rz"),
}


@pytest.fixture
def bones():
    return ACCLAIM
