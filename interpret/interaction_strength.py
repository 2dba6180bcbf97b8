"""Which columns act together in this model? Friedman's H, and its size in the output's unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.methods import method
from workbench.metrics import Floats
from workbench.model import FittedModel, Part
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.settings import ClassName, Column, Range

from ._engine import Engine, engine_of
from ._engine.exact import Exact
from ._interaction import MOST_PAIRED, Interactions, Parts, additive, asked, counted
from ._interaction_figure import MOST_BARS, draw_strengths
from ._rows import ALL_ROWS, PART_NAMES, sample_rows
from ._values import the

#: Rows of which every one is given the values of every other, where the model has to be asked.
MOST_ASKED = 60
#: H above this is remarkable, and its size below this share of the output's spread is not.
REMARKABLE, TINY = 0.3, 0.02


@dataclass(frozen=True, kw_only=True)
class InteractionStrength(Result):
    """Every column's interaction with all others, and that of pairs, the largest first."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the column, or the two columns of a pair",
        "kind": "total: the column against all others; pair: two columns",
        "first": "the column",
        "second": "the other column of a pair; empty for a total",
        "size": "standard deviation over the rows of the part they have together, on `output`",
        "strength": "H: that as a share of `joint_size`; 0 where there is no joint effect",
        "joint_size": "standard deviation over the rows of their joint effect (total: of `output`)",
        "output": "the number that is predicted",
    }

    @property
    def title(self) -> str:
        """Names the column where one was chosen."""
        made = self.provenance
        against = made.settings.get("against") if made else None
        return f"Interaction strength of {against}" if against else "Interaction strength"

    def figure(self) -> Any:
        """Bars of the size, with H beside them: columns against all others, then pairs."""
        return draw_strengths(self.frame)


@method("Interaction strength (Friedman's H)", page="interactions")
def interaction_strength(
    model: FittedModel,
    /,
    *,
    against: Annotated[str | None, Column("feature"), "Only the pairs of this column"] = None,
    target_class: Annotated[str | None, ClassName(), "The class whose output is looked at"] = None,
    rows: Annotated[Part, "Rows that are averaged over"] = "all",
    most_rows: Annotated[
        int | None, Range(10, 10_000_000), "A random sample of so many rows"
    ] = None,
    seed: int = 0,
    progress: Progress = silent,
) -> InteractionStrength:
    """Which columns act together, and by how much: what of their joint effect no sum explains.

    From the partial dependence on two columns that on each alone is taken away. The standard
    deviation over the rows of what is left is the size of the interaction, in the output's unit;
    its share of the joint effect's is H, from 0 (the two add up) to about 1 (they only act
    together). The same for one column against all others. H alone makes columns without much effect
    look strong, so the order is that of the size. All on the scale on which the trees add up: on a
    probability every log-odds model would have interactions.

    Counted from the trees over all rows; for other models by asking for up to 60 rows with one
    another's values. Where columns move together, partial dependence rests on rows that do not
    exist, and so does H. No interval is given.

    Raises `NotApplicable` where there is one column, or where all predictions are the same.

    Source: Friedman & Popescu, Annals of Applied Statistics 2 (2008), section 8.1.
    """
    if len(model.features) < 2:
        raise NotApplicable("There is only one column.", "Interactions take two.")
    engine, target = additive(model, engine_of(model), target_class)
    most = most_rows or (ALL_ROWS if engine.is_exact else MOST_ASKED)
    sample = sample_rows(model, rows, most if engine.is_exact else min(most, MOST_ASKED), seed)
    at = None if against is None else model.features.index(against)
    if isinstance(engine, Exact):
        found = counted(engine, sample.codes, target, at, progress)
    else:
        found = asked(engine, sample.codes, target, at, progress)
    if not found.spread > found.floor:
        raise NotApplicable(
            "The model predicts the same for all of these rows.", "Choose other rows."
        )
    frame = _frame(model, found, at)
    frame["output"] = output = model.output_label(target.target_class, target.scale)
    notes = (sample.note, engine.note, *_notes(model, frame, found, engine, against))
    progress(1.0)
    return InteractionStrength(
        frame=frame, summary=_summary(frame, output, len(sample), rows), notes=notes
    )


