"""The attribution contract: what is explained, compared with what, and that it adds up.

Every SHAP value of the project comes from here. The values are had in one of three ways: from the
trees, exactly (`trees.shap`); from the library that trained the model, where the exact engine does
not serve (`_library_shap`); or by asking the model itself about coalitions of columns
(`_subset_shap`), for every other model and scale. Whichever it was, start + contributions are
compared with the model's own prediction of every explained row, and refused where they differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.errors import ModelError, NotApplicable
from workbench.figures import number
from workbench.model import FittedModel, Scale
from workbench.progress import Progress, part, silent
from workbench.transform import Floats

from . import _library_shap
from ._engine import Engine, Target, engine_of
from ._engine.asking import Asking
from ._engine.exact import Exact
from ._reference import Reference
from ._subset_shap import MOST_PLAYERS, Shapley, shapley

#: Start plus contributions may miss the model's own output by this share of the largest sum of
#: absolute contributions, plus the rounding of the arithmetic the family is computed in.
TOLERANCE = 1e-5
#: Rounding as a share of the largest output: XGBoost adds its trees up in single precision.
SINGLE, DOUBLE = 2e-6, 1e-12
#: The reference rows where the model has to be asked and nobody chose.
ASKED_REFERENCE = 100
#: Families whose trees keep what the rows of a node weighed.
BY_WEIGHT = ("decision_tree", "random_forest", "extra_trees", "xgboost")
#: The training rows as they flowed through the trees.
OF_THE_TREES = Reference(None, "the training rows as they flowed through the trees")


@dataclass(frozen=True)
class Contributions:
    """What each feature adds to one output of the model, row by row.

    `base` + `values[i].sum()` = `prediction[i]`, the model's own output on `scale`, up to
    `largest_gap`. `response` is the prediction on the response scale (a probability for classes).
    `output` names the explained number; `notes` say the scale, the reference and the gap.
    """

    base: float
    values: Floats
    prediction: Floats
    response: Floats
    scale: Scale
    target_class: str | None
    output: str
    reference: Reference
    largest_gap: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """Values (n, p) of the explained output, before they are checked."""

    base: float
    values: Floats
    reference: Reference
    how: str


def explain(
    model: FittedModel,
    codes: Floats,
    target_class: str | None = None,
    *,
    reference: Reference = OF_THE_TREES,
    scale: Scale | None = None,
    progress: Progress = silent,
) -> Contributions:
    """SHAP values of encoded rows (n, p) for one class, or for the number a regression predicts.

    The scale is the one on which the family's trees add up (the target's unit for regression,
    probability for a tree or forest, log-odds or softmax score for boosting), unless another is
    asked for. On another the values do not add up over trees; they are exact for few columns and
    refused otherwise.

    Raises `NotApplicable` for values that cannot be had rightly, and `ModelError` where start +
    contributions are not what the model itself predicts.
    """
    chosen = model.explained_class(target_class)
    additive: Scale = model.additive_scale
    target = Target(chosen, scale or additive)
    engine = engine_of(model)
    # the library's trees and ours are read once; the model itself has the last word on what it says
    prediction = model.column(model.on_scale(codes, target.scale), chosen)
    found = _found(model, engine, codes, target, reference, target.scale == additive, progress)
    gap, allowed = _reconciled(model, found, prediction)
    made = Contributions(
        base=found.base,
        values=found.values,
        prediction=prediction,
        response=model.column(model.response(codes), chosen),
        scale=target.scale,
        target_class=chosen,
        output=model.output_label(chosen, target.scale),
        reference=found.reference,
        largest_gap=gap,
        notes=(),
    )
    return replace(made, notes=_notes(model, made, found.how, allowed))


def _found(
    model: FittedModel,
    engine: Engine,
    codes: Floats,
    target: Target,
    reference: Reference,
    adds_up: bool,
    progress: Progress,
) -> _Found:
    if adds_up and isinstance(engine, Exact):
        base, values = engine.shap(codes, target, reference.codes, progress=progress)
        return _Found(base, values, reference, engine.note)
    asking = engine if isinstance(engine, Asking) else None
    waiting = asking is not None and asking.is_waiting
    if adds_up and waiting and reference.codes is None and _library_shap.serves(model):
        base, values = _library_shap.contributions(model, codes, target.target_class, progress)
        return _Found(base, values, reference, engine.note)
    if not adds_up and codes.shape[1] > MOST_PLAYERS:
        raise NotApplicable(
            f"SHAP values of a probability are not sums over the trees of a {model.family.title}, "
            f"and {codes.shape[1]} columns are too many to ask for every coalition of them (up to "
            f"{MOST_PLAYERS}).",
            "Explain the log-odds, on which they add up.",
        )
    found = _asked(model, codes, target, reference, progress)
    return replace(found, how=f"{found.how} {asking.why}") if asking else found


def _asked(
    model: FittedModel, codes: Floats, target: Target, reference: Reference, progress: Progress
) -> _Found:
    """By coalitions; the reference rows that nobody chose are some of the training rows."""
    if reference.codes is None:
        train = model.transform.codes(model.rows("train"))
        every = max(1, len(train) // ASKED_REFERENCE)
        some = train[::every][:ASKED_REFERENCE]
        words = f"{len(some):,} training rows, evenly chosen"
        reference = Reference(some, words)
    assert reference.codes is not None

    def ask(rows: Floats) -> Floats:
        return model.column(model.on_scale(rows, target.scale), target.target_class)

    found = shapley(ask, codes, reference.codes, progress=part(progress, 0, 0.95))
    return _Found(found.base, found.values, reference, _how_asked(found))


def _how_asked(found: Shapley) -> str:
    if found.is_exact:
        return "Exact: the model itself was asked about every coalition of columns."
    return (
        "Sampled: the model itself was asked as columns joined in random orders (seed 0); the "
        f"largest standard error of a contribution is {number(float(found.std_error.max()))}."
    )


def _reconciled(model: FittedModel, found: _Found, prediction: Floats) -> tuple[float, float]:
    """The largest gap between start + contributions and the model's own output, and the allowed."""
    totals = found.base + found.values.sum(axis=1)
    size = np.abs(found.values).sum(axis=1).max(initial=0.0)
    rounding = SINGLE if "XGB" in type(model.trees).__name__ else DOUBLE
    allowed = float(TOLERANCE * size + rounding * max(1.0, np.abs(prediction).max(initial=0.0)))
    gap = float(np.abs(totals - prediction).max(initial=0.0))
    if not gap <= allowed:
        raise ModelError(
            f"The SHAP values of this {model.family.title} ({model.task}) do not add up to what "
            f"the model itself predicts: they miss it by up to {gap:.3g} (allowed: {allowed:.2g}).",
            "No values are shown rather than wrong ones. Train another family, or use permutation "
            "importance and partial dependence, which ask the model itself.",
        )
    return gap, allowed


