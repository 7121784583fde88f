"""``reenact evaluate``: models side by side on synthetic people not seen before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import torch
from jaxtyping import Float, Int
from rich.console import Console
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.processors import find_device
from human_capture.common.progress import progress
from human_capture.reenact.evaluation.descriptors import (
    class_descriptors,
    found_landmark_descriptors,
    keypoints,
    landmark_descriptors,
    leakage,
    pixel_descriptors,
    retrieval,
)
from human_capture.reenact.evaluation.drawings import Drawings
from human_capture.reenact.evaluation.driving import driving
from human_capture.reenact.evaluation.material import (
    Judges,
    Material,
    Setup,
    usual_judges,
)
from human_capture.reenact.evaluation.methods import Imitator, Method
from human_capture.reenact.evaluation.paths import paths
from human_capture.reenact.evaluation.people import Described, People
from human_capture.reenact.evaluation.report import COLUMNS, write_report
from human_capture.reenact.evaluation.results import Outcome, Results
from human_capture.reenact.evaluation.shaking import shaking

Parts = Mapping[str, Callable[[], Outcome]]
Load = Callable[[Method, torch.device], Imitator]


@dataclass(frozen=True)
class EvaluateOptions:
    """Models side by side on synthetic people that nobody was trained on.

    Args:
        weights: Of one model: a name of weights that come with the package, or the
            path of a .safetensors file; "heads" when there are no methods either.
        methods: Several models with names, from a configuration.
        setup: How much of whom is looked at.
        workers: Processes that draw people who were not drawn before.
        device: Where models run, such as cuda or cpu; the fastest there is when absent.
        output: Folder of the results; what is in it is not repeated.
    """

    weights: str | None = None
    methods: list[Method] = field(default_factory=list)
    setup: Setup = field(default_factory=Setup)
    workers: int = 0
    device: str | None = None
    output: str = "outputs/reenact/evaluation"

    def all_methods(self) -> list[Method]:
        """The methods, those of ``weights`` first.

        Raises:
            InputError: Two have the same name.
        """
        shipped = None if self.methods else "heads"
        weights = self.weights or shipped
        own = [] if weights is None else [Method(weights, weights)]
        methods = [*own, *self.methods]
        names = [*_REFERENCES, *(method.name for method in methods)]
        if len(set(names)) < len(names):
            raise InputError(
                "Two methods have the same name, or that of a reference; name each "
                "differently."
            )
        return methods


@dataclass(frozen=True)
class Subject:
    """What is judged, part by part.

    Attributes:
        name: In the tables.
        digest: Tells the model from others of its name.
        parts: What to do for each part of the evaluation.
    """

    name: str
    digest: str
    parts: Parts


def evaluate(
    options: EvaluateOptions,
    load: Load = Method.load,
    judges: Callable[[Setup], Judges] = usual_judges,
) -> Results:
    """Judge all methods, and write numbers, tables and pictures.

    Args:
        options: Of the command.
        load: Makes a model of a method.
        judges: Makes the networks that judge.
    """
    methods = options.all_methods()
    output = Path(options.output)
    material = Material(options.setup, judges, options.workers)
    results = Results(output / "results.json", material.protocol())
    device = find_device(options.device)
    subjects = [*_references(material, output)]
    subjects += [_subject(m, load, device, material, output) for m in methods]
    missing = [
        (subject, part)
        for subject in subjects
        for part in subject.parts
        if results.get(subject.name, subject.digest, part) is None
    ]
    if missing:
        _ = material.judges  # what is not installed should be said before the work
    for subject, part in progress(missing, "Evaluating"):
        with torch.no_grad():
            outcome = subject.parts[part]()
        results.put(subject.name, subject.digest, part, outcome)
        shown = ", ".join(f"{k} {v:.4g}" for k, v in outcome.figures.items())
        Console().print(f"{subject.name}, {part}: {shown}", soft_wrap=True)
    found = {part: _of_part(results, subjects, part) for part in COLUMNS}
    write_report(found, output, methods[0].name if len(methods) > 1 else None)
    return results


def _of_part(
    results: Results, subjects: list[Subject], part: str
) -> dict[str, Outcome]:
    found = {s.name: results.get(s.name, s.digest, part) for s in subjects}
    return {name: outcome for name, outcome in found.items() if outcome is not None}


def _subject(
    method: Method, load: Load, device: torch.device, material: Material, output: Path
) -> Subject:
    """A model; it is loaded when its first part begins."""

    @cache
    def drawings() -> Drawings:
        return Drawings(load(method, device), material)

    file = partial(_file, output, method.name)
    parts: Parts = {
        "driving": lambda: driving(drawings().draw, material, file("driving")),
        "shaking": lambda: shaking(drawings()),
        "paths": lambda: paths(drawings(), file("paths")),
        **_descriptor_parts(lambda: drawings().learnt, lambda: drawings().judged, file),
    }
    return Subject(method.name, method.digest(), parts)


def _descriptor_parts(
    learnt: Callable[[], Described],
    judged: Callable[[], Described],
    file: Callable[[str], Path],
) -> Parts:
    return {
        "retrieval": lambda: retrieval(judged(), file("retrieval")),
        "keypoints": lambda: keypoints(learnt(), judged()),
        "leakage": lambda: leakage(learnt(), judged()),
    }


def _file(output: Path, name: str, part: str) -> Path:
    """Where a picture of a part goes."""
    plain = re.sub(r"\W+", "_", name).strip("_")
    return output / "pictures" / f"{plain}_{part}.jpg"


_REFERENCES = (
    "other photos", "the driver", "pixels", "found landmarks", "true landmarks",
    "true classes",
)  # fmt: skip


def _references(material: Material, output: Path) -> Iterator[Subject]:
    """What bounds the errors of drawing, and descriptors to beat."""
    photo, driver, pixels, found, true, classes = _REFERENCES
    for name, draw in ((photo, _photo), (driver, _driver)):
        path = _file(output, name, "driving")
        part = partial(driving, partial(draw, material), material, path)
        yield Subject(name, "", {"driving": part})

    def find(people: People) -> Described:
        return found_landmark_descriptors(people, material.judges.landmarks)

    describe = {pixels: pixel_descriptors, found: find, true: landmark_descriptors}
    for name, make in describe.items():
        learnt = _once(make, lambda: material.learners)
        judged = _once(make, lambda: material.people)
        file = partial(_file, output, name)
        yield Subject(name, "", _descriptor_parts(learnt, judged, file))

    def ceiling() -> Outcome:
        best = class_descriptors(material.people)
        return retrieval(best, _file(output, classes, "retrieval"))

    yield Subject(classes, "", {"retrieval": ceiling})


def _once(
    describe: Callable[[People], Described], people: Callable[[], People]
) -> Callable[[], Described]:
    """Descriptions that are made on first use and kept for the other parts."""
    return cache(lambda: describe(people()))


def _photo(
    material: Material, person: int, frames: Int[Tensor, " frame"]
) -> Float[Tensor, "frame 3 height width"]:
    """Photos of the right person at other times, whatever the driver does."""
    own = material.poses(person)
    chosen = own[(torch.arange(len(frames)) + len(own) // 2) % len(own)]
    return material.people[chosen].on_black()


def _driver(
    material: Material, person: int, frames: Int[Tensor, " frame"]
) -> Float[Tensor, "frame 3 height width"]:
    """The drivers themselves."""
    return material.people[frames].on_black()
