"""What a sample is: a table bundled in a package, and the question it is known for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from ..dataset import Role


@dataclass(frozen=True)
class SampleQuestion:
    """The causal question a sample is known for, and the `answer` it is known to have, with its
    source."""

    treatment: str
    outcome: str
    answer: str
    confounders: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    estimand: Literal["ATE", "ATT", "LATE"] = "ATE"


@dataclass(frozen=True)
class SampleDesign:
    """The question a sample is known for where a design answers it: `kind` names the design's page,
    `asked` are the settings of its question, `answer` is what is known of it, with its source."""

    kind: str
    asked: Mapping[str, Any]
    answer: str


@dataclass(frozen=True)
class Loaded:
    """A frame with readable levels, where it comes from and what was done to it; `features` where
    only some columns may be learnt from, `roles` that columns have."""

    frame: pd.DataFrame
    notes: tuple[str, ...]
    features: tuple[str, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """A bundled table: what it is (`says`), what one may ask of it (`asks`), what to predict, how
    it is loaded, and the causal `question` or the `design` it is known for."""

    name: str
    title: str
    asks: str
    says: str
    target: str
    load: Callable[[], Loaded]
    question: SampleQuestion | None = None
    design: SampleDesign | None = None


def with_levels(
    frame: pd.DataFrame, levels: Mapping[str, Mapping[str, str]], ordered: Collection[str] = ()
) -> pd.DataFrame:
    """Codes turned into categories with readable names, in the order given; `ordered` are those
    whose order means something."""
    named = {}
    for column, names in levels.items():
        codes = frame[column].astype("float64").astype("Int64").astype("str")
        kind = pd.CategoricalDtype(list(names.values()), ordered=column in ordered)
        named[column] = codes.map(names).astype(kind)
    return frame.assign(**named)


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers that a package stores as floats, whole again; short numbers made long."""
    numbers = frame.select_dtypes("number").astype("float64")
    exact = [c for c in numbers if (numbers[c] % 1 == 0).all()]
    return frame.assign(**numbers.astype(dict.fromkeys(exact, "int64")))
