"""Rows that count differently: what a column of weights means to every estimator."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from causal import (
    CausalQuestion,
    EffectEstimate,
    aipw,
    double_machine_learning,
    tmle,
    verdict,
    weighting,
)
from causal.compare_estimators import LEARNED, QUICK
from tests.causal.truths import varied
from workbench import Dataset

ESTIMATORS = {**QUICK, **LEARNED}


def weighted(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    roles = {"c": "weight"} if "c" in frame else {}
    given = {"treatment": "t", "outcome": "y", "confounders": ("x", "w")}
    return CausalQuestion(Dataset.of(frame).with_roles(roles), **(given | asked))


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_a_row_of_weight_zero_is_as_if_it_were_not_there(
    estimator: Callable[..., EffectEstimate],
) -> None:
    frame = varied(400, 0).drop(columns="true")
    counts = np.arange(400) % 4 > 0
    found = estimator(weighted(frame.assign(c=np.where(counts, 2.0, 0.0)))).frame
    pd.testing.assert_frame_equal(
        found, estimator(weighted(frame[counts].reset_index(drop=True))).frame
    )


def test_rows_of_weight_zero_are_told_and_are_not_called_missing() -> None:
    frame = varied(400, 0).drop(columns="true")
    frame = frame.assign(c=np.where(np.arange(400) % 4 > 0, 2.0, 0.0))
    frame.loc[[1, 4], "x"] = np.nan  # of which row 4 stands for nobody
    question = weighted(frame)
    notes = weighting(question).notes
    assert any("100 rows of weight 0 stand for nobody" in note for note in notes)
    assert any(note.startswith("299 of 300 rows are used") for note in notes)
    assert verdict(question).frame["finding"].str.contains("299 of 300 rows are used").any()


@pytest.mark.parametrize("estimator", [aipw, tmle, double_machine_learning])
def test_who_is_in_the_table_may_depend_on_the_outcome(
    estimator: Callable[..., EffectEstimate],
) -> None:
    """All who had the event, and 15 of 100 others, with weights: in these rows alone the models of
    outcome and treatment are both wrong, and the effect would be found twice as large."""
    off = []
    for seed in range(4):
        random = np.random.default_rng(seed)
        x, w = random.normal(size=(2, 6_000))
        t = (random.random(6_000) < 1 / (1 + np.exp(-0.8 * x))).astype(int)
        treated, untreated = (1 / (1 + np.exp(2 - x - 0.5 * w - d)) for d in (0.8, 0.0))
        y = (random.random(6_000) < np.where(t == 1, treated, untreated)).astype(int)
        kept = (y == 1) | (random.random(6_000) < 0.15)
        frame = pd.DataFrame({"x": x, "w": w, "t": t, "y": y, "c": np.where(y == 1, 1, 1 / 0.15)})
        row = estimator(weighted(frame[kept].reset_index(drop=True))).frame.iloc[0]
        off.append((row["estimate"] - (treated - untreated).mean()) / row["std_error"])
    assert abs(np.mean(off)) < 3 / np.sqrt(4)
