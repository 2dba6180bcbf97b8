"""`make bench-quality`: is the tuned XGBoost as good as what one would reach by other means?

Every table is cut into five folds. On what a fold learns from, `tune` searches on inner folds of
its own; the defaults of three libraries and a 50-trial Optuna search of XGBoost get the same rows
and the same codes. All are judged on the rows of the fold none has seen. Every score is a line of
`quality.jsonl`, and the page is written from the newest of each, so that one contender can be run
again alone. The tables are not part of the project: `--data` or WHENCE_DATA says where they are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
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
TRIALS, INNER_FOLDS = 20, 5
#: Trials of the plain search beside it, each judged on one quarter of the rows.
PLAIN_TRIALS = 50
#: Larger tables are drawn down to so many rows, so that all of it ends within half an hour.
MOST_ROWS = 3_000
PASSES = 0.99
HERE = Path(__file__).parent
LINES, PAGE = HERE / "quality.jsonl", HERE / "QUALITY.md"
#: The column that names what rows of equal features are copies of.
COPIES = "copies of one row"


@dataclass(frozen=True)
class Table:
    """A table, its target, what is left out of it and why."""

    name: str
    file: str
    target: str
    left_out: tuple[str, ...] = ()
    remark: str = ""
    keeps_copies_together: bool = False
    counts: bool = True


TABLES = (
    Table("penguins", "penguins.csv", "species"),
    Table("german credit", "german_credit.csv", "default"),
    Table("wine (red)", "wine_quality_red.csv", "quality",
          remark="quality as a number; 15 % of the rows copy another in every column, so that in "
          "folds at random a quarter of the judged rows were learned from too, and deep trees "
          "that know them by heart come out best"),
    Table("wine, copies together", "wine_quality_red.csv", "quality",
          remark="the same with rows of equal features in one fold, inside the searches too: what "
          "the models know of other wines. Not one of the seven", keeps_copies_together=True,
          counts=False),
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


def optuna_xgboost(data: Dataset, fold: Fold, rows: EncodedFold) -> Any:
    """Fifty trials of Optuna's default sampler, as its examples do it: one part of the rows to
    judge on, the best trained again on all."""
    import optuna
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    metric = metrics_for(rows.learning.task)[0]
    classes = None if rows.learning.task == "regression" else rows.y
    group = data.with_role("group")
    if group:
        keys = data.frame[group[0]].iloc[fold.learned]
        splitter = GroupShuffleSplit(1, test_size=0.25, random_state=SEED)
        learned, judged = next(splitter.split(rows.codes, groups=keys))
    else:
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
    if table.keeps_copies_together:
        copies = data.frame.groupby(list(data.features), dropna=False).ngroup()
        data = Dataset.of(data.frame.assign(**{COPIES: copies}), target=table.target)
        data = data.with_roles({COPIES: "group"})
    return data


def scores_of(
    table: Table, folder: Path, number: int, contenders: Sequence[str]
) -> list[dict[str, Any]]:
    """Contenders on one fold: their scores on the rows they have not seen, and their seconds."""
    data = opened(table, folder)
    target = read_target(data)
    known = np.flatnonzero(~np.isnan(target.y))
    fold = make_folds(data, known, target, FOLDS, SEED).folds[number]
    rows = EncodedFold.of(fold, data, target, Training(), SEED)
    metric = metrics_for(target.task)[0]
    lines = []
    for name in contenders:
        started = time.perf_counter()
        said = rows.judged(CONTENDERS[name](data, fold, rows))
        lines.append({
            "table": table.name, "fold": number, "contender": name, "metric": metric.title,
            "rows": len(known), "score": metric.measure(rows.judged_y, said).value,
            "seconds": time.perf_counter() - started, "date": date.today().isoformat(),
        })  # fmt: skip
    return lines


def main(arguments: list[str]) -> None:
    """Compares what was asked for, keeps the lines, prints the page and writes it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--data", default=os.environ.get("WHENCE_DATA", ""), type=str)
    parser.add_argument("--tables", default="", help="words of their names, with commas")
    parser.add_argument("--contenders", default="", help="their names, with commas")
    parser.add_argument("--workers", default=2, type=int)
    asked = parser.parse_args(arguments)
    folder = Path(asked.data)
    if not asked.data or not folder.is_dir():
        parser.error("say where the tables are: --data FOLDER, or WHENCE_DATA")
    words = asked.tables.split(",")
    tables = [t for t in TABLES if any(word in t.name for word in words)]
    contenders = asked.contenders.split(",") if asked.contenders else list(CONTENDERS)
    os.environ["OMP_NUM_THREADS"] = "1"  # the processes share the cores
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(scores_of, t, folder, k, contenders)
                   for t in tables for k in range(FOLDS)]  # fmt: skip
        for done in as_completed(waiting):
            _keep(done.result())
    text = as_markdown(newest())
    print(text)
    PAGE.write_text(text, encoding="utf-8")


