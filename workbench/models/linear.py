"""A linear or logistic model: straight lines, no interactions. The yardstick of every other one."""

from typing import Annotated, Any

import numpy as np

from ..errors import ParameterError
from ..objectives import OBJECTIVES, Objective
from ..settings import Range, Search
from ..transform import Floats
from ._family import Learning, Lesson, Watch, family
from ._quantile_line import quantile_line

#: Rounds of the solvers; standardised columns need far fewer.
MOST_ROUNDS = 1_000


def _fit(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    if watch.stopped:
        return
    if hasattr(estimator[-1], "quantile"):
        _fit_quantile(estimator, lesson)
        return
    estimator[-1].set_params(**_penalty(estimator[-1], lesson))
    # the columns are centred and scaled by the rows as they are; the line itself is weighted
    estimator.fit(lesson.codes, lesson.y, line__sample_weight=lesson.weights)


def _fit_quantile(estimator: Any, lesson: Lesson) -> None:
    """Fills in the library's estimator, whose own solver takes minutes on ten thousand rows."""
    line = estimator[-1]
    x = np.asarray(estimator[:-1].fit_transform(lesson.codes), dtype=float)
    start = Objective("quantile", line.quantile).best_constant(lesson.y, lesson.weights)
    found = quantile_line(x, lesson.y, lesson.weights, line.quantile, line.alpha, start)
    line.coef_, line.intercept_, line.n_features_in_ = found.slopes, found.height, x.shape[1]


def _penalty(line: Any, lesson: Lesson) -> dict[str, float]:
    """The penalty as it stands in the settings, of the mean loss and of a target of spread 1, as
    the library counts it: of the sum, or of the target in its own unit."""
    rows = len(lesson.y)
    if hasattr(line, "solver") and hasattr(line, "alpha") and not hasattr(line, "positive"):
        return {}  # a generalised linear model: its penalty is of the mean loss already
    if hasattr(line, "C"):
        return {"C": line.C / rows}
    if not hasattr(line, "l1_ratio"):
        return {"alpha": line.alpha * rows}
    absolute = line.alpha * line.l1_ratio * (float(np.std(lesson.y)) or 1.0)
    squared = line.alpha * (1 - line.l1_ratio)
    return {"alpha": absolute + squared, "l1_ratio": absolute / (absolute + squared)}


def _margin(estimator: Any, codes: Floats) -> Floats:
    return np.asarray(estimator.decision_function(codes), dtype=float)


@family("Linear model", fit=_fit, margin=_margin, objectives=OBJECTIVES)
def linear(
    learning: Learning,
    /,
    *,
    strength: Annotated[
        float,
        Range(1e-6, 100),
        Search(1e-5, 10, log=True),
        "How strongly the slopes are drawn towards zero",
    ] = 0.001,
    l1_share: Annotated[
        float, Range(0, 1), "Share of the penalty that sets slopes to zero (0 is ridge)"
    ] = 0.0,
) -> Any:
    """Straight lines without interactions; of classes, a logistic model.

    Ridge (Hoerl & Kennard 1970) or elastic net (Zou & Hastie 2005); of classes (multinomial)
    logistic regression; scikit-learn. Numbers are standardised, their missing values set to the
    median beside a column that says so; every level is a column of its own, and so is missing. The
    penalty is of the mean loss, of slopes of standardised columns and (with `l1_share`) of a target
    of spread one. With objective="poisson" or "tweedie" a generalised linear model with a log link;
    with "absolute" or "quantile" the line of the median or another quantile (Koenker & Bassett
    1978), its kink rounded off within a hundredth of the target's spread (He and others 2023).
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    numbers = Pipeline([("filled", filled), ("scaled", StandardScaler())])
    levels = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    places = np.arange(len(learning.is_category))
    is_level = np.array(learning.is_category, dtype=bool)
    columns = ColumnTransformer(
        [("numbers", numbers, places[~is_level].tolist()),
         ("levels", levels, places[is_level].tolist())]
    )  # fmt: skip
    return Pipeline([("columns", columns), ("line", _line(learning, strength, l1_share))])


def _line(learning: Learning, strength: float, l1_share: float) -> Any:
    from sklearn.linear_model import (
        ElasticNet,
        LogisticRegression,
        QuantileRegressor,
        Ridge,
        TweedieRegressor,
    )

    if learning.task != "regression":
        solver = "saga" if l1_share > 0 else "lbfgs"
        return LogisticRegression(
            C=1 / strength, l1_ratio=l1_share, solver=solver, max_iter=MOST_ROUNDS,
            random_state=learning.seed,
        )  # fmt: skip
    objective = learning.objective
    if objective.name != "squared" and l1_share > 0:
        raise ParameterError(
            f"l1_share = {l1_share:g} is not there for objective = {objective.name!r}.",
            "Leave l1_share at 0, or use objective='squared'.",
        )
    if objective.has_log_link:
        power = 1.0 if objective.name == "poisson" else objective.power
        return TweedieRegressor(power=power, link="log", alpha=strength, max_iter=MOST_ROUNDS)
    if objective.name in ("absolute", "quantile"):
        level = 0.5 if objective.name == "absolute" else objective.level
        return QuantileRegressor(quantile=level, alpha=strength)
    if l1_share > 0:
        return ElasticNet(alpha=strength, l1_ratio=l1_share, max_iter=10 * MOST_ROUNDS)
    return Ridge(alpha=strength)
