"""The rows asked about, and beside them those of the other part: held out and learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import pandas as pd

from ..figures import GREY, number
from ..model import FittedModel
from ..progress import Progress, part
from ._rows import OTHER, PART_NAMES, ClassRows, Judged, JudgedOn, class_rows, judged

#: What the column `part` of a frame means.
PART = "test (held out) or train (learned from); first the part that was asked for"
PART_WORDS: Mapping[str, str] = {"test": "held out", "train": "learned from"}


class Rows(Protocol):
    """Rows of a part, whatever they hold."""

    @property
    def part(self) -> JudgedOn:
        """Which part."""
        ...


S = TypeVar("S", bound=Rows)


def both_parts(
    read: Callable[[JudgedOn, Progress], S], asked: JudgedOn, progress: Progress
) -> tuple[S, S]:
    """The rows asked about and those of the other part."""
    return read(asked, part(progress, 0, 0.5)), read(OTHER[asked], part(progress, 0.5, 1))


def judged_sides(model: FittedModel, asked: JudgedOn, progress: Progress) -> tuple[Judged, ...]:
    """Both parts with what the model says of them."""
    return both_parts(lambda rows, bar: judged(model, rows, bar), asked, progress)


def class_sides(
    model: FittedModel, asked: JudgedOn, target_class: str | None, progress: Progress
) -> tuple[ClassRows, ...]:
    """Both parts with one class against the rest; the other one only where it has both kinds.

    Raises `NotApplicable` where the rows asked about are all of the class, or none is.
    """
    here, there = both_parts(
        lambda rows, bar: class_rows(model, rows, target_class, bar), asked, progress
    )
    here.require_both()
    return (here, there) if there.has_both else (here,)


def beside(sides: Sequence[S], make: Callable[[S], pd.DataFrame]) -> pd.DataFrame:
    """The frames of the parts below one another, the column `part` first."""
    frames = [make(side) for side in sides]
    for side, frame in zip(sides, frames, strict=True):
        frame.insert(0, "part", side.part)
    return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True)
class Look:
    """How a part is drawn: the rows asked about in full colour, the others in grey and dotted."""

    is_asked: bool
    words: str

    def colour(self, own: str) -> str:
        """The colour of what is drawn."""
        return own if self.is_asked else GREY

    @property
    def dash(self) -> str:
        """The dash of a line."""
        return "solid" if self.is_asked else "dot"


def drawn_sides(frame: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, Look]]:
    """Each part's lines of a frame with how to draw them, those asked about last: on top."""
    for name in reversed(frame["part"].unique()):
        yield frame[frame["part"] == name], Look(name == frame["part"].iloc[0], PART_WORDS[name])


def asked_for(frame: pd.DataFrame) -> pd.DataFrame:
    """The lines of the part that was asked for."""
    shown: pd.DataFrame = frame[frame["part"] == frame["part"].iloc[0]]
    return shown


def gap(sides: Sequence[Any], what: str, values: Sequence[float], unit: str = "") -> str:
    """One figure of both parts in a sentence."""
    here, there = (f"{number(value, 3)}{unit}" for value in values)
    names = [PART_NAMES[side.part] for side in sides]
    return f"On the {names[1]} rows {what} is {there}, on the {names[0]} rows {here}."
