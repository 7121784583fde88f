"""One vector for every training clip; the discriminator compares pictures with it."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, distributed, nn
from torch.nn import functional


class LabelEmbedding(nn.Module):
    """Rows of unit length, of which a step touches only its own.

    The official code keeps the table under spectral norm and lets Adam step all of it:
    a power iteration over 50 million numbers a forward pass, their gradient and two
    moments, 0.6 GB. Here a row has unit length, as it has there after fine-tuning, its
    gradient is that of the rows in use, and Adam without momentum (beta1 is 0) keeps
    one second moment a row.

    The table takes no part in automatic optimisation; call :meth:`step`.

    Args:
        labels: How many clips.
        features: Length of a row, that of the discriminator's vector.
        beta2: Share of the old second moment that remains.
        epsilon: Added to its root.
    """

    def __init__(
        self,
        labels: int,
        features: int = 512,
        beta2: float = 0.999,
        epsilon: float = 1e-5,
    ) -> None:
        super().__init__()
        self.beta2, self.epsilon = beta2, epsilon
        rows = functional.normalize(torch.empty(labels, features).uniform_(-1, 1))
        self.rows = nn.Parameter(rows, requires_grad=False)
        self.moments = nn.Parameter(torch.zeros(labels), requires_grad=False)
        self.steps = nn.Parameter(torch.zeros(labels), requires_grad=False)

    def __len__(self) -> int:
        return len(self.rows)

    def forward(self, labels: Int[Tensor, " clip"]) -> Float[Tensor, "clip feature"]:
        """Rows of some clips, a leaf whose gradient :meth:`step` takes.

        Args:
            labels: Numbers of the clips.
        """
        return self.rows[labels].detach().requires_grad_()

    @torch.no_grad()
    def step(
        self,
        labels: Int[Tensor, " clip"],
        rows: Float[Tensor, "clip feature"],
        learning_rate: float = 2e-4,
    ) -> None:
        """Step the rows that were used, on all processes alike.

        Args:
            labels: What :meth:`forward` was called with.
            rows: What it returned, with its gradient.
            learning_rate: Of the step.
        """
        if rows.grad is None:
            return
        labels, gradient, processes = _of_all_processes(labels, rows.grad)
        used, place = torch.unique(labels, return_inverse=True)
        total = gradient.new_zeros(len(used), gradient.shape[1])
        total.index_add_(0, place, gradient)
        total /= processes
        self.steps[used] += 1
        squared = total.square().mean(1)
        self.moments[used] = torch.lerp(squared, self.moments[used], self.beta2)
        unbiased = self.moments[used] / (1 - self.beta2 ** self.steps[used])
        change = total / (unbiased.sqrt() + self.epsilon)[:, None]
        moved = self.rows[used] - learning_rate * change
        self.rows[used] = functional.normalize(moved)


def _of_all_processes(labels: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, int]:
    """Labels and gradients of all processes, and how many processes there are."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return labels, gradient, 1
    count = distributed.get_world_size()
    all_labels = [torch.empty_like(labels) for _ in range(count)]
    all_gradients = [torch.empty_like(gradient) for _ in range(count)]
    distributed.all_gather(all_labels, labels.contiguous())
    distributed.all_gather(all_gradients, gradient.contiguous())
    return torch.cat(all_labels), torch.cat(all_gradients), count
