"""What each value does to a prediction by itself, and what by what it causes: causal Shapley."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, INK, LIGHT_GREY, ORANGE, escape, new_figure, number
from workbench.methods import method
from workbench.metrics import Z95
from workbench.model import FittedModel, Scale
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import ClassName, Range, RowNumber

from .bridge import ModelAndQuestion
from .model_contrast import require_same_rows
from .question import CausalQuestion
from .rank_against_effect import require_graph
from .structural_model import Equations, StructuralModel, fit_structural_model

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
#: Rows of the simulated world that are made in one go.
WORLD_AT_A_TIME = 60_000
#: The draws are made in so many sets, each evenly over all chances (a Latin hypercube); what the
#: sets' means differ by is the Monte-Carlo error.
SETS = 10


@dataclass(frozen=True, kw_only=True)
class CausalShapley(Result):
    """A line per column: its share by itself, through what it causes, and ordinary SHAP beside it.

    Of one row the shares have a sign and add up; over rows they are mean sizes and do not.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the model's column",
        "value": "its value in the row, as text; empty over several rows",
        "direct": "what the value adds to the output by itself; over rows the mean of its size",
        "indirect": "what it adds through the columns it causes; over rows the mean of its size",
        "total": "both together: the causal Shapley value; over rows the mean of its size",
        "ordinary": "the SHAP value that sets columns and leaves the others as they were "
        "(interventional); over rows the mean of its size",
        "direct_error": "Monte-Carlo standard error of `direct`",
        "indirect_error": "Monte-Carlo standard error of `indirect`",
        "total_error": "Monte-Carlo standard error of `total`",
        "ordinary_error": "Monte-Carlo standard error of `ordinary`",
        "output": "the number that is explained",
    }

    #: The mean output of the simulated world, from which the shares of a row start.
    base: float = float("nan")

    def figure(self) -> Any:
        """Direct and indirect shares as bars, the two values as marks, largest on top."""
        shown = self.frame.iloc[::-1]
        is_row = bool((shown["value"] != "").any())
        names = [_label(row) for _, row in shown.iterrows()]
        what = "Share of" if is_row else "Mean size of the share of"
        figure = new_figure(height=150 + 40 * max(3, len(shown)),
                            x=f"{what} {shown['output'].iloc[0]}",
                            barmode="relative" if is_row else "group")  # fmt: skip
        for column, colour in (("direct", BLUE), ("indirect", ORANGE)):
            figure.add_bar(
                x=shown[column], y=names, orientation="h", name=f"{column}ly", marker_color=colour,
                hovertemplate=f"%{{y}}: {column}ly %{{x:.4g}}<extra></extra>",
            )  # fmt: skip
        for column, name, colour, symbol in (
            ("total", "causal Shapley value", INK, "diamond"),
            ("ordinary", "ordinary SHAP value", GREY, "circle-open"),
        ):
            figure.add_scatter(
                x=shown[column], y=names, mode="markers", name=name,
                marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2}},
                error_x={"type": "data", "array": Z95 * shown[f"{column}_error"], "color": colour,
                         "thickness": 1},
                hovertemplate=f"%{{y}}: {name} %{{x:.4g}}<extra></extra>",
            )  # fmt: skip
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 1})
        figure.update_yaxes(showgrid=False, ticks="", zeroline=False)
        return figure


