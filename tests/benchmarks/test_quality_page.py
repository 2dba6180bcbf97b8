"""The page of the quality benchmark: what it says follows from the lines it is made of."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.quality import CONTENDERS, TABLES, Standing, as_markdown


def lines(**scores: list[float]) -> pd.DataFrame:
    """A line for each contender and fold of the penguins; whoever is not named has 0.8."""
    said = {name: [0.8] * 5 for name in CONTENDERS} | {
        name.replace("_", " "): each for name, each in scores.items()
    }
    return pd.DataFrame([
        {"table": "penguins", "fold": fold, "contender": name, "metric": "ROC AUC", "rows": 344,
         "score": score, "seconds": 1.0, "date": "2026-01-01"}
        for name, each in said.items() for fold, score in enumerate(each)
    ])  # fmt: skip


TUNED = [0.80, 0.82, 0.79, 0.83, 0.81]
BETTER = [0.82, 0.83, 0.81, 0.83, 0.83]


def standing(**scores: list[float]) -> Standing:
    return Standing.of(TABLES[0], lines(**scores))


def test_the_difference_has_the_standard_error_of_its_pairs() -> None:
    made = standing(tuned=TUNED, LightGBM=BETTER)
    pairs = np.subtract(TUNED, BETTER)
    error = pairs.std(ddof=1) / np.sqrt(5)
    assert made.best == "LightGBM"
    assert f"{pairs.mean():+.4f} ± {error:.4f}" in made.differences()


@pytest.mark.parametrize(("shift", "within"), [(0.995, True), (0.985, False)])
def test_within_one_percent_is_a_share_of_the_best(shift, within) -> None:
    made = standing(tuned=[shift * 0.8] * 5)
    assert made.is_within is within
    assert ("yes" if within else "no") in made.differences()


def test_it_is_said_where_tuning_made_it_worse() -> None:
    assert standing(tuned=TUNED, our_default=[0.7] * 5).below_default == ""
    worse = standing(tuned=TUNED, our_default=BETTER)
    assert "worse than our default**, by 0.0140" in worse.below_default
    assert worse.below_default in as_markdown(lines(tuned=TUNED, our_default=BETTER))


def test_a_table_that_was_not_run_to_its_end_is_not_on_the_page() -> None:
    every = lines()
    assert "| penguins |" in as_markdown(every)
    assert "| penguins |" not in as_markdown(every.iloc[:-1])
