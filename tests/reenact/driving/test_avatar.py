"""Avatars: made of pictures, kept in folders."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.common.weights import save_weights
from human_capture.reenact.avatar import FILE, Avatar, is_avatar
from human_capture.reenact.clips import as_float

POSES = torch.randn(5, 4, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def shots():
    seed = torch.Generator().manual_seed(1)
    return torch.randint(256, (3, 3, 32, 32), generator=seed, dtype=torch.uint8)


def test_the_identity_is_the_mean_and_the_pose_that_of_the_first(reenactor, shots):
    avatar = Avatar.of(reenactor, shots)
    with torch.inference_mode():
        each = reenactor.identities(as_float(shots)[None])[0]
        pose = reenactor.pose(as_float(shots))[0]
    torch.testing.assert_close(avatar.identity, each.mean(0))
    torch.testing.assert_close(avatar.pose, pose)
    assert torch.equal(avatar.picture, shots[0])
    assert not avatar.tuned


def test_it_draws_as_the_reenactor_does(avatar):
    with torch.inference_mode():
        expected = avatar.reenactor.draw(avatar.identity.expand(5, -1), POSES)
    assert torch.equal(avatar.draw(POSES).picture, expected.picture)


def test_who_has_no_pictures_is_one_sentence(reenactor, shots):
    with pytest.raises(InputError, match="at least one picture"):
        Avatar.of(reenactor, shots[:0])


def test_what_is_saved_is_loaded(tmp_path, load, avatar):
    avatar.save(tmp_path / "ada")
    assert is_avatar(tmp_path / "ada") and not is_avatar(tmp_path)
    for path in (tmp_path / "ada", tmp_path / "ada" / FILE):
        loaded = Avatar.load(path)
        for name in ("identity", "pose", "picture"):
            assert torch.equal(getattr(loaded, name), getattr(avatar, name))
        assert torch.equal(loaded.draw(POSES).picture, avatar.draw(POSES).picture)


def test_a_generator_that_has_learned_the_person_comes_along(tmp_path, load, avatar):
    tuned = copy.deepcopy(avatar.reenactor)
    seed = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in tuned.generator.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=seed))
    tuned_avatar = replace(avatar, reenactor=tuned, tuned=True)
    tuned_avatar.save(tmp_path)
    drawn = Avatar.load(tmp_path).draw(POSES).picture
    wanted = tuned_avatar.draw(POSES).picture
    torch.testing.assert_close(drawn, wanted, atol=4e-2, rtol=0)  # half precision
    assert (wanted - avatar.draw(POSES).picture).abs().max() > 0.3
    size = (tmp_path / FILE).stat().st_size
    avatar.save(tmp_path)
    assert (tmp_path / FILE).stat().st_size < size  # only referred to


def test_the_contact_picture_shows_photo_and_drawing(tmp_path, avatar):
    avatar.save(tmp_path)
    sheet = torch.from_numpy(read_image(tmp_path / "avatar.png")).movedim(-1, 0)
    assert torch.equal(sheet[..., :32], avatar.picture)
    drawn = avatar.draw(avatar.pose[None]).picture[0]
    torch.testing.assert_close(
        as_float(sheet[..., 32:]), drawn.clamp(0, 1), atol=3e-3, rtol=0
    )


def test_other_weights_are_one_sentence(tmp_path, load, avatar):
    with torch.no_grad():
        next(avatar.reenactor.pose_encoder.parameters()).add_(1)
    avatar.save(tmp_path)
    with pytest.raises(
        InputError, match="made with other weights than 'heads'"
    ) as told:
        Avatar.load(tmp_path)
    # to some commands --weights gives the avatar itself
    assert "--weights" not in str(told.value)


def test_what_is_no_avatar_is_one_sentence(tmp_path, load, avatar):
    with pytest.raises(InputError, match="There is no avatar in"):
        Avatar.load(tmp_path)
    save_weights(tmp_path / FILE, nn.Linear(2, 2), {})
    with pytest.raises(InputError, match="holds weights, but no avatar"):
        Avatar.load(tmp_path)
    (tmp_path / FILE).write_bytes(b"something else")
    with pytest.raises(InputError, match="damaged or not a safetensors"):
        Avatar.load(tmp_path)


def test_a_file_is_an_avatar_only_if_it_says_so(tmp_path, avatar):
    avatar.save(tmp_path / "ada")
    assert is_avatar(tmp_path / "ada" / FILE)
    save_weights(tmp_path / "own.safetensors", nn.Linear(2, 2), {"reenactor": {}})
    assert not is_avatar(tmp_path / "own.safetensors")
    assert not is_avatar(tmp_path / "none.safetensors")