@method("Causal Shapley values", page="importance", joined=ModelAndQuestion)
def causal_shapley(
    model: FittedModel,
    question: CausalQuestion,
    /,
    *,
    row: Annotated[
        int | None, RowNumber(), "The row that is explained; empty: the mean size over rows"
    ] = None,
    most_rows: Annotated[int, Range(10, 1_000), "Held-out rows that the mean is over"] = 50,
    equations: Annotated[
        Equations, "How each node follows from its causes: the winner of a race, or a line"
    ] = "raced",
    draws: Annotated[int, Range(50, 20_000), "Simulated worlds, each with an order of joining"] = (
        500
    ),
    target_class: Annotated[str | None, ClassName(), "The class that is explained"] = None,
    scale: Annotated[Scale, "The prediction itself, or what boosted trees add up to"] = "response",
    seed: int = 0,
    progress: Progress = silent,
) -> CausalShapley:
    """How much of a column's part in a prediction is its own, and how much goes through others.

    Ordinary SHAP sets a column and leaves the others as they were: it speaks of the model's inputs
    alone. Causal Shapley values set it in the world: columns it causes change with it, those it
    does not cause stay. Along every order in which columns join, a column's part is

    - direct: its value is put into the model, the others as they are once the columns before it
      are set;
    - indirect: the other columns become what they are once it is set as well.

    Both are averaged over orders (each drawn order also backwards) and over draws of the world. The
    world is a structural model of the graph, fitted node by node: a node without causes from its
    own values, an amount by regression on its causes plus a drawn residual, levels by chances.
    For a row the totals add up exactly to its prediction less the mean of the simulated world;
    every value has a Monte-Carlo standard error in the table.

    Assumes that the graph is right, that nothing unmeasured causes two of its nodes (refused where
    the graph says so), that the equations are learned well, and that what is left of an amount is
    of one spread. A share is of this model's output: an indirect share is what the model would say
    of a world that changed, and is an effect on the outcome only as far as the model's prediction
    is one.

    Needs a drawn graph that holds every column of the model, and not more than 12 nodes.
    Raises `NotApplicable` otherwise, and for a row with a missing value.

    Source: Heskes, Sijben, Bucur & Claassen, NeurIPS 2020.
    """
    require_same_rows(model, question)
    require_graph(question, "Causal Shapley values")
    world = fit_structural_model(model, question, equations, seed, part(progress, 0.0, 0.3))
    positions = _positions(model, row, most_rows, seed)
    codes = model.transform.codes(model.data.frame.iloc[positions])
    positions, codes = _complete(positions, codes, row)
    game = _Game(model, model.explained_class(target_class), scale, world, seed, draws)
    found = _explained(game, codes, part(progress, 0.3, 1.0))
    label = model.output_label(target_class, scale)
    is_row = row is not None
    frame = _frame(model, found, positions, label, is_row)
    progress(1.0)
    return CausalShapley(
        frame=frame,
        summary=_summary(frame, row, len(positions), found, label),
        notes=tuple(_notes(game, frame, found, is_row)),
        base=found.base,
    )


@dataclass(frozen=True)
class _Explained:
    """Shares (rows, columns) and their Monte-Carlo errors; `base` is the simulated world's mean
    output with its error, `predicted` (rows,) the rows' own."""

    shares: Mapping[str, Floats]
    errors: Mapping[str, Floats]
    base: float
    base_error: float
    predicted: Floats


