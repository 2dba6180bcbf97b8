"""Tables for the findings: one in which nothing is wrong, and the word a check has for others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench import CHECKS, Dataset, FittedModel, findings
from workbench.findings import Finding


def clean(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """y = warmth + 2·(north) + 0.3·visits + noise: rows in no order, nothing twice, all there."""
    rng = np.random.default_rng(seed)
    warmth = rng.normal(size=rows)
    place = rng.choice(["north", "south", "west"], size=rows)
    visits = rng.integers(0, 8, size=rows)
    member = rng.random(rows) < 0.4
    y = warmth + 2 * (place == "north") + 0.3 * visits + rng.normal(size=rows)
    return pd.DataFrame(
        {"warmth": warmth, "place": place, "visits": visits, "member": member, "y": y}
    )


def clean_yes_no(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """The same with a target of two classes, about as frequent as one another."""
    frame = clean(rows, seed)
    return frame.assign(y=np.where(frame["y"] > frame["y"].median(), "yes", "no"))


def data(frame: pd.DataFrame, target: str | None = "y", **roles: str) -> Dataset:
    """A data set; keywords are roles of columns."""
    made = Dataset.of(frame, target=target)
    return made.with_roles(roles) if roles else made


def told(subject: Dataset | FittedModel, code: str) -> list[Mapping[str, str]]:
    """What one check found, as rows."""
    assert code in CHECKS
    found = findings(subject).found
    return found[found["code"] == code].to_dict("records")


def only(subject: Dataset | FittedModel, code: str) -> Finding:
    """The one thing a check found."""
    (row,) = told(subject, code)
    return Finding(row["code"], row["severity"], tuple(row["columns"].split(", ")),
                   row["says"], row["do"])  # fmt: skip
