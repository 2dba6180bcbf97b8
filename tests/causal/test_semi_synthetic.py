"""Hill's response surfaces over the real children of the Infant Health and Development Program
(Hill 2011): covariates and treatment are real, the outcomes are drawn, so that the effect is known.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, EffectEstimate, aipw
from workbench import Dataset

SEEDS = 20
EFFECT = 4.0
COVARIATES = [f"x{k}" for k in range(1, 26)]


@pytest.fixture(scope="module")
def children(shared_data: Path) -> pd.DataFrame:
    table = pd.read_csv(shared_data / "ihdp_rep1.csv")
    return table[["treatment", *COVARIATES]]


def answers(children: pd.DataFrame, surface: str, estimand: str) -> Iterator[EffectEstimate]:
    """The effect of 4 as AIPW by regressions finds it in each of twenty draws of the outcomes."""
    x, t = children[COVARIATES].to_numpy(dtype=float), children["treatment"].to_numpy()
    for seed in range(SEEDS):
        random = np.random.default_rng(seed)
        without, with_it = _surface(x, t, surface, random)
        y = np.where(t == 1, with_it, without) + random.normal(size=len(t))
        question = CausalQuestion(
            Dataset.of(children.assign(y=y)), treatment="treatment", outcome="y",
            confounders=COVARIATES, estimand=estimand,
        )  # fmt: skip
        yield aipw(question, learners="regressions", draws=1)


def _surface(
    x: np.ndarray, t: np.ndarray, surface: str, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    if surface == "A":
        slopes = random.choice(5, size=x.shape[1], p=[0.5, 0.2, 0.15, 0.1, 0.05])
        return x @ slopes, x @ slopes + EFFECT
    slopes = random.choice(5, size=x.shape[1], p=[0.6, 0.1, 0.1, 0.1, 0.1]) / 10
    without, with_it = np.exp((x + 0.5) @ slopes), x @ slopes
    return without, with_it - (with_it - without)[t == 1].mean() + EFFECT


@pytest.mark.parametrize(("surface", "estimand"), [("A", "ATE"), ("B", "ATT")])
def test_the_known_effect_is_found_over_real_covariates(
    children: pd.DataFrame, surface: str, estimand: str
) -> None:
    rows = pd.concat(a.frame.iloc[:1] for a in answers(children, surface, estimand))
    assert abs((rows["estimate"] - EFFECT).mean()) < 0.1
    assert rows["conf_low"].le(EFFECT).mul(rows["conf_high"].ge(EFFECT)).sum() >= 17
    # What least squares would need if every line were straight is .1; not much more is wasted.
    assert (rows["estimate"] - EFFECT).std() < 0.3