@dataclass(frozen=True)
class _Game:
    """The model, and the world in which columns are set; noise and orders are drawn once."""

    model: FittedModel
    target_class: str | None
    scale: Scale
    world: StructuralModel
    seed: int
    draws: int

    @property
    def worlds(self) -> int:
        """How many worlds are drawn: as many as make sets of one size."""
        return SETS * (self.draws // SETS)

    @property
    def places(self) -> Places:
        """Where each of the model's columns stands among the nodes."""
        return np.array([self.world.nodes.index(f) for f in self.model.features], dtype=np.intp)

    def output(self, nodes: Floats) -> Floats:
        """What the model says of rows of nodes (N, nodes)."""
        return self.said(nodes[:, self.places])

    def said(self, codes: Floats) -> Floats:
        """What the model says of encoded rows."""
        return self.model.column(self.model.on_scale(codes, self.scale), self.target_class)


def _explained(game: _Game, codes: Floats, progress: Progress) -> _Explained:
    rng = np.random.default_rng(game.seed)
    nodes, columns = len(game.world.nodes), codes.shape[1]
    noise = _evenly(rng, game.worlds, nodes + 1)
    orders = np.argsort(rng.random((game.worlds, columns)), axis=1)
    known = game.model.transform.codes(game.model.data.frame.iloc[game.world.rows])
    known = known[np.argsort(game.said(known), kind="stable")]
    others = known[(noise[:, -1] * len(known)).astype(np.intp)]
    at_once = max(1, WORLD_AT_A_TIME // game.worlds)
    shares: dict[str, list[Floats]] = {"direct": [], "indirect": [], "total": [], "ordinary": []}
    errors: dict[str, list[Floats]] = {name: [] for name in shares}
    starts: Floats = np.zeros(0)
    for first in range(0, len(codes), at_once):
        some = codes[first : first + at_once]
        lap = part(progress, first / len(codes), min(1.0, (first + at_once) / len(codes)),
                   "Setting columns in simulated worlds")  # fmt: skip
        made, starts = _both_ways(game, some, noise[:, :-1], orders, others, lap)
        for name, each in made.items():
            of_sets = each.reshape(len(some), SETS, -1, columns).mean(axis=2)
            shares[name].append(of_sets.mean(axis=1))
            errors[name].append(of_sets.std(axis=1, ddof=1) / np.sqrt(SETS))
    return _Explained(
        {name: np.concatenate(each) for name, each in shares.items()},
        {name: np.concatenate(each) for name, each in errors.items()},
        float(starts.mean()),
        float(starts.reshape(SETS, -1).mean(axis=1).std(ddof=1) / np.sqrt(SETS)),
        game.said(codes),
    )


def _evenly(rng: np.random.Generator, count: int, columns: int) -> Floats:
    """Numbers between 0 and 1 (count, columns), in each set and column one in every interval of the
    same length (McKay, Beckman & Conover 1979)."""
    size = count // SETS
    places = np.argsort(rng.random((SETS, size, columns)), axis=1)
    even: Floats = ((places + rng.random(places.shape)) / size).reshape(count, columns)
    return even


def _both_ways(
    game: _Game, codes: Floats, noise: Floats, orders: Places, others: Floats, progress: Progress
) -> tuple[dict[str, Floats], Floats]:
    """The shares of each row in each draw (rows, draws, columns), every order walked forwards and
    backwards, and the outputs (draws,) of the world in which nothing is set."""
    count = len(codes)
    given = np.repeat(codes, game.worlds, axis=0)
    stacked = [np.tile(each, (count, 1)) for each in (noise, others)]
    found: dict[str, Floats] = {}
    starts: Floats = np.zeros(0)
    for k, order in enumerate((orders, orders[:, ::-1])):
        lap = part(progress, k / 2, (k + 1) / 2)
        walked, starts = _along(
            game, given, np.tile(order, (count, 1)), stacked[0], stacked[1], lap
        )
        for name, each in walked.items():
            found[name] = found.get(name, 0.0) + each / 2
    found["total"] = found["direct"] + found["indirect"]
    shape = (count, game.worlds, codes.shape[1])
    return {name: each.reshape(shape) for name, each in found.items()}, starts[: game.worlds]


def _along(
    game: _Game, given: Floats, order: Places, noise: Floats, others: Floats, progress: Progress
) -> tuple[dict[str, Floats], Floats]:
    """Each column's shares (N, columns) as the columns join one after another."""
    every, places = np.arange(len(given)), game.places
    values = np.zeros((len(given), len(game.world.nodes)))
    values[:, places] = given
    fixed = np.zeros(values.shape, dtype=bool)
    found = {name: np.empty(given.shape) for name in ("direct", "indirect", "ordinary")}
    world, left = game.world.draw(noise, values, fixed), others.copy()
    start = before = game.output(world)
    beside = game.said(left)
    for step, column in enumerate(order.T):
        progress(step / order.shape[1])
        node = places[column]
        world[every, node] = values[every, node]
        put = game.output(world)
        fixed[every, node] = True
        world = game.world.draw(noise, values, fixed)
        after = game.output(world)
        found["direct"][every, column] = put - before
        found["indirect"][every, column] = after - put
        left[every, column] = given[every, column]
        alone = game.said(left)
        found["ordinary"][every, column] = alone - beside
        before, beside = after, alone
    return found, start


# The rows


def _positions(model: FittedModel, row: int | None, most_rows: int, seed: int) -> Places:
    if row is not None:
        return np.array([row], dtype=np.intp)
    held_out = model.positions("test")
    if len(held_out) <= most_rows:
        return held_out
    return np.sort(np.random.default_rng(seed).choice(held_out, most_rows, replace=False))


def _complete(positions: Places, codes: Floats, row: int | None) -> tuple[Places, Floats]:
    """The rows without a missing value: no column can be set to a value it does not have."""
    whole = ~np.isnan(codes).any(axis=1)
    if not whole.any():
        where = f"Row {row} has" if row is not None else "All of these rows have"
        raise NotApplicable(
            f"{where} a missing value, and a column cannot be set to a value it does not have.",
            "Choose another row.",
        )
    return positions[whole], codes[whole]


# The table, and what it says


def _frame(
    model: FittedModel, found: _Explained, positions: Places, label: str, is_row: bool
) -> pd.DataFrame:
    names = ("direct", "indirect", "total", "ordinary")
    made: dict[str, Any] = {"feature": list(model.features), "value": ""}
    if is_row:
        line = model.data.frame.iloc[positions[0]]
        made["value"] = [_as_text(line[f]) for f in model.features]
    for name in names:
        share, error = found.shares[name], found.errors[name]
        made[name] = share[0] if is_row else np.abs(share).mean(axis=0)
        # The worlds are the same for every row, so that the errors of rows do not average out.
        made[f"{name}_error"] = error.mean(axis=0)
    frame = pd.DataFrame(made).assign(output=label)[list(CausalShapley.columns)]
    order = frame["total"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _as_text(value: Any) -> str:
    return number(value) if isinstance(value, float) else str(value)


def _summary(frame: pd.DataFrame, row: int | None, rows: int, found: _Explained, label: str) -> str:
    first = frame.iloc[0]
    if row is None:
        return (
            f"Over {rows:,} held-out rows {first['feature']} moves {_the(label)} most once "
            f"what it causes is counted: by {number(first['total'])} on average (directly "
            f"{number(first['direct'])}, through others {number(first['indirect'])}; ordinary SHAP "
            f"{number(first['ordinary'])})."
        )
    return (
        f"In row {row} {_the(label)} is {number(found.predicted[0])}, from "
        f"{number(found.base)} on average; most of it is due to {first['feature']} = "
        f"{first['value']}: {number(first['total'])}, of which {number(first['direct'])} by itself "
        f"and {number(first['indirect'])} through what it causes (ordinary SHAP "
        f"{number(first['ordinary'])})."
    )


def _the(label: str) -> str:
    return label if label.startswith("P(") else f"the {label}"


def _notes(game: _Game, frame: pd.DataFrame, found: _Explained, is_row: bool) -> list[str]:
    world = game.world
    worst = number(float(frame[["total_error", "direct_error", "indirect_error"]].max().max()), 2)
    of_row = "" if is_row else " of a row's share, on average over rows,"
    drawn = (
        f"Monte-Carlo standard errors{of_row} from {game.worlds:,} simulated worlds in {SETS} even "
        f"sets, each world with an order of joining walked both ways (seed {game.seed}), are at "
        f"most {worst}; they are in the table, and say nothing of whether graph and equations are "
        "right."
    )
    notes = [drawn]
    if is_row:
        notes.append(
            "The totals add up exactly to the row's output less the mean of the simulated worlds, "
            f"which is {number(found.base)} ± {number(found.base_error, 2)}."
        )
    else:
        notes.append(
            "Mean sizes do not add up: a direct and an indirect share may cancel in a row. Where "
            "they are not far above their errors they are too large by chance, at most by about "
            "0.8 of the error."
        )
    known = game.model.transform.codes(game.model.data.frame.iloc[world.rows])
    real = float(game.said(known).mean())
    spread = float(game.said(known).std())
    far = abs(found.base - real) - 3 * found.base_error
    check = (
        f"The model's mean output is {number(real)} over the rows the structural model was learned "
        f"from and {number(found.base)} over its simulated worlds"
    )
    is_far = far > 0.1 * spread
    notes.append(
        f"Warning: {check}: the equations miss something." if is_far
        else f"{check}: the nearer, the better the equations."
    )  # fmt: skip
    notes.append(
        "Assumed: the graph, no unmeasured cause of two of its nodes, equations learned well, and "
        "residuals of one spread. The shares are of the model's output, not of the outcome."
    )
    notes += world.notes
    notes += [says for equation in world.equations.values() for says in equation.says[:1]]
    silent_nodes = [n for n in world.nodes if n not in game.model.features]
    if silent_nodes:
        notes.append(f"Simulated as well, since they cause the model's columns: "
                     f"{', '.join(silent_nodes)}.")  # fmt: skip
    return notes


def _label(row: pd.Series) -> str:
    name = escape(row["feature"], 28, end=10)
    return f"{name} = {escape(row['value'], 14)}" if row["value"] != "" else name
