"""Which arrows would an algorithm propose from the data alone? Proposals, not findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.dataset import Dataset
from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, ORANGE, escape, new_figure
from workbench.methods import method
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import Column, Range

from .graph import CausalGraph

Floats = NDArray[np.float64]
Algorithm = Literal["pc", "ges"]
MOST_COLUMNS, MOST_ROWS, FEWEST_ROWS = 15, 5_000, 50
#: Pairs that are joined in fewer resamples than this are not listed.
LEAST_SHARE = 0.1
#: An arrow is part of the proposal where at least this share of resamples has it.
PROPOSED = 0.5
#: PC joins two columns whose independence is rejected at this level.
LEVEL = 0.01
#: Every pair in three states: first to second, second to first, without direction.
FORWARD, BACKWARD, UNDIRECTED = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Discovery(Result):
    """Pairs of columns by how often an algorithm joins them in resamples of the rows. Never used by
    any other method: a person reads them and draws the graph."""

    columns: ClassVar[Mapping[str, str]] = {
        "first": "a column",
        "second": "another column",
        "joined": "share of resamples in which the two are joined at all",
        "forward": "share of resamples with an arrow from the first to the second",
        "backward": "share of resamples with an arrow from the second to the first",
        "undirected": "share of resamples in which they are joined and the direction is open",
        "in_data": "what the algorithm says of the rows as they are: →, ←, — or nothing",
    }

    @property
    def proposal(self) -> str:
        """The arrows of at least half of the resamples as DOT text, to be corrected by hand."""
        rows = self.frame
        forward = rows[rows["forward"] >= PROPOSED]
        backward = rows[rows["backward"] >= PROPOSED]
        edges = [*zip(forward["first"], forward["second"], strict=True),
                 *zip(backward["second"], backward["first"], strict=True)]  # fmt: skip
        return CausalGraph.of(edges).dot

    def figure(self) -> Any:
        """For every pair how often it is joined, by direction."""
        shown = self.frame.iloc[:30].iloc[::-1]
        names = [escape(f"{a} · {b}", 60) for a, b in
                 zip(shown["first"], shown["second"], strict=True)]  # fmt: skip
        figure = new_figure(height=150 + 26 * len(shown), x="share of resamples", barmode="stack")
        for column, name, colour in (
            ("forward", "first → second", BLUE),
            ("undirected", "direction open", GREY),
            ("backward", "first ← second", ORANGE),
        ):
            figure.add_bar(
                x=shown[column], y=names, orientation="h", name=name, marker={"color": colour},
                hovertemplate=f"%{{y}}: {name} %{{x:.0%}}<extra></extra>",
            )  # fmt: skip
        figure.update_xaxes(range=[0, 1], tickformat=".0%")
        return figure


@method("Proposals for a graph", page="discovery")
def discover(
    data: Dataset,
    /,
    *,
    algorithm: Annotated[Algorithm, "How the proposals are made"] = "pc",
    columns: Annotated[
        tuple[str, ...], Column(None), "Columns; without a choice the features"
    ] = (),
    repeats: Annotated[int, Range(5, 200), "Resamples of the rows"] = 20,
    seed: int = 0,
    progress: Progress = silent,
) -> Discovery:
    """Which arrows an algorithm would propose, and in how many resamples of the rows again.

    PC removes arrows between columns that a test finds independent given others (Fisher's z, level
    1 %) and directs what is left where it can; GES searches the graph of best BIC. Both take the
    world as linear and Gaussian, with **no common cause left out**, and can tell directions only in
    part. A share near 100 % says that the algorithm is sure of itself, not that the arrow is real:
    a column that was not measured makes it as sure of a wrong one.

    For numbers and columns of two levels, up to fifteen. Source: Spirtes, Glymour & Scheines
    (2000); Chickering (2002); by causal-learn (Zheng et al. 2024).
    """
    progress(0.0, "Reading the columns")
    names, left_out = _usable(data, columns)
    values, dropped = _values(data, names, seed)
    rng = np.random.default_rng(seed)
    on_data = _run(values, algorithm)
    counts = np.zeros((3, len(names), len(names)))
    for k in range(repeats):
        progress((k + 1) / (repeats + 1), f"Resample {k + 1} of {repeats}")
        rows = rng.integers(0, len(values), len(values))
        counts += _run(values[rows], algorithm)
    frame = _table(names, counts / repeats, on_data)
    progress(1.0)
    return Discovery(
        frame=frame,
        summary=_summary(frame, algorithm, repeats),
        notes=tuple(_notes(len(values), dropped, left_out, algorithm)),
    )


def _usable(data: Dataset, columns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The columns that can be looked at, and those that cannot."""
    asked = columns or tuple(c for c in data.columns if data.roles[c] in ("feature", "target"))
    usable = [c for c in asked if _as_numbers(data, c) is not None]
    if not 2 <= len(usable) <= MOST_COLUMNS:
        raise NotApplicable(
            f"{len(usable)} of the columns are numbers or have two levels; two to {MOST_COLUMNS} "
            "can be looked at.",
            "Choose the columns that the graph is to be about.",
        )
    return usable, [c for c in asked if c not in usable]


