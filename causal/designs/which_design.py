"""Which design fits, by how the treatment came about: five questions no data can answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import pandas as pd

from workbench.dataset import Dataset
from workbench.figures import BLUE, GREY, LIGHT_GREY, escape, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result

Chance = Literal["no", "yes", "an offer, which not all took up"]
Line = Literal["no", "yes", "it made it more likely"]
Start = Literal["no", "one series", "one unit among others", "several units"]
Answer = Literal["no", "yes"]


@dataclass(frozen=True)
class Way:
    """A way to an effect: what it compares, what must be true, the columns it needs, the page."""

    title: str
    compares: str
    assumes: str
    needs: str
    page: str


EXPERIMENT = Way(
    "Experiment",
    "rows that a draw gave the treatment with rows it did not",
    "The draw decided and nothing else; one row's treatment does not reach another row.",
    "arm, outcome; better with measurements from before",
    "experiment",
)
INSTRUMENT = Way(
    "Instrument or encouragement",
    "rows that were pushed towards the treatment with rows that were not",
    "The push reaches the outcome only through the treatment, and pushes nobody away from it.",
    "the push, treatment, outcome (estimand LATE)",
    "cause",
)
CUTOFF = Way(
    "Regression discontinuity",
    "rows just above a line with rows just below it",
    "Nobody could place themselves on one side of the line; nothing else changes there.",
    "outcome, the number with the line; the treatment too where it only became more likely",
    "regression_discontinuity",
)
DIFFERENCES = Way(
    "Difference in differences",
    "the change of those who got the treatment with the change of those who did not",
    "Without it both would have changed alike (parallel trends), and nobody acted in advance.",
    "unit, time, outcome, and when each unit got the treatment",
    "difference_in_differences",
)
SYNTHETIC = Way(
    "Synthetic control",
    "one unit with a mixture of others that ran alike before",
    "The mixture would have gone on running alike; the others were not touched.",
    "unit, time, outcome; many periods before, a dozen or more other units",
    "synthetic_control",
)
INTERRUPTED = Way(
    "Interrupted time series",
    "a series with its own forecast from before",
    "Nothing else happened at that time, and what drove the series before went on.",
    "time, outcome; many periods before (two years or more where there are seasons)",
    "interrupted_time_series",
)
ADJUSTMENT = Way(
    "Adjustment",
    "rows that are alike in every confounder",
    "No common cause of treatment and outcome is missing; no data can show that.",
    "treatment, outcome, and every confounder",
    "cause",
)
WAYS = (EXPERIMENT, INSTRUMENT, CUTOFF, DIFFERENCES, SYNTHETIC, INTERRUPTED, ADJUSTMENT)


@dataclass(frozen=True, kw_only=True)
class WhichDesign(Result):
    """The ways to an effect, those that fit first."""

    columns: ClassVar[Mapping[str, str]] = {
        "design": "its name",
        "fits": "first choice, possible, or no",
        "why": "what in the answers decides",
        "compares": "what is compared with what",
        "assumes": "what must be true, which no data can show",
        "needs": "the columns it needs",
        "page": "where it is",
    }

    def figure(self) -> Any:
        """A line each: a filled mark for the first choice, an open one for what is possible."""
        shown = self.frame.iloc[::-1].reset_index(drop=True)
        colours = {"first choice": BLUE, "possible": BLUE, "no": LIGHT_GREY}
        figure = new_figure(height=90 + 46 * len(shown), showlegend=False)
        for at, row in shown.iterrows():
            figure.add_scatter(
                x=[0], y=[at], mode="markers+text", textposition="middle right",
                marker={"size": 14, "color": colours[row["fits"]], "line": {"width": 2},
                        "symbol": "circle" if row["fits"] == "first choice" else "circle-open"},
                text=[f"   <b>{escape(row['design'])}</b>: {escape(row['why'], 110)}"],
                textfont={"color": GREY if row["fits"] == "no" else None},
                hovertext=escape(row["assumes"], 200), hoverinfo="text",
            )  # fmt: skip
        figure.update_xaxes(visible=False, range=[-0.03, 1])
        figure.update_yaxes(visible=False, range=[-0.6, len(shown) - 0.4])
        return figure


@method("Which design fits?", page="designs")
def which_design(
    data: Dataset,
    /,
    *,
    by_chance: Annotated[Chance, "Was the treatment given by a draw?"] = "no",
    by_a_line: Annotated[
        Line, "Was it given on one side of a line in some number (age, score, votes)?"
    ] = "no",
    since_a_time: Annotated[
        Start, "Did it start at a known time, with measurements before and after?"
    ] = "no",
    by_a_push: Annotated[
        Answer, "Did something push some towards it that cannot reach the outcome otherwise?"
    ] = "no",
    all_causes_measured: Annotated[
        Answer, "Is everything measured that causes both treatment and outcome?"
    ] = "no",
    progress: Progress = silent,
) -> WhichDesign:
    """Which design answers the question, from five answers on how the treatment came about.

    The order is that of how little has to be believed: a draw, a line, a start seen in some units
    and not in others, a push, and last the claim that every confounder was measured. Where nothing
    fits, it says so: then the data describe, and an effect would be a guess.

    The answers are yours: no column of a table holds them.
    Source: Rosenbaum, Observation and Experiment (2017); Angrist & Pischke, Mastering 'Metrics
    (2015); Cunningham, Causal Inference: The Mixtape (2021).
    """
    found = _reasons(by_chance, by_a_line, since_a_time, by_a_push, all_causes_measured)
    fitting = [way for way in WAYS if found[way.title][0]]
    ordered = sorted(fitting, key=lambda way: found[way.title][0])
    first = ordered[0] if ordered else None
    rows = [
        {
            "design": way.title,
            "fits": "first choice" if way is first else "possible" if way in ordered else "no",
            "why": found[way.title][1],
            "compares": way.compares,
            "assumes": way.assumes,
            "needs": way.needs,
            "page": way.page,
        }
        for way in (*ordered, *(way for way in WAYS if way not in ordered))
    ]
    progress(1.0)
    return WhichDesign(
        frame=pd.DataFrame(rows, columns=list(WhichDesign.columns)),
        summary=_summary(first, ordered),
        notes=_notes(data, first),
    )


def _reasons(
    by_chance: Chance, by_a_line: Line, since_a_time: Start, by_a_push: Answer, measured: Answer
) -> dict[str, tuple[int, str]]:
    """For every way its place in the order (0: it does not fit) and what in the answers decides."""
    offer = by_chance == "an offer, which not all took up"
    push = offer or by_a_push == "yes"
    fuzzy = by_a_line == "it made it more likely"
    return {
        EXPERIMENT.title: (
            int(by_chance == "yes"),
            "a draw decided." if by_chance == "yes"
            else "the draw decided about the offer alone, not about who took it." if offer
            else "no draw decided.",
        ),
        INSTRUMENT.title: (
            (2 if offer else 5) * push,
            "the offer was drawn, and moved some." if offer
            else "something moved some and not others." if push
            else "nothing is known that moved only the treatment.",
        ),
        CUTOFF.title: (
            3 * (by_a_line != "no"),
            "crossing the line made it more likely (the fuzzy kind)." if fuzzy
            else "the line decided." if by_a_line == "yes"
            else "no line decided.",
        ),
        DIFFERENCES.title: (
            4 * (since_a_time == "several units") + 6 * (since_a_time == "one unit among others"),
            "several units got it at a known time, others did not."
            if since_a_time == "several units"
            else "with one treated unit its error rests on that one alone."
            if since_a_time == "one unit among others"
            else "no start is seen in some units and not in others.",
        ),
        SYNTHETIC.title: (
            4 * (since_a_time == "one unit among others"),
            "one unit got it at a known time, others never."
            if since_a_time == "one unit among others"
            else "it is for one treated unit among others.",
        ),
        INTERRUPTED.title: (
            4 * (since_a_time == "one series") + 7 * (since_a_time == "one unit among others"),
            "one series is seen before and after." if since_a_time == "one series"
            else "possible with the one unit alone, but the others say more."
            if since_a_time == "one unit among others"
            else "it is for one series that is seen before and after.",
        ),
        ADJUSTMENT.title: (
            8 * (measured == "yes"),
            "you say that no common cause is missing." if measured == "yes"
            else "a common cause may be missing.",
        ),
    }  # fmt: skip


def _summary(first: Way | None, ordered: list[Way]) -> str:
    if first is None:
        return (
            "No design fits these answers: what the table shows are associations, and an effect "
            "would be a guess."
        )
    others = [way.title.lower() for way in ordered[1:]]
    more = f" Possible as well: {', '.join(others)}." if others else ""
    return f"{first.title} fits first: it compares {first.compares}.{more}"


def _notes(data: Dataset, first: Way | None) -> tuple[str, ...]:
    if first is None:
        return (
            (
                "Look for a draw, a line or a start that was not chosen by the rows themselves, "
                "or measure the common causes; bounds on what a missing one could do stand on the "
                "Robustness page."
            ),
        )
    notes = [f"It holds only if: {first.assumes[0].lower()}{first.assumes[1:]}",
             f"Columns it needs: {first.needs}."]  # fmt: skip
    if first in (DIFFERENCES, SYNTHETIC, INTERRUPTED) and not _may_be_time(data):
        notes.append(
            f"{data.name} has no column that is a date or has the role time; a year or period may "
            "be a number, too."
        )
    return tuple(notes)


def _may_be_time(data: Dataset) -> bool:
    return bool(data.with_role("time") or data.of_kind("date"))
