"""`make bench-quality`: is the tuned XGBoost as good as what one would reach by other means?

Every table is cut into five folds. On what a fold learns from, `tune` searches on inner folds of
its own; the defaults of three libraries and a 50-trial Optuna search of XGBoost get the same rows
and the same codes. All are judged on the rows of the fold none has seen. The tables are not part
of the project: `--data` or WHENCE_DATA says where they are.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench import Dataset, read, tune
from workbench.folds import Fold, make_folds
from workbench.methods import installed_versions
from workbench.metrics import metrics_for
from workbench.models import FAMILIES
from workbench.progress import silent
from workbench.target import read_target
from workbench.training import Training
from workbench.tuning._folds import EncodedFold

FOLDS, SEED = 5, 0
#: What the tuned one may spend on each outer fold.
TRIALS, INNER_FOLDS = 15, 3
#: Trials of the plain search beside it, each judged on one quarter of the rows.
PLAIN_TRIALS = 50
#: Larger tables are drawn down to so many rows, so that all of it ends within half an hour.
MOST_ROWS = 3_000
PASSES = 0.99
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Table:
    """A table, its target, what is left out of it and why."""

    name: str
    file: str
    target: str
    left_out: tuple[str, ...] = ()
    remark: str = ""
    options: dict[str, Any] = field(default_factory=dict)


TABLES = (
    Table("penguins", "penguins.csv", "species"),
    Table("german credit", "german_credit.csv", "default"),
    Table("wine (red)", "wine_quality_red.csv", "quality", remark="quality as a number"),
    Table("telco churn", "telco_churn.csv", "Churn", ("customerID",)),
    Table("california", "california_housing.csv", "median_house_value"),
    Table("bike sharing (hour)", "bike_sharing_hour.csv", "cnt",
          ("casual", "registered", "instant", "dteday"),
          "casual + registered is cnt; folds at random, not in time"),
    Table("adult", "adult_census_income.csv", "income", ("fnlwgt",), "fnlwgt is a survey weight"),
)  # fmt: skip

Contender = Callable[[Dataset, Fold, EncodedFold], Any]


# Who is compared


def whence_tuned(data: Dataset, fold: Fold, rows: EncodedFold) -> Any:
    """`tune` on the rows the fold learns from, then trained on all of them."""
    # tune always holds something out; a twentieth is the least
    found = tune(data.take(fold.learned), "xgboost", trials=TRIALS, folds=INNER_FOLDS,
                 test_share=0.05, seed=SEED)  # fmt: skip
    return rows.fitted(FAMILIES["xgboost"], found.best_settings, silent)


def whence_default(_data: Dataset, _fold: Fold, rows: EncodedFold) -> Any:
    """The defaults of our XGBoost."""
    return rows.fitted(FAMILIES["xgboost"], {}, silent)


def xgboost_default(_data: Dataset, _fold: Fold, rows: EncodedFold) -> Any:
    """XGBoost's own defaults."""
    return _xgboost(rows).fit(rows.codes, rows.y)


def histogram_default(_data: Dataset, _fold: Fold, rows: EncodedFold) -> Any:
    """HistGradientBoosting's own defaults."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    is_number = rows.learning.task == "regression"
    made = HistGradientBoostingRegressor if is_number else HistGradientBoostingClassifier
    categories = list(rows.learning.is_category)
    return made(categorical_features=categories, random_state=SEED).fit(rows.codes, rows.y)


def lightgbm_default(_data: Dataset, _fold: Fold, rows: EncodedFold) -> Any:
    """LightGBM's own defaults."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    is_number = rows.learning.task == "regression"
    made = (LGBMRegressor if is_number else LGBMClassifier)(random_state=SEED, n_jobs=1, verbose=-1)
    return made.fit(rows.codes, rows.y, categorical_feature=_categories(rows))


