"""What the Robustness page offers answers the question; what it does not offer would refuse it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion
from ui.steps import PAGES, offered
from workbench import METHODS, Dataset
from workbench.errors import NotApplicable


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x, offer = rng.normal(size=300), rng.integers(0, 2, 300)
    t = (x + 2 * offer + rng.normal(size=300) > 1).astype(int)
    y = 20 + x + t + rng.normal(size=300)
    return pd.DataFrame({
        "x": x, "offer": offer, "t": t, "dose": x + rng.normal(size=300), "y": y,
        "y_before": x + rng.normal(size=300), "event": (y > 21).astype(int),
        "kind": np.where(rng.random(300) < 0.5, "a", "b"),
        "arm": np.where(t == 0, "none", np.where(rng.random(300) < 0.5, "p", "q")),
    })  # fmt: skip


def ask(**asked: object) -> Callable[[], CausalQuestion]:
    given = {"treatment": "t", "outcome": "y", "confounders": ("x",)} | asked
    return lambda: CausalQuestion(Dataset.of(table()), **given)


KINDS = {
    "ATE": ask(),
    "ATT": ask(estimand="ATT"),
    "ATO": ask(estimand="ATO"),
    "ratio": ask(scale="ratio"),
    "LATE": ask(estimand="LATE", instruments=("offer",)),
    "CATE": ask(estimand="CATE", by="kind"),
    "CATE of an amount": ask(treatment="dose", estimand="CATE", by="kind"),
    "levels": ask(treatment="arm"),
    "amount": ask(treatment="dose"),
    "ratio of an amount": ask(treatment="dose", scale="ratio"),
    "amount and event": ask(treatment="dose", outcome="event"),
}


def listed(question: CausalQuestion) -> tuple[set[str], set[str]]:
    """The checks that the page offers, and those it leaves out of the same steps."""
    steps = [step for step in PAGES["robustness"] if step.suits(question)]
    every = {name for step in steps for name in step.on_demand}
    kept = {name for step in steps for name in offered(step, question)}
    return kept, every - kept


def answer(name: str, question: CausalQuestion) -> object:
    given = {"column": "y_before"} if name == "causal.negative_control" else {}
    return METHODS[name](question, **given)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_offered_would_refuse(kind: str) -> None:
    question = KINDS[kind]()
    for name in listed(question)[1]:
        with pytest.raises(NotApplicable) as refused:
            answer(name, question)
        assert refused.value.hint, name


def test_of_effects_of_groups_what_is_offered_answers() -> None:
    kept, left = listed(KINDS["CATE"]())
    assert kept == {f"causal.{name}" for name in
                    ("nuisance_quality", "propensity_calibration", "rosenbaum_bounds")}  # fmt: skip
    for name in kept:
        assert answer(name, KINDS["CATE"]()).summary
    assert len(left) >= 10
    assert listed(KINDS["CATE of an amount"]())[0] == set()


def test_of_everyone_every_check_is_offered() -> None:
    assert listed(KINDS["ATE"]())[1] == set()
