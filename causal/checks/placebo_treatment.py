"""Does the analysis find an effect where there is none: with a shuffled treatment?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..analysis import DIFFERENCES, Analysis, binary_analysis, require_answer
from ..dowhy_bridge import MOST_ROWS, dowhy_placebo_effects, dowhy_version
from ..effect import p_in_words
from ..estimators.aipw import Nuisances, nuisances, refitted
from ..estimators.linear_regression import regression_analysis, usable_covariates
from ..estimators.partial_slope import PartialSlope
from ..question import CausalQuestion
from ._again import run_draws

Floats = NDArray[np.float64]
Estimator = Literal["linear_regression", "aipw"]
#: How many of the draws DoWhy makes as well: one takes it about 0.1 s, us 0.001 s.
DOWHY_DRAWS = 5
#: A false alarm is accepted this often.
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class PlaceboTreatment(CheckResult):
    """The real estimate and those with shuffled treatments.

    `p_value`: how often a shuffled treatment gives a t statistic as far from zero as the real one
    (two-sided), `p_value_error` its Monte-Carlo standard error. `most_found`: the check passes
    with so many shuffles that find an effect. `unit` is the estimates' scale.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "real, or placebo for a shuffled treatment",
        "draw": "number of the draw; 0 is the real treatment",
        "estimate": "the effect found, in the outcome's unit",
        "std_error": "its standard error",
        "t_statistic": "estimate by standard error",
        "finds_effect": "the 95 % interval leaves out zero",
    }

    p_value: float = float("nan")
    p_value_error: float = float("nan")
    most_found: int = 0
    unit: str = ""

    def figure(self) -> Any:
        """The distribution of placebo effects, and where the real estimate lies."""
        placebo = self.frame.loc[self.frame["kind"] == "placebo", "estimate"]
        real = float(self.frame.loc[self.frame["kind"] == "real", "estimate"].iloc[0])
        figure = new_figure(height=360, x=self.unit, y="draws", showlegend=False)
        figure.update_layout(margin_t=50)  # the words above the line stand below the buttons
        figure.add_histogram(
            x=placebo, nbinsx=30, marker={"color": GREY, "line": {"color": "#fff", "width": 1}},
            hovertemplate="%{x}: %{y} draws<extra></extra>",
        )  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_vline(
            x=real, line={"color": BLUE, "width": 3},
            annotation_text=f"real estimate {number(real)}", annotation_position="top",
        )  # fmt: skip
        low, high = min(placebo.min(), real, 0), max(placebo.max(), real, 0)
        figure.update_xaxes(range=[low - 0.12 * (high - low), high + 0.12 * (high - low)])
        figure.update_layout(margin={"t": 40})
        return figure


@method("Placebo treatment", page="robustness")
def placebo_treatment(
    question: CausalQuestion,
    /,
    *,
    estimator: Annotated[Estimator, "the estimator that is put to the test"] = "linear_regression",
    repeats: Annotated[int, Range(20, 2000), "shuffles; AIPW takes about a second for each"] = 100,
    seed: int = 0,
    progress: Progress = silent,
) -> PlaceboTreatment:
    """Whether the analysis stays silent when the treatment is shuffled and can have no effect.

    The treatment is permuted over the rows, everything is estimated anew (the nuisances of AIPW
    too, with the learners that won on the real data), and this is repeated. Passes when the mean
    of the placebo t statistics is no further from zero than chance allows (two-sided, 5 %) and the
    intervals do not leave out zero too often. The p-value compares the real t statistic with the
    placebo ones, since a shuffled treatment has another variance than the real one.

    It tests the machinery. It cannot see a missing confounder: shuffling removes that too.

    For linear regression DoWhy's placebo refuter makes the first draws as well, and a note says
    whether they agree; its own p-value is not used (one-sided, from the draws alone).
    """
    analysis = _analysis(question, estimator)
    if estimator == "aipw":
        frame, notes = _by_aipw(analysis, repeats, seed, progress)
    else:
        frame, notes = _by_regression(analysis, repeats, seed, progress)
    verdict = _Verdict.of(frame)
    return PlaceboTreatment(
        frame=frame,
        summary=verdict.summary(question, repeats),
        notes=(*analysis.notes, *verdict.notes(), *notes),
        passed=verdict.passed,
        p_value=verdict.p_value,
        p_value_error=verdict.p_value_error,
        most_found=verdict.most_found,
        unit=question.unit_in_words,
    )


def _analysis(question: CausalQuestion, estimator: Estimator) -> Analysis:
    require_answer(question, "The placebo treatment", DIFFERENCES)
    if estimator == "aipw":
        return binary_analysis(question, "AIPW")
    if question.estimand != "ATE":
        raise NotApplicable(
            f"The placebo for linear regression is made for the ATE, not the {question.estimand}.",
            "Ask for the ATE, or test AIPW.",
        )
    return regression_analysis(question)


def _by_regression(
    analysis: Analysis, repeats: int, seed: int, progress: Progress
) -> tuple[pd.DataFrame, list[str]]:
    design = usable_covariates(analysis)
    partial, step = PartialSlope.of(design, analysis.y), analysis.step

    def slope(t: Floats) -> tuple[float, float]:
        estimate, error = partial.slope(partial.rest(t))
        return estimate * step, error * abs(step)

    # The permutations DoWhy makes of the same seed, so that draws can be compared one by one.
    random = np.random.RandomState(seed)
    made = run_draws(
        lambda order: slope(analysis.t[order]), lambda: random.permutation(len(analysis)),
        repeats, part(progress, 0.0, 0.6, "Shuffling"),
    )  # fmt: skip
    frame = _draws([slope(analysis.t), *made])
    progress(0.6, "Asking DoWhy")
    notes = _compared_with_dowhy(analysis, design, frame, seed)
    progress(1.0)
    return frame, notes


