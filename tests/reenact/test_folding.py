import torch

from human_capture.reenact.networks.discriminator import Discriminator
from human_capture.reenact.networks.folding import fold
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.spectral import SpectralLayer


def trained_a_little(module, *inputs):
    module.train()
    for _ in range(2):
        module(*inputs)
    return module


def test_a_folded_generator_draws_the_same():
    inputs = torch.randn(2, 6), torch.randn(2, 4)
    generator = trained_a_little(Generator(6, 4, 32, 4, 16), *inputs)
    folded = fold(generator)
    assert not any(isinstance(m, SpectralLayer) for m in folded.modules())
    assert not any(m.training for m in folded.modules())
    assert not any(p.requires_grad for p in folded.parameters())
    ours, theirs = folded(*inputs), generator.eval()(*inputs)
    assert torch.equal(ours.colour, theirs.colour)
    assert torch.equal(ours.mask, theirs.mask)


def test_a_folded_discriminator_judges_the_same():
    pictures = torch.rand(2, 3, 32, 32)
    discriminator = trained_a_little(Discriminator(8, 32, 4, 8), pictures)
    ours, theirs = fold(discriminator)(pictures), discriminator.eval()(pictures)
    assert torch.equal(ours.embedding, theirs.embedding)
    assert torch.equal(ours.bias, theirs.bias)


def test_folding_leaves_the_original_alone():
    generator = Generator(6, 4, 16, 2, 8)
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    folded = fold(generator)
    with torch.no_grad():
        for parameter in folded.parameters():
            parameter.zero_()
    after = generator.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    assert generator.training and generator.decoder.last.training
    assert all(parameter.requires_grad for parameter in generator.parameters())
