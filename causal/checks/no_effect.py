"""Effects that must be nothing: one result, one picture and one verdict for them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import BLUE, GREY, LIGHT_GREY, VERMILION, escape, new_figure
from workbench.result import CheckResult
from workbench.several_tests import holm

from ..effect import number, p_in_words

#: The check fails below this p-value, after Holm's correction for several columns.
LEVEL = 0.05
#: An effect of so many standard errors is found with 80 % probability (two-sided, 5 %).
SEEN = 2.8016


@dataclass(frozen=True, kw_only=True)
class NoEffect(CheckResult):
    """Effects that are known to be none, as the analysis finds them, and the real one last.

    Each is given in standard deviations of its outcome too, so that they can be compared.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "placebo: known to be none; real: the effect that is asked about",
        "column": "the column that takes the part of the outcome or of the treatment",
        "estimate": "the effect found, in its outcome's unit",
        "std_error": "its standard error",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end",
        "p_value": "two-sided p-value of no effect",
        "p_adjusted": "the same for all placebos together (Holm)",
        "in_sd": "the estimate in standard deviations of its outcome",
        "sd_low": "lower end of its interval, the same",
        "sd_high": "upper end",
        "would_see": "an effect of this size would have been found with 80 % probability",
        "would_see_sd": "the same in standard deviations of its outcome",
    }

    def figure(self) -> Any:
        """All effects in standard deviations on one axis; those that must be none in red where
        they are not."""
        shown = self.frame.iloc[::-1]
        figure = new_figure(height=150 + 44 * len(shown), showlegend=False,
                            x="effect in standard deviations of its outcome")  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        for at, (_, row) in enumerate(shown.iterrows()):
            colour = _colour(row)
            figure.add_scatter(
                x=[row["in_sd"]], y=[at], mode="markers", marker={"size": 11, "color": colour},
                error_x={"type": "data", "symmetric": False,
                         "array": [_reach(row, row["sd_high"] - row["in_sd"])],
                         "arrayminus": [_reach(row, row["in_sd"] - row["sd_low"])],
                         "color": colour, "thickness": 2, "width": 6},
                hovertemplate=f"{escape(row['column'])}: {number(row['estimate'])}<extra></extra>",
            )  # fmt: skip
        names = [f"{escape(r['column'], 30)} ({r['kind']})" for _, r in shown.iterrows()]
        figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names,
                            range=[-0.6, len(names) - 0.4], showgrid=False, ticks="",
                            zeroline=False)  # fmt: skip
        return figure


def _reach(row: pd.Series, reach: float) -> float:
    """An interval that is open to one side runs off the picture."""
    return min(reach, 10 * float(row["would_see_sd"]))


def _colour(row: pd.Series) -> str:
    if row["kind"] == "real":
        return BLUE
    return VERMILION if row["p_adjusted"] < LEVEL else GREY


@dataclass(frozen=True)
class One:
    """An effect as an estimator found it, and the standard deviation of its outcome."""

    kind: str
    column: str
    row: pd.Series
    spread: float


def table(effects: Sequence[One]) -> pd.DataFrame:
    """The frame of a `NoEffect`."""
    frame = pd.DataFrame(
        {
            "kind": pd.Series([e.kind for e in effects], dtype="str"),
            "column": pd.Series([e.column for e in effects], dtype="str"),
            **{
                name: [float(e.row[name]) for e in effects]
                for name in ("estimate", "std_error", "conf_low", "conf_high", "p_value")
            },
        }
    )
    is_placebo = (frame["kind"] == "placebo").to_numpy()
    adjusted = np.full(len(frame), np.nan)
    adjusted[is_placebo] = holm(frame.loc[is_placebo, "p_value"].to_numpy())
    spread = np.array([e.spread for e in effects])
    return frame.assign(
        p_adjusted=adjusted,
        in_sd=frame["estimate"] / spread,
        sd_low=frame["conf_low"] / spread,
        sd_high=frame["conf_high"] / spread,
        would_see=SEEN * frame["std_error"],
        would_see_sd=SEEN * frame["std_error"] / spread,
    )


def passes(frame: pd.DataFrame) -> bool:
    """No placebo effect is away from zero, all taken together."""
    return not bool((frame["p_adjusted"] < LEVEL).any())


def in_words(frame: pd.DataFrame, what: str) -> str:
    """What was found, with what would have been seen, as a sentence; the worst placebo leads."""
    placebos, real = frame[frame["kind"] == "placebo"], frame[frame["kind"] == "real"].iloc[0]
    worst = placebos.iloc[int(placebos["p_value"].to_numpy().argmin())]
    failed = placebos[placebos["p_adjusted"] < LEVEL]
    interval = f"{number(worst['conf_low'])} to {number(worst['conf_high'])}"
    text = (
        f"{what} {worst['column']} is {number(worst['estimate'])} ({interval}, "
        f"{p_in_words(worst['p_value'])}), where it must be none"
    )
    if len(failed):
        several = f", and so for {len(failed)} of {len(placebos)}" if len(placebos) > 1 else ""
        return text + (
            f"{several}: the same analysis is biased here, and its estimate of "
            f"{number(real['estimate'])} is not to be trusted."
        )
    most = placebos.iloc[int(placebos["would_see_sd"].to_numpy().argmax())]
    return text + (
        f": nothing speaks against the analysis; a bias of {number(most['would_see'])} in "
        f"{most['column']} ({most['would_see_sd']:.2f} standard "
        "deviations) would have been seen with 80 % probability."
    )
