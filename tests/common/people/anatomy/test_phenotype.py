"""Phenotypes: their interpolation, and who is drawn from a seed."""

import numpy as np
import pytest
import torch

from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import (
    PHENOTYPE_NAMES,
    Phenotype,
    sample_face,
    variation_weights,
)


def weights_of(name, values):
    body = default_body()
    person = torch.full((len(values), 11), 0.5)
    person[:, PHENOTYPE_NAMES.index(name)] = torch.tensor(values)
    owners, anchors = body.variation_phenotype, body.variation_anchor
    weights = variation_weights(person, owners, anchors)
    columns = owners == PHENOTYPE_NAMES.index(name)
    return weights[:, columns].numpy(), anchors[columns].numpy()


@pytest.mark.parametrize("name", ["gender", "age", "muscle", "height", "cupsize"])
def test_weights_are_linear_interpolation(name):
    values = [0.0, 0.2, 0.35, 0.5, 0.8, 1.0]
    weights, anchors = weights_of(name, values)
    for column, anchor in enumerate(anchors):
        hat = np.interp(values, anchors, (anchors == anchor).astype(float))
        np.testing.assert_allclose(weights[:, column], hat, atol=1e-6)


def test_races_are_shares_of_their_sum():
    body = default_body()
    person = torch.full((1, 11), 0.5)
    person[0, -3:] = torch.tensor([0.2, 0.6, 0.0])
    weights = variation_weights(person, body.variation_phenotype, body.variation_anchor)
    assert torch.allclose(weights[0, :3], torch.tensor([0.25, 0.75, 0.0]))


def test_names_are_those_of_the_baked_body():
    assert default_body().phenotype_names == PHENOTYPE_NAMES


def test_same_seed_same_person_other_seed_another():
    assert Phenotype.sample(3) == Phenotype.sample(3)
    assert Phenotype.sample(3) != Phenotype.sample(4)


def test_people_are_adult_and_varied():
    people = torch.cat([Phenotype.sample(seed).tensor() for seed in range(300)])
    assert people.min() >= 0
    assert people.max() <= 1
    age = people[:, PHENOTYPE_NAMES.index("age")]
    assert age.min() >= 0.6
    body = default_body()
    skin = body.rest(body.shape(people[:40]))[0][:, : int(body.faces["body"].max()) + 1]
    height = skin[..., 2].amax(1) - skin[..., 2].amin(1)
    assert 1.40 < height.min() < 1.65
    assert 1.85 < height.max() < 2.15


def test_faces_are_nearly_symmetric_and_spread_as_asked():
    names = default_body().face_shape_names
    faces = torch.cat([sample_face(names, seed, 0.3) for seed in range(200)])
    assert faces.abs().max() <= 0.7
    used = faces[:, faces.any(0)]
    assert 0.24 < used.std() < 0.31
    left = [k for k, name in enumerate(names) if name.startswith("l-eye-scale")]
    right = [names.index("r-" + names[k][2:]) for k in left]
    assert (faces[:, left] - faces[:, right]).abs().max() < 0.15
