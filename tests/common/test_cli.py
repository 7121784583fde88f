import signal
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
import yaml
from lightning.pytorch import LightningDataModule, LightningModule
from torch.utils.data import DataLoader, Dataset

from human_capture.common.cli import Command, main
from human_capture.common.errors import InputError

done: list[object] = []


@dataclass(frozen=True)
class Size:
    """How large something is.

    Attributes:
        width: Across, in pixels.
        height: Down, in pixels.
    """

    width: int = 4
    height: int = 3


@dataclass(frozen=True)
class Options:
    """Options of a command.

    Attributes:
        videos: Folder of the videos.
        frame_rate: Frames a second.
        size: Of the pictures.
        quiet: Say nothing.
    """

    videos: Path
    frame_rate: float = 25.0
    size: Size = Size()
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.frame_rate <= 0:
            raise InputError("The frame rate must be positive.")


def remember(options: Options) -> None:
    done.append(options)


def refuse(options: Options) -> None:
    raise InputError(f"There is no folder {str(options.videos)!r}.")


def interrupt(options: Options) -> None:
    raise KeyboardInterrupt


def break_down(options: Options) -> None:
    raise RuntimeError("a defect")


COMMANDS = {
    name: Command(Options, run, summary, "videos" if name == "lift" else None)
    for name, run, summary in (
        ("triangulate", remember, "Videos in, motion out."),
        ("lift", remember, "A video in, motion out."),
        ("refuse", refuse, "Always refuses."),
        ("interrupt", interrupt, "Is interrupted."),
        ("break", break_down, "Has a defect."),
    )
}


class Line(LightningModule):
    """Fits a line.

    Args:
        rate: Learning rate.
        stop_at: Step at which Ctrl-C is pressed.
    """

    def __init__(self, rate: float = 0.1, stop_at: int = -1) -> None:
        super().__init__()
        if rate <= 0:
            raise InputError("The learning rate must be positive.")
        self.layer, self.rate, self.stop_at = torch.nn.Linear(1, 1), rate, stop_at

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> torch.Tensor:
        if batch_idx == self.stop_at:
            signal.raise_signal(signal.SIGINT)
        return self.layer(batch).square().mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), self.rate)


class Unlucky(Dataset[torch.Tensor]):
    """Files that turn out to be damaged when they are read."""

    def __len__(self) -> int:
        return 13

    def __getitem__(self, index: int) -> torch.Tensor:
        raise InputError("The file 'a.png' is damaged.")


class Numbers(LightningDataModule):
    """Numbers.

    Args:
        count: How many.
    """

    def __init__(self, count: int = 4) -> None:
        super().__init__()
        self.count = count

    def train_dataloader(self) -> DataLoader[torch.Tensor]:
        if self.count == 0:
            raise InputError("There are no numbers to train on.")
        if self.count == 13:
            return DataLoader(Unlucky(), num_workers=1)
        return DataLoader(torch.ones(self.count, 1))


def run(*args: str) -> int:
    done.clear()
    return main("pose3d", Line, Numbers, COMMANDS, args)


@pytest.mark.parametrize("given", [["a.mp4"], ["--videos", "a.mp4"]])
def test_the_subject_of_a_command_needs_no_name(given):
    done.clear()
    assert run("lift", *given, "--frame-rate", "50") == 0
    assert done == [Options(Path("a.mp4"), 50.0)]


def fit(tmp_path: Path, *args: str) -> int:
    trainer = (
        "--trainer.logger=false",
        "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false",
        "--trainer.max_steps=3",
        "--trainer.accelerator=cpu",
        f"--trainer.default_root_dir={tmp_path}",
    )
    return run("fit", "--model=Line", "--data=Numbers", *trainer, *args)


@pytest.mark.parametrize("args", [(), ("--help",), ("-h",)])
def test_help_lists_every_command(args, capsys):
    assert run(*args) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: pose3d")
    for name, command in COMMANDS.items():
        assert f"{name}  " in shown
        assert command.summary in shown
    for name in ("fit", "validate", "test", "predict"):
        assert f"  {name} " in shown


