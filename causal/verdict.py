"""What all of it comes to: may the effect be believed, and what would take it away?"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, ORANGE, VERMILION, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult

from .analysis import require_one_effect
from .aspects import (
    AS_FAR,
    CANNOT,
    FRAGILE,
    HOLDS,
    IN_DOUBT,
    LEVELS,
    NO_EFFECT,
    NOT_TRUSTED,
    Aspect,
    Estimated,
    agreement,
    alike,
    counterparts,
    estimate,
    hidden,
    shuffled,
    unmoved,
    way_to,
    would_have_seen,
)
from .identify import identify
from .question import CausalQuestion
from .rows_used import rows_used

#: Letters in a line of the picture, and the height of a line in pixels.
LINE, LINE_HEIGHT = 66, 17
_PASSED, _FAILED, _INFORMS, _NOT_ASKED = "passed", "not passed", "informs", "not asked"
#: Each state by a colour and by a symbol, so that either alone tells it.
_LOOKS: Mapping[str, tuple[str, str]] = {
    _PASSED: (BLUE, "circle"),
    _FAILED: (VERMILION, "x"),
    _INFORMS: (ORANGE, "diamond"),
    _NOT_ASKED: (GREY, "circle-open"),
}


@dataclass(frozen=True, kw_only=True)
class Verdict(CheckResult):
    """What is asked of an effect before it is believed, a row each, in order.

    `level` is the verdict: the worst of the column `at_best`.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "aspect": "the question that is asked",
        "finding": "the answer in words",
        "figure": "what the figure that decided is; empty where there is none",
        "value": "that figure",
        "limit": "what it was held against; empty where it informs",
        "passed": "whether the check passed; empty where it informs or was not asked",
        "was_asked": "whether such a question can be asked this",
        "at_best": "the best level that the verdict can have with this answer",
    }

    level: str = ""

    def figure(self) -> Any:
        """The questions as a list, each with a symbol and a colour for how it was answered."""
        blocks = [_Block.of(row) for _, row in self.frame.iterrows()]
        ends = np.cumsum([block.lines for block in blocks])
        figure = new_figure(height=90 + LINE_HEIGHT * int(ends[-1]))
        tops = -np.r_[0, ends[:-1]].astype(float)
        for block, top in zip(blocks, tops, strict=True):
            figure.add_annotation(
                x=0.035, y=top, text=block.text, align="left", showarrow=False, xanchor="left",
                yanchor="top", xref="paper", yref="y", font={"size": 12},
            )  # fmt: skip
        for state, (colour, symbol) in _LOOKS.items():
            at = [
                top - 0.8 for block, top in zip(blocks, tops, strict=True) if block.state == state
            ]
            if at:
                figure.add_scatter(
                    x=[0.0] * len(at), y=at, mode="markers", name=state, hoverinfo="skip",
                    marker={"color": colour, "symbol": symbol, "size": 13,
                            "line": {"width": 2, "color": colour}},
                )  # fmt: skip
        figure.update_xaxes(visible=False, range=[-0.02, 1])
        figure.update_yaxes(visible=False, range=[-float(ends[-1]), 0.2])
        return figure


@dataclass(frozen=True)
class _Block:
    """One question of the list: its text, in how many lines, and how it was answered."""

    text: str
    lines: int
    state: str

    @classmethod
    def of(cls, row: pd.Series) -> _Block:
        wrapped = textwrap.wrap(str(row["finding"]), LINE)
        words = "<br>".join(escape(line, 2 * LINE) for line in wrapped)
        state = _FAILED if row["passed"] is False else _PASSED if row["passed"] else _INFORMS
        if not row["was_asked"]:
            state = _NOT_ASKED
        return cls(f"<b>{escape(row['aspect'])}</b><br>{words}", len(wrapped) + 2, state)


@method("Verdict", page="effect", weighs=True)
def verdict(question: CausalQuestion, /, *, seed: int = 0, progress: Progress = silent) -> Verdict:
    """Whether the effect may be believed, in a few sentences, and what would take it away.

    Asks in order, by the checks as they stand on these pages, with their defaults: may it be
    answered (`identify`), has every row a counterpart (`overlap`), are the arms alike after
    weighting (`balance`), how large is it (AIPW; linear regression for an amount, two-stage least
    squares for an instrument), does a second estimator agree, is the analysis silent about a
    shuffled treatment and about an outcome that the treatment cannot have changed (one named as an
    earlier outcome, or that the graph implies), how strong would a missing common cause have to be,
    and are the rows those asked about. For the LATE it is the instrument that is shuffled and that
    a common cause would be of. What cannot be asked of such a question is said.

    Each answer sets the best level that the verdict can have, and the verdict is the worst of
    these: no part makes up for another (as in ROBINS-I, Sterne et al. 2016). From the worst:

    - cannot be answered: not identified, or no estimator answers;
    - not to be trusted: an effect is found of a shuffled treatment (by 100 shuffles and again by
      400), on an outcome that cannot have changed and is not itself adjusted for (5 %, Holm), or
      where the graph says there is none; more than 10 % of the rows asked about have no counterpart
      or an arm's weights are worth less than 20 % of its rows; or the arms differ by more than 0.25
      standard deviations after weighting (Rubin 2001);
    - in doubt: overlap (Crump et al. 2009) or balance (0.1; Austin 2009) fails by less than that;
      a placebo outcome fails that the analysis adjusts for; two estimators part by more than their
      intervals allow; more than 10 % of the rows are left out, or unevenly by 2 points, or, where
      complete rows stand for them, their weights are worth less than half of these; the treatment
      comes in whole groups; or the estimate warns of itself;
    - no effect seen: the 95 % interval holds no effect, which is no proof of none (Altman & Bland
      1995): what would have been seen with 80 % probability is said;
    - fragile: a common cause weaker than a measured column would do to bring the interval to no
      effect (Cinelli & Hazlett 2020; for ATT and ATC Chernozhukov et al. 2022), or the second
      estimator does not tell the effect from none;
    - holds as far as it was checked: nothing of this, but not everything could be asked;
    - holds under the assumptions: nothing of this. The assumptions remain assumed.

    A question that cannot be answered raises nothing: that is a verdict, too.
    """
    require_one_effect(question, "The verdict")
    aspects, found = _read(question, seed, progress)
    level = min((a.at_best for a in aspects), key=LEVELS.index)
    progress(1.0)
    return Verdict(
        frame=_frame(aspects),
        summary=" ".join(_sentences(question, level, aspects, found)),
        notes=tuple(_notes(found)),
        passed={HOLDS: True, AS_FAR: None, FRAGILE: None, NO_EFFECT: None}.get(level, False),
        level=level,
    )


