"""Does it tell the target that a value is missing?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number
from workbench.target import Target

from ._check import Finding, Table, named, of_data, percent

CODE = "missing-tells-target"
FEWEST_ROWS = 20
#: In standard deviations of the target, and of the difference's sampling.
DIFFERENCE, SURE = 0.2, 4.0


@of_data(
    CODE,
    clear="Rows with missing values do not differ in the target from the others.",
    needs_target=True,
    spoils=("dependence",),
)
def missing_tells_target(table: Table) -> Iterator[Finding]:
    """The target's mean (or a class's share) where a feature is missing, beside where it is not."""
    target = table.target
    if target is None:
        return
    kinds = range(len(target.classes)) if target.task == "multiclass" else [None]
    known = ~np.isnan(target.y)
    y, what = target.y[known], _measured(target)
    for columns, missing in _patterns(table, known):
        table.tick()
        if min(missing.sum(), (~missing).sum()) < FEWEST_ROWS:
            continue
        apart = [_apart(missing, _of_class(y, kind)) for kind in kinds]
        with_value, without, gap = max(apart, key=lambda found: found[2])
        if gap <= DIFFERENCE:
            continue
        yield Finding(
            CODE,
            "notice",
            columns,
            f"Where {named(columns)} {'is' if len(columns) == 1 else 'are'} missing "
            f"({percent(float(missing.mean()))} of the rows) the {what} of '{target.name}' is "
            f"{number(without, 3)}, elsewhere {number(with_value, 3)}: rows dropped or filled in "
            "for that reason change the answer.",
            "Ask why it is missing. Keep the rows; missing values are a value of their own to the "
            "models here, and an effect estimated without these rows is one of other people.",
        )


def _patterns(table: Table, known: np.ndarray) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
    """Features that are missing in the same rows, together, with these rows."""
    together: dict[bytes, list[str]] = {}
    for column in table.data.features:
        missing = table.data.frame[column].isna().to_numpy()
        if missing.any():
            together.setdefault(np.packbits(missing).tobytes(), []).append(column)
    for columns in together.values():
        yield tuple(columns), table.data.frame[columns[0]].isna().to_numpy()[known]


def _measured(target: Target) -> str:
    if target.task == "binary":
        return f"share of '{target.classes[1]}'"
    return "mean" if target.task == "regression" else "share of one class"


def _of_class(y: np.ndarray, kind: int | None) -> np.ndarray:
    return y if kind is None else (y == kind).astype(float)


def _apart(missing: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Mean where present, where missing, and their distance in standard deviations; 0 where it
    could be chance."""
    here, gone = y[~missing], y[missing]
    error = float(np.sqrt(here.var(ddof=1) / len(here) + gone.var(ddof=1) / len(gone)))
    distance = abs(float(here.mean() - gone.mean()))
    is_sure = distance > SURE * error and y.std() > 0
    return float(here.mean()), float(gone.mean()), distance / float(y.std()) if is_sure else 0.0
