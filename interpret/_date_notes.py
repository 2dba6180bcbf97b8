"""What the reader of an explanation is told about a date."""

from __future__ import annotations

import numpy as np

from workbench.dates import date_name
from workbench.model import FittedModel
from workbench.transform import Floats


def date_notes(
    model: FittedModel, feature: str, column: Floats, points: int | None = None
) -> tuple[str, ...]:
    """Of a date, what the model is given of it, that its curve is asked at some days only (at so
    many `points`), and whether rows lie where it has not learned; `column` are the rows' codes."""
    date = model.transform.dates.get(feature)
    if date is None or not date.parts:
        return ()
    notes = [f"'{feature}' is a date: its {date.words} are changed together, as one column."]
    distinct = len(np.unique(column[~np.isnan(column)]))
    if points is not None and points < distinct:
        notes.append(
            f"The curve is asked at {points} of {distinct:,} dates, each with its own month and "
            "day of the week; between two of them it need not be straight."
        )
    return (*notes, *_beyond(model, feature, column))


def beyond_notes(model: FittedModel, codes: Floats) -> tuple[str, ...]:
    """Which dates of encoded rows (n, p) lie where the model has not learned."""
    parted = [c for c, date in model.transform.dates.items() if date.parts]
    found = (_beyond(model, c, codes[:, model.features.index(c)]) for c in parted)
    return tuple(note for notes in found for note in notes)


def _beyond(model: FittedModel, feature: str, column: Floats) -> tuple[str, ...]:
    learned = model.transform.dates[feature].days(model.data.frame[feature].iloc[model.split.train])
    first, last = float(np.nanmin(learned)), float(np.nanmax(learned))
    beyond = int(((column < first) | (column > last)).sum())
    if not beyond:
        return ()
    goes_on = (
        "A straight line goes on there, whether or not the world does."
        if model.family.name == "linear"
        else "Trees do not carry a trend on: there they answer as at its end, with the months and "
        "days of the week that they know."
    )
    rows = f"{beyond:,} of these rows lie" if len(column) > 1 else "This row lies"
    note = (
        f"{rows} beyond the dates of '{feature}' that were learned from ({date_name(first)} to "
        f"{date_name(last)}). {goes_on}"
    )
    return (note,)