def optuna_xgboost(_data: Dataset, _fold: Fold, rows: EncodedFold) -> Any:
    """Fifty trials of Optuna's default sampler, as its examples do it: one part of the rows to
    judge on, the best trained again on all."""
    import optuna
    from sklearn.model_selection import train_test_split

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    metric = metrics_for(rows.learning.task)[0]
    classes = None if rows.learning.task == "regression" else rows.y
    learned, judged = train_test_split(
        np.arange(len(rows.y)), test_size=0.25, random_state=SEED, stratify=classes
    )

    def objective(trial: Any) -> float:
        model = _xgboost(
            rows,
            n_estimators=trial.suggest_int("n_estimators", 50, 300),
            learning_rate=trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
            max_depth=trial.suggest_int("max_depth", 2, 10),
            min_child_weight=trial.suggest_float("min_child_weight", 1, 20, log=True),
            subsample=trial.suggest_float("subsample", 0.5, 1),
            colsample_bytree=trial.suggest_float("colsample_bytree", 0.5, 1),
            reg_lambda=trial.suggest_float("reg_lambda", 0.01, 10, log=True),
            reg_alpha=trial.suggest_float("reg_alpha", 0.001, 10, log=True),
        )
        model.fit(rows.codes[learned], rows.y[learned])
        predict = getattr(model, "predict_proba", model.predict)
        said = np.asarray(predict(rows.codes[judged]), dtype=float)
        return metric.measure(rows.y[judged], said).value

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED))
    study.optimize(objective, n_trials=PLAIN_TRIALS)
    return _xgboost(rows, **study.best_params).fit(rows.codes, rows.y)


CONTENDERS: dict[str, Contender] = {
    "tuned": whence_tuned,
    "our default": whence_default,
    "XGBoost": xgboost_default,
    "HistGradientBoosting": histogram_default,
    "LightGBM": lightgbm_default,
    "Optuna XGBoost": optuna_xgboost,
}
#: Those the tuned one is held against.
RIVALS = ("XGBoost", "HistGradientBoosting", "LightGBM", "Optuna XGBoost")


def _xgboost(rows: EncodedFold, **settings: Any) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    made = XGBRegressor if rows.learning.task == "regression" else XGBClassifier
    categories = rows.learning.is_category
    return made(enable_categorical=any(categories), random_state=SEED, n_jobs=1,
                feature_types=["c" if c else "q" for c in categories], **settings)  # fmt: skip


def _categories(rows: EncodedFold) -> list[int]:
    return [i for i, is_category in enumerate(rows.learning.is_category) if is_category]


# The run


def opened(table: Table, folder: Path) -> Dataset:
    """The table as it is compared: without what gives the target away, drawn down if large."""
    data = read(folder / table.file, target=table.target)
    data = data.with_roles(dict.fromkeys(table.left_out, "ignore"))
    if len(data) > MOST_ROWS:
        drawn = np.random.default_rng(SEED).choice(len(data), MOST_ROWS, replace=False)
        data = data.take(np.sort(drawn))
    return data


def scores_of(table: Table, folder: Path, number: int) -> dict[str, Any]:
    """Every contender on one fold: its score on the rows it has not seen, and its seconds."""
    data = opened(table, folder)
    target = read_target(data)
    known = np.flatnonzero(~np.isnan(target.y))
    fold = make_folds(data, known, target, FOLDS, SEED).folds[number]
    rows = EncodedFold.of(fold, data, target, Training(), SEED)
    metric = metrics_for(target.task)[0]
    line: dict[str, Any] = {"table": table.name, "fold": number, "metric": metric.title,
                            "rows": len(known)}  # fmt: skip
    for name, contender in CONTENDERS.items():
        started = time.perf_counter()
        said = rows.judged(contender(data, fold, rows))
        line[name] = metric.measure(rows.judged_y, said).value
        line[f"{name}, s"] = time.perf_counter() - started
    return line