def test_help_of_a_command_shows_the_docstring_of_every_option(capsys):
    with pytest.raises(SystemExit) as leaving:
        run("triangulate", "--help")
    assert leaving.value.code == 0
    shown = capsys.readouterr().out
    for text in ("Videos in, motion out.", "--videos", "Folder of the videos"):
        assert text in shown
    for text in ("--frame_rate", "Frames a second", "--size.width", "in pixels"):
        assert text in shown


def test_options_reach_the_command():
    assert (
        run("triangulate", "--videos=in", "--frame_rate", "50", "--size.width=9") == 0
    )
    assert done == [Options(Path("in"), 50.0, Size(9, 3))]


def test_dashes_and_underscores_are_alike():
    assert run("triangulate", "--videos", "my-in", "--frame-rate=12.5") == 0
    assert done == [Options(Path("my-in"), 12.5)]


def test_a_yaml_gives_options_and_the_command_line_wins(tmp_path):
    config = {"videos": "in", "frame_rate": 30, "size": {"height": 7}}
    (tmp_path / "o.yaml").write_text(yaml.safe_dump(config))
    assert run("triangulate", f"--config={tmp_path}/o.yaml", "--frame_rate=60") == 0
    assert done == [Options(Path("in"), 60.0, Size(4, 7))]


def test_bad_input_is_one_line_and_status_1(capsys):
    assert run("refuse", "--videos=here") == 1
    captured = capsys.readouterr()
    assert captured.err == "pose3d: There is no folder 'here'.\n"
    assert captured.out == ""


def test_bad_options_say_what_is_wrong(capsys):
    try:
        status = run("triangulate", "--videos=in", "--frame_rate=-1")
    except SystemExit as leaving:
        status = leaving.code
    shown = capsys.readouterr().err
    assert status in (1, 2)
    assert "The frame rate must be positive." in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("--frame_rate=fast", "--videos=in"), "frame_rate"),
        (("--vidoes=in",), "vidoes"),
        ((), "videos"),
    ],
)
def test_wrong_usage_names_the_option_and_has_status_2(args, text, capsys):
    with pytest.raises(SystemExit) as leaving:
        run("triangulate", *args)
    assert leaving.value.code == 2
    assert text in capsys.readouterr().err


def test_an_unknown_command_has_status_2(capsys):
    with pytest.raises(SystemExit) as leaving:
        run("triangluate")
    assert leaving.value.code == 2
    assert "triangluate" in capsys.readouterr().err


def test_ctrl_c_is_one_line_and_status_130(capsys):
    assert run("interrupt", "--videos=in") == 130
    assert capsys.readouterr().err.strip().startswith("pose3d: interrupted")


def test_defects_keep_their_traceback():
    with pytest.raises(RuntimeError, match="a defect"):
        run("break", "--videos=in")


def test_training_runs_and_saves_its_configuration(tmp_path):
    assert fit(tmp_path, "--trainer.enable_checkpointing=false") == 0


def test_ctrl_c_while_training_has_status_130(tmp_path, capsys):
    # tests that run in the background of a shell are born deaf to it
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        status = fit(
            tmp_path, "--model.stop_at=1", "--trainer.enable_checkpointing=false"
        )
    finally:
        signal.signal(signal.SIGINT, handler)
    assert status == 130
    assert "pose3d: interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--model.rate=-1", "The learning rate must be positive."),
        ("--data.count=0", "There are no numbers to train on."),
        ("--data.count=13", "The file 'a.png' is damaged."),
    ],
)
def test_bad_input_while_training_is_one_line(tmp_path, argument, message, capsys):
    status = fit(tmp_path, argument, "--trainer.enable_checkpointing=false")
    assert status == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"pose3d: {message}"


@dataclass(frozen=True)
class SeveralOptions:
    """Options.

    Args:
        files: Some files.
        loud: Or not.
    """

    files: list[str] = field(default_factory=list)
    loud: bool = False


@pytest.mark.parametrize(
    ("args", "files"),
    [
        (["a.jpg"], ["a.jpg"]),
        (["a b.jpg", "1.png", "--loud=true"], ["a b.jpg", "1.png"]),
        (["--loud", "true"], []),
    ],
)
def test_a_command_may_take_several_subjects(args, files):
    seen = []
    command = Command(SeveralOptions, seen.append, "", subject="files", several=True)
    status = main(
        "x", LightningModule, LightningDataModule, {"go": command}, ["go", *args]
    )
    assert status == 0
    assert seen[0].files == files
