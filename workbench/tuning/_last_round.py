"""The last round: the best few and the defaults, judged again on folds that chose nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..folds import Fold, Folds
from ..metrics import Score
from ..progress import Progress, named, part
from ._folds import EncodedFold
from ._trial import Judge, Trial

#: So many of the best are judged again, beside the defaults.
FINALISTS = 3
#: The folds are dealt anew so often; but once where a table is large.
REPEATS, LARGE = 2, 20_000
#: The defaults are kept unless another is better by so many standard errors of the difference.
WORTH = 1.0


@dataclass(frozen=True)
class Verdict:
    """How settings did on the fresh folds: the mean score, and by how much they are better than
    the defaults on the same rows, with its standard error (NaN where the defaults failed)."""

    score: float
    gain: float
    gain_error: float


@dataclass(frozen=True)
class LastRound:
    """The folds dealt anew, once per repeat, and how one of them is encoded."""

    judge: Judge
    repeats: tuple[Folds, ...]
    encode: Callable[[Fold], EncodedFold]

    def verdicts(self, made: Sequence[Trial], progress: Progress) -> dict[int, Verdict]:
        """The verdict of each finalist by its number; empty where the defaults are the best
        already, or there is nothing to judge on."""
        known = finalists(made, self.judge)
        if len(known) < 2 or not self.repeats:
            return {}
        progress = named(progress, "The best and the defaults again, on fresh folds")
        every = [fold for folds in self.repeats for fold in folds.folds]
        runs: dict[int, list[Trial]] = {trial.number: [] for trial in known}
        for done, fold in enumerate(every):
            bar = part(progress, done / len(every), (done + 1) / len(every))
            for trial in self._on(self.encode(fold), known, bar):
                runs[trial.number].append(trial)
        scores = {
            number: tuple(trial.scores[0] for trial in each)
            for number, each in runs.items()
            if all(trial.state == "complete" for trial in each)
        }
        return {number: self._verdict(each, scores.get(0)) for number, each in scores.items()}

    def _on(self, fold: EncodedFold, known: Sequence[Trial], progress: Progress) -> Sequence[Trial]:
        judge = replace(self.judge, folds=(fold,))
        return [
            judge.trial(trial.number, trial.settings, None,
                        part(progress, i / len(known), (i + 1) / len(known)), finds_rounds=False)
            for i, trial in enumerate(known)
        ]  # fmt: skip

    def _verdict(self, scores: Sequence[Score], defaults: Sequence[Score] | None) -> Verdict:
        mean = float(np.mean([score.value for score in scores]))
        if defaults is None:
            return Verdict(mean, float("nan"), float("nan"))
        folds = len(scores) // len(self.repeats)
        each = [
            self.judge.gain(scores[start : start + folds], defaults[start : start + folds])
            for start in range(0, len(scores), folds)
        ]
        # every repeat judges the same rows: more repeats do not make the rows more
        gain, error = np.mean(each, axis=0)
        return Verdict(mean, float(gain), float(error))


def finalists(made: Sequence[Trial], judge: Judge) -> tuple[Trial, ...]:
    """The defaults and the best complete trials that are better than they are."""
    complete = [trial for trial in made if trial.state == "complete"]
    first = [trial for trial in complete if trial.number == 0]
    better = [t for t in complete if not first or judge.better(t.value, first[0].value)]
    better.sort(key=lambda trial: -_upward(trial.value, judge))
    return (*first, *better[:FINALISTS])


def chosen(made: Sequence[Trial], verdicts: Mapping[int, Verdict], judge: Judge) -> int:
    """The number of the trial whose settings are taken: the best on the fresh folds, if it is
    better than the defaults beyond chance; without fresh folds the best of the search."""
    if not verdicts:
        complete = [trial for trial in made if trial.state == "complete"]
        return max(complete, key=lambda trial: _upward(trial.value, judge)).number
    number = max(verdicts, key=lambda n: _upward(verdicts[n].score, judge))
    verdict = verdicts[number]
    return 0 if verdict.gain <= WORTH * verdict.gain_error else number


def _upward(score: float, judge: Judge) -> float:
    return judge.metric.gain(score, 0.0)
