"""All checks together: a table with every trap, tables with none, and the words about them."""

import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.worlds_findings import clean, clean_yes_no, data
from workbench import CHECKS, SAMPLES, findings, read, sample, train

ROOT = Path(__file__).parents[3]
#: What real tables are known for, and must be told of.
KNOWN = {
    ("bike_sharing_hour.csv", "cnt"): {"target-is-a-sum", "time-order", "near-twins"},
    ("bike_sharing_day.csv", "cnt"): {"target-is-a-sum", "time-order"},
    ("california_housing.csv", "median_house_value"): {"capped-target", "rare-levels"},
    ("adult_census_income.csv", "income"): {"weight-ignored"},
    ("titanic.csv", "Survived"): {"duplicate-rows", "repeated-groups"},
    ("wine_quality_white.csv", "quality"): {"duplicate-rows"},
    ("penguins_raw.csv", "Species"): {"constant-column", "time-order", "repeated-groups"},
    ("credit_scoring.csv", "Status"): {"missing-tells-target"},
    ("hillstrom_email.csv", "conversion"): {"class-imbalance", "target-leakage"},
    ("nhefs.csv", "wt82_71"): {"target-is-a-sum"},
    ("card1995_schooling.csv", "lwage"): {"target-leakage"},
}
#: Real tables in which nothing is known to be wrong.
SOUND = [("penguins.csv", "species"), ("german_credit.csv", "default"),
         ("telco_churn.csv", "Churn")]  # fmt: skip


def all_traps(rows=1_500):
    """A shop's customers: everything that can be wrong with a table of numbers, at once."""
    rng = np.random.default_rng(0)
    who = rng.integers(0, 120, size=rows)
    online, in_shop = rng.gamma(2, 20, size=rows), rng.gamma(2, 30, size=rows)
    habit = 60 * rng.random(120)[who] + 60 * np.sin(np.arange(rows) / 120)
    branch = rng.integers(0, 6, size=rows)
    in_shop = in_shop + habit + np.array([0, 60, 10, 70, 5, 55])[branch]
    charges = [f"{value:.2f}" for value in rng.gamma(2, 9, size=rows)]
    charges[3] = "unknown"
    frame = pd.DataFrame({"day": pd.date_range("2021-01-01", periods=rows, freq="h")})
    frame["customer_id"], frame["online"], frame["in_shop"] = who, online, in_shop
    frame["spent"] = online + in_shop
    frame["points"] = np.round(frame["spent"] * 10)
    frame["branch"], frame["charges"] = branch, charges
    frame["online_too"] = online * 1.1 + rng.normal(scale=0.2, size=rows)
    frame["country"] = "KR"
    frame["town"] = np.where(np.arange(rows) < 4, "Dokdo", rng.choice(["A", "B"], size=rows))
    frame["sample_weight"] = rng.gamma(3, size=rows)
    gone = (frame["spent"] > frame["spent"].median()) & (rng.random(rows) < 0.6)
    frame["age"] = pd.Series(rng.normal(40, 12, size=rows)).where(~gone)
    frame = pd.concat([frame, frame.tail(60)], ignore_index=True)
    frame["row"] = np.arange(len(frame)) + 1
    return data(frame, "spent", row="feature")


EXPECTED = {
    "target-leakage", "target-is-a-sum", "identifier-as-feature", "time-order", "repeated-groups",
    "duplicate-rows", "numbers-as-text", "weight-ignored", "missing-tells-target",
    "codes-as-numbers", "near-twins", "rare-levels", "constant-column",
}  # fmt: skip


def codes(made, *severities):
    return set(made.frame.loc[made.frame["severity"].isin(severities), "code"])


def test_every_trap_in_one_table_is_told():
    made = findings(all_traps())
    assert codes(made, "warning", "notice") >= EXPECTED
    assert {
        "target-leakage",
        "target-is-a-sum",
        "identifier-as-feature",
        "time-order",
        "repeated-groups",
        "duplicate-rows",
        "numbers-as-text",
    } <= codes(made, "warning")
    assert made.frame["severity"].iloc[0] == "warning"  # the gravest first


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("world", [clean, clean_yes_no])
def test_nothing_is_told_of_a_table_without_traps(world, seed):
    made = findings(data(world(seed=seed)))
    assert len(made.found) == 0, made.found
    assert made.summary.startswith("Nothing was found")


