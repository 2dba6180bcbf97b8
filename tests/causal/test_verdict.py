"""The verdict in worlds where it is known what can be trusted, and why not."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from causal import (
    CausalQuestion,
    Verdict,
    aipw,
    balance,
    linear_regression,
    overlap,
    placebo_outcome,
    placebo_treatment,
    robustness_value,
    verdict,
)
from causal.analysis import analyse
from causal.aspects import (
    AS_FAR,
    CANNOT,
    FRAGILE,
    HOLDS,
    IN_DOUBT,
    LEVELS,
    NO_EFFECT,
    NOT_TRUSTED,
    Aspect,
    Estimated,
)
from causal.rows_used import rows_used
from tests.causal.truths import nhefs, nsw
from workbench import Cancelled, Dataset

COUNTERPART, ALIKE, SIZE, AGREE = 1, 2, 3, 4
SHUFFLED, UNTOUCHED, HIDDEN, ROWS = 5, 6, 7, 8


def world(
    rows: int = 800, seed: int = 0, *, effect: float = 1.0, hidden: float = 0.0, far: float = 0.6
) -> pd.DataFrame:
    """x0 and x1 are causes of both; `hidden` is the strength of one that is not in the table, and
    `far` how strongly x0 decides the treatment."""
    rng = np.random.default_rng(seed)
    x, u = rng.normal(size=(rows, 2)), rng.normal(size=rows)
    score = far * x[:, 0] + 0.4 * x[:, 1] + hidden * u
    t = (rng.random(rows) < 1 / (1 + np.exp(-score))).astype(int)
    base = x[:, 0] + 0.5 * x[:, 1] + hidden * u
    return pd.DataFrame({"x0": x[:, 0], "x1": x[:, 1], "t": t,
                         "y": base + effect * t + rng.normal(size=rows),
                         "y_before": base + rng.normal(size=rows)})  # fmt: skip


def about(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    given = {"treatment": "t", "outcome": "y", "confounders": ("x0", "x1")}
    return CausalQuestion(Dataset.of(frame), **(given | asked))  # type: ignore[arg-type]


@cache
def told(*, effect: float = 1.0, hidden: float = 0.0, seed: int = 0) -> Verdict:
    """The verdict of a world, asked once for all tests."""
    return verdict(about(world(effect=effect, hidden=hidden, seed=seed)))


def test_a_clean_world_holds_and_says_what_would_take_it_away() -> None:
    found = told()
    assert (found.level, found.passed) == (HOLDS, True)
    assert found.summary.startswith("Holds under the assumptions. t 1 vs 0: y changes by ")
    assert "no common cause of treatment and outcome is missing" in found.summary
    assert "times as strong as x0 would take it away" in found.summary
    assert found.frame["was_asked"].all()
    assert not (found.frame["passed"] == False).any()  # noqa: E712 (three values)


def test_each_answer_is_that_of_the_check_of_its_name() -> None:
    question, found = about(world()), told()
    value = found.frame["value"]
    common, weighted = overlap(question), balance(question)
    assert value[COUNTERPART] == common.worth
    assert found.frame["finding"][COUNTERPART] == common.summary
    assert value[ALIKE] == weighted.frame["smd_after"].abs().max()
    estimate = aipw(question).frame["estimate"].iloc[0]
    assert value[SIZE] == estimate
    assert value[AGREE] == abs(linear_regression(question).frame["estimate"].iloc[0] - estimate)
    assert found.frame["finding"][SHUFFLED] == placebo_treatment(question).summary
    assert value[HIDDEN] == robustness_value(question).times


def test_the_placebo_outcome_by_the_learners_that_won_is_near_the_whole_race() -> None:
    """For the real outcome splines win in one arm, in a race of its own the placebo outcome is
    learned by straight lines: that moves the estimate by less than a quarter of its error."""
    question, found = about(world()), told()
    alone = placebo_outcome(question, estimator="aipw").frame["p_value"].iloc[0]
    assert norm.isf(found.frame["value"][UNTOUCHED] / 2) == pytest.approx(
        norm.isf(alone / 2), abs=0.25
    )


def test_a_hidden_common_cause_that_shows_in_an_earlier_outcome_is_named() -> None:
    found = told(hidden=1.0)
    assert (found.level, found.passed) == (NOT_TRUSTED, False)
    assert "the same analysis finds an effect on y_before" in found.summary
    assert "should not be read as the effect" in found.summary
    assert found.frame["passed"].tolist()[UNTOUCHED] is False


def test_an_earlier_outcome_that_decided_the_treatment_only_leaves_a_doubt() -> None:
    """It is adjusted for, and the analysis is right; the placebo without it is the stricter."""
    frame = world()
    rng = np.random.default_rng(1)
    chosen = rng.random(len(frame)) < 1 / (1 + np.exp(-frame["y_before"]))
    frame = frame.assign(y=frame["y"] - frame["t"] + chosen, t=chosen.astype(int))
    found = verdict(about(frame, confounders=("x0", "x1", "y_before")))
    assert found.level == IN_DOUBT
    assert "that the analysis adjusts for it may mend this" in found.summary


def test_poor_overlap_is_said_first() -> None:
    found = verdict(about(world(far=5.0)))
    assert found.level == NOT_TRUSTED
    assert "have hardly a counterpart in the other arm" in found.summary.partition(". ")[0]


def test_what_is_not_identified_cannot_be_answered() -> None:
    graph = "u [latent]; u -> t; u -> y; t -> y; x0 -> t; x0 -> y"
    found = verdict(about(world(), confounders=(), graph=graph))
    assert (found.level, found.passed) == (CANNOT, False)
    assert found.summary.startswith("Cannot be answered: the effect of t on y cannot be had")
    assert len(found.frame) == 1


def test_no_effect_is_no_proof_of_none_and_says_what_would_have_been_seen() -> None:
    question, found = about(world(effect=0.0, seed=3)), told(effect=0.0, seed=3)
    assert (found.level, found.passed) == (NO_EFFECT, None)
    error = aipw(question).frame["std_error"].iloc[0]
    assert f"An effect of {2.8016 * error:.4g} would have been told from none" in found.summary


def test_an_effect_where_the_graph_says_there_is_none_speaks_against_one_of_the_two() -> None:
    graph = "x0 -> t; x0 -> y; x1 -> t; x1 -> y"
    found = verdict(about(world(), confounders=(), graph=graph))
    assert found.level == NOT_TRUSTED
    assert "an effect is found where the graph says that there is none" in found.summary


def test_a_negative_control_of_the_graph_is_tried_where_no_name_says_earlier() -> None:
    frame = world(hidden=1.0).rename(columns={"y_before": "other"})
    graph = "x0 -> {t y other}; x1 -> {t y other}; t -> y"
    found = verdict(about(frame, confounders=(), graph=graph))
    assert found.level == NOT_TRUSTED
    assert "finds an effect on other" in found.summary


def test_a_weak_effect_beside_a_strong_column_is_fragile() -> None:
    found = verdict(about(world(3_000, effect=0.14, seed=2)))
    assert found.level == FRAGILE
    assert found.summary.startswith("Fragile: a common cause 0.")
    assert float(found.frame["value"][HIDDEN]) < 1


def test_estimators_that_part_are_in_doubt() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(900, 2))
    t = (rng.random(900) < 1 / (1 + np.exp(-1.2 * np.sign(x[:, 0] * x[:, 1])))).astype(int)
    y = 2 * x[:, 0] * x[:, 1] + t + rng.normal(size=900)
    found = verdict(about(pd.DataFrame({"x0": x[:, 0], "x1": x[:, 1], "t": t, "y": y})))
    assert found.level == IN_DOUBT
    assert "part by more than their intervals allow" in found.summary
    assert "Not checked: a placebo outcome." in found.summary


def test_rows_lost_unevenly_are_a_doubt_and_so_is_a_treatment_of_whole_groups() -> None:
    frame = world()
    lost = (frame["t"] == 1) & (frame["x1"] > 1)
    found = verdict(about(frame.assign(x0=frame["x0"].mask(lost))))
    assert found.level == IN_DOUBT
    assert "the arms lose rows unevenly" in found.summary
    site = "site " + (np.arange(len(frame)) % 20 + 20 * frame["t"]).astype(str)
    grouped = verdict(about(frame.assign(site=site)))
    assert grouped.level == IN_DOUBT
    assert "t is the same within every level of site" in grouped.summary


def with_gaps(frame: pd.DataFrame, least: float, steep: float = 1.5) -> pd.DataFrame:
    """Outcomes are missing more often where x0 is large, and where treated; `least` is the smallest
    chance of one that is not."""
    score = -steep * frame["x0"] - 0.5 * frame["t"]
    chance = least + (1 - least) / (1 + np.exp(-score))
    kept = np.random.default_rng(1).random(len(frame)) < chance
    return frame.assign(y=frame["y"].where(kept))


def test_rows_that_are_stood_for_are_not_held_against_the_effect_but_what_it_costs_is() -> None:
    frame = with_gaps(world(1_500), 0.3)
    left = verdict(about(frame))
    assert left.level == IN_DOUBT
    assert "left out for missing values" in left.summary
    found = verdict(about(frame, missing="weighted"))
    assert found.level == HOLDS
    row = found.frame.iloc[ROWS]
    assert "rows are complete and stand for the others as well" in row["finding"]
    weight = analyse(about(frame, missing="weighted")).weight
    assert row["value"] == pytest.approx(1 / np.mean(weight**2))
    assert row["limit"] == 0.5


def test_a_few_rows_that_stand_for_many_are_a_doubt() -> None:
    found = estimated_rows(about(with_gaps(world(3_000), 0.02, 4.0), missing="weighted"))
    assert (found.passed, found.at_best) == (False, IN_DOUBT)
    assert "a few stand for many others" in found.because


def test_rows_that_could_not_be_stood_for_are_left_out() -> None:
    frame = with_gaps(world(), 0.3)
    frame["x0"] = frame["x0"].where(frame["y"].notna())
    found = estimated_rows(about(frame, missing="weighted", confounders=("x0",)))
    assert "left out for missing values" in found.because


def estimated_rows(question: CausalQuestion) -> Aspect:
    """The last answer of the verdict alone."""
    made = linear_regression(question)
    return rows_used(
        question, Estimated("linear regression", "adjustment", made, analyse(question))
    )


def test_why_there_is_no_estimate_is_said_by_the_estimator_that_would_answer() -> None:
    frame = world()
    frame["levels"] = np.where(frame["x1"] > 0.5, "c", np.where(frame["t"] == 1, "b", "a"))
    found = verdict(about(frame, treatment="levels", estimand="ATO"))
    assert found.level == CANNOT
    assert "ATO compares two arms" in found.summary


@pytest.mark.parametrize(
    ("asked", "unasked"),
    [
        ({"treatment": "dose"}, {COUNTERPART, ALIKE}),
        ({"outcome": "won", "scale": "ratio"}, {SHUFFLED, UNTOUCHED, HIDDEN}),
        ({"estimand": "ATO"}, {SHUFFLED, HIDDEN}),
        ({"treatment": "levels"}, {COUNTERPART, ALIKE}),
        ({"instruments": ("z",), "estimand": "LATE"}, {COUNTERPART, ALIKE}),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_and_keeps_the_verdict_down(
    asked: dict[str, object], unasked: set[int]
) -> None:
    frame = world(700)
    rng = np.random.default_rng(5)
    z = (rng.random(len(frame)) < 0.5).astype(int)
    frame = frame.assign(
        z=z, dose=frame["x0"] + rng.normal(size=len(frame)), won=(frame["y"] > 0).astype(int),
        levels=np.where(frame["t"] == 0, "none", np.where(z == 1, "half", "full")),
    )  # fmt: skip
    frame["y"] += 2 * (frame["dose"] - frame["x0"])
    if "z" in asked.get("instruments", ()):  # type: ignore[operator]
        moved = np.where(rng.random(len(frame)) < 0.7, z, frame["t"])
        frame = frame.assign(y=frame["y"] + 2 * (moved - frame["t"]), t=moved)
    found = verdict(about(frame, **asked))
    left = set(np.flatnonzero(~found.frame["was_asked"].to_numpy()))
    assert unasked <= left <= unasked | {AGREE}
    assert LEVELS.index(found.level) <= LEVELS.index(AS_FAR)  # never simply "holds"
    assert found.level not in (CANNOT, NOT_TRUSTED)
    assert "Not checked: " in found.summary
    assert found.frame["finding"][min(unasked)].startswith("Not asked of such a question: ")


def test_a_front_door_is_a_way_and_little_can_be_checked_of_it() -> None:
    rng = np.random.default_rng(6)
    u = rng.normal(size=1_500)
    t = (u + rng.normal(size=1_500) > 0).astype(int)
    m = t + rng.normal(size=1_500)
    frame = pd.DataFrame({"t": t, "m": m, "y": m + u + rng.normal(size=1_500)})
    graph = "t -> m -> y; u [latent]; u -> t; u -> y"
    found = verdict(about(frame, confounders=(), graph=graph))
    assert found.level == AS_FAR
    assert found.frame["value"][SIZE] == pytest.approx(1, abs=0.25)


def test_nothing_adjusted_for_rests_on_chance_having_assigned_it() -> None:
    found = verdict(nsw())
    assert found.level == AS_FAR
    assert "right only if the treatment was assigned at random" in found.summary
    assert "Not checked: balance, a missing common cause." in found.summary


def test_the_textbook_example_holds_and_an_earlier_weight_speaks_for_it() -> None:
    found = verdict(nhefs())
    assert found.level == HOLDS
    assert "on wt71 is" in found.frame["finding"][UNTOUCHED]


def test_the_verdict_is_never_better_than_the_worst_of_its_parts() -> None:
    for found in (told(), told(hidden=1.0), told(effect=0.0, seed=3)):
        ranks = [LEVELS.index(each) for each in found.frame["at_best"]]
        assert LEVELS.index(found.level) == min(ranks)
        failed = found.frame["passed"].map(lambda p: p is False)
        assert (found.frame.loc[failed, "at_best"] != HOLDS).all()


def test_it_can_be_stopped_at_any_step() -> None:
    asked = about(world(400))
    seen: list[float] = []
    verdict(asked, progress=lambda share, *_: seen.append(share))
    assert seen == sorted(seen)
    assert max(np.diff(seen)) < 0.3  # larger models that were not needed are passed over

    def stop(share: float, what: str = "", /) -> None:
        if share > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        verdict(asked, progress=stop)


def test_the_list_shows_every_question_by_symbol_as_well_as_colour() -> None:
    figure = told(hidden=1.0).figure()
    assert len(figure.layout.annotations) == 9
    marks = {trace.name: trace.marker.symbol for trace in figure.data}
    assert marks["passed"] != marks["not passed"] != marks["informs"]
    assert sum(len(trace.x) for trace in figure.data) == 9
