"""SHAP values of a fitted tree model, checked on every run against what the model itself says.

Path-dependent TreeSHAP (Lundberg et al., Nature Machine Intelligence 2, 2020): a feature that is
"not known" is averaged over the training rows as they flowed through each tree. XGBoost computes
its own contributions; scikit-learn's trees go through the `shap` library as arrays of our own
(`_tree_arrays`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.blocks import blocks, run_all
from workbench.errors import ModelError, NotApplicable
from workbench.figures import number
from workbench.model import FittedModel, Scale
from workbench.progress import Progress, silent
from workbench.transform import Floats

from ._tree_arrays import TreeArrays, of_histogram_tree, of_sklearn_tree, work_per_row

#: Base plus contributions may miss the model's own output by this share of the largest sum of
#: absolute contributions, plus the rounding of the arithmetic the family is computed in.
TOLERANCE = 1e-5
#: Rounding as a share of the largest output: XGBoost adds its trees up in single precision.
SINGLE, DOUBLE = 1e-6, 1e-12
#: The library holds the interpreter's lock through a call: rows at a time, and steps at a time.
MOST_ROWS_AT_A_TIME, STEPS_AT_A_TIME = 100, 12_000_000


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
    largest_gap: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Engine:
    """`contributions(codes)` is (n, features + 1, outputs), the base last."""

    contributions: Callable[[Floats], Floats]
    rows_at_a_time: int
    rounding: float


def explain(
    model: FittedModel,
    codes: Floats,
    target_class: str | None = None,
    *,
    progress: Progress = silent,
) -> Contributions:
    """SHAP values of encoded rows (n, p) for one class, or for the number a regression predicts.

    The scale is the one on which the family's trees add up: the target's unit for regression,
    probability for a tree or forest, log-odds or softmax score for boosting.

    Raises `NotApplicable` for a model whose values cannot be had rightly, and `ModelError` where
    base + contributions are not what the model itself predicts, on that scale or through the link.
    """
    chosen = model.explained_class(target_class)
    scale: Scale = model.family.additive_scale(model.task)
    engine = _engine(model)
    slices = blocks(len(codes), engine.rows_at_a_time)
    parts = list(
        # one thread: the libraries use the cores themselves or hold the interpreter's lock
        run_all(lambda at: engine.contributions(codes[at]), slices, progress=progress, threads=1)
    )
    every = np.concatenate(parts)
    outputs = model.on_scale(codes, scale)
    response = model.response(codes)
    largest_gap, allowed = _reconcile(model, every, outputs, response, engine.rounding)
    values = _of_class(model, every, chosen)
    found = Contributions(
        base=float(values[0, -1]),
        values=values[:, :-1],
        prediction=model.column(outputs, chosen),
        response=model.column(response, chosen),
        scale=scale,
        target_class=chosen,
        output=model.output_label(chosen, scale),
        largest_gap=largest_gap,
        notes=(),
    )
    return _with_notes(model, found, allowed)


def _engine(model: FittedModel) -> _Engine:
    if model.family.name not in _ENGINES:
        raise NotApplicable(
            f"SHAP values of a {model.family.title} are not computed here.",
            f"Train one of: {', '.join(_ENGINES)}; or use permutation importance.",
        )
    return _ENGINES[model.family.name](model)


def _xgboost(model: FittedModel) -> _Engine:
    import xgboost

    booster = model.estimator.get_booster()
    types = ["c" if category else "q" for category in model.transform.is_category]

    def contributions(codes: Floats) -> Floats:
        matrix = xgboost.DMatrix(codes, feature_types=types, enable_categorical=True)
        found = booster.predict(matrix, pred_contribs=True, strict_shape=True)
        return np.moveaxis(np.asarray(found, dtype=float), 1, 2)

    return _Engine(contributions, 10 * MOST_ROWS_AT_A_TIME, SINGLE)


def _one_tree(model: FittedModel) -> _Engine:
    # scikit-learn's trees compare the value in single precision with the threshold in double
    return _shap_engine([[of_sklearn_tree(model.estimator.tree_, 1.0)]], [0.0], np.float32)


def _forest(model: FittedModel) -> _Engine:
    trees = [e.tree_ for e in model.estimator.estimators_]
    arrays = [of_sklearn_tree(tree, 1 / len(trees)) for tree in trees]
    return _shap_engine([arrays], [0.0], np.float32)


def _histogram_boosting(model: FittedModel) -> _Engine:
    if model.settings["categories"] == "native" and any(model.transform.is_category):
        raise NotApplicable(
            f"SHAP values of {model.family.title} with categories='native' cannot be trusted: the "
            "library that computes them reads sets of levels as thresholds, without an error.",
            "Train it with categories='ordered', or use XGBoost, whose SHAP values are right for "
            "sets of levels.",
        )
    # one tree per class and round; reading them is not public, and a change would be caught by
    # the reconciliation
    rounds = model.estimator._predictors
    per_class = [[of_histogram_tree(r[k].nodes) for r in rounds] for k in range(len(rounds[0]))]
    base = np.ravel(model.estimator._baseline_prediction)
    return _shap_engine(per_class, [float(b) for b in base], np.float64)


#: By family: how its contributions are computed.
_ENGINES: Mapping[str, Callable[[FittedModel], _Engine]] = {
    "decision_tree": _one_tree,
    "random_forest": _forest,
    "gradient_boosting": _histogram_boosting,
    "xgboost": _xgboost,
}


def _shap_engine(
    ensembles: list[list[TreeArrays]], bases: list[float], compared_as: type
) -> _Engine:
    """One sum of trees per element of `ensembles`; their outputs stand side by side."""
    explainers = [
        _explainer({"trees": trees, "base_offset": base, "input_dtype": compared_as})
        for trees, base in zip(ensembles, bases, strict=True)
    ]

    def contributions(codes: Floats) -> Floats:
        return np.concatenate([_of_explainer(e, codes) for e in explainers], axis=2)

    work = sum(work_per_row(trees) for trees in ensembles)
    rows = int(np.clip(STEPS_AT_A_TIME / work, 1, MOST_ROWS_AT_A_TIME))
    return _Engine(contributions, rows, DOUBLE)


def _explainer(ensemble: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        # matplotlib tells shap, while it is imported, of a name that will go one day
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap
    return shap.TreeExplainer(ensemble, feature_perturbation="tree_path_dependent")


def _of_explainer(explainer: Any, codes: Floats) -> Floats:
    found = np.asarray(explainer.shap_values(codes, check_additivity=False))
    found = found if found.ndim == 3 else found[:, :, None]
    base = np.broadcast_to(np.ravel(explainer.expected_value), (len(codes), 1, found.shape[2]))
    return np.concatenate([found, base], axis=1)


def _of_class(model: FittedModel, every: Floats, chosen: str | None) -> Floats:
    """One output (n, p + 1) of all (n, p + 1, outputs)."""
    if chosen is None:
        return every[:, :, 0]
    code = model.classes.index(chosen)
    if every.shape[2] > 1:
        return every[:, :, code]
    # two classes share one log-odds; 0 - x, so that nothing becomes -0
    return every[:, :, 0] if code == 1 else 0 - every[:, :, 0]


def _reconcile(
    model: FittedModel, every: Floats, outputs: Floats, response: Floats, rounding: float
) -> tuple[float, float]:
    """The largest gap between base + contributions and the model's own output, and the allowed."""
    totals = every.sum(axis=1)
    own = outputs.reshape(len(outputs), -1)
    size = np.abs(every[:, :-1]).sum(axis=1).max()
    allowed = float(TOLERANCE * size + rounding * max(1.0, np.abs(own).max()))
    if totals.shape != own.shape:
        raise _does_not_add_up(model, f"{totals.shape[1]} outputs were explained of {own.shape[1]}")
    gap = float(np.abs(totals - own).max())
    if not gap <= allowed:
        raise _does_not_add_up(model, f"they miss it by up to {gap:.3g} (allowed: {allowed:.2g})")
    if model.family.additive_scale(model.task) == "margin":
        through_link = float(np.abs(_probabilities(totals) - response).max())
        # a probability moves at most half as far as the scores behind it
        if not through_link <= allowed + SINGLE:
            raise _does_not_add_up(model, f"through the link they miss it by {through_link:.3g}")
    return gap, allowed


