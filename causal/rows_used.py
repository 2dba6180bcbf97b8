"""The last question of the verdict: are the rows that are used those that were asked about?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .analysis import (
    MANY_DROPPED,
    UNEVEN_DROP,
    Analysis,
    assigned_by,
    lost_by_arm,
    weightless,
)
from .aspects import HOLDS, IN_DOUBT, Aspect, Estimated
from .observation import LEAST_WORTH
from .propensity import effective_rows
from .question import CausalQuestion

_ROWS = "Are the rows used those asked about?"


def rows_used(question: CausalQuestion, found: Estimated) -> Aspect:
    """Rows that were dropped, evenly or not, or what the weights of those that stand for them are
    worth; and rows that hang together."""
    analysis, total = found.analysis, _counting(question)
    worth = _worth(analysis)
    if worth is None:
        doubts = [*_left_out_doubts(question, analysis), *_group_doubts(question, analysis)]
        says = f"{len(analysis):,} of {total:,} rows are used"
        figure, value, limit = "share of rows left out for missing values", *_left_out(analysis)
    else:
        doubts = [*_worth_doubts(worth), *_group_doubts(question, analysis)]
        says = (
            f"{len(analysis):,} of {total:,} rows are complete and stand for the others as well, "
            f"by weights that are worth {worth:.0%} of the complete rows"
        )
        figure, value, limit = _WORTH, worth, LEAST_WORTH
    return Aspect(
        _ROWS, "the rows used", says + (f": {'; '.join(doubts)}." if doubts else "."),
        figure=figure, value=value, limit=limit, passed=not doubts,
        at_best=IN_DOUBT if doubts else HOLDS, because="; ".join(doubts),
    )  # fmt: skip


_WORTH = "share of the complete rows that their weights are worth"


def _worth(analysis: Analysis) -> float | None:
    """What the weights by which complete rows stand for others are worth, as a share of the rows,
    or of what these are worth by a column of weights; None where no row stands for another."""
    stood_for = analysis.stood_for
    if stood_for is None:
        return None
    return effective_rows(analysis.weight) / effective_rows(analysis.weight / stood_for)


def _worth_doubts(worth: float) -> Iterator[str]:
    if worth < LEAST_WORTH:
        yield (
            "some kinds of rows are hardly ever complete: a few stand for many others (the weights "
            f"are worth {worth:.0%} of the complete rows)"
        )


def _left_out(analysis: Analysis) -> tuple[float, float]:
    return 1 - len(analysis) / _counting(analysis.question), MANY_DROPPED


def _counting(question: CausalQuestion) -> int:
    """How many rows of the table stand for anybody."""
    return int((~weightless(question)).sum())


def _left_out_doubts(question: CausalQuestion, analysis: Analysis) -> Iterator[str]:
    is_whole = np.zeros(len(question.data), dtype=bool)
    is_whole[analysis.rows] = True
    share, _ = _left_out(analysis)
    if share > MANY_DROPPED:
        yield f"{share:.0%} of the rows are left out for missing values"
    lost = lost_by_arm(question, is_whole)
    if lost is not None and abs(lost[0] - lost[1]) > UNEVEN_DROP:
        yield f"the arms lose rows unevenly ({lost[0]:.1%} and {lost[1]:.1%})"


def _group_doubts(question: CausalQuestion, analysis: Analysis) -> Iterator[str]:
    column = assigned_by(question, analysis.rows) if analysis.clusters is None else None
    if column is not None:
        yield (
            f"{question.treatment} is the same within every level of {column}: it may have been "
            "assigned to whole groups, and the interval may be far too short"
        )
