"""What a model family is: a builder of an unfitted estimator, with typed settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..metrics import Task
from ..settings import Setting, read_settings
from ..transform import Floats

#: On which scale a family's trees add up: log-odds (margin) or the prediction itself (response).
Additive = Literal["margin", "response"]


@dataclass(frozen=True)
class Learning:
    """What an estimator is built for: the task, which features are codes of levels, the seed."""

    task: Task
    is_category: tuple[bool, ...]
    seed: int


@dataclass(frozen=True)
class Rounds:
    """How a family that grows in rounds is looked at after fewer of them: `setting` counts them,
    `after(estimator, codes, counts)` gives for each count, in rising order, what the estimator
    would predict had it stopped there: values (n,) or probabilities (n, k)."""

    setting: str
    after: Callable[[Any, Floats, Sequence[int]], Iterator[Floats]]


@dataclass(frozen=True)
class Family:
    """A way to learn. `build(learning, **settings)` gives the unfitted estimator.

    `fit(estimator, codes, y, stop)` trains it and returns early once `stop` is set.
    `margin(estimator, codes)` is what its trees add up to before the link, (n,) or (n, k);
    None where they add up to the prediction itself. `rounds` is None where there are none to stop
    after.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    build: Callable[..., Any]
    fit: Callable[[Any, Floats, Floats, threading.Event], None]
    margin: Callable[[Any, Floats], Floats] | None
    says: str
    rounds: Rounds | None = None

    def additive_scale(self, task: Task) -> Additive:
        """The scale on which the family's trees add up for a task."""
        return "margin" if self.margin is not None and task != "regression" else "response"


_FAMILIES: dict[str, Family] = {}

#: Every registered family by name.
FAMILIES: Mapping[str, Family] = _FAMILIES

Builder = Callable[..., Any]


def fit_whole(estimator: Any, codes: Floats, y: Floats, stop: threading.Event) -> None:
    """Trains in one go: for estimators that are quick or cannot be stopped."""
    if not stop.is_set():
        estimator.fit(codes, y)


def family(
    title: str,
    *,
    fit: Callable[[Any, Floats, Floats, threading.Event], None] = fit_whole,
    margin: Callable[[Any, Floats], Floats] | None = None,
    rounds: Rounds | None = None,
) -> Callable[[Builder], Builder]:
    """Registers a builder `(learning, /, *, settings) -> estimator` as a model family."""

    def register(build: Builder) -> Builder:
        name = build.__name__
        says = (build.__doc__ or "").strip().partition("\n")[0]
        settings = read_settings(build)
        _FAMILIES[name] = Family(name, title, settings, build, fit, margin, says, rounds)
        return build

    return register
