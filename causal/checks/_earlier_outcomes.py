"""Columns that measure the outcome before the treatment, known by their names."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from workbench.errors import QuestionError

from ..question import CausalQuestion
from ..variables import read_variable

#: A column that is called earlier by name alone must go with the outcome at least so (Spearman).
LEAST_CORRELATION = 0.3
_BEFORE = r"pre|before|baseline|base|lag\d*|lagged|prior|previous|prev|initial|이전|사전|기저|직전"
_AFTER = r"post|after|followup|final|endline|이후|사후"
_WORD = re.compile(rf"(?:^|[\W_])(?:{_BEFORE})(?=$|[\W_])|(?:이전|사전|기저|직전)", re.IGNORECASE)
_LATER = re.compile(rf"(?:^|[\W_])(?:{_AFTER})(?=$|[\W_])|(?:이후|사후)", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\D+?)[\W_]*(\d+)")


def earlier_outcomes(question: CausalQuestion) -> dict[str, str]:
    """The columns found, each with what gave it away.

    Never a column that by the graph comes after the treatment, an instrument, or one that is
    neither a number nor has two levels.
    """
    later = question.graph.descendants(question.treatment)
    taken = {question.treatment, question.outcome, *question.instruments, *question.mediators}
    found = {}
    for column in question.data.columns:
        if column in taken | later or not _is_readable(question, column):
            continue
        why = _same_name_earlier(question.outcome, column) or _called_earlier(question, column)
        if why:
            found[column] = why
    return found


def _same_name_earlier(outcome: str, column: str) -> str:
    """re78 and re75, wt82_71 and wt71, income_2019 and income_2018."""
    one, other = _NUMBERED.match(outcome), _NUMBERED.match(column)
    if not (one and other) or one[1].lower() != other[1].lower() or int(other[2]) >= int(one[2]):
        return ""
    return f"named like {outcome}, with an earlier number"


def _called_earlier(question: CausalQuestion, column: str) -> str:
    """score_pre, baseline_score: the outcome's own name, or one that goes with it."""
    if not _WORD.search(column):
        return ""
    if _bare(_WORD, column) == _bare(_LATER, question.outcome):
        return f"named as an earlier {question.outcome}"
    r = _correlation(question, column)
    return f"named as earlier, correlation {r:.2f}" if abs(r) >= LEAST_CORRELATION else ""


def _bare(word: re.Pattern[str], name: str) -> str:
    return re.sub(r"[\W_]", "", word.sub("", name)).lower()


def _is_readable(question: CausalQuestion, column: str) -> bool:
    kind = question.data.kinds[column]
    if kind in ("date", "text", "identifier"):
        return False
    try:
        read_variable(question.data.frame[column], kind, "outcome")
    except QuestionError:  # text with several levels, or constant: no outcome of any question
        return False
    return True


def _correlation(question: CausalQuestion, column: str) -> float:
    values = read_variable(
        question.data.frame[column], question.data.kinds[column], "outcome"
    ).numbers
    both = pd.DataFrame({"a": values, "b": question.response.numbers}).dropna()
    return float(np.nan_to_num(both["a"].rank().corr(both["b"].rank())))
