import pytest
import torch

from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.pose3d.lifting.filming import contacts
from human_capture.pose3d.lifting.variation import MOST_BEND, Variation

BONES = (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "index"),
    ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("heel", "big_toe"),
)  # fmt: skip


def varied(dance, seed=0, **options):
    generator = torch.Generator().manual_seed(seed)
    return Variation(**{"share": 1.0, **options})(dance, BLAZEPOSE33, 30.0, generator)


def at(joints, name):
    return joints[..., BLAZEPOSE33.index(name), :]


def bend(joints, side):
    shoulder, elbow, wrist = (
        at(joints, f"{side}_{j}") for j in ("shoulder", "elbow", "wrist")
    )
    upper, lower = elbow - shoulder, wrist - elbow
    return torch.nn.functional.cosine_similarity(upper, lower, dim=-1).acos()


def hinge(joints):
    hip, knee, ankle = (at(joints, f"left_{j}") for j in ("hip", "knee", "ankle"))
    return torch.linalg.cross(knee - hip, ankle - knee, dim=-1)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("bone", BONES, ids="-".join)
def test_bones_keep_their_lengths(dance, bone, side):
    before, after = (
        (at(joints, f"{side}_{bone[0]}") - at(joints, f"{side}_{bone[1]}")).norm(dim=-1)
        for joints in (dance, varied(dance))
    )
    torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-4)


def test_poses_differ_between_sequences_and_draws(dance):
    same = dance[:1].expand(3, -1, -1, -1)
    moved = varied(same) - same
    assert (moved.norm(dim=-1).mean((1, 2)) > 0.03).all()
    assert (moved[0] - moved[1]).norm(dim=-1).mean() > 0.03
    torch.testing.assert_close(varied(same), varied(same))
    assert (varied(same) - varied(same, seed=1)).norm(dim=-1).mean() > 0.03


def test_only_some_sequences_are_varied(dance):
    many = dance[:1, :4].expand(200, -1, -1, -1)
    changed = (varied(many, share=0.7) != many).flatten(1).any(1).float().mean()
    assert 0.55 < changed < 0.85


def test_clips_are_left_alone(dance):
    before = dance.clone()
    varied(dance)
    assert torch.equal(before, dance)


def test_feet_stay_level_and_on_the_floor(dance):
    after = varied(dance)
    torch.testing.assert_close(
        after[..., 2].amin(-1), dance[..., 2].amin(-1), atol=1e-5, rtol=0
    )
    for side in ("left", "right"):
        soles = [
            at(joints, f"{side}_heel") - at(joints, f"{side}_big_toe")
            for joints in (dance, after)
        ]
        torch.testing.assert_close(*soles, atol=1e-5, rtol=0)


def test_who_stands_still_goes_on_standing(dance):
    """Legs are not moved, only placed otherwise."""
    waiting = dance[2:3]
    standing = contacts(waiting, BLAZEPOSE33, 30.0).any(-1).float().mean()
    after = contacts(varied(waiting), BLAZEPOSE33, 30.0).any(-1).float().mean()
    assert after > 0.9 * standing > 0


def test_hinges_bend_within_their_limits(dance):
    after = varied(dance, elbows_deg=90.0, knees_deg=60.0)
    for side in ("left", "right"):
        most = bend(dance, side).amax().clamp_min(MOST_BEND)
        assert bend(after, side).max() <= most + 1e-3


def test_knees_do_not_bend_the_other_way(dance):
    """Seen from the thigh, turned legs have the same hinge."""
    after = varied(
        dance, knees_deg=40.0, legs_deg=0.0, trunk_deg=0.0, arms_deg=0.0, hands_deg=0.0
    )
    same = (hinge(dance) * hinge(after)).sum(-1)
    assert (same > -1e-6).float().mean() > 0.999
