"""What a model family is: a builder of an unfitted estimator, with typed settings."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..metrics import Task
from ..objectives import Objective, ObjectiveName
from ..settings import Setting, read_settings
from ..transform import Floats

#: On which scale a family's trees add up: log-odds (margin) or the prediction itself (response).
Additive = Literal["margin", "response"]


@dataclass(frozen=True)
class Learning:
    """What an estimator is built for: the task, which inputs are codes of levels, the seed,
    the column each input is made from (a date is several), and which loss of a number is made
    small."""

    task: Task
    is_category: tuple[bool, ...]
    seed: int
    columns: tuple[str, ...] = ()
    objective: Objective = field(default=Objective())


@dataclass(frozen=True)
class Lesson:
    """The rows that are learned from: codes (n, p), target (n,), and what every row weighs, (n,);
    None where all weigh the same. `is_category` says which columns are codes of levels."""

    codes: Floats
    y: Floats
    weights: Floats | None = None
    is_category: tuple[bool, ...] = ()


class Watch:
    """Between the thread that trains and the person who waits: how far, and whether to stop."""

    def __init__(self) -> None:
        self.share = 0.0
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether the person wants to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Asks the training to end at the next chance."""
        self._stop.set()


Fit = Callable[[Any, Lesson, Watch], None]


@dataclass(frozen=True)
class Losses:
    """What training makes small, after every round from the first, (rounds,): on the rows that are
    learned from, and on those that tell when to stop; `rows` are how many these and those were."""

    learned: tuple[float, ...]
    judged: tuple[float, ...]
    rows: tuple[int, int]

    @classmethod
    def on(
        cls, lesson: Lesson, judge: Lesson, learned: Sequence[float], judged: Sequence[float]
    ) -> Losses:
        """The losses on the rows of both."""
        return cls(tuple(learned), tuple(judged), (len(lesson.y), len(judge.y)))

    @property
    def best(self) -> int:
        """The number of rounds after which the loss on the judging rows is least; the fewest."""
        return self.judged.index(min(self.judged)) + 1


Until = Callable[[Any, Lesson, Lesson, int, Watch], Losses]


@dataclass(frozen=True)
class Rounds:
    """What can be done with a family that grows in rounds; `setting` counts them.

    `after(estimator, codes, counts)` gives for each count, in rising order, what the estimator
    would predict had it stopped there: values (n,) or probabilities (n, k).
    `until(estimator, lesson, judge, patience, watch)` trains until so many rounds have brought
    nothing better on the rows of `judge`, and leaves the estimator as it was at the best.
    """

    setting: str
    after: Callable[[Any, Floats, Sequence[int]], Iterator[Floats]]
    until: Until


#: What a library holds in single precision, with about seven digits.
Single = tuple[Literal["columns", "target"], ...]
Tells = Callable[[Mapping[str, Any], Any, int], tuple[str, ...]]


@dataclass(frozen=True)
class Family:
    """A way to learn. `build(learning, **settings)` gives the unfitted estimator.

    `fit(estimator, lesson, watch)` trains it, says how far it is, and returns early once the watch
    is stopped.
    `margin(estimator, codes)` is what its trees add up to before the link, (n,) or (n, k);
    None where they add up to the prediction itself. `needs` names a library that is an extra,
    `objectives` the losses of a number that it can make small. `rounds` is None where there are
    none to stop after. `tells(settings, estimator, rows)` are the notes on what was decided for so
    many training rows because it was not asked. `single` is what its library holds in single
    precision.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    build: Callable[..., Any]
    fit: Fit
    margin: Callable[[Any, Floats], Floats] | None
    says: str
    needs: str | None = None
    objectives: tuple[ObjectiveName, ...] = ("squared",)
    rounds: Rounds | None = None
    tells: Tells = lambda _asked, _estimator, _rows: ()
    single: Single = ()

    @property
    def is_available(self) -> bool:
        """Whether the library it needs, an extra, is installed here."""
        return self.needs is None or importlib.util.find_spec(self.needs) is not None

    def additive_scale(self, task: Task) -> Additive:
        """The scale on which the family's trees add up for a task."""
        return "margin" if self.margin is not None and task != "regression" else "response"


_FAMILIES: dict[str, Family] = {}

#: Every registered family by name.
FAMILIES: Mapping[str, Family] = _FAMILIES

Builder = Callable[..., Any]


def fit_whole(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    """Trains in one go: for estimators that are quick or cannot be stopped."""
    if not watch.stopped:
        estimator.fit(lesson.codes, lesson.y, sample_weight=lesson.weights)


def family(
    title: str,
    *,
    fit: Fit = fit_whole,
    margin: Callable[[Any, Floats], Floats] | None = None,
    needs: str | None = None,
    objectives: tuple[ObjectiveName, ...] = ("squared",),
    rounds: Rounds | None = None,
    tells: Tells = lambda _asked, _estimator, _rows: (),
    single: Single = (),
) -> Callable[[Builder], Builder]:
    """Registers a builder `(learning, /, *, settings) -> estimator` as a model family."""

    def register(build: Builder) -> Builder:
        name = build.__name__
        says = (build.__doc__ or "").strip().partition("\n")[0]
        settings = read_settings(build)
        _FAMILIES[name] = Family(
            name,
            title,
            settings,
            build,
            fit,
            margin,
            says,
            needs,
            objectives,
            rounds,
            tells,
            single,
        )
        return build

    return register
