"""Tables of people in the poses of others."""

import pytest
import torch
from lightning.pytorch import LightningModule
from torch.utils.data import DataLoader

from human_capture.common.images import read_image
from human_capture.reenact.clips import as_float
from human_capture.reenact.progress_pictures import ProgressPictures, driving_table

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers")


def cells(table, size=16):
    """Rows of cells."""
    rows = table.unfold(-2, size, size).unfold(-2, size, size)
    return rows.permute(1, 2, 0, 3, 4)


@pytest.fixture
def reenactor(networks):
    return networks()[0].eval()


def test_people_are_below_and_drivers_to_the_right(reenactor, clips):
    table = cells(driving_table(reenactor, clips))
    assert table.shape == (5, 5, 3, 16, 16)
    assert torch.equal(table[0, 0], torch.ones(3, 16, 16))
    assert torch.equal(table[0, 1:], as_float(clips.frame))
    assert torch.equal(table[1:, 0], as_float(clips.identity[:, 0]))


def test_each_person_is_drawn_in_each_pose(reenactor, clips):
    table = cells(driving_table(reenactor, clips))
    for person in range(4):
        for driver in range(4):
            with torch.no_grad():
                drawn = reenactor(
                    as_float(clips.identity[person : person + 1]),
                    as_float(clips.frame[driver : driver + 1]),
                )
            torch.testing.assert_close(
                table[person + 1, driver + 1],
                drawn.picture[0].clamp(0, 1),
                atol=1e-5,
                rtol=1e-4,
            )


class Idle(LightningModule):
    """Changes nothing, but counts steps."""

    def __init__(self, reenactor):
        super().__init__()
        self.averaged = reenactor
        self.parameter = torch.nn.Parameter(torch.zeros(()))

    def training_step(self, batch, _):
        return self.parameter.square()

    def validation_step(self, batch, _):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.0)


def loader(batch, times):
    return DataLoader([batch] * times, batch_size=None)


def picture(tensor):
    return (tensor.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


@pytest.mark.parametrize("validated", [True, False])
def test_pictures_come_now_and_then(reenactor, clips, trainer, tmp_path, validated):
    training = loader(clips.first(2), 5)
    validation = loader(clips, 1) if validated else None
    run = trainer(5, ProgressPictures(every=2, people=3))
    run.fit(Idle(reenactor), training, validation)
    folder = tmp_path / "progress"
    names = ["step_000002.jpg", "step_000004.jpg"]
    assert sorted(path.name for path in folder.iterdir()) == names
    shown = clips.first(3 if validated else 2)  # where there is none, what is learned
    wanted = picture(driving_table(reenactor, shown))
    found = read_image(folder / names[1])
    assert found.shape == wanted.shape
    apart = abs(found.astype(float) - wanted).mean()  # of a JPEG of hard edges
    assert apart < 0.3 * abs(wanted[::-1].astype(float) - wanted).mean()