def _keep(lines: list[dict[str, Any]]) -> None:
    with LINES.open("a", encoding="utf-8") as file:
        for line in lines:
            print(line, flush=True)
            file.write(json.dumps(line) + "\n")


def newest() -> pd.DataFrame:
    """Of every table, fold and contender the line that was measured last."""
    lines = pd.read_json(LINES, lines=True, convert_dates=False)
    return lines.drop_duplicates(["table", "fold", "contender"], keep="last")


# The page


def as_markdown(lines: pd.DataFrame) -> str:
    """The whole page: what was done, the scores, what stands behind them, the seconds."""
    whole = FOLDS * len(CONTENDERS)
    known = [t for t in TABLES if (lines["table"] == t.name).sum() == whole]
    standings = [Standing.of(t, lines[lines["table"] == t.name]) for t in known]
    counted = [s for s in standings if s.table.counts]
    passed = sum(s.is_within for s in counted)
    names = list(CONTENDERS)
    head = ["table", "rows", "metric", *names]
    versions = ", ".join(f"{k} {v}" for k, v in installed_versions().items())
    dates = " to ".join(sorted(set(lines["date"]))[:: max(lines["date"].nunique() - 1, 1)])
    remarks = [f"* {t.name}: {_remark(t)}." for t in known if _remark(t)]
    return "\n".join([
        "# How good is the tuned model?", "",
        "Written by `make bench-quality` (see `benchmarks/quality.py`): do not edit.", "",
        (f"{passed} of {len(counted)} tables: the tuned XGBoost reaches {PASSES:.0%} of the best "
        f"of {', '.join(RIVALS)}."), "",
        *[s.below_default for s in standings if s.below_default], "",
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
        *_markdown(head, [s.scores() for s in standings]), "",
        ("The tuned one beside the best of the rivals and beside our default. ± is the standard "
        f"error of the paired difference over the {FOLDS} folds (standard deviation / "
        f"√{FOLDS}): a difference smaller than two of them is not told from chance, and the "
        "learning rows of the folds overlap, so that it is rather too small. The best of four is "
        "chosen on these very folds, which favours it."), "",
        *_markdown(["table", "best rival", "tuned − best", "tuned / best", "within 1 %",
                    "tuned − our default"], [s.differences() for s in standings]), "",
        ("Seconds per outer fold by the clock, each on one core of a machine that was busy with "
        "other work, and not always equally: orders of magnitude only."), "",
        *_markdown(["table", *names], [s.times() for s in standings]), "",
        f"{dates}, `make bench-quality DATA=…`, {versions}, lightgbm {_version('lightgbm')}.", "",
    ])  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """The contenders on one table: scores and seconds, a row per fold and a column for each."""

    table: Table
    metric: str
    rows: int
    score: pd.DataFrame
    seconds: pd.DataFrame

    @classmethod
    def of(cls, table: Table, lines: pd.DataFrame) -> Standing:
        """From the lines of the table."""
        wide = [lines.pivot(index="fold", columns="contender", values=v)[list(CONTENDERS)]
                for v in ("score", "seconds")]  # fmt: skip
        return cls(table, lines["metric"].iloc[0], int(lines["rows"].iloc[0]), *wide)

    @property
    def best(self) -> str:
        """The rival with the best mean."""
        return str(self.score[list(RIVALS)].mean().idxmax())

    @property
    def is_within(self) -> bool:
        """Whether the tuned one reaches the share of the best that is asked."""
        return bool(self._ratio >= PASSES)

    @property
    def below_default(self) -> str:
        """The line that is due where the search made the model worse; else empty."""
        gain, error = self._gain("our default")
        if gain >= 0:
            return ""
        how = "more" if gain < -2 * error else "no more"
        return (
            f"* **{self.table.name}: tuning made it worse than our default**, by {-gain:.4f} "
            f"(standard error {error:.4f}: {how} than chance explains)."
        )

    def scores(self) -> list[str]:
        """The line of means, the best rival bold."""
        means = self.score.mean()
        said = [f"**{m:.4f}**" if name == self.best else f"{m:.4f}" for name, m in means.items()]
        return [self.table.name, f"{self.rows:,}", self.metric, *said]

    def differences(self) -> list[str]:
        """The line of what the tuned one is ahead by."""
        return [self.table.name, self.best, self._says(self.best), f"{self._ratio:.4f}",
                "yes" if self.is_within else "no", self._says("our default")]  # fmt: skip

    def times(self) -> list[str]:
        """The line of mean seconds."""
        return [self.table.name, *(f"{s:.1f}" for s in self.seconds.mean())]

    @property
    def _ratio(self) -> float:
        means = self.score.mean()
        return float(means["tuned"] / means[self.best])

    def _gain(self, other: str) -> tuple[float, float]:
        """Of the tuned one over another: the mean over the folds and its standard error."""
        pairs = self.score["tuned"] - self.score[other]
        return float(pairs.mean()), float(pairs.std(ddof=1) / np.sqrt(len(pairs)))

    def _says(self, other: str) -> str:
        gain, error = self._gain(other)
        return f"{gain:+.4f} ± {error:.4f}"


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
