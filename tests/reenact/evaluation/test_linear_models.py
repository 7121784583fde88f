import numpy as np
import torch

from human_capture.reenact.evaluation.linear_models import (
    best_strength,
    fit_logistic,
    fit_ridge,
    folds,
)


def noise(seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_ridge_is_least_squares_with_rows_for_the_penalty():
    features, targets, strength = 3 * noise(0, 40, 6) + 1, noise(1, 40, 2), 0.3
    fitted = fit_ridge(features, targets, strength)
    x, y = features.numpy(), targets.numpy()
    standard = (x - x.mean(0)) / x.std(0)
    rows = np.concatenate((standard, np.sqrt(40 * strength) * np.eye(6)))
    sides = np.concatenate((y - y.mean(0), np.zeros((6, 2))))
    weight = np.linalg.lstsq(rows, sides, rcond=None)[0]
    np.testing.assert_allclose(fitted.weight.numpy(), weight, atol=1e-10)
    expected = standard @ weight + y.mean(0)
    np.testing.assert_allclose(fitted(features).numpy(), expected, atol=1e-10)


def test_maps_do_not_depend_on_units_of_features():
    features, targets = noise(2, 50, 4), noise(3, 50, 1)
    units = torch.tensor([1e-3, 1.0, 7.0, 1e4]).double()
    plain = fit_ridge(features, targets, 0.1)
    scaled = fit_ridge(features * units + 5, targets, 0.1)
    assert torch.allclose(plain(features), scaled(features * units + 5), atol=1e-8)


def test_features_that_never_vary_change_nothing():
    features, targets = noise(4, 30, 3), noise(5, 30, 1)
    constant = torch.cat((features, torch.full((30, 1), 4.0)), 1)
    expected = fit_ridge(features, targets, 0.1)(features)
    assert torch.allclose(fit_ridge(constant, targets, 0.1)(constant), expected)


def test_the_gradient_of_logistic_regression_vanishes():
    features, strength = 2 * noise(6, 60, 5) - 1, 0.05
    classes = torch.randint(3, (60,), generator=torch.Generator().manual_seed(7))
    fitted = fit_logistic(features, classes, 3, strength)
    x = features.numpy()
    standard = (x - x.mean(0)) / x.std(0)
    logits = standard @ fitted.weight.numpy() + fitted.offset.numpy()
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    wrong = shares - np.eye(3)[classes.numpy()]
    gradient = standard.T @ wrong / 60 + strength * fitted.weight.numpy()
    assert np.abs(gradient).max() < 1e-5
    assert np.abs(wrong.mean(0)).max() < 1e-5


def test_the_penalty_suits_the_noise():
    groups = torch.arange(8).repeat_interleave(20)
    features = noise(8, 160, 30)
    clean = features @ noise(9, 30, 1)
    assert best_strength(features, clean, groups, (1e-6, 1e2)) == 1e-6
    assert best_strength(features, noise(10, 160, 1), groups, (1e-6, 1e2)) == 1e2


def test_every_group_is_left_out_once_and_whole():
    groups = torch.tensor([5, 5, 9, 1, 9, 7, 1])
    rounds = folds(groups, 3)
    assert torch.equal(torch.stack(rounds).sum(0), torch.ones(7, dtype=torch.long))
    for held in rounds:
        assert not set(groups[held].tolist()) & set(groups[~held].tolist())
    assert len(folds(torch.tensor([0, 1]), 4)) == 2
