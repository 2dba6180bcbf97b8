"""Makes a classifier's chances come true as often as they say, by a map behind the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case_weights import case_weights
from .errors import ModelError, NotApplicable, ParameterError
from .metrics import Floats
from .model import FittedModel
from .models.calibrated import Calibrated, Isotonic, Sigmoid, family_of, log_odds
from .progress import Progress, part, silent
from .refit import refit
from .script import Name
from .split import Rows

CalibrationMethod = Literal["isotonic", "sigmoid"]
#: With fewer rows an isotonic map follows their noise (Niculescu-Mizil & Caruana 2005).
ENOUGH_FOR_ISOTONIC = 1_000
#: Begins the names of the settings that say how a model was calibrated.
_SETTING = "calibration_"


def calibrate(
    model: FittedModel,
    *,
    method: CalibrationMethod = "isotonic",
    folds: int = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> FittedModel:
    """The same classifier with calibrated chances: of rows that get 20 %, a fifth are of the class.

    The model's recipe is learned again `folds` times, each time without a part of its *training*
    rows, which is then predicted; from these out-of-fold chances and what was observed a map is
    learned, and put behind the model as it is. The chances a model gives the rows it learned from
    are too good to learn a map from, and the held-out rows are not touched: they must stay unseen,
    or they could no longer say whether the calibration worked (`calibration_comparison`). With a
    column in the role weight the map is that of the weighted rows, with one in the role
    group whole groups are left out; with one in the role time each part is
    predicted from the rows before it, and the first part has no prediction.

    `isotonic` is the rising step function closest to what was observed (pool adjacent violators),
    with straight lines between its corners; it mends any rising distortion, needs about 1,000 rows,
    and says 0 and 1 at its ends, which the log loss punishes if it is wrong once. `sigmoid` is a
    logistic curve of the log-odds (Platt's, with his smoothed targets), two numbers: for few rows.
    Of two classes one map is learned; of more, one for each class against the rest, and the chances
    are divided by their sum. Either keeps the order of the rows (isotonic makes ties), so the ROC
    curve of two classes hardly moves.

    The trees alone no longer give the chances, so explanations ask the calibrated model itself;
    for exact ones of the log-odds explain `uncalibrated(model)`.

    Raises `NotApplicable` for regression and where a fold would lack a class, `ModelError` for a
    model that is calibrated already.

    Source: Platt, Advances in Large Margin Classifiers (1999); Zadrozny & Elkan, KDD (2002);
    Niculescu-Mizil & Caruana, ICML (2005).
    """
    _require_fit(model, method, folds)
    seen, said = _out_of_fold(model, folds, seed, progress)
    y = model.target.y[seen].astype(int)
    classes = [1] if model.task == "binary" else range(len(model.classes))
    learn = _isotonic if method == "isotonic" else _sigmoid
    weights = case_weights(model.data, seen)
    weights = np.ones(len(seen)) if weights is None else weights / weights.mean()
    maps = tuple(learn(said[:, k], y == k, weights) for k in classes)
    asked = {"method": method, "folds": folds, "seed": seed}
    default = {"method": "isotonic", "folds": 5, "seed": 0}
    given = {name: value for name, value in asked.items() if value != default[name]}
    script = model.script.then(
        model.script.name, "workbench", "calibrate", Name(model.script.name), **given
    )
    notes = (*model.notes, *_notes(model, method, folds, len(seen), maps))
    return replace(with_maps(model, maps, asked, notes), script=script)


def with_maps(
    model: FittedModel,
    maps: tuple[Callable[[Floats], Floats], ...],
    asked: Mapping[str, Any],
    notes: tuple[str, ...],
) -> FittedModel:
    """The model with these maps behind it, learned as was asked."""
    return replace(
        model,
        estimator=Calibrated(model, maps),
        family=family_of(model.family),
        settings={**model.settings, **{f"{_SETTING}{name}": v for name, v in asked.items()}},
        notes=notes,
    )


def learn_again(
    model: FittedModel, rows: Rows, seed: int, progress: Progress = silent
) -> FittedModel:
    """`refit`, and where a map stands behind the model the map as well: the recipe is learned from
    these rows, and calibrated on them as it was before.

    A row that stands in `rows` more than once is with all its copies either learned from or
    predicted, so the chances the map is learned from are out of fold here too. Costs one training,
    and for a calibrated model as many more as it has folds.
    """
    if not is_calibrated(model):
        return refit(model, rows, seed, progress)
    asked = {name.removeprefix(_SETTING): value for name, value in model.settings.items()
             if name.startswith(_SETTING)}  # fmt: skip
    once = refit(uncalibrated(model), rows, seed, part(progress, 0.0, 1 / (asked["folds"] + 1)))
    return calibrate(once, **asked, progress=part(progress, 1 / (asked["folds"] + 1), 1.0))


def uncalibrated(model: FittedModel) -> FittedModel:
    """The model as it was before `calibrate`; itself where it was not calibrated."""
    before: FittedModel = model.estimator.before if is_calibrated(model) else model
    return before


def is_calibrated(model: FittedModel) -> bool:
    """Whether a map stands behind the model."""
    return isinstance(model.estimator, Calibrated)


def _require_fit(model: FittedModel, method: str, folds: int) -> None:
    if model.task == "regression":
        raise NotApplicable(
            f"'{model.target.name}' is a number, so its predictions are no chances.",
            "Calibrate a model of classes.",
        )
    if is_calibrated(model):
        raise ModelError(
            "This model is calibrated already.", "Calibrate the one before: uncalibrated(model)."
        )
    if method not in get_args(CalibrationMethod):
        raise ParameterError(f"method = {method!r} is not known.", "Use 'isotonic' or 'sigmoid'.")
    if not 2 <= folds <= 20:
        raise ParameterError(f"folds = {folds} is not allowed.", "Use 2 to 20.")


# Chances of rows that were not learned from


def _out_of_fold(
    model: FittedModel, folds: int, seed: int, progress: Progress
) -> tuple[Rows, Floats]:
    """Rows of the training part, each once, with the chances (n, classes) of a model without it."""
    rows: list[Rows] = []
    said: list[Floats] = []
    parts = _folds(model, folds, seed)
    for place, (learned, held) in enumerate(parts):
        step = part(progress, place / len(parts), (place + 1) / len(parts))
        again = refit(model, learned, model.seed, step)
        rows.append(held)
        said.append(again.response(model.transform.codes(model.data.frame.iloc[held])))
    return np.concatenate(rows), np.concatenate(said)


def _folds(model: FittedModel, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Rows to learn from and rows to predict, as the columns' roles ask."""
    # copies of a row stay together, or it would be predicted by a model that has seen it
    train, copies = np.unique(model.split.train, return_counts=True)
    y = model.target.y[train].astype(int)
    parts = [
        (np.repeat(train[a], copies[a]), np.repeat(train[b], copies[b]))
        for a, b in _places(model, train, y, folds, seed)
    ]
    for learned, _ in parts:
        absent = set(range(len(model.classes))) - set(model.target.y[learned].astype(int))
        if absent:
            raise NotApplicable(
                f"With {folds} folds one has no row of '{model.classes[min(absent)]}' to learn "
                "from, so its chances would not be those of the model.",
                "Use fewer folds, or bring more rows of this class.",
            )
    return parts


def _places(
    model: FittedModel, train: Rows, y: NDArray[np.int_], folds: int, seed: int
) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    frame = model.data.frame
    time, group = model.data.with_role("time"), model.data.with_role("group")
    if time:
        order = np.argsort(frame[time[0]].iloc[train].to_numpy(), kind="stable")
        chunks = np.array_split(order, folds + 1)
        return [(np.concatenate(chunks[: k + 1]), chunks[k + 1]) for k in range(folds)]
    if group:
        codes = pd.factorize(frame[group[0]].iloc[train], use_na_sentinel=False)[0]
        if codes.max() + 1 < folds:
            raise NotApplicable(
                f"'{group[0]}' has {codes.max() + 1} groups in the training rows for {folds} "
                "folds.",
                "Use fewer folds: whole groups are left out.",
            )
        by_group = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        return list(by_group.split(train, y, groups=codes))
    counts = np.bincount(y, minlength=len(model.classes))
    if counts.min() < folds:
        raise NotApplicable(
            f"'{model.classes[int(counts.argmin())]}' has {counts.min()} training rows for {folds} "
            "folds.",
            "Use fewer folds, or bring more rows of this class.",
        )
    return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(train, y))


