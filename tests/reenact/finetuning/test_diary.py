"""What is written while a person is learned."""

import itertools

import torch

from human_capture.common.images import read_image
from human_capture.reenact.finetuning.diary import Diary
from human_capture.reenact.finetuning.examples import Examples
from human_capture.reenact.finetuning.looks import Look

LOOKS = [
    (Look(0, 0.5, 0.25), torch.full((3, 3, 16, 16), 0.2)),
    (Look(20, 0.41234, 0.125), torch.full((3, 3, 16, 16), 0.6)),
]
PHOTOS = torch.ones(3, 3, 16, 16)
EXAMPLES = Examples(torch.zeros_like(PHOTOS), PHOTOS, "pictures of ada")


def test_looks_are_rows_below_the_photos(tmp_path):
    diary = Diary(tmp_path, EXAMPLES, most=2)
    for look in LOOKS:
        diary.write(*look)
    sheet = read_image(tmp_path / "learning.jpg")
    assert sheet.shape == (48, 32, 3)
    for row, light in enumerate((255, 51, 153)):
        middle = sheet[16 * row + 4 : 16 * row + 12].astype(int)
        assert abs(middle - light).max() < 12
    assert (tmp_path / "learning.csv").read_text().splitlines() == [
        "step,identity,expression,pictures",
        "0,0.5000,0.2500,pictures of ada",
        "20,0.4123,0.1250,pictures of ada",
    ]


def test_a_checkpoint_keeps_it(tmp_path):
    whole, begun = Diary(tmp_path / "a", EXAMPLES), Diary(tmp_path / "b", EXAMPLES)
    for look in LOOKS:
        whole.write(*look)
    begun.write(*LOOKS[0])
    rest = Diary(tmp_path / "b", EXAMPLES)
    rest.load_state_dict(begun.state_dict())
    rest.write(*LOOKS[1])
    for name in ("learning.csv", "learning.jpg"):
        files = [(tmp_path / folder / name).read_bytes() for folder in ("a", "b")]
        assert files[0] == files[1]


def test_however_long_it_is_learned_the_sheet_stays_small(tmp_path, monkeypatch):
    sheets = []
    monkeypatch.setattr(
        "human_capture.reenact.finetuning.diary.write_image",
        lambda path, sheet: sheets.append(sheet),
    )
    photos = torch.ones(1, 3, 2, 2)
    diary = Diary(tmp_path, Examples(photos, photos, "pictures of ada"))
    for number in range(256):
        diary.write(Look(number, 0.5, 0.25), torch.full((1, 3, 2, 2), number / 255))
        # goes on from a checkpoint every time
        state, diary = diary.state_dict(), Diary(tmp_path, Examples(photos, photos, ""))
        diary.load_state_dict(state)
        shown = sheets[-1][2::2, 0, 0].tolist()
        assert sheets[-1][0, 0, 0] == 255 and sheets[-1].shape[1] == 2
        assert min(number + 1, 20) <= len(shown) <= 41
        assert shown[0] == 0 and shown[-1] == number
        steps = {b - a for a, b in itertools.pairwise(shown[:-1])}
        assert len(steps) <= 1
    assert len(state["drawings"]) <= 41
    rows = (tmp_path / "learning.csv").read_text().splitlines()
    assert len(rows) == 257
