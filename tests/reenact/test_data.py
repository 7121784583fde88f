import dataclasses
from dataclasses import dataclass
from itertools import pairwise

import jsonargparse
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from torch.utils.data import DataLoader, DistributedSampler

from human_capture.common.errors import InputError
from human_capture.reenact.clip_draws import ClipDraws
from human_capture.reenact.clip_frames import ClipFrames, ClipSource, ClipSplits
from human_capture.reenact.clips import Clips, join_clips
from human_capture.reenact.data import ClipsDataModule
from human_capture.reenact.datasets.synthetic import synthetic_splits
from human_capture.reenact.datasets.takes import TalkingHeadRecipe


@dataclass(frozen=True)
class Numbered:
    """Somebody's own videos, in which every pixel tells its video and frame."""

    videos: int = 6
    length: int = 10
    first: int = 0

    def __len__(self) -> int:
        return self.videos

    def __getitem__(self, index: int) -> ClipFrames:
        numbers = torch.arange(self.length)
        values = torch.stack((torch.full_like(numbers, index), numbers, 0 * numbers), 1)
        frames = values.to(torch.uint8)[:, :, None, None].expand(-1, -1, 4, 4)
        marks = numbers[:, None, None].float()
        return ClipFrames(
            frames=frames.contiguous(),
            masks=frames[:, 1:2].contiguous(),
            landmarks=marks.expand(-1, 68, 2),
            landmarks_478=torch.full((self.length, 478, 2), torch.nan),
            actions=marks[..., 0].expand(-1, 52),
            turn=marks[..., 0].expand(-1, 3),
            person=self.first + index // 2,
        )

    def frames(self, index: int) -> int:
        return self.length

    def draw(self, index: int, frames) -> ClipFrames:
        return self[index].chosen(frames)


class Doubles(Numbered):
    """Others who do the same, with a one in the third channel of every pixel."""

    def __getitem__(self, index: int) -> ClipFrames:
        clip = super().__getitem__(index)
        mark = torch.tensor([0, 0, 1], dtype=torch.uint8)[:, None, None]
        return dataclasses.replace(
            clip,
            frames=clip.frames + mark,
            landmarks=clip.landmarks + 100,
            person=index + 1000,
        )


def numbers(clips: Clips) -> list[list[int]]:
    """Frame numbers of each item: identity frames, then the one to be drawn."""
    pictures = torch.cat((clips.identity, clips.frame[:, None]), 1)
    return pictures[:, :, 1, 0, 0].tolist()


@pytest.fixture
def data():
    splits = ClipSplits(Numbered(), Numbered(3, first=10), Numbered(4, first=20))
    return ClipsDataModule(splits, shots=4, repeats=3, batch_size=5, eval_batch_size=4)


def test_any_videos_will_do():
    assert isinstance(Numbered(), ClipSource)


@pytest.mark.parametrize("fixed", [False, True])
def test_no_frame_comes_twice_in_an_item(fixed):
    draws = ClipDraws(Numbered(), shots=6, repeats=4, fixed=fixed)
    for index in range(len(draws)):
        (drawn,) = numbers(draws[index])
        assert len(drawn) == 7 == len(set(drawn))


def test_truths_belong_to_their_frames():
    clip = ClipDraws(Numbered(first=40), shots=3)[5]
    *identity, driver = numbers(clip)[0]
    assert clip.label.tolist() == [5] and clip.person.tolist() == [42]
    assert clip.frame[0, 0, 0, 0] == 5
    assert clip.mask.unique().tolist() == [driver]
    for truth in (clip.landmarks, clip.actions, clip.turn):
        assert truth.unique().tolist() == [driver]
    assert clip.identity_landmarks[0, :, 0, 0].tolist() == identity


