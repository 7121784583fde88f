import torch

from human_capture.pose3d.triangulation.evidence import joint_validity, see


def test_keypoints_are_in_image_pixels(scene):
    evidence = see(scene.backbone, scene.images)
    assert evidence.scale.tolist() == [4, 4]
    assert (evidence.keypoints - scene.keypoints).abs().max() < 0.4
    hard = see(scene.backbone, scene.images, hard=True)
    assert (hard.keypoints - scene.keypoints).abs().max() < 0.4


def test_without_half_pixels_everything_moves_by_half_a_cell(scene):
    ours = see(scene.backbone, scene.images).keypoints
    official = see(scene.backbone, scene.images, half_pixel=False).keypoints
    assert torch.allclose(ours - official, torch.full_like(ours, 2.0), atol=1e-5)


def test_temperature_sharpens(scene):
    scene.backbone.scale.data.fill_(0.01)
    loose = see(scene.backbone, scene.images)
    sharp = see(scene.backbone, scene.images, temperature=100.0)
    assert (sharp.peaks > loose.peaks + 0.3).all()
    assert (sharp.keypoints - scene.keypoints).abs().max() < 0.4


def test_peaks_are_the_largest_sum_of_nine_probabilities(scene):
    evidence = see(scene.backbone, scene.images)
    grid = evidence.probability[1, 2, 3]
    rows, columns = grid.shape
    sums = [
        grid[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2].sum()
        for r in range(rows)
        for c in range(columns)
    ]
    assert torch.isclose(evidence.peaks[1, 2, 3], max(sums))
    assert (evidence.peaks <= 1 + 1e-5).all()


def test_selected_views_are_those_views(scene):
    evidence = see(scene.backbone, scene.images)
    some = evidence.select_views([3, 1])
    assert torch.equal(some.keypoints, evidence.keypoints[:, [3, 1]])
    assert torch.equal(some.heatmaps, evidence.heatmaps[:, [3, 1]])


def test_validity_of_views_holds_for_all_their_joints():
    like = torch.zeros(2, 3, 5, 2)
    assert joint_validity(None, like).all()
    valid = torch.tensor([[True, False, True], [True, True, True]])
    assert torch.equal(joint_validity(valid, like), valid[..., None].expand(2, 3, 5))
