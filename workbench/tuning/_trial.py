"""One trial: settings judged fold by fold, dropped as soon as they are clearly behind the best."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ..errors import AnalysisError
from ..metrics import Metric, Score
from ..models import Family
from ..progress import Progress, part
from ..transform import Floats
from ._folds import EncodedFold

State = Literal["complete", "dropped", "failed"]
#: What settings themselves can cause: anything else is a bug and is not caught.
FAILURES = (AnalysisError, ValueError, ArithmeticError)
#: A trial is dropped where it is behind the best by this many standard errors of the difference.
BEHIND = 2.0
#: Rounds of the first look at a family that grows, by how much more each further look takes, and
#: how many numbers of rounds are compared.
FIRST_LOOK, MORE, LOOKS = 100, 3, 16
#: The first look is enough where the best is no later than this share of it.
LATE = 0.75
#: The other folds grow so many times as long as the first fold's best: one fold's best comes by
#: chance much too early, and the mean of all may not be cut off there.
LONGER = 2.0


@dataclass(frozen=True)
class Trial:
    """Settings and how they did: `scores` holds one score per fold that was run."""

    number: int
    settings: Mapping[str, Any]
    scores: tuple[Score, ...] = ()
    state: State = "complete"
    seconds: float = 0.0
    says: str = ""

    @property
    def value(self) -> float:
        """The mean score over the folds that were run; NaN where there are none."""
        return float(np.mean([s.value for s in self.scores])) if self.scores else float("nan")

    @property
    def std_error(self) -> float:
        """Standard error of the mean over folds."""
        if len(self.scores) < 2:
            return float("nan")
        values = [s.value for s in self.scores]
        return float(np.std(values, ddof=1) / np.sqrt(len(values)))


@dataclass(frozen=True)
class Judge:
    """Runs trials of a family on the folds, by a metric."""

    family: Family
    folds: tuple[EncodedFold, ...]
    metric: Metric

    def trial(
        self,
        number: int,
        settings: Mapping[str, Any],
        best: Trial | None,
        progress: Progress,
        *,
        finds_rounds: bool,
    ) -> Trial:
        """The trial of some settings. With `finds_rounds` the number of rounds is read off the
        mean of the folds' curves, for a family that grows in rounds."""
        started = time.perf_counter()
        rounds = finds_rounds and self.family.rounds is not None
        run = self._growing if rounds else self._as_it_is
        try:
            made = run(Trial(number, settings), best, progress)
        except FAILURES as error:
            made = Trial(number, settings, state="failed", says=str(error))
        return replace(made, seconds=time.perf_counter() - started)

    def better(self, one: float, other: float) -> bool:
        """Whether one score is better than another."""
        return self.metric.gain(one, other) > 0

    def _as_it_is(self, trial: Trial, best: Trial | None, progress: Progress) -> Trial:
        for done, fold in enumerate(self.folds):
            estimator = fold.fitted(self.family, trial.settings, self._stretch(progress, done))
            score = self._score(fold, fold.judged(estimator), done)
            trial = replace(trial, scores=(*trial.scores, score))
            if self._is_behind(trial, best):
                return replace(trial, state="dropped")
        return trial

    def _growing(self, trial: Trial, best: Trial | None, progress: Progress) -> Trial:
        assert self.family.rounds is not None
        setting = self.family.rounds.setting
        first = self._first_curve(trial.settings, self._stretch(progress, 0))
        counts = tuple(first)
        curves = [list(first.values())]
        for done, fold in enumerate(self.folds):
            if done:
                bar = self._stretch(progress, done)
                grown = self._curve(fold, trial.settings, counts, bar, done)
                curves.append(list(grown.values()))
            at = self._place_of_best(curves)
            trial = replace(
                trial,
                settings={**trial.settings, setting: counts[at]},
                scores=tuple(curve[at] for curve in curves),
            )
            if self._is_behind(trial, best):
                return replace(trial, state="dropped")
        return trial

    def _first_curve(self, settings: Mapping[str, Any], progress: Progress) -> dict[int, Score]:
        """The first fold's score by rounds, grown until its best lies well inside; what lies far
        beyond the best is left away, so that the other folds need not grow that long."""
        low, high = self._bounds()
        most, begun = min(FIRST_LOOK, high), 0.0
        while True:
            # nobody knows how many looks it takes: each has half of the bar that is left
            bar, begun = part(progress, begun, (1 + begun) / 2), (1 + begun) / 2
            curve = self._curve(self.folds[0], settings, looks(low, most), bar, 0)
            best = tuple(curve)[self._place_of_best([list(curve.values())])]
            if best <= LATE * most or most >= high:
                break
            most = min(most * MORE, high)
        return {count: score for count, score in curve.items() if count <= best * LONGER}

    def _curve(
        self,
        fold: EncodedFold,
        settings: Mapping[str, Any],
        counts: Sequence[int],
        progress: Progress,
        done: int,
    ) -> dict[int, Score]:
        assert self.family.rounds is not None
        grown = {**settings, self.family.rounds.setting: counts[-1]}
        estimator = fold.fitted(self.family, grown, progress)
        after = self.family.rounds.after(estimator, fold.judged_codes, counts)
        return {
            count: self._score(fold, said, done) for count, said in zip(counts, after, strict=True)
        }

    def _bounds(self) -> tuple[int, int]:
        assert self.family.rounds is not None
        name = self.family.rounds.setting
        search = next(s.search for s in self.family.settings if s.name == name)
        assert search is not None
        assert search.low is not None
        assert search.high is not None
        return int(search.low), int(search.high)

    def _score(self, fold: EncodedFold, predicted: Floats, done: int) -> Score:
        score = self.metric.measure(fold.judged_y, predicted, fold.judged_weights)
        if not np.isfinite(score.value):
            raise AnalysisError(
                f"{self.metric.title} is not defined on the rows that fold {done + 1} is judged "
                "on: they do not differ in the target, or the prediction is no number.",
                "Use fewer folds, or another metric.",
            )
        return score

    def _place_of_best(self, curves: Sequence[Sequence[Score]]) -> int:
        """The first place where the mean of the folds' curves is best."""
        sign = 1 if self.metric.higher_is_better else -1
        mean = sign * np.mean([[score.value for score in curve] for curve in curves], axis=0)
        return int(mean.argmax())

    def _is_behind(self, trial: Trial, best: Trial | None) -> bool:
        """Whether the same rows show the trial worse than the best so far, beyond chance."""
        if best is None or len(trial.scores) == len(self.folds):
            return False
        gain, error = self.gain(trial.scores, best.scores)
        return gain < -BEHIND * error

    def gain(self, scores: Sequence[Score], others: Sequence[Score]) -> tuple[float, float]:
        """How much better some scores are than others on the same rows, fold by fold: the mean
        and its standard error, from the rows' influence on the difference. Folds that only one of
        the two has are left out."""
        pairs = tuple(zip(scores, others, strict=False))
        gain = float(np.mean([self.metric.gain(one.value, other.value) for one, other in pairs]))
        errors = [Score(0.0, one.influence - other.influence).std_error for one, other in pairs]
        return gain, float(np.sqrt(np.sum(np.square(errors)))) / len(pairs)

    def _stretch(self, progress: Progress, done: int) -> Progress:
        return part(progress, done / len(self.folds), (done + 1) / len(self.folds))


def looks(low: int, most: int) -> tuple[int, ...]:
    """The numbers of rounds that are compared: evenly in the logarithm, up to `most`."""
    first = min(max(low, most // 20), most)
    return tuple(int(c) for c in np.unique(np.geomspace(first, most, LOOKS).round()))
