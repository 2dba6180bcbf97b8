"""What re-weighting and resampling a rare class do to its probabilities, and what a cutoff does.

`python -m docs.measure_imbalance` prints the table of docs/findings.md: ten worlds in which the
true probability of the rare class is known, 10,000 rows to learn from and 20,000 to judge by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from xgboost import XGBClassifier

from workbench import Dataset, adopt
from workbench.calibration_scores import recalibration
from workbench.metrics import area_under_roc

LEARNED, JUDGED, WORLDS = 10_000, 20_000, 10
#: A miss costs as much as so many false alarms.
COST_MISS = 20
SETTINGS = {"n_estimators": 200, "max_depth": 3, "learning_rate": 0.05}


@dataclass(frozen=True)
class World:
    """Columns, what happened (about 3 % of the rows), and its true probability."""

    columns: pd.DataFrame
    happened: np.ndarray
    truth: np.ndarray

    @classmethod
    def of(cls, seed: int) -> World:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(LEARNED + JUDGED, 5))
        truth = 1 / (1 + np.exp(4.6 - 1.2 * x[:, 0] - 0.8 * x[:, 1] - 0.6 * x[:, 2] * x[:, 3]))
        return cls(pd.DataFrame(x, columns=list("abcde")), rng.random(len(x)) < truth, truth)


def main() -> None:
    """The means over the worlds, as Markdown."""
    found = pd.concat([_measured(World.of(seed), seed) for seed in range(WORLDS)])
    table = found.groupby("way", sort=False).mean()
    print("| " + " | ".join(["way", *table.columns]) + " |")
    print("|" + "---|" * (len(table.columns) + 1))
    for way, row in table.iterrows():
        print(f"| {way} | " + " | ".join(f"{value:.3f}" for value in row) + " |")


def _measured(world: World, seed: int) -> pd.DataFrame:
    learned = np.arange(LEARNED)
    happened, rng = world.happened[:LEARNED], np.random.default_rng(seed)
    rare, usual = learned[happened], learned[~happened]
    ways = {
        "as it is": (learned, 1.0),
        "class weights": (learned, len(usual) / len(rare)),
        "undersampled": (np.append(rare, rng.choice(usual, len(rare), replace=False)), 1.0),
        "oversampled": (np.append(usual, rng.choice(rare, len(usual))), 1.0),
    }
    return pd.DataFrame([_judged(world, way, *chosen) for way, chosen in ways.items()])


def _judged(world: World, way: str, rows: np.ndarray, weight: float) -> dict[str, object]:
    estimator = XGBClassifier(**SETTINGS, scale_pos_weight=weight, random_state=0)
    estimator.fit(world.columns.iloc[rows], world.happened[rows].astype(int))
    table = Dataset.of(world.columns.assign(y=world.happened.astype(int)), target="y")
    model = adopt(estimator, table, learned_from=np.arange(LEARNED))
    chance, happened = model.output(model.rows("test")), world.happened[LEARNED:]
    found = recalibration(chance, happened.astype(float))
    return {
        "way": way,
        "rows learned from": len(rows),
        "came true": happened.mean(),
        "mean chance": chance.mean(),
        "intercept": found.intercept.value,
        "distance from the truth": np.abs(chance - world.truth[LEARNED:]).mean(),
        "ROC AUC": area_under_roc(happened, chance).value,
        "cost at 0.5": _cost(chance >= 0.5, happened),
        "cost at 1/21": _cost(chance >= 1 / (1 + COST_MISS), happened),
    }


def _cost(called: np.ndarray, happened: np.ndarray) -> float:
    return float((called & ~happened).mean() + COST_MISS * (~called & happened).mean())


if __name__ == "__main__":
    main()
