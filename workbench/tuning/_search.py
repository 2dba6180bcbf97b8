"""What is searched: the checked settings of a search, its folds and their doubts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from ..dataset import Dataset
from ..errors import DataError, ParameterError
from ..folds import Folds, make_folds
from ..metrics import Metric, Task, metrics_for
from ..models import FAMILIES, Family
from ..split import Rows
from ..target import Target
from ..train import FEWEST_ROWS, _prepare, read_training
from ..training import Training
from ._folds import EncodedFold
from ._last_round import LARGE, REPEATS, LastRound
from ._sampler import searched
from ._trial import Judge

#: What is asked of the loss of a number, in the order of `read_training`.
LOSS = ("objective", "quantile", "tweedie_power")
_USUAL = {"class_weight": None, "objective": None, "quantile": 0.5, "tweedie_power": 1.5}


@dataclass(frozen=True)
class Search:
    """What is searched, and within which budget; `doubts` are what the folds cannot see."""

    data: Dataset
    family: Family
    judge: Judge
    folds: Folds
    last_round: LastRound
    doubts: tuple[str, ...]
    rows: int
    trials: int | None
    seconds: float | None
    recipe: dict[str, Any]


def read_search(data: Dataset, values: dict[str, Any]) -> Search:
    """What is to be done, with everything checked that can be before the first trial."""
    if values["trials"] is None and values["seconds"] is None:
        raise ParameterError("Neither trials nor seconds were given.", "Give a budget: trials=30.")
    family = FAMILIES[values["family"]]
    if not searched(family):
        raise ParameterError(
            f"{family.title} has no settings to search.", "Tune another kind of model."
        )
    split = {name: values[name] for name in ("task", "positive", "test_share", "seed")}
    asked = {name: values[name] for name in ("class_weight", *LOSS)}
    target, parts, _ = _prepare(data, *split.values())
    training = read_training(family, target, *asked.values())
    recipe = {**split, **{name: value for name, value in asked.items() if value != _USUAL[name]}}
    if len(parts.train) < FEWEST_ROWS + values["folds"]:
        raise ParameterError(
            f"folds = {values['folds']} of {len(parts.train)} training rows are too small to "
            "compare settings by.",
            f"Bring at least {FEWEST_ROWS + values['folds']} training rows.",
        )
    made = make_folds(data, parts.train, target, values["folds"], values["seed"])
    encoded = tuple(
        EncodedFold.of(fold, data, target, training, values["seed"]) for fold in made.folds
    )
    judge = Judge(family, encoded, _metric(values["metric"], target.task, training))
    encode = partial(EncodedFold.of, data=data, target=target, training=training,
                     seed=values["seed"])  # fmt: skip
    anew, doubts = _dealt_anew(data, parts.train, target, values["folds"], values["seed"])
    return Search(
        data, family, judge, made, LastRound(judge, anew, encode),
        (*doubts, *_copies(data, parts.train)), len(parts.train), values["trials"],
        values["seconds"], recipe,
    )  # fmt: skip


def _dealt_anew(
    data: Dataset, rows: Rows, target: Target, count: int, seed: int
) -> tuple[tuple[Folds, ...], tuple[str, ...]]:
    """The folds of the last round, or why there are none."""
    if data.with_role("time"):
        why = "Rows that go forward in time make folds in one way only: the best of the search "
        return (), (f"{why}was not judged again on others.",)
    repeats = REPEATS if len(rows) < LARGE else 1
    try:
        made = tuple(make_folds(data, rows, target, count, seed + 1 + r) for r in range(repeats))
    except DataError as error:
        return (), (f"The best was not judged again on folds dealt anew: {error}",)
    return made, ()


def _copies(data: Dataset, rows: Rows) -> tuple[str, ...]:
    """A word where folds at random hold copies of what is learned from."""
    from ..findings.duplicate_rows import copies_beyond_chance

    if data.with_role("time") or data.with_role("group"):
        return ()
    seen = data.frame.iloc[rows][[*data.features, str(data.target)]]
    copies = copies_beyond_chance(seen)
    if not copies:
        return ()
    note = (
        f"{copies:,} of the {len(rows):,} training rows repeat another in every feature and the "
        "target. Where one is judged whose copy was learned from, the score is that of a memory, "
        "and favours deep trees. Drop the copies, or give the column that names what is repeated "
        "the role 'group', and search again."
    )
    return (note,)


def _metric(name: str | None, task: Task, training: Training) -> Metric:
    fitting = training.loss.metrics() if task == "regression" else metrics_for(task)
    if name is None:
        return fitting[0]
    found = [metric for metric in fitting if metric.name == name]
    if not found:
        raise ParameterError(
            f"metric = {name!r} does not fit this target.",
            f"Choose one of: {', '.join(m.name for m in fitting)}.",
        )
    return found[0]
