"""What every method gives back: a tidy table, a sentence, doubts, where it came from, a picture.

Statistics never draw and drawing never computes: between them stands `Result.frame`, and
`Result.figure` is made from it alone. Page, report and notebook therefore show the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pandas as pd

from .script import Script


@dataclass(frozen=True)
class Provenance:
    """How a result came to be. Filled in by the registry, never by hand.

    `method` is the importable name, `settings` every setting with its value, `subject` the
    fingerprint of what was analysed, `seconds` the wall time, `versions` the libraries' versions,
    `script` the Python that makes it again.
    """

    method: str
    title: str
    settings: Mapping[str, Any]
    subject: str
    rows: int
    seed: int | None
    seconds: float
    versions: Mapping[str, str]
    script: Script


@dataclass(frozen=True, kw_only=True)
class Result:
    """The base of every result.

    `frame` is tidy; `columns` (on the class) documents each of its columns. `summary` is one
    sentence a person can quote. `notes` hold assumptions, sampling and doubts.
    """

    #: What each column of `frame` means, with its unit or scale.
    columns: ClassVar[Mapping[str, str]] = {}

    frame: pd.DataFrame
    summary: str
    notes: tuple[str, ...] = ()
    provenance: Provenance | None = field(default=None, compare=False)

    def figure(self) -> Any:
        """A Plotly figure drawn from `frame` alone."""
        raise NotImplementedError(f"{type(self).__name__} draws no figure.")

    @property
    def title(self) -> str:
        """The heading under which page and report show it."""
        return self.provenance.title if self.provenance else type(self).__name__


@dataclass(frozen=True, kw_only=True)
class CheckResult(Result):
    """A result that may also judge: `passed` is None where it informs and does not judge."""

    passed: bool | None = None