@pytest.mark.parametrize("fixed", [False, True])
def test_doubles_drive_with_the_frame_of_the_same_number(fixed):
    alone = ClipDraws(Numbered(first=40), shots=3, fixed=fixed)
    doubled = dataclasses.replace(alone, doubles=Doubles())
    items = []
    for draws in (alone, doubled):
        torch.manual_seed(0)
        items.append(draws[5])
    itself, clip = items
    assert torch.equal(itself.frame, clip.frame)
    assert torch.equal(itself.driver, itself.frame)  # where nobody doubles
    assert torch.equal(itself.driver_landmarks, itself.landmarks)
    assert clip.driver[0, :, 0, 0].tolist() == [5, int(clip.frame[0, 1, 0, 0]), 1]
    assert clip.person.tolist() == [42]
    torch.testing.assert_close(clip.driver_landmarks, clip.landmarks + 100)


def test_doubles_that_double_nobody_end_in_a_sentence():
    for odd in (Doubles(videos=5), Doubles(length=9)):
        with pytest.raises(InputError, match="doubles have other numbers"):
            ClipDraws(Numbered(), doubles=odd)


def test_doubles_drive_in_the_training_alone():
    splits = ClipSplits(Numbered(), Numbered(3), Numbered(4), doubles=Doubles())
    data = ClipsDataModule(splits, shots=4, batch_size=5, eval_batch_size=3)
    for clips in data.train_dataloader():
        assert (clips.driver[:, 2] == 1).all()
    for clips in data.val_dataloader():
        assert torch.equal(clips.driver, clips.frame)


def test_every_frame_is_drawn_in_either_role():
    torch.manual_seed(0)
    draws = ClipDraws(Numbered(), shots=2)
    items = [numbers(draws[0])[0] for _ in range(200)]
    assert {item[-1] for item in items} == set(range(10))
    assert {item[0] for item in items} == set(range(10))


def test_draws_follow_the_seed_of_torch():
    draws = ClipDraws(Numbered(), shots=4)
    torch.manual_seed(3)
    first = [numbers(draws[index]) for index in range(6)]
    torch.manual_seed(3)
    assert first == [numbers(draws[index]) for index in range(6)]
    assert first != [numbers(draws[index]) for index in range(6)]


def test_fixed_draws_keep_the_identity_and_change_the_driver():
    draws = ClipDraws(Numbered(), shots=4, repeats=6, fixed=True)
    items = [numbers(draws[2 + 6 * repeat])[0] for repeat in range(6)]
    assert all(one[:-1] == other[:-1] for one, other in pairwise(items))
    assert len({item[-1] for item in items}) == 6
    torch.manual_seed(99)
    assert items == [numbers(draws[2 + 6 * repeat])[0] for repeat in range(6)]


def test_processes_with_the_same_seed_draw_different_frames():
    """Repeats of a video may come to two processes at the same step."""
    draws = ClipDraws(Numbered(videos=1, length=40), shots=8, repeats=16)
    seen = []
    for rank in range(2):
        sampler = DistributedSampler(draws, 2, rank, shuffle=True, seed=0)
        torch.manual_seed(0)
        loader = DataLoader(draws, 4, sampler=sampler, collate_fn=join_clips)
        seen.append([tuple(item) for batch in loader for item in numbers(batch)])
    assert len(set(seen[0] + seen[1])) == 16


def test_too_few_frames_end_in_a_sentence():
    with pytest.raises(InputError, match="Video 1 has 10 frames"):
        ClipDraws(Numbered(), shots=10)[1]
    again = ClipDraws(Numbered(), shots=8, repeats=5, fixed=True)
    assert len({tuple(numbers(again[6 * n])[0]) for n in range(5)}) == 2
    with pytest.raises(InputError, match="at least one"):
        ClipDraws(Numbered(), shots=0)


