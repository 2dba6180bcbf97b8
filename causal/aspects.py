"""What is asked of an effect before it is believed, one question after the other, and how much each
answer lets the verdict say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.progress import Progress, part

from .analysis import (
    DIFFERENCES,
    Analysis,
    analyse,
)
from .checks.balance import BALANCED, balance, balance_of
from .checks.no_effect import LEVEL, SEEN
from .checks.omitted_variable_bounds import bounds_of
from .checks.overlap import LEAST_EFFECTIVE, MOST_OUTSIDE, overlap, overlap_of
from .checks.placebo_outcome import Before, placebos, untouched
from .checks.placebo_treatment import placebo_treatment
from .checks.robustness_value import NOBODY, robustness_value
from .checks.times import times_in_words
from .compare_estimators import part_ways
from .effect import EffectEstimate, number, p_in_words
from .estimators.aipw import Nuisances, aipw_analysis, aipw_of, drawn_scores
from .estimators.double_machine_learning import double_machine_learning
from .estimators.doubly_robust_late import doubly_robust_late
from .estimators.front_door import front_door, front_door_analysis
from .estimators.linear_regression import linear_regression
from .estimators.standardisation import standardisation
from .estimators.two_stage_least_squares import two_stage_least_squares
from .estimators.weighting import weighting
from .identify import Identification
from .instrumental import instrumental
from .question import CausalQuestion

CANNOT, NOT_TRUSTED, IN_DOUBT, NO_EFFECT, FRAGILE, AS_FAR, HOLDS = LEVELS = (
    "cannot be answered",
    "not to be trusted",
    "in doubt",
    "no effect seen",
    "fragile",
    "holds as far as it was checked",
    "holds under the assumptions",
)
#: Worse than the limits at which overlap and balance fail: the estimate is then not to be trusted.
FAR_OUTSIDE, HARDLY_EFFECTIVE, FAR_FROM_BALANCED = 0.1, 0.2, 0.25
#: Shuffles by which a placebo treatment that failed is asked again: 1 in 20 fails by chance.
MORE_SHUFFLES = 400
#: Of the outcomes that the treatment cannot have changed this many are tried.
MOST_CONTROLS = 3
#: For the ATT and the ATC so many of the strongest columns are left out in turn to compare with.
MOST_BENCHMARKS = 3
FOLDS = 5
Way = Literal["adjustment", "instrument", "front door"]
Made = TypeVar("Made")


@dataclass(frozen=True)
class Aspect:
    """One question and its answer. `at_best`: the best level the verdict can have with it;
    `because`: what the verdict says of it, where it is what decides. `what`: the check in short."""

    aspect: str
    what: str
    finding: str
    figure: str = ""
    value: float = float("nan")
    limit: float = float("nan")
    passed: bool | None = None
    at_best: str = HOLDS
    because: str = ""
    was_asked: bool = True


@dataclass(frozen=True)
class Estimated:
    """The estimate that the verdict is about, by the way it was had, with its rows; what was
    learned for it, where that was AIPW."""

    name: str
    way: Way
    result: EffectEstimate
    analysis: Analysis
    learned: Nuisances | None = None

    @property
    def row(self) -> pd.Series:
        """Estimate and interval."""
        return self.result.frame.iloc[0]

    @property
    def is_seen(self) -> bool:
        """The 95 % interval leaves out no effect."""
        return leaves_out(self.row, self.result.no_effect)


def leaves_out(row: pd.Series, no_effect: float) -> bool:
    """Whether an interval leaves out no effect; one that could not be had does not."""
    return bool(row["conf_low"] > no_effect or row["conf_high"] < no_effect)


# May it be answered?

_ANSWERED = "May it be answered?"


def way_to(question: CausalQuestion, found: Identification) -> tuple[Way | None, Aspect]:
    """How the effect can be had, and the answer in words."""
    if question.estimand == "LATE":
        return _by_instrument(question)
    if found.is_identified:
        passed = Aspect(_ANSWERED, "identification", found.summary, passed=True,
                        figure="sets to adjust for", value=float((found.frame["way"] == "back door")
                                                                 .sum()))  # fmt: skip
        return "adjustment", passed
    if "front door" in set(found.frame["way"]):
        return "front door", Aspect(_ANSWERED, "identification", found.summary, passed=True)
    because = f"{found.summary[:1].lower()}{found.summary[1:]}".rstrip(".")
    return None, Aspect(
        _ANSWERED, "identification", found.summary, passed=False, figure="sets to adjust for",
        value=0.0, limit=1.0, at_best=CANNOT, because=because,
    )  # fmt: skip


def _by_instrument(question: CausalQuestion) -> tuple[Way | None, Aspect]:
    given = _answer(lambda: instrumental(question))
    if isinstance(given, str):
        return None, Aspect(_ANSWERED, "identification", given, passed=False, at_best=CANNOT,
                            because=given.rstrip("."))  # fmt: skip
    return "instrument", Aspect(
        _ANSWERED, "identification",
        f"For those whom it moves, by {_listed(given.names)} as instrument, if it is one.",
        figure="instruments", value=float(len(given.names)), passed=True,
    )  # fmt: skip


# How large is it, and do two estimators agree?

_SIZE = "How large is it?"
_Estimator = Callable[..., EffectEstimate]


def estimate(
    question: CausalQuestion, way: Way, seed: int, progress: Progress
) -> tuple[Estimated | None, Aspect]:
    """The estimate that the verdict is about, or why there is none.

    By AIPW for a treatment with levels, by linear regression for an amount, and where AIPW has too
    few rows; by two-stage least squares for an instrument.
    """
    found = _answer(lambda: _main(question, way, seed, progress))
    if isinstance(found, str):
        return None, Aspect(_SIZE, "estimate", found, passed=False, at_best=CANNOT,
                            because=found.rstrip("."))  # fmt: skip
    return found, _size(question, found)


def _main(question: CausalQuestion, way: Way, seed: int, progress: Progress) -> Estimated:
    if way == "instrument":
        made = two_stage_least_squares(question, progress=progress)
        rows = instrumental(question).analysis
        return Estimated("two-stage least squares", way, made, rows)
    if way == "front door":
        made = front_door(question, seed=seed, progress=progress)
        return Estimated("the front door", way, made, front_door_analysis(question))
    if not question.treated.is_amount:
        try:
            return _aipw(question, seed, progress)
        except NotApplicable:
            if question.estimand not in DIFFERENCES or question.scale != "difference":
                raise  # no regression answers this, and why AIPW does not is the reason
    made = linear_regression(question, progress=progress)
    return Estimated("linear regression", way, made, analyse(question))


def _aipw(question: CausalQuestion, seed: int, progress: Progress) -> Estimated:
    analysis = aipw_analysis(question)
    learned, found, said = drawn_scores(analysis, FOLDS, None, seed, progress)
    made = aipw_of(analysis, learned, FOLDS, found, said)
    return Estimated("AIPW", "adjustment", made, analysis, learned)


def _size(question: CausalQuestion, found: Estimated) -> Aspect:
    about_rows = found.analysis.notes
    doubts = [n for n in found.result.notes if n.startswith("Warning") and n not in about_rows]
    says = " ".join([found.result.summary, *doubts])
    at_best, because = HOLDS, ""
    if not found.is_seen:
        at_best = NO_EFFECT
    if doubts or not np.isfinite(found.row["std_error"]):
        at_best = IN_DOUBT
        because = f"the estimate by {found.name} warns of itself"
    if found.is_seen and question.outcome not in question.graph.descendants(question.treatment):
        at_best = NOT_TRUSTED
        because = "an effect is found where the graph says that there is none"
    return Aspect(_SIZE, "estimate", says, figure="estimate", value=float(found.row["estimate"]),
                  limit=question.no_effect, at_best=at_best, because=because)  # fmt: skip


_AGREE = "Do two estimators agree?"


def agreement(question: CausalQuestion, found: Estimated, seed: int, progress: Progress) -> Aspect:
    """Whether an estimator that assumes other things finds about the same."""
    other = _second(question, found, seed, progress)
    if other is None:
        return _not_asked(_AGREE, "a second estimator", "no other estimator answers it")
    name, row = other
    first = found.row
    pair = f"{_capital(found.name)} finds {_with_interval(first)}, {name} {_with_interval(row)}"
    apart = abs(float(row["estimate"] - first["estimate"]))
    says, passed, at_best, because = _compared(question, found, name, row)
    return Aspect(
        _AGREE, "a second estimator", f"{pair}: {says}.", passed=passed, at_best=at_best,
        because=because, figure="distance of the two estimates", value=apart,
    )  # fmt: skip


def _compared(
    question: CausalQuestion, found: Estimated, name: str, row: pd.Series
) -> tuple[str, bool, str, str]:
    """What a second estimate says of the first: in words, whether it agrees, the best level, and
    why."""
    first = found.row
    if part_ways(first, row):
        because = (
            f"{found.name} ({number(first['estimate'])}) and {name} ({number(row['estimate'])}) "
            "part by more than their intervals allow"
        )
        return "further apart than their intervals allow", False, IN_DOUBT, because
    if found.is_seen and not leaves_out(row, question.no_effect):
        because = f"by {name} it is not told from no effect"
        return "only the first is told from no effect", False, FRAGILE, because
    return "no further apart than their intervals allow", True, HOLDS, ""


def _second(
    question: CausalQuestion, found: Estimated, seed: int, progress: Progress
) -> tuple[str, pd.Series] | None:
    others: list[tuple[str, _Estimator, dict[str, int]]] = [
        ("linear regression", linear_regression, {}),
        ("double machine learning", double_machine_learning, {"seed": seed}),
        ("standardisation", standardisation, {}),
        ("weighting", weighting, {}),
    ]
    if found.way == "instrument":
        others = [("the doubly robust LATE", doubly_robust_late, {"seed": seed})]
    if found.way == "front door":
        others = []
    if not question.treated.is_amount:  # there it is variance-weighted, and answers the ATO
        others = [each for each in others if each[1] is not double_machine_learning]
    for name, estimator, settings in others:
        if name == found.name:
            continue
        made = _answer(partial(estimator, question, progress=progress, **settings))
        if not isinstance(made, str) and made.frame["estimand"].iloc[0] == question.estimand:
            return name, made.frame.iloc[0]
    return None


# Who is compared?

_COUNTERPART = "Has every row a counterpart?"
_ALIKE = "Are the arms alike after weighting?"


def counterparts(
    question: CausalQuestion, found: Estimated, seed: int, progress: Progress
) -> Aspect:
    """Overlap."""
    if found.way != "adjustment":
        return _not_asked(_COUNTERPART, "overlap", _OF_ADJUSTMENT)
    made = _answer(
        lambda: (
            overlap_of(found.analysis, found.learned.chance)
            if found.learned is not None and question.treated.is_binary
            else overlap(question, seed=seed, progress=progress)
        )
    )
    if isinstance(made, str):
        return _not_asked(_COUNTERPART, "overlap", made)
    left = _effective_share(question, made.frame)
    at_best = HOLDS if made.passed else IN_DOUBT
    if made.outside > FAR_OUTSIDE or left < HARDLY_EFFECTIVE:
        at_best = NOT_TRUSTED
    is_outside = made.outside > MOST_OUTSIDE
    because = (
        f"{made.outside:.0%} of the rows asked about have hardly a counterpart in the other arm: "
        "the effect on them is guessed"
        if is_outside
        else f"in one arm the weights are worth only {made.worth:.1%} of its rows"
    )
    return Aspect(
        _COUNTERPART, "overlap", made.summary, passed=made.passed, at_best=at_best,
        figure="share of the rows asked about without a counterpart" if is_outside
        else "share of an arm's rows that its weights are worth",
        value=made.outside if is_outside else made.worth,
        limit=MOST_OUTSIDE if is_outside else LEAST_EFFECTIVE,
        because="" if at_best == HOLDS else because,
    )  # fmt: skip


def _effective_share(question: CausalQuestion, frame: pd.DataFrame) -> float:
    """What the weights of an arm are worth, as a share of its rows or of those asked about if they
    are fewer: many rows unlike these do no harm."""
    arms = frame.groupby("is_treated")[["effective_rows", "effective_before"]].first()
    rows = arms["effective_before"]
    asked = {"ATT": rows[True], "ATC": rows[False]}.get(question.estimand, rows.sum())
    return float((arms["effective_rows"] / np.minimum(rows, asked)).min())


def alike(question: CausalQuestion, found: Estimated, seed: int, progress: Progress) -> Aspect:
    """Balance."""
    if found.way != "adjustment":
        return _not_asked(_ALIKE, "balance", _OF_ADJUSTMENT)
    made = _answer(
        lambda: (
            balance_of(found.analysis, found.learned.chance)
            if found.learned is not None and question.treated.is_binary
            else balance(question, seed=seed, progress=progress)
        )
    )
    if isinstance(made, str):
        return _not_asked(_ALIKE, "balance", made)
    size = made.frame["smd_after"].abs()
    if not size.notna().any():
        return _not_asked(_ALIKE, "balance", "no column varies within the arms")
    worst = made.frame.iloc[int(size.fillna(0).to_numpy().argmax())]
    most = float(size.max())
    return Aspect(
        _ALIKE, "balance", made.summary, passed=made.passed,
        figure="largest standardised difference after weighting", value=most, limit=BALANCED,
        at_best=HOLDS if made.passed else NOT_TRUSTED if most > FAR_FROM_BALANCED else IN_DOUBT,
        because="" if made.passed
        else f"after weighting the arms still differ in {worst['term']} by {most:.2f} standard "
        "deviations",
    )  # fmt: skip


# Does the analysis stay silent where there is nothing?

_SHUFFLED = "Is it silent about a shuffled treatment?"
_UNTOUCHED = "Is it silent about what the treatment cannot have changed?"


def shuffled(question: CausalQuestion, found: Estimated, seed: int, progress: Progress) -> Aspect:
    """A placebo treatment, or instrument; one that fails is asked again, as one in twenty fails by
    chance."""
    if found.way == "front door":
        return _not_asked(_SHUFFLED, "a placebo treatment", _OF_ADJUSTMENT)
    by = _closed_form(found)
    made = _answer(
        lambda: placebo_treatment(
            question, estimator=by, seed=seed, progress=part(progress, 0.0, 0.5)
        )
    )
    if isinstance(made, str):
        return _not_asked(_SHUFFLED, "a placebo treatment", made)
    if not made.passed:
        made = placebo_treatment(
            question,
            estimator=by,
            repeats=MORE_SHUFFLES,
            seed=seed + 1,
            progress=part(progress, 0.5, 1.0),
        )
    placebo = made.frame[made.frame["kind"] == "placebo"]
    return Aspect(
        _SHUFFLED, "a placebo treatment", made.summary, passed=made.passed,
        figure="share of shuffles with an effect", value=float(placebo["finds_effect"].mean()),
        limit=made.most_found / len(placebo), at_best=HOLDS if made.passed else NOT_TRUSTED,
        because="" if made.passed
        else f"an effect is found of {_an_instrument(found)} that was shuffled",
    )  # fmt: skip


def unmoved(
    question: CausalQuestion, found: Estimated, known: Identification, seed: int,
    progress: Progress,
) -> Aspect:  # fmt: skip
    """Placebo outcomes: earlier ones by name, else the first that the graph implies."""
    what = "a placebo outcome"
    if found.way == "front door":
        return _not_asked(_UNTOUCHED, what, _OF_ADJUSTMENT)
    if question.scale != "difference":
        return _not_asked(_UNTOUCHED, what, "effects on other outcomes are taken as differences")
    is_control = known.frame["way"] == "negative control outcome"  # of the treatment
    controls = known.frame.loc[is_control & (found.way == "adjustment"), "variables"]
    known_columns = untouched(question, controls)
    columns = dict(list(known_columns.items())[:MOST_CONTROLS])
    if not columns:
        return Aspect(
            _UNTOUCHED, what,
            f"No column is known that {question.treatment} cannot have changed and that shares its "
            "causes with the outcome. What is assumed was not put to any test.",
            was_asked=False,
        )  # fmt: skip
    by = _closed_form(found) if found.learned is None else "aipw"
    before = Before(found.row, found.analysis, found.learned)
    made = _answer(lambda: placebos(question, columns, by, seed, progress, before))
    if isinstance(made, str):
        return _not_asked(_UNTOUCHED, what, made)
    placebo = made.frame[made.frame["kind"] == "placebo"]
    failed = placebo[placebo["p_adjusted"] < LEVEL]
    # What is adjusted for in the analysis is not adjusted for here: then the check is the stricter.
    is_stricter = set(failed["column"]) <= set(found.analysis.adjusted_for)
    because = "" if made.passed else _moved(question, failed, is_stricter)
    left = len(known_columns) - len(columns)
    says = f"{_capital(because)}." if len(failed) and is_stricter else made.summary
    return Aspect(
        _UNTOUCHED, what, says + (f" Of such columns {left} more were not tried." if left else ""),
        passed=made.passed, figure="smallest p-value (Holm)",
        value=float(placebo["p_adjusted"].min()), limit=LEVEL, because=because,
        at_best=HOLDS if made.passed else IN_DOUBT if is_stricter else NOT_TRUSTED,
    )  # fmt: skip


def _moved(question: CausalQuestion, failed: pd.DataFrame, is_stricter: bool) -> str:
    first = failed.iloc[int(failed["p_value"].to_numpy().argmin())]
    text = (
        f"the same analysis finds an effect on {first['column']} ({number(first['estimate'])}, "
        f"{p_in_words(first['p_value'])}), which {question.treatment} cannot have changed"
    )
    if not is_stricter:
        return text
    return f"{text}, while that is not adjusted for; that the analysis adjusts for it may mend this"


# How strong a missing common cause?

_HIDDEN = "How strong would a missing common cause have to be?"


def hidden(question: CausalQuestion, found: Estimated, seed: int, progress: Progress) -> Aspect:
    """The least multiple of a measured column that would take the effect away."""
    what = "a missing common cause"
    if found.way == "front door":
        return _not_asked(_HIDDEN, what, _OF_ADJUSTMENT)
    if not found.is_seen:
        says = "No effect was seen that one could take away; one could hide an effect as well."
        return Aspect(_HIDDEN, what, says)
    made = _answer(lambda: _strongest(question, found, seed, progress))
    if isinstance(made, str):
        return _not_asked(_HIDDEN, what, made)
    share = (
        f"It would have to explain {made.value_of_interval:.1%} of what is left unexplained of "
        f"{_cause(question, found)} and of {question.outcome} for the interval to reach no effect"
    )
    if made.strongest == NOBODY:
        return Aspect(
            _HIDDEN, what, f"{share}; nothing is adjusted for that it could be compared with.",
            figure="share of treatment and outcome it explains", value=made.value_of_interval,
            at_best=AS_FAR, was_asked=False,
        )  # fmt: skip
    strong = f"{times_in_words(made.times)} times as strong as {made.strongest}"
    return Aspect(
        _HIDDEN, what,
        f"{share}: one {strong} would do, and that is the least of all multiples of "
        f"{made.compared}.",
        figure="times as strong as the strongest measured column", value=made.times, limit=1.0,
        passed=False if made.times < 1 else None,
        at_best=FRAGILE if made.times < 1 else HOLDS,
        because=f"a common cause {strong} would take it away",
    )  # fmt: skip


def _strongest(
    question: CausalQuestion, found: Estimated, seed: int, progress: Progress
) -> Strength:
    if question.estimand == "ATE" or found.learned is None:
        made = robustness_value(question, progress=progress)
        return Strength(made.strongest, made.times, made.value_of_interval)
    columns = _benchmarks(question, found)
    bounds = bounds_of(found.analysis, (found.learned,), columns, seed=seed, progress=progress)
    compared = f"the {len(columns)} measured columns that are strongest for everyone"
    return Strength(bounds.strongest, bounds.times, bounds.value_of_interval, compared)


def _benchmarks(question: CausalQuestion, found: Estimated) -> tuple[str, ...]:
    """The columns that explain most of treatment and outcome together, by the regression for
    everyone; each is left out in turn, which takes as long as the estimate."""
    everyone = question.adjusting_for(
        *found.analysis.adjusted_for, estimand="ATE", scale="difference"
    )
    columns = dict.fromkeys(robustness_value(everyone).frame["confounder"])
    return tuple(c for c in columns if c != NOBODY)[:MOST_BENCHMARKS]


@dataclass(frozen=True)
class Strength:
    """The measured column of which the smallest multiple would do, that multiple, and the share of
    treatment and outcome; which columns were compared, in words."""

    strongest: str
    times: float
    value_of_interval: float
    compared: str = "a measured column"


# Helpers


def _closed_form(found: Estimated) -> Literal["two_stage_least_squares", "linear_regression"]:
    """What the quick checks are asked about."""
    is_instrument = found.way == "instrument"
    return "two_stage_least_squares" if is_instrument else "linear_regression"


def _an_instrument(found: Estimated) -> str:
    return "an instrument" if found.way == "instrument" else "a treatment"


def _cause(question: CausalQuestion, found: Estimated) -> str:
    """What a missing common cause shares with the outcome."""
    is_instrument = found.way == "instrument"
    return _listed(instrumental(question).names) if is_instrument else question.treatment


_OF_ADJUSTMENT = "it is about adjustment, and this effect is had in another way"


def _not_asked(aspect: str, what: str, why: str) -> Aspect:
    return Aspect(aspect, what, f"Not asked of such a question: {why.rstrip('.')}.",
                  at_best=AS_FAR, was_asked=False)  # fmt: skip


def _answer(ask: Callable[[], Made]) -> Made | str:
    """What a method answers, or the sentence with which it refuses the question."""
    try:
        return ask()
    except NotApplicable as refusal:
        return refusal.message


def _with_interval(row: pd.Series) -> str:
    low, high = number(row["conf_low"]), number(row["conf_high"])
    return f"{number(row['estimate'])} ({low} to {high})"


def would_have_seen(row: pd.Series, scale: str) -> str:
    """The size of an effect that would have been told from none with 80 % probability."""
    size = SEEN * float(row["std_error"])
    return number(size if scale == "difference" else float(np.exp(size)))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