def _read(
    question: CausalQuestion, seed: int, progress: Progress
) -> tuple[list[Aspect], Estimated | None]:
    """Every question in order; after one without which no other makes sense, none."""
    known = identify(question, progress=part(progress, 0.0, 0.1, "May it be answered?"))
    way, answered = way_to(question, known)
    if way is None:
        return [answered], None
    found, size = estimate(question, way, seed, part(progress, 0.1, 0.4, "The estimate"))
    if found is None:
        return [answered, size], None
    asked = (question, found, seed)
    compared = [
        counterparts(*asked, part(progress, 0.4, 0.45, "Overlap")),
        alike(*asked, part(progress, 0.45, 0.5, "Balance")),
    ]
    tried = [
        agreement(*asked, part(progress, 0.5, 0.6, "A second estimator")),
        shuffled(*asked, part(progress, 0.6, 0.7, "A shuffled treatment")),
        unmoved(question, found, known, seed, part(progress, 0.7, 0.9, "A placebo outcome")),
        hidden(*asked, part(progress, 0.9, 1.0, "A missing common cause")),
    ]
    return [answered, *compared, size, *tried, rows_used(question, found)], found


def _frame(aspects: Sequence[Aspect]) -> pd.DataFrame:
    frame = pd.DataFrame({name: [getattr(a, name) for a in aspects] for name in Verdict.columns})
    texts = ("aspect", "finding", "figure", "at_best")
    return frame.astype(dict.fromkeys(texts, "str") | {"passed": "object"})


def _sentences(
    question: CausalQuestion, level: str, aspects: Sequence[Aspect], found: Estimated | None
) -> Iterator[str]:
    decides = "; ".join(a.because for a in aspects if a.at_best == level and a.because)
    yield _OPENING[level] + (f": {decides}." if decides and level in _WITH_REASON else ".")
    if found is None:
        return
    if level == NOT_TRUSTED:
        yield f"What was found ({_interval(found)}) should not be read as the effect."
    else:
        yield found.result.summary
    if level == NO_EFFECT:
        yield (
            f"An effect of {would_have_seen(found.row, question.scale)} would have been told from "
            "none with 80 % probability."
        )
    rest = [
        a.because for a in aspects
        if LEVELS.index(level) < LEVELS.index(a.at_best) < LEVELS.index(AS_FAR) and a.because
    ]  # fmt: skip
    if rest:
        yield f"Besides, {'; '.join(rest)}."
    if level in (FRAGILE, AS_FAR, HOLDS, NO_EFFECT):
        yield found.analysis.notes[0]
    if level in (AS_FAR, HOLDS):
        yield from (_begun(a.because) + "." for a in aspects if a.because)
    left = [a.what for a in aspects if not a.was_asked]
    if left:
        yield f"Not checked: {', '.join(left)}."


_OPENING = {
    CANNOT: "Cannot be answered",
    NOT_TRUSTED: "Not to be trusted",
    IN_DOUBT: "In doubt",
    NO_EFFECT: "No effect was seen",
    FRAGILE: "Fragile",
    AS_FAR: "Holds as far as it was checked, under the assumptions",
    HOLDS: "Holds under the assumptions",
}
_WITH_REASON = (CANNOT, NOT_TRUSTED, IN_DOUBT, FRAGILE)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _interval(found: Estimated) -> str:
    low, high = number(found.row["conf_low"]), number(found.row["conf_high"])
    return f"{number(found.row['estimate'])}, {low} to {high}"


_ABOUT = {"instrument": "are about the instrument and its effect on the outcome"}


def _notes(found: Estimated | None) -> Iterator[str]:
    yield "The verdict is the worst of its parts: no part makes up for another."
    if found is None:
        return
    yield from found.analysis.notes
    yield (
        f"The estimate is by {found.name}; each check is the one of its own name, with its "
        "defaults, where more is said. Those of a shuffled treatment and of a missing common cause "
        f"{_ABOUT.get(found.way, '(ATE) are about linear regression')}."
    )
    yield (
        "That no check speaks against an effect does not prove it: that no common cause is missing "
        "is for those who know the field to judge."
    )
