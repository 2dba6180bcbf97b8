"""The ways to an effect that `causal_speed.py` measures: ours and the peers', each from the table.

Every way takes the table anew (peers write into it) and gives what it found: an estimate with its
95 % interval where it makes one. Libraries are imported inside, so that a peer's environment needs
nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

CONFOUNDERS = tuple(f"x{k}" for k in range(10))
#: Draws of a refuter, the same for all who draw.
DRAWS = 100
#: Parts that our subset check cuts the rows into.
PARTS = 20
FOLDS = 5


@dataclass(frozen=True)
class Found:
    """An answer: the effect, and its 95 % interval where there is one."""

    estimate: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class Way:
    """How one library does a task; `says` is what differs in what it does, `imports` is brought in
    before the clock starts."""

    who: str
    run: Callable[[pd.DataFrame], Found]
    says: str = ""
    venv: str = "project"
    imports: tuple[str, ...] = ("causal", "xgboost", "scipy.linalg", "scipy.spatial")
    distributions: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether it is this project's own."""
        return self.who.startswith("Whence")


@dataclass(frozen=True)
class Task:
    """A question that several ways answer, ours first."""

    name: str
    title: str
    says: str
    ways: tuple[Way, ...]


def table(rows: int, seed: int = 0) -> pd.DataFrame:
    """Ten confounders, `w` a cause of the outcome alone, an effect of 1.5 for everyone."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, len(CONFOUNDERS)))
    w = rng.normal(size=rows)
    chance = 1 / (1 + np.exp(-(0.4 * x[:, 0] - 0.3 * x[:, 1] + 0.2 * x[:, 2])))
    t = (rng.random(rows) < chance).astype(int)
    y = 1.5 * t + x @ np.linspace(1, 0.1, x.shape[1]) + w + rng.normal(size=rows)
    return pd.DataFrame(x, columns=list(CONFOUNDERS)).assign(w=w, t=t, y=y)


# Whence


def _question(frame: pd.DataFrame, **roles: Any) -> Any:
    from causal import CausalQuestion
    from workbench import Dataset

    return CausalQuestion(
        Dataset.of(frame), treatment="t", outcome="y", confounders=CONFOUNDERS, **roles
    )


def _estimated(method: str, *, with_w: bool = False, **settings: Any) -> Callable[..., Found]:
    def run(frame: pd.DataFrame) -> Found:
        import causal

        roles = {"modifiers": ("w",)} if with_w else {}
        row = getattr(causal, method)(_question(frame, **roles), **settings).frame.iloc[0]
        return Found(float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))

    return run


def _checked(method: str, **settings: Any) -> Callable[..., Found]:
    def run(frame: pd.DataFrame) -> Found:
        import causal

        return Found(float(getattr(causal, method)(_question(frame), **settings)
                           .frame["estimate"].iloc[1:].mean()))  # fmt: skip

    return run


# DoWhy


def _dowhy_model(frame: pd.DataFrame, with_w: bool = False) -> tuple[Any, Any]:
    from dowhy import CausalModel

    arrows = "".join(f"{x}->t;{x}->y;" for x in CONFOUNDERS) + ("w->y;" if with_w else "")
    model = CausalModel(frame.copy(), treatment="t", outcome="y", graph=f"digraph{{{arrows}t->y;}}")
    return model, model.identify_effect(
        proceed_when_unidentifiable=True, method_name="maximal-adjustment"
    )


def _dowhy(
    method: str, *, with_w: bool = False, interval: bool = True, **params: Any
) -> Callable[..., Found]:
    def run(frame: pd.DataFrame) -> Found:
        model, estimand = _dowhy_model(frame, with_w)
        made = model.estimate_effect(
            estimand, method_name=f"backdoor.{method}", test_significance=False,
            confidence_intervals=interval, **({"method_params": params} if params else {}),
        )  # fmt: skip
        if not interval:
            return Found(float(made.value))
        low, high = np.asarray(made.get_confidence_intervals(), dtype=float).ravel()[:2]
        return Found(float(made.value), float(low), float(high))

    return run


def _dowhy_refuter(name: str, **settings: Any) -> Callable[..., Found]:
    def run(frame: pd.DataFrame) -> Found:
        model, estimand = _dowhy_model(frame)
        made = model.estimate_effect(
            estimand, method_name="backdoor.linear_regression", test_significance=False
        )
        refuted = model.refute_estimate(
            estimand, made, method_name=name, num_simulations=DRAWS, random_seed=0,
            show_progress_bar=False, **settings,
        )  # fmt: skip
        return Found(float(refuted.new_effect))

    return run


# DoubleML and EconML, with the same learners


def _learners(kind: str) -> tuple[Any, Any]:
    if kind == "linear":
        from sklearn.linear_model import LinearRegression, LogisticRegression

        return LinearRegression(), LogisticRegression()
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    return (HistGradientBoostingRegressor(random_state=0),
            HistGradientBoostingClassifier(random_state=0))  # fmt: skip


def _doubleml(kind: str) -> Callable[..., Found]:
    def run(frame: pd.DataFrame) -> Found:
        import doubleml

        data = doubleml.DoubleMLData(frame[["y", "t", *CONFOUNDERS]], "y", "t")
        model = doubleml.DoubleMLIRM(data, *_learners(kind), n_folds=FOLDS)
        model.fit()
        low, high = model.confint().to_numpy()[0]
        return Found(float(model.coef[0]), float(low), float(high))

    return run


def _econml(kind: str) -> Callable[..., Found]:
    def run(frame: pd.DataFrame) -> Found:
        from econml.dr import LinearDRLearner

        of_outcome, of_treatment = _learners(kind)
        model = LinearDRLearner(
            model_regression=of_outcome, model_propensity=of_treatment, cv=FOLDS, random_state=0
        )
        model.fit(frame["y"].to_numpy(), frame["t"].to_numpy(), X=None,
                  W=frame[list(CONFOUNDERS)].to_numpy())  # fmt: skip
        low, high = model.ate_interval()
        return Found(float(model.ate()), float(low), float(high))

    return run


_SKLEARN = ("sklearn.ensemble", "sklearn.linear_model")


def _by_doubleml(kind: str, says: str) -> Way:
    return Way("DoubleML", _doubleml(kind), says, imports=("doubleml", *_SKLEARN),
               distributions=("doubleml", "scikit-learn"))  # fmt: skip


def _by_econml(kind: str, says: str) -> Way:
    return Way("EconML", _econml(kind), says, "econml", ("econml.dr", *_SKLEARN),
               ("econml", "scikit-learn"))  # fmt: skip


_WHENCE = ("numpy", "scipy", "xgboost-cpu")
_DOWHY = ("dowhy", "statsmodels", "scikit-learn", "pandas")


def _ours(run: Callable[..., Found], says: str = "", who: str = "Whence") -> Way:
    return Way(who, run, says, distributions=_WHENCE)


def _theirs(run: Callable[..., Found], says: str = "", who: str = "DoWhy") -> Way:
    imports = ("dowhy", "dowhy.causal_estimators", "dowhy.causal_refuters", "statsmodels.api")
    return Way(who, run, says, imports=imports, distributions=_DOWHY)


def _refuter(name: str, title: str, ours: Way, theirs: Way, says: str) -> Task:
    return Task(name, f"Refuter: {title}", says, (ours, theirs))


#: In the order of the page.
TASKS = (
    Task(
        "ols", "Least squares, ten confounders", "The coefficient of the treatment.",
        (
            _ours(_estimated("linear_regression", squares=False),
                  "HC2; also the crude effect, and what a varying effect would give"),
            _theirs(_dowhy("linear_regression"), "statsmodels, equal variances assumed"),
        ),
    ),
    Task(
        "ols with w", "Least squares, and a cause of the outcome alone in the graph",
        "The same question and a column `w` that has an arrow to the outcome.",
        (
            _ours(_estimated("linear_regression", squares=False, with_w=True), "HC2"),
            _theirs(_dowhy("linear_regression", with_w=True),
                    "takes `w` as a modifier, interval from 399 bootstrap draws (its default)"),
        ),
    ),
    Task(
        "ipw", "Inverse-probability weighting", "A logit of the ten confounders.",
        (
            _ours(_estimated("weighting", squares=False),
                  "interval from stacked estimating equations, no draws"),
            _theirs(_dowhy("propensity_score_weighting"),
                    "interval from 399 bootstrap draws (its default)"),
            _theirs(_dowhy("propensity_score_weighting", interval=False),
                    "the estimate alone", "DoWhy, no interval"),
        ),
    ),
    _refuter(
        "placebo", "placebo treatment",
        _ours(_checked("placebo_treatment", repeats=DRAWS),
              "an error for each draw; DoWhy's own refuter is not asked beyond 2,000 rows"),
        _theirs(_dowhy_refuter("placebo_treatment_refuter", placebo_type="permute")),
        f"{DRAWS} shuffles of the treatment, least squares anew. Ours adjusts for squares as well.",
    ),
    _refuter(
        "random cause", "random common cause",
        _ours(_checked("random_common_cause", repeats=DRAWS), "with an error for each draw"),
        _theirs(_dowhy_refuter("random_common_cause")),
        f"{DRAWS} random columns, least squares anew. Ours adjusts for squares as well.",
    ),
    _refuter(
        "subsets", "parts of the rows",
        _ours(_checked("subset_stability", parts=PARTS),
              f"{PARTS} parts that share no row (its most), each with its error"),
        _theirs(_dowhy_refuter("data_subset_refuter", subset_fraction=0.8),
                f"{DRAWS} subsets of 80 % of the rows (its defaults): not the same work"),
        "Least squares in parts of the rows. Two designs of the same check: ours fits every row "
        "once, theirs eighty times.",
    ),
    Task(
        "aipw", "AIPW by what learns curves, five folds",
        "Doubly robust and cross-fitted. Ours races four learners for every nuisance, boosting "
        "among them; the peers are given scikit-learn's histogram boosting.",
        (
            _ours(_estimated("aipw"), "its default: a race of regressions and boosting"),
            _by_doubleml("boosting", "IRM"),
            _by_econml("boosting", "LinearDRLearner"),
        ),
    ),
    Task(
        "aipw by regressions", "AIPW by regressions, five folds",
        "Ours races a linear model against splines with products of pairs; the peers are given "
        "one linear model and one logit.",
        (
            _ours(_estimated("aipw", learners="regressions"), "`learners=\"regressions\"`"),
            _by_doubleml("linear", "IRM, one learner each"),
            _by_econml("linear", "LinearDRLearner, one learner each"),
        ),
    ),
    Task(
        "matching", "Matching to the nearest row", "With replacement, over everyone (ATE).",
        (
            _ours(_estimated("matching", bias_adjustment=False),
                  "Mahalanobis distance, interval from Abadie and Imbens's variance"),
            _theirs(_dowhy("distance_matching", interval=False, distance_metric="minkowski", p=2),
                    "the estimate alone, Euclidean distance"),
        ),
    ),
)  # fmt: skip


def find(task: str, who: str) -> Way:
    """A way by the names in the tables."""
    ways = next(each.ways for each in TASKS if each.name == task)
    return next(each for each in ways if each.who == who)