def test_training_sees_every_video_as_often_as_asked(data):
    seed_everything(0)
    batches = list(data.train_dataloader())
    labels = torch.cat([batch.label for batch in batches])
    assert [len(batch) for batch in batches] == [5, 5, 5]  # 3 of 18 are left over
    assert labels.bincount().max() == 3 and data.labels == 6
    assert batches[0].identity.shape == (5, 4, 3, 4, 4)
    order = labels.tolist()
    again = torch.cat([batch.label for batch in data.train_dataloader()]).tolist()
    assert order != again


def test_evaluation_sees_the_same_frames_every_time(data):
    for loader in (data.val_dataloader, data.test_dataloader, data.predict_dataloader):
        first, again = (
            [(batch.label.tolist(), numbers(batch)) for batch in loader()]
            for _ in range(2)
        )
        assert first == again
    people = torch.cat([batch.person for batch in data.test_dataloader()])
    assert people.tolist() == 4 * [20, 20, 21, 21]


class Nothing(LightningModule):
    """Trains nothing, but counts."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch):
        self.seen.append(len(batch))
        return self.weight * batch.frame.float().mean()

    def validation_step(self, batch):
        self.seen.append(-len(batch))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def test_synthetic_people_are_drawn_before_the_start(tmp_path):
    recipe = TalkingHeadRecipe(frames=3, size=16, clips=1, supersampling=1)
    splits = synthetic_splits(recipe, 2, 1, 1, tmp_path)
    data = ClipsDataModule(splits, shots=2, eval_repeats=1, batch_size=2)
    module = Nothing()
    options = {"logger": False, "enable_progress_bar": False, "accelerator": "cpu"}
    trainer = Trainer(
        max_epochs=1,
        num_sanity_val_steps=0,
        enable_checkpointing=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
        **options,
    )
    trainer.fit(module, data)
    assert module.seen == [2, -1]
    assert not splits.train.cache.missing() and not splits.val.cache.missing()
    assert splits.test.cache.missing()  # a training needs none of it
    data.trainer = None
    data.prepare_data()
    assert not splits.test.cache.missing()


def test_a_configuration_chooses_the_videos(tmp_path):
    parser = jsonargparse.ArgumentParser()
    parser.add_subclass_arguments(ClipsDataModule, "data")
    module = "human_capture.reenact"
    drawn = {
        "class_path": f"{module}.datasets.synthetic.synthetic_splits",
        "init_args": {"train": 3, "recipe": {"size": 32}, "root": str(tmp_path)},
    }
    config = {
        "class_path": f"{module}.data.ClipsDataModule",
        "init_args": {"splits": drawn, "shots": 2},
    }
    made = parser.instantiate(parser.parse_object({"data": config})).data
    assert made.shots == 2 and list(made.splits.train.persons) == [0, 1, 2]
    assert made.splits.val.cache.make.recipe.size == 32


def test_fewer_items_than_a_batch_end_in_a_sentence(tmp_path):
    def data(**options):
        splits = ClipSplits(Numbered(6), Numbered(1), Numbered(1))
        return ClipsDataModule(splits, shots=2, batch_size=8, **options)

    assert len(data(repeats=2).train_dataloader()) == 1
    said = (
        r"A step takes 8 items, but an epoch has only 6 \(6 training videos, "
        r"repeats=1\).* smaller --data\.init_args\.batch_size.*repeats=2"
    )
    with pytest.raises(InputError, match=said):
        data().train_dataloader()
    trainer = Trainer(
        max_steps=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
        default_root_dir=tmp_path,
    )
    module = Nothing()
    with pytest.raises(InputError, match=said):
        trainer.fit(module, data(eval_batch_size=1))
    assert not any(items > 0 for items in module.seen)


def test_each_process_needs_a_batch():
    splits = ClipSplits(Numbered(6), Numbered(1), Numbered(1))
    data = ClipsDataModule(splits, shots=2, batch_size=4)
    assert len(data.train_dataloader()) == 1

    class Two:
        world_size = 2

    data.trainer = Two()
    with pytest.raises(InputError, match=r"takes 8 items, .* only 6 .*repeats=2"):
        data.train_dataloader()
