import pytest
import torch

from human_capture.common.people.anatomy.expressions import EXPRESSIONS, FACIAL_ACTIONS
from human_capture.reenact.evaluation.classes import (
    expression_and_view,
    expression_classes,
    view_classes,
)


def face(parts, strength=1.0):
    actions = torch.zeros(1, 52)
    for name, value in parts.items():
        for side in ("", "Left", "Right"):
            if name + side in FACIAL_ACTIONS:
                actions[0, FACIAL_ACTIONS.index(name + side)] = strength * value
    return actions


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_pure_expressions_belong_to_themselves(name, strength):
    number = expression_classes(face(EXPRESSIONS[name], strength)).item()
    assert list(EXPRESSIONS)[number] == name


def test_gaze_and_blinks_do_not_count():
    actions = face(EXPRESSIONS["smile"])
    expected = expression_classes(actions)
    actions[:, FACIAL_ACTIONS.index("eyeBlinkLeft")] = 1
    actions[:, FACIAL_ACTIONS.index("eyeLookUpRight")] = 1
    assert torch.equal(expression_classes(actions), expected)
    only_gaze = face({"eyeLookUp": 1.0, "eyeBlink": 1.0})
    assert list(EXPRESSIONS)[expression_classes(only_gaze).item()] == "neutral"


def test_views_go_from_right_to_left():
    yaw = torch.tensor([-0.8, -0.4, 0.0, 0.4, 0.8])
    turn = torch.stack((yaw, torch.ones(5), -torch.ones(5)), -1)
    assert view_classes(turn).tolist() == [0, 1, 2, 3, 4]


def test_classes_differ_by_expression_and_by_view():
    actions = torch.cat([face(EXPRESSIONS[name]) for name in EXPRESSIONS])
    turn = torch.tensor([[-0.4, 0, 0], [0.4, 0, 0]]).repeat_interleave(len(actions), 0)
    classes = expression_and_view(actions.repeat(2, 1), turn)
    assert len(classes.unique()) == 2 * len(EXPRESSIONS)
