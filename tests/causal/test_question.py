"""A question is built right or refused with a sentence and a way out."""

import pickle

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, linear_regression
from tests import worlds
from workbench import Dataset
from workbench.errors import AnalysisError, QuestionError


@pytest.fixture
def data() -> Dataset:
    frame = worlds.confounded(200)
    rng = np.random.default_rng(1)
    words = np.where(frame["treated"] == 1, "yes", "no")
    return Dataset.of(
        frame.assign(
            took=words,
            city=rng.choice(["Bonn", "Köln", "Ulm"], 200),
            same=1,
            dose=rng.normal(size=200),
            dirty=[*["12 kg"] * 2, *map(str, rng.normal(size=198))],
            endless=[np.inf, *rng.normal(size=199)],
            nothing=np.full(200, np.nan),
            rare=[*rng.normal(size=5), *[np.nan] * 195],
            day=pd.date_range("2020-01-01", periods=200),
            coded=np.where(frame["treated"] == 1, 2, 1),
        )
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"treatment": "same"}, "'same' is 1 in every row"),
        ({"outcome": "same"}, "'same' is 1 in every row"),
        ({"outcome": "city"}, "text with 3 levels"),
        ({"treatment": "dirty"}, "'12 kg' in row 0 and 1 more"),
        ({"treatment": "endless"}, "1 infinite"),
        ({"treatment": "nothing"}, "no values"),
        ({"treatment": "day"}, "a date"),
        ({"treatment": "outcome"}, "named twice: as treatment and as outcome"),
        ({"confounders": ["need", "need"]}, "named twice"),
        ({"confounders": ["need"], "mediators": ["need"]}, "as confounder and as mediator"),
        ({"confounders": ["treated"]}, "as treatment and as confounder"),
        ({"confounders": ["knead"]}, "'knead' is not a column"),
        ({"treatment": "treat"}, "'treat' is not a column"),
        ({"confounders": ["rare"]}, "Only 5 of 200 rows"),
        ({"estimand": "ITE"}, "'ITE' is not known"),
        ({"estimand": "CATE"}, "no column says which kinds"),
        ({"by": "city"}, "by 'city', and over everyone"),
        ({"estimand": "CATE", "by": "town"}, "'town', by which the effect is asked"),
        ({"estimand": "CATE", "by": "day"}, "'day' is a date"),
        ({"estimand": "CATE", "by": "treated"}, "'treated' is the treatment"),
        (
            {"estimand": "CATE", "by": "dose", "mediators": ["dose"]},
            r"comes after the treatment \(treated → dose\)",
        ),
        ({"estimand": "CATE", "by": "dose", "instruments": ["dose"]}, "is an instrument"),
        (
            {"estimand": "CATE", "by": "dose", "graph": "treated -> outcome -> dose"},
            "treated → outcome → dose",
        ),
        ({"treatment": "dose", "estimand": "ATT"}, "no treated and untreated"),
        ({"contrast": (0, 2)}, "cannot be set to"),
        ({"contrast": (1, 1)}, "with itself"),
        ({"graph": "treated -> outcome -> need -> treated"}, "in a circle"),
        ({"graph": "treated -> outcome; genes -> outcome"}, "'genes', which data does not have"),
        ({"graph": "need -> outcome"}, "does not hold the treatment"),
        ({"graph": "treated [latent]; treated -> outcome"}, "does not hold the treatment"),
        ({"graph": "treated -> outcome", "confounders": ["need"]}, "Both a graph and roles"),
        ({"graph": "treated -- outcome"}, "without direction"),
        ({"graph": "/etc/passwd"}, "not understood"),
    ],
)
def test_a_question_that_cannot_be_is_refused(
    data: Dataset, asked: dict[str, object], says: str
) -> None:
    with pytest.raises(QuestionError, match=says) as caught:
        CausalQuestion(data, **({"treatment": "treated", "outcome": "outcome"} | asked))
    assert caught.value.hint.endswith((".", ";"))


def test_the_sentence_names_whom_what_and_the_scale(data: Dataset) -> None:
    def sentence(**asked: object) -> str:
        return CausalQuestion(
            data, **({"treatment": "treated", "outcome": "outcome"} | asked)
        ).sentence

    assert sentence() == (
        "By how much would outcome change, on average over everyone in data, "
        "if treated were 1 rather than 0?"
    )
    assert "over the treated (took = yes)" in sentence(treatment="took", estimand="ATT")
    assert "over the untreated (took = no)" in sentence(treatment="took", estimand="ATC")
    assert sentence(treatment="dose").endswith("for each unit more of dose?")
    assert sentence(treatment="dose", contrast=(5, 40)).endswith("if dose were 40 rather than 5?")
    assert "the share of rows with took = yes" in sentence(outcome="took")