def main(arguments: list[str]) -> None:
    """Compares on every table that was asked for, prints the table and writes it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--data", default=os.environ.get("WHENCE_DATA", ""), type=str)
    parser.add_argument("--tables", default="", help="words of their names, with commas")
    parser.add_argument("--workers", default=2, type=int)
    asked = parser.parse_args(arguments)
    folder = Path(asked.data)
    if not asked.data or not folder.is_dir():
        parser.error("say where the tables are: --data FOLDER, or WHENCE_DATA")
    words = asked.tables.split(",")
    tables = [t for t in TABLES if any(word in t.name for word in words)]
    os.environ["OMP_NUM_THREADS"] = "1"  # the processes share the cores
    started = time.perf_counter()
    lines = []
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(scores_of, t, folder, k) for t in tables for k in range(FOLDS)]
        for done in waiting:
            lines.append(done.result())
            print({k: round(v, 4) if isinstance(v, float) else v for k, v in lines[-1].items()},
                  flush=True)  # fmt: skip
    text = as_markdown(pd.DataFrame(lines), time.perf_counter() - started)
    print(text)
    if tables == list(TABLES):
        (HERE / "QUALITY.md").write_text(text, encoding="utf-8")


# The table


def as_markdown(lines: pd.DataFrame, seconds: float) -> str:
    """The whole page: what was done, the scores and the seconds."""
    by_table = {t.name: lines[lines["table"] == t.name] for t in TABLES}
    known = {name: part for name, part in by_table.items() if len(part)}
    names = list(CONTENDERS)
    head = ["table", "rows", "metric", *names, "tuned / best", "within 1 %"]
    body = [_line(name, part) for name, part in known.items()]
    times = [[name, *(f"{part[f'{n}, s'].mean():.1f}" for n in names)]
             for name, part in known.items()]  # fmt: skip
    passed = sum(row[-1] == "yes" for row in body)
    versions = ", ".join(f"{k} {v}" for k, v in installed_versions().items())
    remarks = [f"* {t.name}: {_remark(t)}." for t in TABLES if t.name in known and _remark(t)]
    return "\n".join([
        "# How good is the tuned model?", "",
        "Written by `make bench-quality` (see `benchmarks/quality.py`): do not edit.", "",
        (f"{passed} of {len(body)} tables: the tuned XGBoost reaches {PASSES:.0%} of the best of "
        f"{', '.join(RIVALS)}."), "",
        (f"* Means over {FOLDS} outer folds, each judged on rows that nothing was fitted, tuned or "
        "encoded on. Higher is better."),
        (f"* **tuned**: `tune(data, \"xgboost\", trials={TRIALS}, folds={INNER_FOLDS})` inside "
        "each outer training fold (on 95 % of it), then trained on all of it."),
        ("* **our default**: `train(data)` with the defaults. **XGBoost**, "
        "**HistGradientBoosting**, **LightGBM**: the libraries' own, levels as categories."),
        (f"* **Optuna XGBoost**: {PLAIN_TRIALS} trials of its default sampler, each judged on a "
        "quarter of the outer training fold."),
        f"* Tables of more than {MOST_ROWS:,} rows are drawn down to {MOST_ROWS:,} at random.",
        *remarks, "",
        *_markdown(head, body), "",
        "Seconds per outer fold, on one core of a machine that was busy with other work:", "",
        *_markdown(["table", *names], times), "",
        (f"{date.today().isoformat()}, `make bench-quality DATA=…`, {seconds / 60:.0f} minutes, "
        f"{versions}, lightgbm {_version('lightgbm')}."), "",
    ])  # fmt: skip


def _line(name: str, part: pd.DataFrame) -> list[str]:
    means = {each: float(part[each].mean()) for each in CONTENDERS}
    best = max(RIVALS, key=means.__getitem__)
    ratio = means["tuned"] / means[best]
    return [name, f"{part['rows'].iloc[0]:,}", part["metric"].iloc[0],
            *(f"**{m:.4f}**" if each == best else f"{m:.4f}" for each, m in means.items()),
            f"{ratio:.4f}", "yes" if ratio >= PASSES else "no"]  # fmt: skip


def _remark(table: Table) -> str:
    left_out = f"without {', '.join(table.left_out)}" if table.left_out else ""
    return "; ".join(part for part in (left_out, table.remark) if part)


def _markdown(head: list[str], body: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]


def _version(name: str) -> str:
    from importlib.metadata import version

    return version(name)


if __name__ == "__main__":
    main(sys.argv[1:])
