"""How well were outcome and treatment predicted, on which the effect stands?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from ..analysis import Analysis, binary_analysis, require_answer
from ..estimators.aipw import ESTIMANDS, SCALES, Nuisances, nuisances
from ..nuisances import LAST, Race
from ..question import CausalQuestion

Floats = NDArray[np.float64]
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class NuisanceQuality(CheckResult):
    """Every learner in the race of every nuisance, out of fold."""

    columns: ClassVar[Mapping[str, str]] = {
        "nuisance": "what is predicted: the outcome in an arm, or the chance of treatment",
        "learner": "the kind of model",
        "loss": "mean squared error, or for a chance the mean log loss, on rows not seen",
        "loss_of_mean": "the same for predicting the mean",
        "explained": "share of that loss that the learner takes away; below 0: worse than the mean",
        "won": "the estimate uses this learner",
    }

    def figure(self) -> Any:
        """What every learner takes away of the loss, nuisance by nuisance; the winner in colour."""
        lines: list[tuple[str, float | None, bool]] = []
        for name, part in self.frame.groupby("nuisance", sort=False):
            lines.append((f"<b>{escape(name, 44)}</b>", None, False))
            lines += [
                (escape(r["learner"], 44), r["explained"], r["won"]) for _, r in part.iterrows()
            ]
        names, explained, won = zip(*reversed(lines), strict=True)
        figure = new_figure(height=100 + 30 * len(lines), showlegend=False,
                            x="share of the loss explained, on rows not seen")  # fmt: skip
        figure.add_bar(
            x=explained, y=list(range(len(lines))), orientation="h",
            marker={"color": [BLUE if w else GREY for w in won]}, cliponaxis=False,
            text=["" if v is None else number(v, 2) for v in explained], textposition="outside",
            hovertemplate="%{x:.4f}<extra></extra>",
        )  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        low = min(0.0, float(self.frame["explained"].min()))
        high = max(0.02, float(self.frame["explained"].max()))
        room = 0.2 * (high - low)
        figure.update_xaxes(range=[low - (room if low < 0 else 0), high + room])
        figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, showgrid=False,
                            range=[-0.6, len(names) - 0.4], ticks="", zeroline=False)  # fmt: skip
        return figure


@method("Nuisance quality", page="robustness", weighs=True)
def nuisance_quality(
    question: CausalQuestion, /, *, seed: int = 0, progress: Progress = silent
) -> NuisanceQuality:
    """How well the models under AIPW predict the outcome in each arm and the chance of treatment.

    All are judged on rows they did not see. Passes where no race is won by the most flexible
    learner there is (a still more flexible one might do better, and an interval is only as good as
    the nuisances). A chance of treatment that cannot be predicted is no fault: in an experiment it
    cannot. Good losses say nothing about confounders that are missing. Rows with weights count by
    these, in learning and in the losses. Whole groups are in one fold; where an arm is small AIPW
    draws the folds five times, and these are the models of the first draw.

    For a two-level treatment. Source: Chernozhukov et al. (2018); van der Laan, Polley & Hubbard
    (2007) for choosing by cross-validation.
    """
    require_answer(question, "AIPW", ESTIMANDS, SCALES)
    analysis = binary_analysis(question, "AIPW")
    if not analysis.covariates.terms:
        raise NotApplicable(
            "Nothing is adjusted for, so there is nothing to predict from.",
            "Name confounders to see how well they predict.",
        )
    learned = nuisances(analysis, FOLDS, seed, progress)
    frame = pd.concat(_races(analysis, learned), ignore_index=True)
    at_edge = [race.name for race in learned.races if race.winner is LAST]
    progress(1.0)
    return NuisanceQuality(
        frame=frame,
        summary=_summary(frame),
        notes=(*analysis.notes, *_notes(analysis, frame, at_edge)),
        passed=not at_edge,
    )


def _races(analysis: Analysis, learned: Nuisances) -> list[pd.DataFrame]:
    arm, everyone = analysis.arm, np.ones(len(analysis), dtype=bool)
    targets = ((analysis.y, ~arm), (analysis.y, arm), (arm.astype(float), everyone))
    return [
        _race(race, target[of], analysis.weight[of])
        for race, (target, of) in zip(learned.races, targets, strict=True)
    ]


def _race(race: Race, target: Floats, weight: Floats) -> pd.DataFrame:
    mean = float(np.average(target, weights=weight))
    if race.is_chance:
        p = np.clip(mean, 1e-6, 1 - 1e-6)
        constant = float(-(mean * np.log(p) + (1 - mean) * np.log1p(-p)))
    else:
        constant = float(np.average((target - mean) ** 2, weights=weight))
    losses = np.array([loss for _, loss in race.losses])
    return pd.DataFrame(
        {
            "nuisance": race.name,
            "learner": [title for title, _ in race.losses],
            "loss": losses,
            "loss_of_mean": constant,
            "explained": 1 - losses / constant if constant > 0 else np.nan,
            "won": [title == race.winner.title for title, _ in race.losses],
        }
    ).astype({"nuisance": "str", "learner": "str"})


def _summary(frame: pd.DataFrame) -> str:
    won = frame[frame["won"]]
    parts = [
        f"{row['nuisance'][0].lower()}{row['nuisance'][1:]}: {row['explained']:.1%} of the loss "
        f"explained ({row['learner']})"
        for _, row in won.iterrows()
    ]
    return f"On rows not seen, {'; '.join(parts)}."


def _notes(analysis: Analysis, frame: pd.DataFrame, at_edge: list[str]) -> list[str]:
    notes = ["Losses are cross-fitted over five folds; one learner is chosen for all of them."]
    if analysis.is_weighted:
        notes.append("Models are learned, and losses averaged, as the rows are weighted.")
    if at_edge:
        notes.append(
            f"Warning: the most flexible learner won for {', '.join(at_edge)}. The truth may be "
            "more uneven still; then the interval is too short."
        )
    won = frame[frame["won"]]
    worse = won.loc[won["explained"] < 0, "nuisance"]
    if len(worse):
        notes.append(
            f"Even the winner is worse than the mean for {', '.join(worse)}: what is adjusted for "
            "does not predict it, and adjusting only adds noise."
        )
    return notes