def _does_not_add_up(model: FittedModel, what: str) -> ModelError:
    return ModelError(
        f"The SHAP values of this {model.family.title} ({model.task}) do not add up to what the "
        f"model itself predicts: {what}.",
        "No values are shown rather than wrong ones. Train another family, or use permutation "
        "importance and partial dependence, which ask the model itself.",
    )


def _probabilities(margin: Floats) -> Floats:
    """The probabilities (n, classes) of log-odds (n, 1) or of softmax scores (n, classes)."""
    if margin.shape[1] == 1:
        margin = np.concatenate([np.zeros_like(margin), margin], axis=1)
    powers = np.exp(margin - margin.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _with_notes(model: FittedModel, found: Contributions, allowed: float) -> Contributions:
    rows = len(found.values)
    where = f"each of these {rows:,} rows" if rows > 1 else "this row"
    start = (
        "Compared with: the training rows as they flowed through the trees (path-dependent "
        f"TreeSHAP). They start at E[f(X)] = {number(found.base)}."
    )
    if model.family.name == "xgboost" and found.scale == "margin":
        start += (
            " XGBoost counts a training row there by the curvature of its loss, so this is not "
            "the mean output"
        )
        mean = number(float(found.prediction.mean()))
        start += f"; over these rows that is {mean}." if rows > 1 else "."
    checked = (
        f"Checked: start plus contributions equal the model's own output in {where}; the largest "
        f"gap is {found.largest_gap:.1e} (allowed: {allowed:.1e})."
    )
    return replace(found, notes=(_unit(model, found), start, checked))


def _unit(model: FittedModel, found: Contributions) -> str:
    if model.task == "regression":
        return f"Contributions are in the unit of '{model.target.name}'."
    if found.scale == "response":
        return f"Contributions are shares of a probability: they add up to {found.output}."
    says = (
        "+0.69 doubles the odds; a probability follows only after adding up."
        if model.task == "binary"
        else "a class's probability follows from the scores of all classes together."
    )
    return f"Contributions are on the scale of the {found.output}: {says}"
