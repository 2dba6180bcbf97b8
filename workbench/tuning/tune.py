"""Searches for the settings of a family that predict best in cross-validation."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..class_weights import ClassWeight
from ..dataset import Dataset
from ..errors import ModelError, ParameterError
from ..figures import number
from ..folds import Folds, make_folds
from ..methods import Method
from ..metrics import TASKS, Metric, Task, metrics_for
from ..model import FittedModel
from ..models import FAMILIES, Family
from ..objectives import OBJECTIVES, ObjectiveName
from ..progress import Cancelled, Progress, part, silent
from ..settings import Setting, filled_in
from ..train import FEWEST_ROWS, _prepare, read_training, train
from ..training import Training
from ._folds import EncodedFold
from ._sampler import Sampler, searched, space_words
from ._trial import Judge, Trial
from .tuning import Tuning

#: What is asked of the loss of a number, in the order of `read_training`.
LOSS = ("objective", "quantile", "tweedie_power")
_USUAL = {"class_weight": None, "objective": None, "quantile": 0.5, "tweedie_power": 1.5}
#: Called after every trial with what the search has found so far.
Watch = Callable[[Tuning], None]


class _TimeIsUp(BaseException):
    """The seconds are over. Not an Exception: no handler of failures may swallow it."""


@dataclass(frozen=True)
class _Search:
    """What is searched, and within which budget."""

    data: Dataset
    family: Family
    judge: Judge
    folds: Folds
    rows: int
    trials: int | None
    seconds: float | None
    recipe: dict[str, Any]


def tune(
    data: Dataset,
    family: str = "xgboost",
    *,
    trials: int | None = 30,
    seconds: float | None = None,
    folds: int = 5,
    metric: str | None = None,
    task: Task | None = None,
    positive: str | None = None,
    objective: ObjectiveName | None = None,
    quantile: float = 0.5,
    tweedie_power: float = 1.5,
    class_weight: ClassWeight | None = None,
    test_share: float = 0.25,
    seed: int = 0,
    progress: Progress = silent,
    watch: Watch | None = None,
) -> Tuning:
    """Which settings of a family predict best in cross-validation on the training rows.

    The rows that `train` with the same `test_share` and `seed` holds out are never looked at.
    Trial 0 has the family's defaults, so what is found is never worse in cross-validation. Each
    family's file says where its settings are looked for; they are proposed by Optuna's
    tree-structured Parzen estimator. A family that grows in rounds is judged along the way, and
    the number of rounds is read off the mean of the folds' curves. A trial that is clearly behind
    the best on the same rows is dropped before its last fold. The search ends after `trials` or
    after `seconds`, whichever is sooner; either may be None, not both. `metric` is the name of a
    metric that fits, by default the first of the model's. What is asked of the training besides
    its settings (`objective`, `class_weight`, case weights) is asked of every trial.

    `watch` is called with the result so far after every trial. Raising `Cancelled` from `progress`
    or `watch` ends the search with the best so far; before the first trial is through there is
    none, and it goes on to the caller. The same seed and trials give the same answer; with a
    budget of time it depends on the machine.

    Raises `ParameterError` for a setting, `DataError` for a target that cannot be learned,
    `ModelError` where every trial fails.

    Source: Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011 (the sampler); Maron & Moore,
    Artificial Intelligence Review 11 (1997), for dropping trials in a race.
    """
    started = time.perf_counter()
    asked = {"family": family, "trials": trials, "seconds": seconds, "folds": folds,
             "metric": metric, "task": task, "positive": positive, "objective": objective,
             "quantile": quantile, "tweedie_power": tweedie_power, "class_weight": class_weight,
             "test_share": test_share, "seed": seed}  # fmt: skip
    values = filled_in(SETTINGS, asked)
    search = _searched(data, values)
    made: list[Trial] = []
    ended_early = False
    deadline = started + seconds if seconds is not None else float("inf")
    told = _until(deadline, progress, lambda: any(t.state == "complete" for t in made))

    def so_far(ended_early: bool) -> Tuning:
        result = _result(search, made, ended_early)
        took = time.perf_counter() - started
        return replace(result, provenance=_METHOD.provenance(data, values, took))

    try:
        for trial in _run(search, started, told):
            made.append(trial)
            if watch is not None and trial_counts(made):
                watch(so_far(False))
    except _TimeIsUp:
        pass
    except Cancelled:
        if not trial_counts(made):
            raise
        ended_early = True
    if not trial_counts(made):
        raise ModelError(
            f"All {len(made)} trials failed, the first with the defaults: {made[0].says}",
            "Use fewer folds or another metric, or train with the defaults to see what is wrong.",
        )
    return so_far(ended_early)


def tuned_model(data: Dataset, tuning: Tuning, *, progress: Progress = silent) -> FittedModel:
    """The model with the best settings a search on this data set found, trained on all of its
    training rows: `train(data, family, **tuning.best_settings)` with the search's task, share and
    seed.

    Raises `ParameterError` for another data set than the one that was searched on.
    """
    if tuning.provenance is None or tuning.provenance.subject != data.fingerprint:
        raise ParameterError(
            f"These settings were not found on {data.name} as it is now.",
            "Give the data set that was tuned on, or tune again.",
        )
    return train(data, tuning.family, **tuning.recipe, **tuning.best_settings, progress=progress)


def trial_counts(made: list[Trial]) -> bool:
    """Whether there is a complete trial: something that could be used."""
    return any(trial.state == "complete" for trial in made)


def _searched(data: Dataset, values: dict[str, Any]) -> _Search:
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
    return _Search(data, family, judge, made, len(parts.train), values["trials"],
                   values["seconds"], recipe)  # fmt: skip


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


def _run(search: _Search, started: float, progress: Progress) -> Iterator[Trial]:
    """The trials, one after the other: the defaults, the defaults with the best number of rounds,
    and then what the sampler proposes."""
    judge, family = search.judge, search.family
    sampler = Sampler(family, judge.metric.higher_is_better, search.recipe["seed"])
    defaults = {s.name: s.default for s in family.settings if s.search is not None}
    best: Trial | None = None
    last = search.trials if search.trials is not None else 10**9
    for n in range(last):
        is_known = n == 0 or (n == 1 and family.rounds is not None)
        ticket, settings = (None, defaults) if is_known else sampler.propose()
        bar = part(progress, *_share(search, n, started), _word(n, last, best, judge.metric))
        trial = judge.trial(n, settings, best, bar, finds_rounds=n > 0)
        if ticket is not None:
            sampler.learn(ticket, trial)
        elif n == 0:
            sampler.know(trial)
        if trial.state == "complete" and (best is None or judge.better(trial.value, best.value)):
            best = trial
        yield trial


def _share(search: _Search, n: int, started: float) -> tuple[float, float]:
    """How far the search is at the beginning and at the end of trial n, by the nearer budget."""
    begin = n / search.trials if search.trials else 0.0
    end = (n + 1) / search.trials if search.trials else 0.0
    if search.seconds is not None:
        spent = min((time.perf_counter() - started) / search.seconds, 1.0)
        return max(begin, spent), max(end, spent)
    return begin, end


def _word(n: int, last: int, best: Trial | None, metric: Metric) -> str:
    of = f" of {last}" if last < 10**9 else ""
    found = f", best {metric.title} so far {number(best.value)}" if best else ": the defaults"
    return f"Trial {n + 1}{of}{found}"


def _until(deadline: float, progress: Progress, may_end: Callable[[], bool]) -> Progress:
    """The progress that ends the search once the time is over and something was found."""

    def told(share: float, what: str = "", /) -> None:
        if time.perf_counter() > deadline and may_end():
            raise _TimeIsUp
        progress(share, what)

    return told


# The result


def _result(search: _Search, made: list[Trial], ended_early: bool) -> Tuning:
    metric = search.judge.metric
    value = pd.Series([t.value if t.state == "complete" else np.nan for t in made], dtype=float)
    best = (value.cummax() if metric.higher_is_better else value.cummin()).ffill()
    frame = pd.DataFrame(
        {
            "trial": [t.number for t in made],
            "state": [t.state for t in made],
            "score": [t.value for t in made],
            "std_error": [t.std_error for t in made],
            "best_so_far": best,
            "folds": [len(t.scores) for t in made],
            "seconds": [t.seconds for t in made],
            "settings": [json.dumps(dict(t.settings)) for t in made],
            "says": [t.says for t in made],
            "metric": metric.title,
            "higher_is_better": metric.higher_is_better,
        }
    )
    result = Tuning(
        frame=frame,
        summary="",
        notes=_notes(search, made, ended_early),
        family=search.family.name,
        recipe=search.recipe,
        ended_early=ended_early,
    )
    return replace(result, summary=_summary(search, result))


def _summary(search: _Search, result: Tuning) -> str:
    best, first = result.frame.iloc[result.best_trial], result.frame.iloc[0]
    title, said = search.judge.metric.title, number(best["score"])
    began = f"In {len(result.frame)} trial{'s' if len(result.frame) > 1 else ''}"
    where = f"of {search.family.title} by {len(search.folds.folds)}-fold cross-validation"
    if result.best_trial == 0:
        return f"{began} {where} nothing was better than the defaults ({title} {said})."
    default = number(first["score"]) if first["state"] == "complete" else "none: they failed"
    return (
        f"{began} {where} the best {title} was {said} (trial {result.best_trial}); "
        f"the defaults had {default}."
    )


def _notes(search: _Search, made: list[Trial], ended_early: bool) -> tuple[str, ...]:
    seed = search.recipe["seed"]
    space = "; ".join(space_words(s) for s in searched(search.family))
    notes = [
        (
            f"Searched on the {search.rows:,} training rows alone, in {search.folds.says} (seed "
            f"{seed}); the held-out rows were not looked at."
        ),
        (
            "The score of the best is the best of many and therefore too good: compare it with the "
            "defaults on the held-out rows before believing it."
        ),
        f"Where it was looked: {space}.",
        (
            "Settings were proposed by Optuna's tree-structured Parzen estimator (Bergstra et al. "
            "2011), after the defaults and ten drawn at random."
        ),
    ]
    if search.family.rounds is not None:
        notes.append(
            f"{search.family.rounds.setting} was not drawn: each trial grows until its first fold "
            "gets no better, and the number of rounds with the best mean over the folds is taken."
        )
    notes += _ends(made)
    if search.seconds is not None:
        notes.append(
            f"The search had {number(search.seconds)} seconds; with another machine or another "
            "load it makes more or fewer trials."
        )
    if ended_early:
        of = f" of {search.trials}" if search.trials else ""
        notes.append(f"The search was stopped after {len(made)}{of} trials; its best is kept.")
    return tuple(notes)


def _ends(made: list[Trial]) -> list[str]:
    """What became of the trials that are not complete."""
    notes = []
    dropped = sum(t.state == "dropped" for t in made)
    failed = [t for t in made if t.state == "failed"]
    if dropped:
        notes.append(
            f"{dropped} of {len(made)} trials were dropped before their last fold: on the same "
            "rows they were behind the best by more than two standard errors of the difference."
        )
    if failed:
        which = ", ".join(str(t.number) for t in failed[:10])
        notes.append(
            f"{len(failed)} of {len(made)} trials failed (trial {which}); the first: "
            f"{failed[0].says.rstrip('.')}."
        )
    return notes


SETTINGS = (
    Setting("family", "choice", "xgboost", "The kind of model", tuple(FAMILIES)),
    Setting("trials", "int", 30, "How many settings are tried", low=1, high=10_000, optional=True),
    Setting("seconds", "float", None, "How long it may take", low=0.1, high=1e6, optional=True),
    Setting("folds", "int", 5, "Folds of the cross-validation", low=2, high=20),
    Setting("metric", "text", None, "What makes settings better", optional=True),
    Setting("task", "choice", None, "The kind of target", TASKS, optional=True),
    Setting("positive", "text", None, "The positive class", optional=True),
    Setting("objective", "choice", None, "What training makes small", OBJECTIVES, optional=True),
    Setting("quantile", "float", 0.5, "The quantile", low=0.001, high=0.999),
    Setting("tweedie_power", "float", 1.5, "The power of the Tweedie loss", low=1, high=2),
    Setting("class_weight", "text", None, "What classes count", optional=True),
    Setting("test_share", "float", 0.25, "The share held out", low=0.05, high=0.9),
    Setting("seed", "int", 0, low=0, high=2**31 - 1),
)  # fmt: skip
_METHOD = Method("workbench.tune", "Tuning", "model", SETTINGS, tune)