# The maps


def _isotonic(chance: Floats, is_class: NDArray[np.bool_], weights: Floats) -> Isotonic:
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    found.fit(chance, is_class, sample_weight=weights)
    return Isotonic(tuple(found.X_thresholds_.tolist()), tuple(found.y_thresholds_.tolist()))


def _sigmoid(chance: Floats, is_class: NDArray[np.bool_], weights: Floats) -> Sigmoid:
    """Platt's targets, (N₊ + 1) / (N₊ + 2) and 1 / (N₋ + 2), as weights of both answers; with case
    weights (of mean 1) N₊ and N₋ are what the rows weigh."""
    from sklearn.linear_model import LogisticRegression

    positive = float(weights[is_class].sum())
    negative = float(weights[~is_class].sum())
    wanted = np.where(is_class, (positive + 1) / (positive + 2), 1 / (negative + 2))
    odds = log_odds(chance)[:, None]
    answers = np.repeat([1, 0], len(chance))
    fitted = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1_000).fit(
        np.vstack([odds, odds]),
        answers,
        sample_weight=np.concatenate([weights * wanted, weights * (1 - wanted)]),
    )
    return Sigmoid(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))


def _notes(
    model: FittedModel,
    method: CalibrationMethod,
    folds: int,
    rows: int,
    maps: tuple[Callable[[Floats], Floats], ...],
) -> tuple[str, ...]:
    how = "at random, the same share of each class"
    if model.data.with_role("time"):
        how = f"in the order of '{model.data.with_role('time')[0]}', each from the rows before it"
    elif model.data.with_role("group"):
        how = f"by whole groups of '{model.data.with_role('group')[0]}'"
    first = (
        f"Calibrated ({method}) on {rows:,} of {len(model.split.train):,} training rows, predicted "
        f"in {folds} folds {how}; the held-out rows were not used."
    )
    notes = [first]
    if method == "isotonic" and rows < ENOUGH_FOR_ISOTONIC:
        notes.append(
            f"An isotonic map of {rows:,} rows follows their noise; with fewer than "
            f"{ENOUGH_FOR_ISOTONIC:,} the sigmoid is the safer one."
        )
    if any(isinstance(one, Sigmoid) and one.slope <= 0 for one in maps):
        notes.append(
            "A sigmoid map falls: out of fold the model ranked rows the wrong way round, and its "
            "chances mean nothing."
        )
    return tuple(notes)
