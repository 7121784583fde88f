"""How far a short training is."""

import torch
from lightning.pytorch import LightningModule, Trainer
from torch.utils.data import DataLoader

from human_capture.common.training_bar import TrainingBar


class Line(LightningModule):
    """The smallest thing that can be trained."""

    def __init__(self, breaks_at=None):
        super().__init__()
        self.layer, self.breaks_at = torch.nn.Linear(1, 1), breaks_at

    def training_step(self, batch, number):
        if number == self.breaks_at:
            raise RuntimeError("it breaks")
        return self.layer(batch).square().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def fit(module, tmp_path):
    Trainer(
        max_steps=4,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[TrainingBar("Learning lines")],
        default_root_dir=tmp_path,
    ).fit(module, DataLoader(torch.rand(8, 1)))


def test_a_log_has_one_line_with_the_steps(tmp_path, capsys):
    fit(Line(), tmp_path)
    shown = [line for line in capsys.readouterr().err.splitlines() if "lines" in line]
    assert len(shown) == 1 and shown[0].startswith("Learning lines: 4 in ")


def test_a_training_that_breaks_leaves_no_bar(tmp_path, capsys):
    try:
        fit(Line(breaks_at=2), tmp_path)
    except RuntimeError as error:
        assert "it breaks" in str(error)
    assert "Learning lines: 4" not in capsys.readouterr().err
