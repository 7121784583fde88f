import itertools
import warnings

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.keypoints import (
    BLAZEPOSE33,
    BODY25,
    COCO17,
    COCO19,
    FORMATS,
    HALPE26,
    HUMAN36M,
    KeypointFormat,
    convert,
    keypoint_format,
    select,
    shared_joints,
)

every = pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS.keys())


def points_of(format: KeypointFormat, count: int = 2) -> torch.Tensor:
    return torch.randn(
        count, len(format), 3, generator=torch.Generator().manual_seed(0)
    )


@every
def test_joints_are_distinct_and_bones_and_roots_are_joints(format):
    assert len(set(format.joints)) == len(format)
    assert len(set(map(frozenset, format.bones))) == len(format.bones)
    for first, second in format.bone_indices:
        assert first != second
    assert format.root_indices


@every
def test_bones_connect_every_joint_of_the_body(format):
    linked = {joint for bone in format.bones for joint in bone}
    face = {j for j in format.joints if "eye_" in j}  # inner and outer corners
    assert set(format.joints) - linked <= face


@every
def test_mirroring_twice_is_nothing_and_swaps_sides(format):
    flip = format.flip
    assert all(flip[flip[index]] == index for index in range(len(format)))
    for index, joint in enumerate(format.joints):
        partner = format.joints[flip[index]]
        if joint.startswith("left_"):
            assert partner == joint.replace("left_", "right_")
        elif not joint.startswith("right_"):
            assert partner == joint


@every
def test_names_lead_to_formats(format):
    assert keypoint_format(format.name) is format


def test_an_unknown_format_is_told_the_known_ones():
    with pytest.raises(InputError, match=r"'coco71'.*human36m, coco17"):
        keypoint_format("coco71")


def test_an_unknown_joint_is_named():
    with pytest.raises(InputError, match=r"'coco17' has no joint 'pelvis'"):
        COCO17.index("pelvis")


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        (HUMAN36M, {0: "right_ankle", 6: "pelvis", 9: "head_top", 10: "right_wrist"}),
        (HUMAN36M, {13: "left_shoulder", 15: "left_wrist", 16: "neck_nose"}),
        (COCO17, {0: "nose", 5: "left_shoulder", 11: "left_hip", 16: "right_ankle"}),
        (COCO19, {0: "neck", 2: "mid_hip", 8: "left_ankle", 14: "right_ankle"}),
        (COCO19, {15: "left_eye", 16: "left_ear", 17: "right_eye", 18: "right_ear"}),
        (BODY25, {1: "neck", 4: "right_wrist", 8: "mid_hip", 14: "left_ankle"}),
        (BODY25, {15: "right_eye", 18: "left_ear", 19: "left_big_toe"}),
        (BODY25, {21: "left_heel", 24: "right_heel"}),
        (BLAZEPOSE33, {2: "left_eye", 8: "right_ear", 11: "left_shoulder"}),
        (BLAZEPOSE33, {16: "right_wrist", 29: "left_heel", 32: "right_big_toe"}),
        (HALPE26, {17: "head_top", 19: "mid_hip", 20: "left_big_toe"}),
        (HALPE26, {25: "right_heel"}),
    ],
)
def test_published_orders(format, expected):
    for index, joint in expected.items():
        assert format.joints[index] == joint


def test_the_cmu_subset_is_coco17():
    """Positions in coco19 of COCO's 17 joints, as published with the data set."""
    published = [1, 15, 17, 16, 18, 3, 9, 4, 10, 5, 11, 6, 12, 7, 13, 8, 14]
    assert [COCO19.index(joint) for joint in COCO17.joints] == published


def test_the_root_is_the_mean_of_its_joints():
    points = points_of(COCO17)
    expected = (points[:, 11] + points[:, 12]) / 2
    assert torch.allclose(COCO17.root_of(points)[:, 0], expected)


@every
def test_conversion_to_itself_changes_nothing(format):
    points = points_of(format)
    same, valid = convert(points, format, format)
    assert torch.equal(same, points)
    assert valid.all()


def test_shared_joints_keep_their_place_and_derived_ones_are_means():
    points = points_of(COCO17)
    converted, valid = convert(points, COCO17, COCO19)
    assert valid.all()
    for index, joint in enumerate(COCO19.joints):
        if joint in COCO17.joints:
            expected = points[:, COCO17.index(joint)]
        else:
            side = "hip" if joint == "mid_hip" else "shoulder"
            pair = [COCO17.index(f"{s}_{side}") for s in ("left", "right")]
            expected = points[:, pair].mean(1)
        assert torch.allclose(converted[:, index], expected)


def test_body25_becomes_coco19_in_the_published_order():
    published = [1, 0, 8, 5, 6, 7, 12, 13, 14, 2, 3, 4, 9, 10, 11, 16, 18, 15, 17]
    points = points_of(BODY25)
    assert torch.equal(convert(points, BODY25, COCO19)[0], points[:, published])


def test_a_derived_joint_is_valid_when_all_its_parts_are():
    points, valid = points_of(COCO17), torch.ones(2, 17, dtype=torch.bool)
    points[0, COCO17.index("left_hip")] = torch.nan
    valid[0, COCO17.index("left_hip")] = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        converted, present = convert(points, COCO17, COCO19, valid)
    hips = [COCO19.index("mid_hip"), COCO19.index("left_hip")]
    assert not present[0, hips].any()
    assert present.sum() == 2 * 19 - 2
    assert converted[present].isfinite().all()


def test_what_cannot_be_converted_is_named():
    with pytest.raises(InputError, match=r"'coco17' to 'human36m'.*right_hip_centre"):
        convert(points_of(COCO17), COCO17, HUMAN36M)
    with pytest.raises(InputError, match=r"no source for left_big_toe, left_small_toe"):
        convert(points_of(COCO17), COCO17, BODY25)


def test_data_of_another_format_is_recognised_by_its_number_of_joints():
    with pytest.raises(InputError, match="has 17 joints, but the data has 19"):
        convert(points_of(COCO19), COCO17, COCO17)


def test_2d_points_and_any_batch_axes_work():
    points = torch.randn(2, 3, 4, 17, 2)
    converted, valid = convert(points, COCO17, COCO19)
    assert converted.shape == (2, 3, 4, 19, 2)
    assert valid.shape == (2, 3, 4, 19)


@pytest.mark.parametrize(
    ("first", "second"), itertools.combinations(FORMATS.values(), 2)
)
def test_shared_joints_can_be_selected_from_both(first, second):
    joints = shared_joints(first, second)
    assert set(joints) == set(shared_joints(second, first))
    assert set(first.joints) & set(second.joints) <= set(joints)
    if joints:
        for format in (first, second):
            assert select(points_of(format), format, joints).shape[1] == len(joints)


def test_surface_hips_are_not_taken_for_hip_centres():
    assert not {"left_hip", "pelvis", "mid_hip"} & set(shared_joints(HUMAN36M, COCO17))
    assert "left_knee" in shared_joints(HUMAN36M, COCO17)
