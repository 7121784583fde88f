"""Results of an evaluation, kept in a file so that it can be continued."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

Curve = list[tuple[float, float]]
"""Pairs of x and y, by ascending x."""


@dataclass(frozen=True)
class Outcome:
    """What one part of the evaluation found out about one method.

    Attributes:
        figures: Numbers by name.
        curves: Curves by name.
        each: Some of the numbers for each person, whose mean they are; for comparing
            methods person by person.
    """

    figures: dict[str, float]
    curves: dict[str, Curve] = field(default_factory=dict)
    each: dict[str, list[float]] = field(default_factory=dict)


Outcomes = Mapping[str, Mapping[str, Outcome]]
"""By part, then by method."""


class Results:
    """Outcomes by method and part; every change is written at once.

    Args:
        path: A JSON file; what is in it is continued.
        protocol: What all outcomes depend on.

    Raises:
        InputError: The file is damaged, or of another protocol.
    """

    def __init__(self, path: Path, protocol: dict[str, Any]) -> None:
        self.path, self.protocol = path, protocol
        self._methods: dict[str, dict[str, Any]] = {}
        if path.exists():
            self._methods = self._read()

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            content = json.loads(self.path.read_text())
            protocol, methods = content["protocol"], dict(content["methods"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{str(self.path)!r} holds no results of an evaluation; move it away "
                "or choose another output folder."
            ) from error
        if protocol != self.protocol:
            odd = sorted(
                name
                for name in protocol.keys() | self.protocol.keys()
                if protocol.get(name) != self.protocol.get(name)
            )
            if odd == ["version"]:
                raise InputError(
                    f"The results in {str(self.path)!r} are of another version of the "
                    "evaluation; choose another output folder."
                )
            raise InputError(
                f"The results in {str(self.path)!r} were made with other options "
                f"({', '.join(odd)}); use those again or choose another output folder."
            )
        return methods

    def get(self, method: str, digest: str, part: str) -> Outcome | None:
        """What is known; None for nothing.

        Args:
            method: Name of the method.
            digest: Of its weights; outcomes of other weights do not count.
            part: Of the evaluation.
        """
        known = self._methods.get(method, {})
        found = known.get("parts", {}).get(part)
        if found is None or known.get("digest") != digest:
            return None
        curves = {n: [(x, y) for x, y in c] for n, c in found["curves"].items()}
        return Outcome(found["figures"], curves, found["each"])

    def put(self, method: str, digest: str, part: str, outcome: Outcome) -> None:
        """Keep an outcome, and forget those of the method's other weights."""
        known = self._methods.get(method, {})
        if known.get("digest") != digest:
            known = {"digest": digest, "parts": {}}
        known["parts"][part] = dataclasses.asdict(outcome)
        self._methods[method] = known
        content = {"protocol": self.protocol, "methods": self._methods}
        with atomic_path(self.path) as temporary:
            temporary.write_text(json.dumps(content, indent=1))
