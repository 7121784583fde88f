import pytest
import torch

from human_capture.reenact.networks.compact import GridEncoder, compact_networks
from human_capture.reenact.networks.discriminator import score


@pytest.mark.parametrize("size", [64, 128])
def test_sizes_of_the_four_networks_fit(size):
    networks = compact_networks(size, identity=12, pose=6, width=4, most=16)
    frames = torch.rand(2, 3, 3, size, size)
    identity = networks.identity_encoder.of_person(frames)
    drawn = networks.generator(identity, networks.pose_encoder(frames[:, 0]))
    assert drawn.picture.shape == (2, 3, size, size)
    assert score(networks.discriminator(drawn.picture), identity).shape == (2,)


@pytest.mark.parametrize("size", [16, 32, 64, 128, 256])
def test_a_grid_encoder_sees_the_middle_and_where_things_are(size):
    torch.manual_seed(0)
    encoder = GridEncoder(5, size, width=4, most=8, cell=3).eval()
    picture = torch.zeros(1, 3, size, size)
    border, spot = picture.clone(), size // 8
    border[..., :spot, :] = border[..., -spot:] = 1
    assert torch.equal(encoder(border), encoder(picture))
    left, right = picture.clone(), picture.clone()
    left[..., 3 * spot : 4 * spot, 2 * spot : 3 * spot] = 1
    right[..., 3 * spot : 4 * spot, 5 * spot : 6 * spot] = 1
    # a whole number of cells apart, which a mean over the cells would hardly see
    left, right = (encoder(x) - encoder(picture) for x in (left, right))
    assert (left - right).norm() > 0.5 * left.norm() > 0


def test_a_few_steps_in_half_precision_draw_a_picture():
    torch.manual_seed(0)
    networks = compact_networks(32, identity=8, pose=4, width=8, most=32)
    trained = (networks.identity_encoder, networks.pose_encoder, networks.generator)
    for network in trained:
        network.to(memory_format=torch.channels_last)
    parameters = [p for network in trained for p in network.parameters()]
    optimiser = torch.optim.Adam(parameters, 2e-3, betas=(0.0, 0.999))
    column = torch.linspace(0, 1, 32).expand(3, 32, 32)
    target = torch.stack([column, column.flip(-1), column.mT, column.mT.flip(-2)])
    losses = []
    for _ in range(40):
        with torch.autocast("cpu", torch.bfloat16):
            identity = networks.identity_encoder(target)
            drawn = networks.generator(identity, networks.pose_encoder(target))
        loss = (drawn.picture - target).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