def _as_numbers(data: Dataset, column: str) -> Floats | None:
    """A column as numbers, two levels as 0 and 1; None for any other, and for a constant."""
    values = data.frame[column]
    if data.kinds[column] in ("number", "boolean") and pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(float, na_value=np.nan)
        return numbers if np.unique(numbers[np.isfinite(numbers)]).size > 1 else None
    if data.kinds[column] in ("category", "boolean") and values.nunique() == 2:
        codes, _ = pd.factorize(values, sort=True)
        return np.where(codes < 0, np.nan, codes.astype(float))
    return None


def _values(data: Dataset, names: list[str], seed: int) -> tuple[Floats, int]:
    """The complete rows, standardised, a sample of them where there are many; and how many rows
    were dropped for missing values."""
    columns = [_as_numbers(data, name) for name in names]
    matrix = np.column_stack([c for c in columns if c is not None])
    whole = matrix[np.isfinite(matrix).all(axis=1)]
    if len(whole) < FEWEST_ROWS:
        raise NotApplicable(
            f"Only {len(whole)} rows have a value in each of the {len(names)} columns.",
            f"At least {FEWEST_ROWS} are needed: choose columns with fewer missing values.",
        )
    kept = whole
    if len(whole) > MOST_ROWS:
        kept = whole[np.random.default_rng(seed).choice(len(whole), MOST_ROWS, replace=False)]
    scaled = (kept - kept.mean(axis=0)) / np.where(kept.std(axis=0) > 0, kept.std(axis=0), 1.0)
    if np.linalg.matrix_rank(scaled, tol=1e-6 * len(scaled) ** 0.5) < len(names):
        raise NotApplicable(
            "One of the columns is a sum or a multiple of others, or does not vary.",
            "Leave out columns that repeat what others say.",
        )
    return scaled, len(matrix) - len(whole)


def _run(values: Floats, algorithm: Algorithm) -> Floats:
    """(3, p, p): forward, backward and undirected, 1 above the diagonal where the pair is so."""
    # A resample may repeat a row so often that two columns coincide; a breath of noise parts them.
    noise = np.random.default_rng(0).normal(scale=1e-6, size=values.shape)
    ends = _pc(values + noise) if algorithm == "pc" else _ges(values + noise)
    tail, head = ends == -1, ends == 1
    found = np.stack([tail & head.T, head & tail.T, (tail & tail.T) | (head & head.T)])
    return np.triu(found.astype(float), 1)


def _pc(values: Floats) -> NDArray[np.int_]:
    from causallearn.search.ConstraintBased.PC import pc

    made = pc(values, alpha=LEVEL, indep_test="fisherz", show_progress=False)
    return np.asarray(made.G.graph)


def _ges(values: Floats) -> NDArray[np.int_]:
    from causallearn.search.ScoreBased.GES import ges

    return np.asarray(ges(values, score_func="local_score_BIC")["G"].graph)


def _table(names: list[str], shares: Floats, on_data: Floats) -> pd.DataFrame:
    rows = []
    for a in range(len(names)):
        for b in range(a + 1, len(names)):
            forward, backward, undirected = (float(shares[k, a, b]) for k in range(3))
            marks = [m for k, m in enumerate(("→", "←", "—")) if on_data[k, a, b]]
            joined = forward + backward + undirected
            rows.append((names[a], names[b], joined, forward, backward, undirected, "".join(marks)))
    frame = pd.DataFrame(rows, columns=list(Discovery.columns))
    listed = frame[frame["joined"] >= min(LEAST_SHARE, float(frame["joined"].max()))]
    return listed.sort_values("joined", ascending=False, kind="stable").reset_index(drop=True)


def _summary(frame: pd.DataFrame, algorithm: Algorithm, repeats: int) -> str:
    often = frame[frame["joined"] >= PROPOSED]
    directed = often[often[["forward", "backward"]].max(axis=1) >= PROPOSED]
    return (
        f"Proposals, not findings: {algorithm.upper()} joins {len(often)} pairs of columns in at "
        f"least half of {repeats} resamples, {len(directed)} of them mostly in one direction."
    )


def _notes(rows: int, dropped: int, left_out: list[str], algorithm: Algorithm) -> list[str]:
    sampled = f", drawn at random of more than {MOST_ROWS:,}" if rows == MOST_ROWS else ""
    missing = f"; {dropped:,} have missing values" if dropped else ""
    notes = [
        (
            "No estimate uses these proposals. Draw a graph from what you know; take them as "
            "questions: why should these two be joined, why these two not?"
        ),
        (
            "Taken for granted: nothing that causes two of the columns was left out, relations are "
            "straight lines, and no independence comes about by accident."
        ),
        f"{rows:,} rows were used{sampled}{missing}.",
    ]
    if algorithm == "pc":
        notes.append(f"Two columns are joined where independence is rejected at {LEVEL:.0%}.")
    if left_out:
        notes.append(f"Neither numbers nor of two levels, left out: {', '.join(left_out)}.")
    return notes
