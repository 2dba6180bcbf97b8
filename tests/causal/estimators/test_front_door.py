"""The front door in worlds with an unmeasured confounder, and against the sum it stands for."""

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, aipw, front_door
from tests.causal.truths import nhefs
from workbench import Dataset
from workbench.errors import NotApplicable

GRAPH = "digraph { u [latent]; u -> t; u -> y; t -> m; m -> y }"


def behind_a_door(rows: int, seed: int) -> pd.DataFrame:
    """t moves m by 1 (and its spread), m does m + m² / 2 to y: t does 1 + (1 + .5 + .44) / 2."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=rows)
    t = (rng.random(rows) < 1 / (1 + np.exp(-1.5 * u))).astype(int)
    m = t + rng.normal(size=rows) * (1 + 0.2 * t)
    y = m + m**2 / 2 + 2 * u + rng.normal(size=rows)
    return pd.DataFrame({"t": t, "m": m, "y": y})


#: E[m + m²/2] with the treatment, 1 + (1 + 1.2²) / 2, less that without it, 1 / 2.
EFFECT = 1 + (1 + 1.44) / 2 - 0.5


def about(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    given = {"treatment": "t", "outcome": "y", "graph": GRAPH}
    return CausalQuestion(Dataset.of(frame), **(given | asked))  # type: ignore[arg-type]


def test_the_effect_is_found_behind_an_unmeasured_cause() -> None:
    result = front_door(about(behind_a_door(6_000, seed=1)))
    row, crude = result.frame.iloc[0], result.frame.iloc[1]
    assert row["conf_low"] < EFFECT < row["conf_high"]
    assert row["std_error"] < 0.1
    assert crude["conf_low"] > EFFECT + 1
    with pytest.raises(NotApplicable, match="back-door"):
        aipw(about(behind_a_door(500, seed=1)))


@pytest.mark.parametrize("scale", ["difference", "ratio"])
def test_with_a_mediator_of_two_values_it_is_pearls_sum(scale: str) -> None:
    rng = np.random.default_rng(2)
    n = 8_000
    u = rng.random(n) < 0.5
    t = rng.random(n) < 0.2 + 0.6 * u
    m = rng.random(n) < 0.1 + 0.7 * t
    y = rng.random(n) < 0.1 + 0.3 * m + 0.4 * u
    frame = pd.DataFrame({"t": t.astype(int), "m": m.astype(int), "y": y.astype(int)})
    means = {
        a: sum(
            frame.loc[frame["t"] == a, "m"].eq(k).mean()
            * sum(
                frame["t"].eq(s).mean()
                * frame.loc[(frame["t"] == s) & (frame["m"] == k), "y"].mean()
                for s in (0, 1)
            )
            for k in (0, 1)
        )
        for a in (0, 1)
    }
    row = front_door(about(frame, scale=scale)).frame.iloc[0]
    expected = means[1] - means[0] if scale == "difference" else means[1] / means[0]
    assert row["estimate"] == pytest.approx(expected, rel=0.03)
    drawn = []
    for _ in range(200):
        again = frame.iloc[rng.integers(0, n, n)]
        arms = [again[again["t"] == a] for a in (0, 1)]
        cell = {(s, k): arms[s].loc[arms[s]["m"] == k, "y"].mean() for s in (0, 1) for k in (0, 1)}
        p = again["t"].mean()
        q = [arm["m"].mean() for arm in arms]
        mean = [
            sum((q[a] if k else 1 - q[a]) * ((1 - p) * cell[0, k] + p * cell[1, k]) for k in (0, 1))
            for a in (0, 1)
        ]
        drawn.append(mean[1] - mean[0] if scale == "difference" else np.log(mean[1] / mean[0]))
    assert row["std_error"] == pytest.approx(np.std(drawn), rel=0.15)


def test_a_mediator_that_tells_the_treatment_is_warned_of_and_then_refused() -> None:
    """Intervals held the effect in 96, 72 and 20 of 100 tables where it told that of 7, 48 and 98 %
    of the rows; with the last the errors were a thirtieth of what estimates differed by."""
    frame = behind_a_door(400, 3)

    def told(share: float) -> CausalQuestion:
        return about(frame.assign(m=frame["t"] + share * (frame["m"] - frame["t"])))

    assert not any(note.startswith("Warning") for note in front_door(told(1.0)).notes)
    (note,) = (note for note in front_door(told(0.45)).notes if "nearly tells" in note)
    assert note.startswith("Warning: ")
    assert note.endswith("and intervals may be far too short.")
    with pytest.raises(NotApplicable, match="m tells 't' of"):
        front_door(told(0.1))


def test_what_it_cannot_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="holds no front door"):
        front_door(nhefs())
    frame = behind_a_door(200, 0).assign(t=lambda f: f["t"] + f["m"])
    with pytest.raises(NotApplicable, match="takes many values"):
        front_door(about(frame))
