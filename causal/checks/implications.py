"""Do the data agree with what the graph says of them?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from workbench.blocks import run_all
from workbench.figures import BLUE, GREY, LIGHT_GREY, VERMILION, escape, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import CheckResult
from workbench.settings import Range
from workbench.several_tests import holm

from ..graph import CausalGraph
from ..implied import Implied, Independence, graph_as_meant, implied_independences
from ..independence_test import (
    PARTIAL,
    RESIDUALS,
    Association,
    IndependenceTester,
    why_not_testable,
)
from ..propensity import effective_rows
from ..question import CausalQuestion

Test = Literal["residuals", "partial correlation"]
#: A false alarm, over all independences together, is accepted this often.
LEVEL = 0.05
#: The figure shows so many rows; the table has them all.
MOST_SHOWN = 30
INDEPENDENCE, ARROW = "independence", "arrow"


@dataclass(frozen=True, kw_only=True)
class Implications(CheckResult):
    """What the graph implies and what the data say: first the independences, the most contradicted
    on top, then the arrows, the weakest on top. Passes when no independence is contradicted; `None`
    where the graph implies none that could be tested."""

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "independence: the graph says that nothing is left between the two; arrow: it says "
        "that one causes the other",
        "first": "a column; of an arrow the cause",
        "second": "another column; of an arrow the effect",
        "given": "what is held fixed; for an arrow the other measured causes of the effect",
        "correlation": "what is left between them: the correlation of their residuals, from -1 to "
        "1; of levels the largest",
        "conf_low": "lower end of its 95 % interval",
        "conf_high": "upper end of its 95 % interval",
        "p_value": "two-sided p-value of none",
        "p_holm": "the same corrected for the number of independences tested (Holm); missing for "
        "arrows",
        "contradicted": f"the independence is rejected at {LEVEL:.0%} over all of them together",
        "between": "the levels that differ most, for columns with levels",
        "test": "residuals (generalised covariance measure) or partial correlation",
        "rows": "complete rows that were used",
    }

    def figure(self) -> Any:
        """What is left between two columns, with its interval: none where the graph says so."""
        shown = self.frame.iloc[:MOST_SHOWN].iloc[::-1].reset_index(drop=True)
        figure = new_figure(height=150 + 30 * len(shown), x="correlation of what is left")
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2})
        is_arrow = shown["kind"] == ARROW
        for part, name, colour, symbol in (
            (shown[shown["contradicted"]], "contradicts the graph", VERMILION, "circle"),
            (shown[~shown["contradicted"] & ~is_arrow], "agrees with the graph", BLUE, "circle"),
            (shown[is_arrow], "an arrow of the graph", GREY, "diamond-open"),
        ):
            if len(part):
                figure.add_scatter(
                    x=part["correlation"], y=part.index, mode="markers", name=name,
                    error_x={"type": "data", "symmetric": False, "color": colour, "thickness": 2,
                             "array": part["conf_high"] - part["correlation"],
                             "arrayminus": part["correlation"] - part["conf_low"]},
                    marker={"color": colour, "symbol": symbol, "size": 10},
                    customdata=[escape(_statement(row), 200) for _, row in part.iterrows()],
                    hovertemplate="%{customdata}: %{x:.3f}<extra></extra>",
                )  # fmt: skip
        names = [escape(_statement(row), 52, end=20) for _, row in shown.iterrows()]
        figure.update_yaxes(tickvals=list(shown.index), ticktext=names)
        if len(self.frame) > MOST_SHOWN:
            figure.add_annotation(
                text=f"and {len(self.frame) - MOST_SHOWN} more in the table", showarrow=False,
                xref="paper", yref="paper", x=1, y=1.02, xanchor="right", yanchor="bottom",
                font={"size": 11, "color": GREY},
            )  # fmt: skip
        return figure


@method("Testable implications", page="cause", weighs=True)
def implications(
    question: CausalQuestion,
    /,
    *,
    test: Annotated[Test, "How two columns are compared once others are known"] = "residuals",
    most_tests: Annotated[int, Range(1, 500), "At most so many independences are tested"] = 100,
    most_rows: Annotated[int, Range(100, 100_000), "At most so many rows for each test"] = 5_000,
    seed: int = 0,
    progress: Progress = silent,
) -> Implications:
    """Whether the data contradict the graph: independences that it implies, each tested.

    For every two measured columns that no arrow joins, the graph names others that make them
    independent (a minimal set). The test predicts both columns from that set by cross-fitted ridge
    regressions on splines and products, levels as 0/1, and correlates what is left (generalised
    covariance measure); or takes the partial correlation of two numbers, which assumes straight
    lines. All p-values are corrected for their number (Holm), so that a true graph is contradicted
    in about 5 % of all tables. The arrows are shown too, by what is left between cause and effect
    once the effect's other causes are known: an arrow of which the data show nothing may be one too
    many.

    Rows count by their weights; where they come in groups, these are taken as independent.

    What agrees is not proved: other graphs imply the same, and no data show that a common cause of
    treatment and outcome is missing. With roles instead of a graph nothing is claimed about how
    confounders hang together.

    Source: Shah & Peters, Annals of Statistics 48 (2020); Ankan, Wortel & Textor, Current
    Protocols 1 (2021) for testing graphs.
    """
    progress(0.0, "Reading the graph")
    graph = graph_as_meant(question)
    implied = implied_independences(graph)
    claims = [(INDEPENDENCE, i) for i in implied.found if _is_testable(question, i)][:most_tests]
    claims += [(ARROW, i) for i in _arrows(graph) if _is_testable(question, i)]
    tester = IndependenceTester(question.data, test, most_rows, seed)
    made = run_all(
        lambda claim: tester.association(claim[1].first, claim[1].second, claim[1].given),
        claims,
        progress=progress,
    )
    results = list(zip(claims, made, strict=True))
    frame = _table(results)
    contradicted = int(frame["contradicted"].sum())
    tested = int((frame["kind"] == INDEPENDENCE).sum())
    return Implications(
        frame=frame,
        summary=_summary(frame, tested, contradicted),
        notes=tuple(_notes(question, implied, results, tester, most_tests)),
        passed=None if tested == 0 else contradicted == 0,
    )


Claim = tuple[str, Independence]


def _is_testable(question: CausalQuestion, claim: Independence) -> bool:
    columns = (claim.first, claim.second, *claim.given)
    return not any(why_not_testable(question.data, column) for column in columns)


def _arrows(graph: CausalGraph) -> list[Independence]:
    """Every arrow between measured variables, and the other measured causes of its effect."""
    return [
        Independence(a, b, tuple(sorted(graph.parents[b] & graph.observed - {a})))
        for a, b in graph.edges
        if {a, b} <= graph.observed
    ]


def _table(results: list[tuple[Claim, Association | str]]) -> pd.DataFrame:
    rows = [
        (kind, claim.first, claim.second, ", ".join(claim.given), found.correlation,
         found.conf_low, found.conf_high, found.p_value, found.between, found.test, found.rows)
        for (kind, claim), found in results
        if isinstance(found, Association)
    ]  # fmt: skip
    names = [c for c in Implications.columns if c not in ("p_holm", "contradicted")]
    frame = pd.DataFrame(rows, columns=names)
    frame = frame.astype({"correlation": float, "p_value": float, "rows": int})
    is_claim = frame["kind"] == INDEPENDENCE
    frame["p_holm"] = np.nan
    frame.loc[is_claim, "p_holm"] = holm(frame.loc[is_claim, "p_value"].to_numpy())
    frame["contradicted"] = frame["p_holm"] < LEVEL
    order = frame["p_value"].where(is_claim, -frame["p_value"])
    frame = frame.assign(arrow=~is_claim, order=order).sort_values(
        ["arrow", "order"], kind="stable"
    )
    return frame[list(Implications.columns)].reset_index(drop=True)


def _statement(row: pd.Series) -> str:
    sign = " → " if row["kind"] == ARROW else " ⊥ "
    given = f" | {row['given']}" if row["given"] else ""
    return f"{row['first']}{sign}{row['second']}{given}"


def _summary(frame: pd.DataFrame, tested: int, contradicted: int) -> str:
    if tested == 0:
        return "The graph implies nothing that these data could contradict."
    what = "independence" if tested == 1 else f"{tested} independences"
    of_all = f"The one {what}" if tested == 1 else f"The {what}"
    if contradicted == 0:
        agree = "agrees" if tested == 1 else "agree"
        return (
            f"{of_all} that the graph implies {agree} with the data (Holm, {LEVEL:.0%}); that does "
            "not prove the graph right."
        )
    worst = frame.iloc[0]
    given = f" given {worst['given']}" if worst["given"] else ""
    pair = worst["between"] or f"{worst['first']} and {worst['second']}"
    return (
        f"{contradicted} of {tested} independences that the graph implies "
        f"{'is' if contradicted == 1 else 'are'} contradicted by the data (Holm, {LEVEL:.0%}); the "
        f"clearest: between {pair}{given} a correlation of "
        f"{number(worst['correlation'], 2)} is left [{number(worst['conf_low'], 2)}, "
        f"{number(worst['conf_high'], 2)}]."
    )


def _notes(
    question: CausalQuestion,
    implied: Implied,
    results: list[tuple[Claim, Association | str]],
    tester: IndependenceTester,
    most_tests: int,
) -> list[str]:
    notes = []
    if not question.graph_was_drawn:
        notes.append(
            "The graph was made from the roles, which say nothing of how confounders hang "
            "together: draw a graph to have more tested."
        )
    claims = [i for i in implied.found if _is_testable(question, i)]
    if len(claims) > most_tests:
        notes.append(
            f"{most_tests} of {len(claims)} independences were tested, those with the fewest "
            "conditions first."
        )
    if not implied.complete:
        notes.append("The search for independences was not finished: the graph implies more.")
    notes += _left_out(question, results)
    sizes = [found.rows for _, found in results if isinstance(found, Association)]
    if sizes and max(sizes) == tester.most_rows < len(question.data):
        notes.append(f"Tests used {tester.most_rows:,} rows drawn at random (seed {tester.seed}).")
    notes += _power(results, tester)
    if any(isinstance(f, Association) and f.test == RESIDUALS for _, f in results):
        notes.append(
            "What is left after regressions on "
            + ("straight lines" if tester.method == PARTIAL else "splines and products of pairs")
            + " is correlated; a dependence that leaves no correlation is not seen."
        )
    if tester.method == PARTIAL and not tester.are_alike:
        notes.append(
            "Where rows count differently or come in groups, what straight lines leave is "
            "correlated instead of the partial correlation, whose test takes them as alike."
        )
    if question.missing == "weighted":
        notes.append(
            "A test is of the rows that have all of its columns; none stands for others here, as "
            "it does where the effect is estimated."
        )
    named = question.data.with_role("group")
    independent = f"The groups of '{named[0]}' are" if named else "Rows are"
    notes.append(
        f"{independent} taken as independent. A contradiction means that an arrow or a common "
        "cause is missing between the two, or that a condition was measured with error."
    )
    return notes


def _left_out(
    question: CausalQuestion, results: list[tuple[Claim, Association | str]]
) -> list[str]:
    graph = question.graph
    reasons = {
        column: why_not_testable(question.data, column)
        for column in graph.nodes
        if column in graph.observed
    }
    named = [f"{column} ({why})" for column, why in reasons.items() if why]
    notes = [f"Not tested, nor anything given it: {', '.join(named)}."] if named else []
    failed: dict[str, int] = {}
    for _, found in results:
        if isinstance(found, str):
            failed[found] = failed.get(found, 0) + 1
    counts = [f"{why} ({count})" for why, count in failed.items()]
    return notes + ([f"Tests that could not be made: {', '.join(counts)}."] if counts else [])


def _power(results: list[tuple[Claim, Association | str]], tester: IndependenceTester) -> list[str]:
    from scipy.special import ndtri

    sizes = [f.rows for (kind, _), f in results
             if kind == INDEPENDENCE and isinstance(f, Association)]  # fmt: skip
    if not sizes or tester.groups is not None:  # how much groups tell differs from pair to pair
        return []
    worth = effective_rows(tester.weight) / len(tester.weight)
    seen = float(ndtri(1 - LEVEL / 2 / len(sizes)) + ndtri(0.8)) / np.sqrt(worth * min(sizes))
    return [
        (
            f"A correlation of about {number(min(seen, 1.0), 2)} would have been found in 80 of "
            "100 tables."
        )
    ]
