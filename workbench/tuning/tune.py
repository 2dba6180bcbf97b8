"""Searches for the settings of a family that predict best in cross-validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ..class_weights import ClassWeight
from ..dataset import Dataset
from ..errors import ModelError, ParameterError
from ..figures import number
from ..methods import Method
from ..metrics import TASKS, Metric, Task
from ..model import FittedModel
from ..models import FAMILIES
from ..objectives import OBJECTIVES, ObjectiveName
from ..progress import Cancelled, Progress, named, part, silent
from ..settings import Setting, filled_in
from ..train import train
from ._last_round import Verdict
from ._sampler import Sampler
from ._search import Search, read_search
from ._trial import Trial
from ._words import result_of
from .tuning import Tuning

#: This share of the time is for the search; the rest is for judging the best again.
SEARCHING = 0.8
#: Called after every trial with what the search has found so far.
Watch = Callable[[Tuning], None]


class _TimeIsUp(BaseException):
    """The seconds are over. Not an Exception: no handler of failures may swallow it."""


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
    the best on the same rows is dropped before its last fold.

    The best three and the defaults are then judged again on folds dealt anew (twice; once where
    there are 20,000 rows and more), and the defaults are kept unless the best of these is better
    by more than one standard error of the paired difference. There is no such last round where the
    rows go forward in time, which deals them in one way only.

    The search ends after `trials` or after four fifths of `seconds`, whichever is sooner, and the
    last round has what is left; either may be None, not both. `metric` is the name of a metric
    that fits, by default the first of the model's. What is asked of the training besides its
    settings (`objective`, `class_weight`, case weights) is asked of every trial.

    `watch` is called with the result so far after every trial. Raising `Cancelled` from `progress`
    or `watch` ends it with the best so far, not judged again; before the first trial is through
    there is none, and it goes on to the caller. The same seed and trials give the same answer;
    with a budget of time it depends on the machine.

    Raises `ParameterError` for a setting, `DataError` for a target that cannot be learned,
    `ModelError` where every trial fails.

    Source: Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011 (the sampler); Maron & Moore,
    Artificial Intelligence Review 11 (1997), for dropping trials in a race; Breiman, Friedman,
    Olshen & Stone, "Classification and Regression Trees" (1984), section 3.4.3, for the rule of one
    standard error; Cawley & Talbot, JMLR 11 (2010), for why the best of many is judged again.
    """
    started = time.perf_counter()
    asked = {"family": family, "trials": trials, "seconds": seconds, "folds": folds,
             "metric": metric, "task": task, "positive": positive, "objective": objective,
             "quantile": quantile, "tweedie_power": tweedie_power, "class_weight": class_weight,
             "test_share": test_share, "seed": seed}  # fmt: skip
    values = filled_in(SETTINGS, asked)
    search = read_search(data, values)
    made: list[Trial] = []
    verdicts: dict[int, Verdict] = {}
    ended_early = False
    limit = seconds if seconds is not None else float("inf")
    told = partial(_until, progress, lambda: trial_counts(made))

    def so_far() -> Tuning:
        result = result_of(search, made, verdicts, ended_early)
        took = time.perf_counter() - started
        return replace(result, provenance=_METHOD.provenance(data, values, took))

    try:
        bar = part(told(started + SEARCHING * limit), 0, SEARCHING)
        for trial in _in_time(_run(search, started, bar)):
            made.append(trial)
            if watch is not None and trial_counts(made):
                watch(so_far())
        bar = part(told(started + limit), SEARCHING, 1)
        verdicts = search.last_round.verdicts(made, bar)
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
    return so_far()


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


def _run(search: Search, started: float, progress: Progress) -> Iterator[Trial]:
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
        bar = named(part(progress, *_share(search, n, started)), _word(n, last, best, judge.metric))
        trial = judge.trial(n, settings, best, bar, finds_rounds=n > 0)
        if ticket is not None:
            sampler.learn(ticket, trial)
        elif n == 0:
            sampler.know(trial)
        if trial.state == "complete" and (best is None or judge.better(trial.value, best.value)):
            best = trial
        yield trial


def _share(search: Search, n: int, started: float) -> tuple[float, float]:
    """How far the search is at the beginning and at the end of trial n, by the nearer budget."""
    begin = n / search.trials if search.trials else 0.0
    end = (n + 1) / search.trials if search.trials else 0.0
    if search.seconds is not None:
        spent = min((time.perf_counter() - started) / (SEARCHING * search.seconds), 1.0)
        return max(begin, spent), max(end, spent)
    return begin, end


def _word(n: int, last: int, best: Trial | None, metric: Metric) -> str:
    of = f" of {last}" if last < 10**9 else ""
    found = f", best {metric.title} so far {number(best.value)}" if best else ": the defaults"
    return f"Trial {n + 1}{of}{found}"


def _in_time(trials: Iterator[Trial]) -> Iterator[Trial]:
    """The trials until the time is over."""
    try:
        yield from trials
    except _TimeIsUp:
        return


def _until(progress: Progress, may_end: Callable[[], bool], deadline: float) -> Progress:
    """The progress that ends the search once the time is over and something was found."""

    def told(share: float, what: str = "", /) -> None:
        if time.perf_counter() > deadline and may_end():
            raise _TimeIsUp
        progress(share, what)

    return told


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
