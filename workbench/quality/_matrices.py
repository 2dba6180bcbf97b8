"""Matrices of classes: those of the rows asked about in blue, those of the other part in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..figures import BLUE, INK, PAPER, escape, new_grid
from ..metrics import Floats
from ._sides import Look

#: The shade of the other part: a grey on which white letters are read on light and dark pages.
SHADE = "#6b7280"
#: Up to so many classes the matrices stand side by side; of more, one below the other.
SIDE_BY_SIDE = 5
#: With more classes the numbers would not be read: they are shown by pointing at a field.
MOST_WRITTEN = 12


@dataclass(frozen=True)
class Matrix:
    """One part's fields, (classes, classes): the shade of each, and what is written in it."""

    look: Look
    shade: Floats
    words: Any


def draw_matrices(
    made: Sequence[Matrix], names: Sequence[str], *, x: str, y: str, lowest: float, hover: str
) -> Any:
    """The matrices with the names of the classes at both sides; shades from `lowest` (white) to 1.

    `hover` is a template of the shade (`%{z}`) and the words (`%{customdata}`).
    """
    across = len(names) <= SIDE_BY_SIDE
    size = min(max(230, 56 * len(names) + 60), 800)
    rows, columns = (1, len(made)) if across else (len(made), 1)
    figure = new_grid(rows, columns, height=70 + (size + 60) * rows,
                      titles=[each.look.words for each in made])  # fmt: skip
    places = list(range(len(names)))
    for place, each in enumerate(made):
        at = {"row": 1, "col": place + 1} if across else {"row": place + 1, "col": 1}
        figure.add_heatmap(
            z=each.shade, x=places, y=places, zmin=lowest, zmax=1, showscale=False,
            colorscale=[[0, PAPER], [1, BLUE if each.look.is_asked else SHADE]], xgap=2, ygap=2,
            customdata=each.words, hovertemplate=f"{hover}<extra></extra>", **at,
        )  # fmt: skip
        _write(figure, each, lowest, at)
        plain = {"tickvals": places, "showgrid": False, "zeroline": False,
                 "ticktext": [escape(name, 18) for name in names]}  # fmt: skip
        figure.update_xaxes(**plain, title={"text": x}, **at)
        figure.update_yaxes(**plain, autorange="reversed", **at,
                            title={"text": y if place == 0 or not across else ""})  # fmt: skip
    return figure


def _write(figure: Any, matrix: Matrix, lowest: float, at: dict[str, int]) -> None:
    if len(matrix.shade) > MOST_WRITTEN:
        return
    for row, column in np.argwhere(matrix.words != ""):
        dark = matrix.shade[row, column] > lowest + 0.65 * (1 - lowest)
        figure.add_annotation(
            x=int(column), y=int(row), text=matrix.words[row, column], showarrow=False,
            font={"color": "white" if dark else INK, "size": 12}, **at,
        )  # fmt: skip
