"""Do held-out rows lie where the model has never been?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.dates import date_name
from workbench.figures import number
from workbench.metrics import Floats
from workbench.model import FittedModel
from workbench.split import Rows

from ._check import Finding, as_numbers, of_model, percent

CODE = "beyond-the-training-rows"
#: By chance, in so many models of a thousand, all columns together.
CHANCE = 0.001
#: Fewer of the held-out rows than this are not worth a word; from the second on it is a warning.
SMALLEST, MANY = 0.01, 0.1


@of_model(
    CODE,
    clear="The held-out rows lie within what the model has seen of every number.",
    spoils=("quality", "dependence", "prediction"),
)
def beyond_the_training_rows(model: FittedModel) -> Iterator[Finding]:
    """Held-out values above the largest, or below the smallest, that was learned from.

    If the rows were held out at random, k or more of them lie beyond the same end with a chance
    of at most (share held out)^k: the k most extreme of all rows would all have been held out.
    """
    train, test = model.split.train, model.split.test
    columns = [c for c in model.features if _is_amount(model, c)]
    outside: dict[str, int] = {}
    beyond = np.zeros(len(test), dtype=bool)
    for column in columns:
        learned, met = (_numbers(model, column, at) for at in (train, test))
        known = learned[~np.isnan(learned)]
        if not len(known):
            continue
        sides = [met > known.max(), met < known.min()]
        least = _beyond_chance(len(train), len(test), 2 * len(columns))
        found = sides[0] & (sides[0].sum() >= least) | sides[1] & (sides[1].sum() >= least)
        if found.mean() > SMALLEST:
            outside[column] = int(found.sum())
            beyond |= found
    if not outside:
        return
    most = sorted(outside, key=lambda c: -outside[c])
    words = "; ".join(_told(model, c, outside[c]) for c in most[:3])
    more = f"; and {len(most) - 3:,} more columns" if len(most) > 3 else ""
    share = float(beyond.mean())
    yield Finding(
        CODE,
        "warning" if share > MANY else "notice",
        tuple(most),
        f"{percent(share)} of the held-out rows lie beyond anything the model has learned from: "
        f"{words}{more}. {_says(model, most)}",
        "Do not trust predictions, curves or contributions out there; train on rows that reach "
        "as far as those to be predicted, or predict a change instead of a level.",
    )


def _beyond_chance(train: int, test: int, sides: int) -> int:
    """So many on one side are more than a random split makes."""
    return int(np.ceil(np.log(CHANCE / sides) / np.log(test / (train + test))))


def _is_amount(model: FittedModel, column: str) -> bool:
    if column in model.transform.dates:
        return True
    values = model.data.frame[column]
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return is_number and model.data.kinds[column] == "number"


def _numbers(model: FittedModel, column: str, rows: Rows) -> Floats:
    values = model.data.frame[column].iloc[rows]
    date = model.transform.dates.get(column)
    return as_numbers(values) if date is None else date.days(values)


def _told(model: FittedModel, column: str, rows: int) -> str:
    values = _numbers(model, column, model.split.train)
    end = date_name if column in model.transform.dates else number
    first, last = end(float(np.nanmin(values))), end(float(np.nanmax(values)))
    return f"'{column}' in {rows:,} (learned from {first} to {last})"


def _says(model: FittedModel, columns: list[str]) -> str:
    if model.family.name == "linear":
        return "A straight line goes on there, whether or not the world does."
    says = "Trees answer there as at the nearest edge of what they know"
    if any(c in model.transform.dates for c in columns):
        says += "; of a date that holds for its trend, while its months and weekdays come round"
    return f"{says}."
