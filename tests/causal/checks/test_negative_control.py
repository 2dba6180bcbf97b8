"""Negative controls: they see the confounding they share, and stay silent without it."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, negative_control
from workbench import Dataset
from workbench.errors import NotApplicable


def world(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """u causes everything; t changes y by 1, nothing changes `other`, and z changes nothing."""
    u = rng.normal(size=rows)
    t = (u + rng.logistic(size=rows) > 0).astype(int)
    return pd.DataFrame(
        {
            "u": u,
            "t": t,
            "z": u + rng.normal(size=rows),
            "other": u + rng.normal(size=rows),
            "y": t + u + rng.normal(size=rows),
        }
    )


def asked(frame: pd.DataFrame, *confounders: str, **more: object) -> CausalQuestion:
    return CausalQuestion(
        Dataset.of(frame), treatment="t", outcome="y", confounders=confounders, **more
    )


@pytest.mark.parametrize(("column", "part"), [("other", "outcome"), ("z", "exposure")])
def test_false_alarms_and_true_ones(column: str, part: str) -> None:
    """200 tables: with u adjusted for it fails in about 5 of 100, without u nearly always."""
    rng = np.random.default_rng(1)
    failed: dict[tuple[str, ...], list[bool]] = {("u",): [], (): []}
    for k in range(200):
        data = world(150, rng)
        for confounders in failed if k < 20 else [("u",)]:
            made = negative_control(asked(data, *confounders), column=column, part_played=part)
            failed[confounders].append(not made.passed)
    assert 0.03 <= np.mean(failed["u",]) <= 0.07
    assert np.mean(failed[()]) > 0.8


def test_aipw_and_the_words() -> None:
    frame = world(500, np.random.default_rng(1))
    made = negative_control(asked(frame), column="other", estimator="aipw")
    assert not made.passed
    assert made.title == "Negative control: other"
    assert "AIPW" in made.summary
    exposure = negative_control(asked(frame, "u"), column="z", part_played="exposure")
    assert "effect on y of z" in exposure.summary
    assert "t is adjusted for as well." in exposure.notes


def test_a_confounder_as_control_is_not_adjusted_for() -> None:
    frame = world(300, np.random.default_rng(2))
    made = negative_control(asked(frame, "u", "z"), column="z")
    assert "Not adjusted for here: z." in made.notes


def test_what_is_no_control_is_refused() -> None:
    frame = world(200, np.random.default_rng(3))
    with pytest.raises(NotApplicable, match="treatment of the question"):
        negative_control(asked(frame), column="t")
    numbered = frame.assign(key=range(len(frame)))
    with pytest.raises(NotApplicable, match="only names the rows"):
        negative_control(asked(numbered), column="key")
    with pytest.raises(NotApplicable, match="changes 'other'"):
        negative_control(asked(frame, mediators=("other",)), column="other")
    drawn = "digraph { u -> t; u -> y; z -> y; t -> y }"
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", graph=drawn)
    with pytest.raises(NotApplicable, match="cause of y"):
        negative_control(question, column="z", part_played="exposure")
    before = "digraph { u -> t; u -> y; z -> t; t -> y; y -> other }"
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", graph=before)
    for asks in (question, asked(frame, "u", instruments=("z",))):
        with pytest.raises(NotApplicable, match="'z' is a cause of t"):
            negative_control(asks, column="z")
    with pytest.raises(NotApplicable, match="'other' comes after y"):
        negative_control(question, column="other", part_played="exposure")
    with pytest.raises(NotApplicable, match="two arms"):
        negative_control(asked(frame, "u"), column="z", part_played="exposure", estimator="aipw")
