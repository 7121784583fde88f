"""Both players learn from one pass what they learn from the official three."""

import copy

import pytest
import torch
from torch import nn

from human_capture.common.errors import InputError
from human_capture.reenact.losses.adversarial import discriminator_loss, generator_loss
from human_capture.reenact.networks.discriminator import score
from human_capture.reenact.objective import Objective
from human_capture.reenact.players import play, require_finite


class Painter(nn.Module):
    """A generator of one layer."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, noise):
        return self.layer(noise).sigmoid()


@pytest.fixture
def players(networks):
    """Generator, discriminator that does not iterate, and what they play with."""
    discriminator = networks()[1].eval()
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter.mul_(3)  # a norm divides it out; biases stay
    noise, photographs = torch.rand(2, 4, 3, 16, 16)
    rows = torch.randn(4, 8).requires_grad_()
    return Painter(), discriminator, noise, photographs, rows


def gradients(*modules):
    return [p.grad.clone() for module in modules for p in module.parameters()]


def test_gradients_are_those_of_separate_passes(players):
    painter, judge, noise, photographs, rows = players
    objective = Objective(adversarial=0.7, features=10.0)
    played = play(judge, objective, painter(noise), photographs, rows)
    (played.through + played.against).backward()
    ours = [*gradients(painter, judge), rows.grad.clone()]

    for module in (painter, judge):
        module.zero_grad()
    fake, real = judge(painter(noise)), judge(photographs)
    maps = zip(fake.features, real.features, strict=True)
    apart = sum((a - b.detach()).abs().mean() for a, b in maps) / len(real.features)
    (-0.7 * score(fake, rows).mean() + 10 * apart).backward()
    generators = gradients(painter)
    judge.zero_grad()
    rows.grad = None
    drawn = painter(noise).detach()
    scores = score(judge(photographs), rows), score(judge(drawn), rows)
    ((1 - scores[0]).relu().mean() + (1 + scores[1]).relu().mean()).backward()
    plain = [*generators, *gradients(judge), rows.grad]

    assert all(gradient.abs().max() > 0 for gradient in generators)
    assert rows.grad.abs().max() > 0
    for mine, wanted in zip(ours, plain, strict=True):
        scale = wanted.abs().max().clamp_min(1e-6)
        torch.testing.assert_close(mine / scale, wanted / scale, atol=1e-5, rtol=0)


def test_losses_are_those_of_the_pictures_that_were_shown(players):
    painter, judge, noise, photographs, rows = players
    drawn = painter(noise)
    played = play(judge, Objective(adversarial=0.5), drawn, photographs, rows)
    fake, real = score(judge(drawn), rows), score(judge(photographs), rows)
    torch.testing.assert_close(
        played.losses["adversarial"], 0.5 * generator_loss(fake).detach()
    )
    torch.testing.assert_close(played.against, discriminator_loss(real, fake))
    assert not any(loss.requires_grad for loss in played.losses.values())


def test_each_player_is_reached_by_its_own_loss_alone(players):
    painter, judge, noise, photographs, rows = players
    played = play(judge, Objective(), painter(noise), photographs, rows)
    theirs = [*judge.parameters(), rows]
    own = list(painter.parameters())
    reached = torch.autograd.grad(played.through, theirs, None, True, allow_unused=True)
    assert all(gradient is None for gradient in reached)
    reached = torch.autograd.grad(played.against, own, None, True, allow_unused=True)
    assert all(gradient is None for gradient in reached)


def test_drawn_pictures_are_shown_once(players):
    painter, judge, noise, photographs, rows = players
    judge, shown = copy.deepcopy(judge), []
    judge.register_forward_hook(lambda *_: shown.append(1))
    play(judge, Objective(), painter(noise), photographs, rows)
    assert len(shown) == 2  # drawn ones and photographs


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("lost", ["generator", "discriminator"])
def test_who_has_lost_its_way_is_one_sentence(value, lost):
    losses = {"generator": torch.tensor(1.0), "discriminator": torch.tensor(2.0)}
    require_finite(losses, 7)
    losses[lost] = torch.tensor(value)
    with pytest.raises(InputError, match=f"loss of the {lost} is not finite at step 7"):
        require_finite(losses, 7)
    with pytest.raises(InputError, match=r"at step 7; go home\.$"):
        require_finite(losses, 7, "go home")
