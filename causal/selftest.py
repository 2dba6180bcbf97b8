"""Does this installation give the numbers that are known? `python -m causal.selftest`

The textbooks' tables and published results, computed here and now by the code a user takes.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.figures import BLUE, LIGHT_GREY, VERMILION, escape, new_figure, number
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from .known_numbers import CASES

LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "statsmodels", "dowhy")


@dataclass(frozen=True, kw_only=True)
class SelfTest(CheckResult):
    """One row per known number."""

    columns: ClassVar[Mapping[str, str]] = {
        "case": "what is computed",
        "source": "where the number is published, or why it is known",
        "expected": "the number",
        "found": "what this installation computes",
        "within": "how far it may be off: rounding, or for learned models half a standard error",
        "passed": "it is that near",
        "seconds": "wall time",
    }

    def figure(self) -> Any:
        """How far each number is off, in units of what is allowed."""
        frame = self.frame.iloc[::-1]
        off = (frame["found"] - frame["expected"]) / frame["within"]
        figure = new_figure(height=140 + 26 * len(frame), x="difference ÷ what is allowed")
        figure.add_vrect(x0=-1, x1=1, fillcolor=LIGHT_GREY, opacity=0.3, line_width=0)
        figure.add_scatter(
            x=off.clip(-3, 3), y=[escape(c, 60) for c in frame["case"]], mode="markers",
            marker={"size": 10, "color": np.where(frame["passed"], BLUE, VERMILION)},
            customdata=frame[["expected", "found"]].map(number), showlegend=False,
            hovertemplate="%{y}: %{customdata[1]} for %{customdata[0]}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(range=[-3.2, 3.2])
        return figure


def selftest(*, progress: Progress = silent) -> SelfTest:
    """Computes every known number and says which are met.

    Closed forms have to agree to the published digits; estimators that learn their models to half a
    standard error. Nothing here depends on a person's data.
    """
    rows = []
    for k, case in enumerate(CASES):
        progress(k / len(CASES), case.name)
        began = time.perf_counter()
        found = case.compute()
        rows.append(
            {
                "case": case.name,
                "source": case.source,
                "expected": case.expected,
                "found": found,
                "within": case.within,
                "passed": bool(abs(found - case.expected) <= case.within),
                "seconds": time.perf_counter() - began,
            }
        )
    progress(1.0)
    frame = pd.DataFrame(rows)
    met = int(frame["passed"].sum())
    failed = ", ".join(frame.loc[~frame["passed"], "case"])
    return SelfTest(
        frame=frame,
        summary=f"{met} of {len(frame)} known numbers are met."
        + (f" Not met: {failed}." if failed else ""),
        notes=(f"Python {platform.python_version()}; {_versions()}.",),
        passed=met == len(frame),
    )


def _versions() -> str:
    return ", ".join(f"{library} {version(library)}" for library in LIBRARIES)


def main() -> int:
    """Prints the table; 0 if every number is met."""
    result = selftest()
    shown = result.frame.assign(passed=result.frame["passed"].map({True: "pass", False: "FAIL"}))
    print(shown.drop(columns="source").to_string(index=False, float_format=number))
    print(result.summary)
    print(*result.notes, sep="\n")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