def test_yes_and_no_are_coded_and_that_is_said(data: Dataset) -> None:
    words = CausalQuestion(data, treatment="took", outcome="outcome", confounders=["need"])
    numbers = CausalQuestion(data, treatment="treated", outcome="outcome", confounders=["need"])
    assert words.contrast == (0.0, 1.0)
    assert words.notes == ("'took' is read as 0 for 'no' and 1 for 'yes'.",)
    assert _estimate(words) == pytest.approx(_estimate(numbers))
    backwards = CausalQuestion(
        data, treatment="took", outcome="outcome", confounders=["need"], contrast=("yes", "no")
    )
    assert _estimate(backwards) == pytest.approx(-_estimate(numbers))


def test_two_numbers_other_than_0_and_1_are_two_levels(data: Dataset) -> None:
    coded = CausalQuestion(data, treatment="coded", outcome="outcome", confounders=["need"])
    assert coded.contrast == (1.0, 2.0)
    plain = CausalQuestion(data, treatment="treated", outcome="outcome", confounders=["need"])
    assert _estimate(coded) == pytest.approx(_estimate(plain))


def test_rows_left_out_are_counted_by_arm(data: Dataset) -> None:
    need = data.frame["need"].where(~((data.frame["treated"] == 1) & (data.frame.index < 60)))
    gone = int(need.isna().sum())
    lossy = Dataset.of(data.frame.assign(need=need))
    asked = CausalQuestion(lossy, treatment="treated", outcome="outcome", confounders=["need"])
    (note,) = [n for n in linear_regression(asked).notes if "rows are used" in n]
    assert f"{200 - gone} of 200 rows are used" in note
    assert "unevenly" in note
    assert "0.0% of the other" in note


def test_a_treatment_given_by_site_is_noted() -> None:
    frame = worlds.confounded(200)
    site = np.arange(200) % 10
    frame = frame.assign(site=[f"s{k}" for k in site], treated=(site < 5).astype(int))
    asked = CausalQuestion(
        Dataset.of(frame), treatment="treated", outcome="outcome", confounders=["need"]
    )
    assert any("every level of 'site'" in note for note in linear_regression(asked).notes)


def test_its_script_builds_it_again(data: Dataset) -> None:
    asked = CausalQuestion(
        data, treatment="dose", outcome="outcome", contrast=(1, 3),
        graph='need -> {dose outcome}; "x" [latent]; x -> outcome; dose -> outcome',
    )  # fmt: skip
    scope: dict[str, object] = {"data": data}
    exec(asked.script.text, scope)  # noqa: S102 - the script is the subject of the test
    assert scope["question"] == asked
    assert scope["question"].fingerprint == asked.fingerprint  # type: ignore[attr-defined]


def test_the_fingerprint_is_of_the_question_and_the_data(data: Dataset) -> None:
    def made(table: Dataset = data, **asked: object) -> str:
        return CausalQuestion(table, treatment="treated", outcome="outcome", **asked).fingerprint

    other = Dataset.of(data.frame.assign(need=data.frame["need"] + 1e-9))
    prints = {made(), made(confounders=["need"]), made(estimand="ATT"), made(other)}
    assert len(prints) == 4
    assert made() == made()


def test_it_pickles(data: Dataset) -> None:
    asked = CausalQuestion(data, treatment="took", outcome="outcome", confounders=["need"])
    assert pickle.loads(pickle.dumps(asked)).fingerprint == asked.fingerprint  # noqa: S301


@pytest.mark.parametrize("kind", ["free text", "too many levels", "infinite"])
def test_what_cannot_be_adjusted_for_is_refused(data: Dataset, kind: str) -> None:
    values = {
        "free text": [f"a remark, number {k}, of some length" for k in range(200)],
        "too many levels": pd.Categorical([f"l{k % 80}" for k in range(200)]),
        "infinite": [np.inf, *np.arange(199.0) ** 0.5],
    }[kind]
    table = Dataset.of(data.frame.assign(odd=values))
    asked = CausalQuestion(table, treatment="treated", outcome="outcome", confounders=["odd"])
    with pytest.raises(AnalysisError, match="'odd'"):
        linear_regression(asked)


def _estimate(question: CausalQuestion) -> float:
    return float(linear_regression(question).frame["estimate"].iloc[0])