def _by_aipw(
    analysis: Analysis, repeats: int, seed: int, progress: Progress
) -> tuple[pd.DataFrame, list[str]]:
    share = 1 / (repeats + 1)
    first: Nuisances = nuisances(analysis, 5, seed, part(progress, 0.0, share))
    real = first.scores(analysis)
    rng = np.random.default_rng(seed)
    draws = [(real.estimate, real.std_error)]
    for k in range(1, repeats + 1):
        order = rng.permutation(len(analysis))
        lap = part(progress, k * share, (k + 1) * share, f"Shuffle {k} of {repeats}")
        made = refitted(analysis.with_treatment(analysis.t[order]), first, seed + k, lap)
        draws.append((made.estimate, made.std_error))
    return _draws(draws), [
        (
            "The draws are ours: DoWhy's placebo under propensity weighting was seen to reject "
            "correct analyses."
        )
    ]


def _draws(made: list[tuple[float, float]]) -> pd.DataFrame:
    from workbench.metrics import Z95

    frame = pd.DataFrame(made, columns=["estimate", "std_error"])
    frame.insert(0, "kind", ["real"] + ["placebo"] * (len(made) - 1))
    frame.insert(1, "draw", range(len(made)))
    frame["t_statistic"] = frame["estimate"] / frame["std_error"]
    frame["finds_effect"] = frame["t_statistic"].abs() > Z95
    return frame


def _compared_with_dowhy(
    analysis: Analysis, covariates: Floats, frame: pd.DataFrame, seed: int
) -> list[str]:
    if len(analysis) > MOST_ROWS:
        return [
            (
                f"The draws are ours: DoWhy's placebo refuter was not asked for {len(analysis):,} "
                "rows (seconds for each draw)."
            )
        ]
    theirs = dowhy_placebo_effects(
        analysis.t, analysis.y, covariates, analysis.question.contrast, DOWHY_DRAWS, seed
    )
    ours = frame["estimate"].to_numpy()[1 : DOWHY_DRAWS + 1]
    spread = float(frame["estimate"].iloc[1:].std())
    if np.abs(theirs - ours).max() <= 1e-6 * max(spread, 1e-300):
        return [
            (
                f"DoWhy {dowhy_version()}'s placebo refuter gives the same effects for the first "
                f"{DOWHY_DRAWS} shuffles; p-value and verdict are ours (two-sided, with its "
                "Monte-Carlo error, on t statistics)."
            )
        ]
    return [
        (
            f"DoWhy {dowhy_version()}'s placebo refuter gives other effects for the first "
            f"{DOWHY_DRAWS} shuffles (up to {number(float(np.abs(theirs - ours).max()))} apart); "
            "ours are shown."
        )
    ]


@dataclass(frozen=True)
class _Verdict:
    """What the draws say: of the placebo, and of the real estimate beside it."""

    mean: float
    mean_error: float
    mean_p: float
    found: int
    repeats: int
    most_found: int
    p_value: float

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "_Verdict":
        from scipy.special import stdtr
        from scipy.stats import binom

        real, placebo = frame.iloc[0], frame.iloc[1:]
        t, n = placebo["t_statistic"], len(placebo)
        z = float(t.mean() / (t.std() / np.sqrt(n)))
        as_far = int((t.abs() >= abs(real["t_statistic"])).sum())
        return cls(
            mean=float(placebo["estimate"].mean()),
            mean_error=float(placebo["estimate"].std() / np.sqrt(n)),
            mean_p=float(2 * stdtr(n - 1, -abs(z))),
            found=int(placebo["finds_effect"].sum()),
            repeats=n,
            most_found=int(binom.ppf(0.999, n, LEVEL)),
            p_value=(1 + as_far) / (1 + n),
        )

    @property
    def passed(self) -> bool:
        return self.mean_p >= LEVEL and self.found <= self.most_found

    @property
    def p_value_error(self) -> float:
        return float(np.sqrt(self.p_value * (1 - self.p_value) / self.repeats))

    def summary(self, question: CausalQuestion, repeats: int) -> str:
        return (
            f"With {question.treatment} shuffled {repeats:,} times the analysis finds "
            f"{number(self.mean)} on average (Monte-Carlo error {number(self.mean_error)}, "
            f"{p_in_words(self.mean_p)}), and {self.found} of {self.repeats:,} intervals leave out "
            f"zero; a placebo is as far from zero as the real estimate with p = "
            f"{self.p_value:.3f} ± {self.p_value_error:.3f}."
        )

    def notes(self) -> list[str]:
        return [
            (
                "This tests the machinery, not the assumptions: a missing confounder is shuffled "
                "away as well and stays unseen."
            ),
            (
                f"Passes when the mean placebo t statistic is within chance of zero (two-sided p "
                f"at least {LEVEL}) and at most {self.most_found} of {self.repeats:,} intervals "
                f"leave out zero. A correct analysis fails by chance about {LEVEL:.0%} of the time."
            ),
            (
                f"A built-in bias of {number(2.8 * self.mean_error)} would have been seen with "
                "80 % probability."
            ),
        ]
