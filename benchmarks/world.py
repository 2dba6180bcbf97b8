"""The rows and the models: made once from a seed, kept in .work/, read by every child."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sizes import Size

Floats = NDArray[np.float64]

FOLDER = Path(__file__).parent / ".work"
#: Rows a model is fitted on; those that are explained are others.
TRAINING_ROWS = 10_000
#: Rows of the training set that interventional SHAP compares with.
BACKGROUND_ROWS = 1_000
DEPTH = 6


@dataclass(frozen=True, eq=False)
class World:
    """What a contender is given: the fitted model, and the rows (rows, features) to explain.

    The values are float64 that single precision holds exactly, so that no library sees others.
    """

    size: Size
    model: Any
    values: Floats
    target: NDArray[Any]
    background: Floats
    threads: int

    @cached_property
    def frame(self) -> Any:
        """The rows as a table, for peers that want one."""
        return _table(self.values)

    @cached_property
    def background_frame(self) -> Any:
        """The background as a table."""
        return _table(self.background)

    @cached_property
    def names(self) -> list[str]:
        """The columns of the tables."""
        return _names(self.size.features)


def load(size: Size, threads: int) -> World:
    """Reads what `prepare` made."""
    rows, target = _rows(size, seed=1)
    background, _ = _rows(size.with_rows(TRAINING_ROWS), seed=0)
    model = _read_model(size, threads)
    return World(size, model, rows, target, background[:BACKGROUND_ROWS].copy(), threads)


def prepare(size: Size) -> None:
    """Makes the rows and the model of a size where they are not there yet."""
    FOLDER.mkdir(exist_ok=True)
    rows, target = _rows(size.with_rows(TRAINING_ROWS), seed=0)
    _rows(size, seed=1)
    path = _model_path(size)
    if path.exists():
        return
    model = _MAKERS[size.model](size).fit(rows, target)
    if size.model == "boosted":
        model.save_model(path)
    else:
        import joblib

        joblib.dump(model, path)


def friedman(size: Size, seed: int) -> tuple[Floats, Floats]:
    """Friedman's function (1991) of the first columns, and a little of every other column.

    Returns the columns and the target before it is cut into classes; the seventh column is
    correlated with the first.
    """
    draw = np.random.default_rng(seed)
    x = draw.uniform(size=(size.rows, size.features))
    if size.features > 6:
        x[:, 6] = 0.7 * x[:, 0] + 0.3 * x[:, 6]
    z = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    z += 10 * x[:, 3] + 5 * x[:, 4]
    for j in range(5, size.features):
        z += 3 / (j - 3) * x[:, j] * np.cos(3 * x[:, (7 * j) % size.features])
    if size.data == "categories":
        x[:, -1] = draw.integers(0, 8, size.rows)
        z += np.array([0, 3, -2, 1, 5, -4, 2, 0])[x[:, -1].astype(int)] * x[:, 0]
    if size.data == "missing":
        gone = draw.uniform(size=x.shape) < 0.1
        z += 2 * gone[:, 2]
        x[gone] = np.nan
    return x.astype(np.float32).astype(np.float64), z + draw.normal(size=size.rows)


def _cut(z: Floats, size: Size) -> NDArray[Any]:
    if size.target == "regression":
        return z
    shares = [0.5] if size.target == "binary" else [0.25, 0.5, 0.75]
    return np.digitize(z, np.quantile(z, shares))


def _rows(size: Size, seed: int) -> tuple[Floats, NDArray[Any]]:
    path = FOLDER / f"rows-{size.rows}-{size.features}-{size.data}-{seed}.npz"
    if not path.exists():
        x, z = friedman(size, seed)
        np.savez(path, x=x, z=z)
    with np.load(path) as kept:
        return kept["x"], _cut(kept["z"], size)


def _model_path(size: Size) -> Path:
    ending = "ubj" if size.model == "boosted" else "joblib"
    what = (size.model, size.trees, size.features, size.target, size.data)
    return FOLDER / f"model-{'-'.join(map(str, what)).replace(' ', '_')}.{ending}"


def _xgboost(size: Size, threads: int = 1) -> Any:
    import xgboost

    settings: dict[str, Any] = {
        "n_estimators": size.trees,
        "max_depth": DEPTH,
        "learning_rate": 0.1,
        "tree_method": "hist",
        "n_jobs": threads,
        "random_state": 0,
    }
    if size.data == "categories":
        settings["enable_categorical"] = True
        settings["feature_types"] = ["q"] * (size.features - 1) + ["c"]
    family = xgboost.XGBRegressor if size.target == "regression" else xgboost.XGBClassifier
    return family(**settings)


def _forest(size: Size) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(size.trees, n_jobs=-1, random_state=0)


_MAKERS: dict[str, Callable[[Size], Any]] = {"boosted": _xgboost, "forest": _forest}


def _read_model(size: Size, threads: int) -> Any:
    path = _model_path(size)
    if size.model == "boosted":
        model = _xgboost(size, threads)
        model.load_model(path)
    else:
        import joblib

        # a pickle, but of our own making in our own folder
        model = joblib.load(path)
    return model.set_params(n_jobs=threads)


def _names(features: int) -> list[str]:
    return [f"x{j}" for j in range(features)]


def _table(values: Floats) -> Any:
    import pandas as pd

    return pd.DataFrame(values, columns=_names(values.shape[1]))


if __name__ == "__main__":
    # in a process of its own, so that the one that starts the children stays small
    prepare(Size(**json.loads(sys.argv[1])))