def _notes(model: FittedModel, made: Contributions, how: str, allowed: float) -> tuple[str, ...]:
    rows = len(made.values)
    where = f"each of these {rows:,} rows" if rows > 1 else "this row"
    checked = (
        f"Checked: start plus contributions equal the model's own output in {where}; the largest "
        f"gap is {number(made.largest_gap, 2)} (allowed: {number(allowed, 2)})."
    )
    return (
        _unit(model, made),
        _start(model, made),
        how,
        checked,
    )


def _start(model: FittedModel, made: Contributions) -> str:
    kind = "path-dependent" if made.reference.codes is None else "interventional"
    start = (
        f"Compared with: {made.reference.words} ({kind} SHAP values). They start at "
        f"E[f(X)] = {number(made.base)}."
    )
    if made.reference.codes is None and _flows_by_weight(model):
        start += (
            " There, and only there, a training row counts by its weight, which the trees keep "
            "from training; with compared_with='train' every row counts the same."
        )
    if made.reference.codes is None and model.family.name == "xgboost" and made.scale == "margin":
        start += (
            " XGBoost counts a training row there by the curvature of its loss, so this is not "
            "the mean output"
        )
        mean = number(float(made.prediction.mean()))
        start += f"; over these rows that is {mean}." if len(made.values) > 1 else "."
    return start


def _flows_by_weight(model: FittedModel) -> bool:
    """Whether rows had weights in training which the library keeps with the nodes of its trees;
    scikit-learn's histograms and LightGBM keep the number of rows."""
    weights = model.training.weights(model.data, model.target, model.split.train)
    return weights is not None and model.family.name in BY_WEIGHT


def _unit(model: FittedModel, made: Contributions) -> str:
    if made.scale == "margin" and model.has_log_link:
        return (
            f"Contributions are on the scale of the {made.output}: +0.69 doubles the prediction, "
            "and a number follows only after adding up."
        )
    if model.task == "regression":
        return f"Contributions are in the unit of '{model.target.name}'."
    if made.scale == "response":
        return f"Contributions are shares of a probability: they add up to {made.output}."
    says = (
        "+0.69 doubles the odds; a probability follows only after adding up."
        if model.task == "binary"
        else "a class's probability follows from the scores of all classes together."
    )
    return f"Contributions are on the scale of the {made.output}: {says}"
