"""LightGBM, an extra: offered where it is installed."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np

from ..blocks import available_cores
from ..objectives import OBJECTIVES, Objective
from ..settings import Range, Search
from ..transform import Floats
from ._family import Learning, Lesson, Losses, Rounds, Watch, family


def _fit(estimator: Any, lesson: Lesson, watch: Watch) -> None:
    estimator.fit(
        lesson.codes, lesson.y, sample_weight=lesson.weights,
        callbacks=[_look(estimator.n_estimators, watch)], categorical_feature=_levels(lesson),
    )  # fmt: skip


def _until(estimator: Any, lesson: Lesson, judge: Lesson, patience: int, watch: Watch) -> Losses:
    from lightgbm import record_evaluation

    seen: dict[str, dict[str, list[float]]] = {}
    estimator.fit(
        lesson.codes, lesson.y, sample_weight=lesson.weights,
        eval_X=(lesson.codes, judge.codes), eval_y=(lesson.y, judge.y),
        eval_names=["learned", "judged"],
        eval_sample_weight=None if judge.weights is None else [lesson.weights, judge.weights],
        callbacks=[record_evaluation(seen), _look(estimator.n_estimators, watch, seen, patience)],
        categorical_feature=_levels(lesson),
    )  # fmt: skip
    learned, judged = (_in_its_unit(seen[name]) for name in ("learned", "judged"))
    losses = Losses.on(lesson, judge, learned, judged)
    # what grew beyond the best is cut off: the text holds that many rounds
    estimator.booster_.model_from_string(
        estimator.booster_.model_to_string(num_iteration=losses.best)
    )
    estimator.set_params(n_estimators=losses.best)
    return losses


def _look(
    rounds: int,
    watch: Watch,
    seen: dict[str, dict[str, list[float]]] | None = None,
    patience: int = 0,
) -> Any:
    """Says how far it is after every round; ends when asked, or when patience is at its end."""
    from lightgbm.callback import EarlyStopException

    def look(state: Any) -> None:
        watch.share = (state.iteration + 1) / rounds
        judged = next(iter(seen["judged"].values())) if seen else []
        waited = len(judged) - judged.index(min(judged)) - 1 if judged else 0
        if watch.stopped or waited >= max(patience, 1):
            raise EarlyStopException(state.iteration - waited, [])

    look.order = 40  # type: ignore[attr-defined]  # after the losses were written down
    return look


def _in_its_unit(found: dict[str, list[float]]) -> tuple[float, ...]:
    """The losses; squared errors by their root."""
    ((name, losses),) = found.items()
    return tuple(np.sqrt(losses).tolist() if name == "l2" else losses)


def _levels(lesson: Lesson) -> list[int]:
    return [f for f, is_level in enumerate(lesson.is_category) if is_level]


def _margin(estimator: Any, codes: Floats) -> Floats:
    return np.asarray(estimator.predict(codes, raw_score=True), dtype=float)


def _after(estimator: Any, codes: Floats, counts: Sequence[int]) -> Iterator[Floats]:
    predict = getattr(estimator, "predict_proba", estimator.predict)
    for count in counts:
        yield np.asarray(predict(codes, num_iteration=count), dtype=float)


@family(
    "LightGBM",
    fit=_fit,
    margin=_margin,
    needs="lightgbm",
    objectives=OBJECTIVES,
    rounds=Rounds("n_estimators", _after, _until),
    single=("target",),
)
def lightgbm(
    learning: Learning,
    /,
    *,
    n_estimators: Annotated[
        int, Range(1, 5_000), Search(10, 1_500, log=True), "How many rounds of trees"
    ] = 100,
    learning_rate: Annotated[
        float, Range(0.001, 1), Search(0.02, 0.3, log=True), "How much of each round is kept"
    ] = 0.05,
    num_leaves: Annotated[
        int, Range(2, 1_024), Search(2, 128, log=True), "The most leaves of a tree"
    ] = 15,
    min_child_samples: Annotated[
        int, Range(1, 10_000), Search(2, 100, log=True), "The fewest rows in a leaf"
    ] = 20,
    subsample: Annotated[
        float, Range(0.1, 1), Search(0.5, 1), "Share of the rows each round sees"
    ] = 0.8,
    colsample_bytree: Annotated[
        float, Range(0.1, 1), Search(0.4, 1), "Share of the columns a tree sees"
    ] = 0.8,
    reg_lambda: Annotated[
        float, Range(0, 1_000), Search(0.1, 30, log=True), "L2: shrinks the leaves' values"
    ] = 1.0,
    reg_alpha: Annotated[float, Range(0, 1_000), "L1: sets small leaves' values to zero"] = 0.0,
) -> Any:
    """Boosted trees that grow leaf by leaf; quick on large tables. An extra: pip install lightgbm.

    Ke et al., NeurIPS 2017. Levels are split into sets; the direction of missing values is learnt
    at every split.
    """
    from lightgbm import LGBMClassifier, LGBMRegressor

    boosting = LGBMRegressor if learning.task == "regression" else LGBMClassifier
    return boosting(
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        num_leaves=num_leaves,
        min_child_samples=min_child_samples,
        subsample=subsample,
        subsample_freq=1,
        colsample_bytree=colsample_bytree,
        reg_lambda=reg_lambda,
        reg_alpha=reg_alpha,
        random_state=learning.seed,
        n_jobs=available_cores(),
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
        **(_loss(learning.objective) if learning.task == "regression" else {}),
    )


def _loss(objective: Objective) -> dict[str, Any]:
    """The loss of a number as LightGBM calls it."""
    losses: dict[str, dict[str, Any]] = {
        "squared": {"objective": "regression"},
        "absolute": {"objective": "regression_l1"},
        "quantile": {"objective": "quantile", "alpha": objective.level},
        "poisson": {"objective": "poisson"},
        "tweedie": {"objective": "tweedie", "tweedie_variance_power": objective.power},
    }
    return losses[objective.name]
