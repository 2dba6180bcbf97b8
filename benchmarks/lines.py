"""What is written down of every measurement: one JSON line each, in results.jsonl."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .sizes import Size


@dataclass(frozen=True)
class Run:
    """Where, when and how lines were made."""

    date: str
    machine: str
    command: str
    commit: str


@dataclass(frozen=True)
class Line:
    """A contender at a size.

    `rows` and `parts` are what was measured; `scale` is the factor from there to the whole size,
    by which `wall` and `cpu` still have to be multiplied. `cold` is imports and first call in a
    fresh process, `cold_empty` the same where no kernel had been compiled (inf: it failed).
    `difference` is the largest difference from our answer over its largest value, None where
    there is none of ours. `failure` says why there are no figures.
    """

    run: Run
    task: str
    who: str
    size: Size
    threads: int
    rows: int = 0
    parts: str = ""
    scale: float = 1.0
    wall: float = 0.0
    cpu: float = 0.0
    calls: int = 0
    pass_wall: float = 0.0
    pass_cpu: float = 0.0
    cold: float = 0.0
    cold_empty: float | None = None
    peak_bytes: int = 0
    difference: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    failure: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it is this project's own."""
        return self.who == "Whence"

    @property
    def whole_cpu(self) -> float:
        """CPU seconds for the whole size."""
        return self.cpu * self.scale

    @property
    def whole_wall(self) -> float:
        """Seconds on the clock for the whole size."""
        return self.wall * self.scale


def read(path: Path) -> list[Line]:
    """The lines of a file, none where there is no file."""
    if not path.exists():
        return []
    return [_line(json.loads(text)) for text in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, lines: Iterable[Line]) -> None:
    """Replaces the file."""
    path.write_text("".join(f"{json.dumps(asdict(line))}\n" for line in lines), encoding="utf-8")


def _line(fields: dict[str, Any]) -> Line:
    return Line(**{**fields, "run": Run(**fields["run"]), "size": Size(**fields["size"])})