@pytest.mark.parametrize("seed", range(3))
def test_no_warning_of_a_sound_model(seed):
    model = train(data(clean(1_500, seed)), "gradient_boosting", max_iter=40, seed=seed)
    assert codes(findings(model), "warning") == set()


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"hiv_results"}))
def test_no_warning_of_the_samples(name):
    """The tests for HIV are known for people of the same age and distance, row by row."""
    made = findings(sample(name))
    # of people whose earnings are zero or cut at the top many are alike: the sample's notes say so
    known = {"job_training": {"duplicate-rows"}}.get(name, set())
    assert codes(made, "warning") == known, made.found


def test_no_warning_of_a_model_of_penguins():
    assert codes(findings(train(sample("penguins"))), "warning") == set()


@pytest.mark.parametrize(("name", "target"), KNOWN)
def test_what_real_tables_are_known_for(shared_data, name, target):
    made = findings(read(shared_data / name, target=target))
    assert KNOWN[name, target] <= codes(made, "warning", "notice")


@pytest.mark.parametrize(("name", "target"), SOUND)
def test_no_warning_of_sound_real_tables(shared_data, name, target):
    assert codes(findings(read(shared_data / name, target=target)), "warning") == set()


def test_without_a_target_the_rest_is_looked_for():
    made = findings(data(clean(), None))
    asks = {check.code for check in CHECKS.values() if check.needs_target}
    assert codes(made, "skipped") == asks
    assert codes(made, "clear") == {c.code for c in CHECKS.values() if c.of == "data"} - asks


def test_a_target_that_cannot_be_learned_is_no_failure():
    names = [f"name {i}" for i in range(600)]
    for values in (names, [np.nan] * 600, [1.0] * 600):
        findings(data(clean().assign(y=values)))


def test_what_spoils_a_picture_is_about_its_column_or_about_all():
    frame = clean(300).assign(**{"warmth, felt": lambda f: f["warmth"] * 2, "copy": 7.0})
    made = findings(data(frame.assign(more=lambda f: f["y"] * 3)))
    beside = {f.code for f in made.spoiling("dependence", ["warmth, felt"])}
    assert beside == {"near-twins"}
    assert made.spoiling("dependence", ["visits"]) == ()
    assert {f.code for f in made.spoiling("importance")} == {"near-twins", "target-leakage"}


def test_all_that_is_told_has_a_row_in_the_same_order():
    made = findings(all_traps())
    assert [f.says for f in made.told] == made.found["says"].tolist()


def test_names_with_commas_stay_one_name():
    frame = clean().rename(columns={"warmth": "warmth, felt"}).assign(copy=lambda f: f["y"])
    made = findings(data(frame.assign(**{"cold, felt": -frame["warmth, felt"]})))
    (twins,) = made.found[made.found["code"] == "near-twins"]["says"]
    assert "'warmth, felt' and 'cold, felt'" in twins


def test_the_same_rows_in_another_order_have_the_same_traps():
    """But for those that are about the order."""
    table = all_traps()
    mixed = table.take(np.random.default_rng(1).permutation(len(table)))
    about_order = {"row-order", "identifier-as-feature"}
    first, second = (codes(findings(t), "warning", "notice") for t in (table, mixed))
    assert first - about_order == second - about_order


def test_every_code_is_explained_in_the_documentation():
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    written = re.findall(r"^### `([a-z-]+)`$", page, re.MULTILINE)
    assert sorted(written) == sorted(CHECKS)


def test_a_code_is_the_name_of_its_file():
    for code, check in CHECKS.items():
        assert check.look.__module__ == f"workbench.findings.{code.replace('-', '_')}"
        assert check.clear.endswith(".")


def test_the_rows_are_looked_at_in_seconds_not_minutes():
    rows = 300_000
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(rows, 14)), columns=[f"c{i}" for i in range(14)])
    table = data(clean(rows).join(wide))
    started = time.perf_counter()
    findings(table)
    assert time.perf_counter() - started < 30
