"""The command line every project shares.

``fit``, ``validate``, ``test`` and ``predict`` come from LightningCLI. A project adds
subcommands that work on people's own files; each is a dataclass of options whose
docstring is its ``--help``, and a function that takes one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import yaml
from jsonargparse import ArgumentParser, set_parsing_settings
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.cli import (
    LightningArgumentParser,
    LightningCLI,
    SaveConfigCallback,
)

from human_capture.common.errors import InputError


class LogConfig(SaveConfigCallback):
    """Save the resolved configuration, and send it to the experiment tracker."""

    def save_config(
        self, trainer: Trainer, pl_module: LightningModule, stage: str
    ) -> None:
        """Log the whole configuration as hyper-parameters."""
        config = yaml.safe_load(self.parser.dump(self.config, skip_none=False))
        for logger in trainer.loggers:
            logger.log_hyperparams(config)


class CLI(LightningCLI):
    """``fit``, ``validate``, ``test`` and ``predict`` for any module and data."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the name that output folders and the tracker use."""
        parser.add_argument("--name", default="debug", help="Name of the run.")


@dataclass(frozen=True)
class Command:
    """A subcommand for people's own files.

    Attributes:
        options: Dataclass of its options; the docstring describes each.
        run: Does the work.
        summary: One line for the overview.
        subject: Option that may be given without its name, first.
        several: Whether that option takes all that is given before the first name.
    """

    options: type[Any]
    run: Callable[[Any], object]
    summary: str
    subject: str | None = None
    several: bool = False


def train(
    module: type[LightningModule],
    data: type[LightningDataModule],
    args: Sequence[str] | None = None,
) -> CLI:
    """Run ``fit``, ``validate``, ``test`` or ``predict``; returns the finished run.

    Args:
        module: Base class of the modules that ``--model`` accepts.
        data: Base class of the data modules that ``--data`` accepts.
        args: Command line; that of the process when absent.
    """
    set_parsing_settings(omegaconf_absolute_to_relative_paths=True)
    return CLI(
        module,
        data,
        subclass_mode_model=True,
        subclass_mode_data=True,
        seed_everything_default=0,
        auto_configure_optimizers=False,
        save_config_callback=LogConfig,
        save_config_kwargs={"overwrite": True},
        parser_kwargs={"parser_mode": "omegaconf+"},
        args=None if args is None else list(args),
    )


def main(
    program: str,
    module: type[LightningModule],
    data: type[LightningDataModule],
    commands: Mapping[str, Command],
    args: Sequence[str] | None = None,
) -> int:
    """Run a project's command line and return the exit status.

    An :class:`InputError` prints its one sentence; Ctrl-C ends quietly with status
    130. Anything else is a defect and keeps its traceback.

    Args:
        program: Name of the console script.
        module: Base class of the modules that ``--model`` accepts.
        data: Base class of the data modules that ``--data`` accepts.
        commands: The project's own subcommands by name.
        args: Command line; that of the process when absent.
    """
    given = sys.argv[1:] if args is None else list(args)
    try:
        if given and given[0] in commands:
            command = commands[given[0]]
            parser = ArgumentParser(
                prog=f"{program} {given[0]}", description=command.summary
            )
            parser.add_class_arguments(command.options, as_group=False)
            parser.add_argument("--config", action="config", help="A YAML of options.")
            named = _named(_with_subject(given[1:], command))
            parsed = parser.instantiate_classes(parser.parse_args(named))
            names = (field.name for field in fields(command.options))
            command.run(command.options(**{name: parsed[name] for name in names}))
        elif not given or given[0] in ("-h", "--help"):
            print(_overview(program, commands))
        else:
            train(module, data, args)
    except ValueError as error:
        sentence = _input_error(error)
        if sentence is None:
            raise
        print(f"{program}: {sentence}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _interrupted(program)
    except SystemExit as leaving:
        # Lightning catches Ctrl-C itself, shuts down and leaves with status 1
        if not isinstance(leaving.__context__, KeyboardInterrupt):
            raise
        return _interrupted(program)
    return 0


def _input_error(error: BaseException | None) -> str | None:
    """The sentence of the InputError behind an error, if there is one.

    The parser wraps what constructors raise, and data loaders put the traceback of
    their worker in front of the message.
    """
    while error is not None and not isinstance(error, InputError):
        error = error.__cause__ or error.__context__
    if error is None:
        return None
    last = str(error).splitlines()[-1]
    return last.removeprefix(f"{InputError.__module__}.{InputError.__name__}: ")


def _interrupted(program: str) -> int:
    print(f"\n{program}: interrupted; what was finished is kept.", file=sys.stderr)
    return 130


def _with_subject(args: Sequence[str], command: Command) -> list[str]:
    """Arguments of which the first have a name, too."""
    count = next((i for i, a in enumerate(args) if a.startswith("-")), len(args))
    if command.subject is None or not count:
        return list(args)
    if command.several:
        first = [f"--{command.subject}+={arg}" for arg in args[:count]]
        return [*first, *args[count:]]
    return [f"--{command.subject}={args[0]}", *args[1:]]


def _named(args: Sequence[str]) -> list[str]:
    """Arguments with ``--two-words`` written as the field ``--two_words``."""
    options = (arg.partition("=") for arg in args)
    return [
        name.replace("-", "_").replace("__", "--", 1) + equals + value
        if name.startswith("--")
        else name + equals + value
        for name, equals, value in options
    ]


def _overview(program: str, commands: Mapping[str, Command]) -> str:
    training = {
        "fit": "Train on a configuration from experiments/.",
        "validate": "Evaluate a checkpoint on the validation split.",
        "test": "Evaluate on the held-out split and print the tables.",
        "predict": "Run a checkpoint on a data module.",
    }
    own = {name: command.summary for name, command in commands.items()}
    width = max(map(len, {**own, **training})) + 2
    lines = [f"usage: {program} <command> [options]", ""]
    for title, group in (("On your own files", own), ("Training", training)):
        if not group:
            continue
        lines.append(f"{title}:")
        lines += [f"  {name:<{width}}{text}" for name, text in group.items()]
        lines.append("")
    lines.append(f"{program} <command> --help shows the options of a command.")
    return "\n".join(lines)
