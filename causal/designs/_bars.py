"""The bar of an interval in a figure."""

from __future__ import annotations

from typing import Any

import pandas as pd


def bar(row: pd.Series, colour: str) -> dict[str, Any]:
    """Plotly's error bar from a row's `estimate`, `conf_low` and `conf_high`."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [row["conf_high"] - row["estimate"]],
        "arrayminus": [row["estimate"] - row["conf_low"]],
        "color": colour,
        "thickness": 2,
        "width": 6,
    }