def _frame(model: FittedModel, found: Interactions, at: int | None) -> pd.DataFrame:
    names = np.array(model.features, dtype=object)
    first, second = np.array(found.pairs, dtype=int).T
    totals = pd.DataFrame(
        {"feature": names, "kind": "total", "first": names, "second": "",
         **_measures(found.totals, found.floor)}
    )  # fmt: skip
    pairs = pd.DataFrame(
        {"feature": [f"{a} × {b}" for a, b in zip(names[first], names[second], strict=True)],
         "kind": "pair", "first": names[first], "second": names[second],
         **_measures(found.of_pairs, found.floor)}
    )  # fmt: skip
    if at is not None:
        totals = totals.iloc[[at]]
    largest_first = [
        each.sort_values("size", ascending=False, kind="stable") for each in (totals, pairs)
    ]
    frame = pd.concat(largest_first, ignore_index=True).assign(output="")
    return frame[list(InteractionStrength.columns)]


def _measures(parts: Parts, floor: float) -> dict[str, Floats]:
    # what is rounding is shown as the 0 it stands for
    size, joint = (
        np.where(root > floor, root, 0.0) for root in (np.sqrt(parts.left), np.sqrt(parts.joint))
    )
    share = np.divide(size, joint, out=np.zeros_like(size), where=joint > 0)
    return {"size": size, "strength": share, "joint_size": joint}


def _notes(
    model: FittedModel,
    frame: pd.DataFrame,
    found: Interactions,
    engine: Engine,
    against: str | None,
) -> tuple[str, ...]:
    scale = (
        f"On the scale of the {frame['output'].iloc[0]}, whose standard deviation over these rows "
        f"is {number(found.spread)}."
    )
    notes = [scale]
    if not engine.is_exact:
        notes.append(
            f"At most {MOST_ASKED} rows are looked at, since each is given the values of every "
            "other; another sample would give somewhat other numbers."
        )
        if against is None and len(model.features) > MOST_PAIRED:
            notes.append(
                f"Pairs are those of the {MOST_PAIRED} columns that interact most with the rest."
            )
    tiny = frame[(frame["strength"] > REMARKABLE) & (frame["size"] < TINY * found.spread)]
    tiny = tiny[tiny["kind"] == "pair"]
    if len(tiny):
        pairs = ", ".join(f"'{name}'" for name in tiny["feature"].head(3))
        more = f" and {len(tiny) - 3} more" if len(tiny) > 3 else ""
        notes.append(
            f"H is large for {pairs}{more} only because there is next to no joint effect to have "
            f"a share of: the size is below {TINY:.0%} of the output's standard deviation."
        )
    counts = frame["kind"].value_counts()
    if (counts > MOST_BARS).any():
        notes.append(
            f"The picture shows up to {MOST_BARS} columns and {MOST_BARS} pairs; the table holds "
            "them all."
        )
    notes.append("Partial dependence rests on rows that do not exist where columns move together.")
    return tuple(notes)


def _summary(frame: pd.DataFrame, output: str, rows: int, which: str) -> str:
    over = f"Over {rows:,} {PART_NAMES[which]} rows"
    first = frame[frame["kind"] == "pair"].iloc[0]
    if not first["size"] > 0:
        return f"{over} no two columns act together: each adds its own part to {the(output)}."
    return (
        f"{over} '{first['first']}' and '{first['second']}' act together most: beyond the sum of "
        f"the two they move {the(output)} by {number(first['size'])} (standard deviation), "
        f"{first['strength']:.0%} of their joint effect (H = {number(first['strength'])})."
    )
