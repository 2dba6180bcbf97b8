"""What a search says: its frame, the sentence and the notes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from ..figures import number
from ._last_round import Verdict, chosen
from ._sampler import searched, space_words
from ._search import Search
from ._trial import Trial
from .tuning import Tuning


def result_of(
    search: Search, made: list[Trial], verdicts: Mapping[int, Verdict], ended_early: bool
) -> Tuning:
    """The result as it is after these trials and, once it was held, the last round."""
    metric = search.judge.metric
    fresh = [verdicts.get(t.number, _UNKNOWN) for t in made]
    taken = chosen(made, verdicts, search.judge)
    value = pd.Series([t.value if t.state == "complete" else np.nan for t in made], dtype=float)
    best = (value.cummax() if metric.higher_is_better else value.cummin()).ffill()
    frame = pd.DataFrame(
        {
            "trial": [t.number for t in made],
            "state": [t.state for t in made],
            "score": [t.value for t in made],
            "std_error": [t.std_error for t in made],
            "best_so_far": best,
            "fresh_score": [v.score for v in fresh],
            "fresh_gain": [v.gain for v in fresh],
            "fresh_gain_error": [v.gain_error for v in fresh],
            "chosen": [t.number == taken for t in made],
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
        notes=_notes(search, made, verdicts, ended_early),
        family=search.family.name,
        recipe=search.recipe,
        ended_early=ended_early,
    )
    return replace(result, summary=_summary(search, result))


_UNKNOWN = Verdict(float("nan"), float("nan"), float("nan"))


def _summary(search: Search, result: Tuning) -> str:
    best, first = result.frame.iloc[result.best_trial], result.frame.iloc[0]
    title, said = search.judge.metric.title, number(best["score"])
    began = f"In {len(result.frame)} trial{'s' if len(result.frame) > 1 else ''}"
    where = f"of {search.family.title} by {len(search.folds.folds)}-fold cross-validation"
    if result.frame["fresh_gain"].iloc[1:].notna().any():
        return f"{began} {where} {_judged_again(result, title)}"
    if result.best_trial == 0:
        return f"{began} {where} nothing was better than the defaults ({title} {said})."
    default = number(first["score"]) if first["state"] == "complete" else "none: they failed"
    return (
        f"{began} {where} the best {title} was {said} (trial {result.best_trial}); "
        f"the defaults had {default}."
    )


def _judged_again(result: Tuning, title: str) -> str:
    again = result.frame.iloc[1:].dropna(subset="fresh_gain")
    best = again.nlargest(1, "fresh_gain").iloc[0]
    gain = f"{number(best['fresh_gain'], 3)} (standard error {number(best['fresh_gain_error'], 3)})"
    default = number(result.frame["fresh_score"].iloc[0])
    if result.best_trial == 0:
        return (
            "nothing was better than the defaults beyond one standard error, and they are kept: "
            f"on fresh folds {title} is {default}, the gain of the best (trial {best['trial']}) "
            f"{gain}."
        )
    return (
        f"trial {best['trial']} was the best: on fresh folds {title} is "
        f"{number(best['fresh_score'])}, that of the defaults {default}: better by {gain}."
    )


def _notes(
    search: Search, made: list[Trial], verdicts: Mapping[int, Verdict], ended_early: bool
) -> tuple[str, ...]:
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
    is_settled = ended_early or chosen(made, verdicts, search.judge) == 0
    notes += [*_last_words(search, verdicts, is_settled), *search.doubts, *_ends(made)]
    if search.seconds is not None:
        notes.append(
            f"The search had {number(search.seconds)} seconds; with another machine or another "
            "load it makes more or fewer trials."
        )
    if ended_early:
        of = f" of {search.trials}" if search.trials else ""
        notes.append(
            f"The search was stopped after {len(made)}{of} trials; its best is kept. It was not "
            "judged again on fresh folds."
        )
    return tuple(notes)


def _last_words(search: Search, verdicts: Mapping[int, Verdict], is_settled: bool) -> list[str]:
    """How the last round was held."""
    if not verdicts:
        if search.seconds is None or not search.last_round.repeats or is_settled:
            return []
        return ["The time was over before the best was judged again on fresh folds."]
    repeats = search.last_round.repeats
    times = "once" if len(repeats) == 1 else f"{len(repeats)} times"
    again = len(verdicts) - (0 in verdicts)
    note = (
        f"The best {f'{again} ' if again > 1 else ''}and the defaults were judged again on the "
        f"training rows, dealt anew {times} into {len(repeats[0].folds)} folds. The defaults are "
        "kept unless the best of these is better by more than one standard error of the paired "
        "difference (of the sampling of rows, not of another training)."
    )
    return [note]


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
