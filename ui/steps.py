"""The steps of a causal analysis over its pages, each a section with the methods that belong to it.

A step runs its first methods at once and the others when they are opened; what is registered for
a page and stands in no step is opened at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from causal import CausalQuestion, Identification, SpecificationCurve
from workbench import METHODS, methods_of
from workbench.settings import Subject

from . import licence, method, specification, state, ways
from .page import link as page_link
from .text import markdown_safe


def _always(question: Subject) -> bool:
    del question
    return True


def _two_arms(question: CausalQuestion) -> bool:
    return question.treated.is_binary and question.estimand != "LATE"


def _two_arms_at_once(question: CausalQuestion) -> bool:
    return _two_arms(question) and question.by is None


def _levels(question: CausalQuestion) -> bool:
    return not question.treated.is_amount and question.estimand not in ("LATE", "CATE")


def _amount(question: CausalQuestion) -> bool:
    return question.treated.is_amount and question.estimand not in ("LATE", "CATE")


def _groups(question: CausalQuestion) -> bool:
    return question.by is not None and not question.treated.is_amount


def _groups_of_amounts(question: CausalQuestion) -> bool:
    return question.by is not None and question.treated.is_amount


def _one_effect(question: CausalQuestion) -> bool:
    return question.by is None


def _plain_difference(question: CausalQuestion) -> bool:
    """A difference between two arms, over everyone or over those of one arm."""
    whom = ("ATE", "ATT", "ATC")
    return _two_arms(question) and question.estimand in whom and question.scale == "difference"


def _two_arms_as_they_are(question: CausalQuestion) -> bool:
    """Two arms, over everyone or over those of one of them, on any scale."""
    return _two_arms(question) and question.estimand in ("ATE", "ATT", "ATC")


def _one_coefficient(question: CausalQuestion) -> bool:
    return _everyone(question) or _compliers(question)


def _everyone(question: CausalQuestion) -> bool:
    return question.estimand == "ATE" and question.scale == "difference"


def _adjustment(question: CausalQuestion) -> bool:
    return question.estimand != "LATE"


def _compliers(question: CausalQuestion) -> bool:
    return question.estimand == "LATE"


def _asked_again(question: CausalQuestion) -> bool:
    """One effect that regression, AIPW or two-stage least squares has."""
    return question.by is None and not (
        question.treated.is_amount and question.scale != "difference"
    )


def _as_risk_ratio(question: CausalQuestion) -> bool:
    is_ratio = question.response.is_binary or question.scale != "difference"
    return question.by is None and not (question.treated.is_amount and is_ratio)


def _ways_to_simulate(question: CausalQuestion) -> bool:
    is_simulated = question.scale == "difference" or question.response.is_binary
    return _two_arms_at_once(question) and is_simulated and not question.data.with_role("group")


@dataclass(frozen=True)
class Step:
    """A section: its title, one sentence, the methods it runs, those it runs when opened, those
    that it runs when opened of the session's model and the question together, and the questions it
    is for."""

    title: str
    says: str
    methods: tuple[str, ...] = ()
    on_demand: tuple[str, ...] = ()
    beside_model: tuple[str, ...] = ()
    suits: Callable[[Any], bool] = _always


def of(*names: str) -> tuple[str, ...]:
    """Methods of `causal` by their names."""
    return tuple(f"causal.{name}" for name in names)


#: The questions that a method answers, where its step is for others as well.
ANSWERS: dict[str, Callable[[CausalQuestion], bool]] = {
    **dict.fromkeys(
        of("placebo_treatment", "placebo_outcome", "negative_control", "random_common_cause",
           "influential_rows", "subset_stability", "bootstrap_interval"),
        _asked_again,
    ),
    "causal.specification_curve": _one_effect,
    "causal.e_value": _as_risk_ratio,
    **dict.fromkeys(of("nuisance_quality", "propensity_calibration", "rosenbaum_bounds"),
                    _two_arms),
    "causal.robustness_value": _one_coefficient,
    "causal.omitted_variable_bounds": _plain_difference,
    "causal.trim_ledger": _two_arms_as_they_are,
    "causal.coverage_meter": _ways_to_simulate,
}  # fmt: skip

_ESTIMATE = (
    "How large the effect is, with a 95 % interval. It is one only if the graph is right. Each "
    "estimator needs something else to be right; where they agree, that matters little."
)
_IN_GROUPS = (
    "How large the effect is on each kind of row, with a 95 % interval, and whether the kinds "
    "differ. It is one only if the graph is right, and if the column was chosen beforehand: of "
    "many columns one always seems to matter."
)
_HIDDEN, _ROWS = (
    "How strong a common cause that nobody measured would take it away?",
    "Does it hang on a few rows, or on chance?",
)
PAGES: dict[str, tuple[Step, ...]] = {
    "cause": (
        Step(
            "May it be answered?",
            "Can the effect be had from these columns at all, and by adjusting for which? This "
            "follows from the graph alone. What the graph says of the data can be tested; that no "
            "common cause is missing cannot.",
            of("identify", "implications"),
        ),
    ),
    "effect": (
        Step(
            "Who is compared",
            "Are there treated and untreated rows of every kind, and do they resemble each other "
            "after weighting? Only what was measured can be compared.",
            of("overlap", "balance"),
            suits=_two_arms,
        ),
        Step(
            "The estimates",
            _ESTIMATE,
            of("linear_regression", "aipw"),
            of("compare_estimators", "difference_in_means", "standardisation", "weighting",
                "entropy_balancing", "stratification", "matching", "g_estimation", "tmle",
                "double_machine_learning"),
            suits=_levels,
        ),
        Step(
            "The estimates",
            _ESTIMATE,
            of("linear_regression", "dose_response"),
            of("marginal_structural_model", "standardisation", "g_estimation",
                "double_machine_learning"),
            suits=_amount,
        ),
        Step(
            "The estimates",
            _IN_GROUPS,
            of("linear_regression", "aipw"),
            of("compare_estimators", "difference_in_means", "standardisation", "weighting", "tmle"),
            suits=_groups,
        ),
        Step(
            "The estimates",
            _IN_GROUPS,
            of("linear_regression"),
            of("standardisation"),
            suits=_groups_of_amounts,
        ),
        Step(
            "The estimates",
            "How large the effect is among those whom the instrument moves. What makes a column an "
            "instrument is assumed; no data can show it.",
            of("two_stage_least_squares"),
            of("doubly_robust_late", "complier_profile"),
            suits=_compliers,
        ),
        Step(
            "Through what",
            "How much of the effect goes through mediators; and the effect where only a mediator "
            "can tell it.",
            on_demand=of("mediation", "front_door"),
            suits=_two_arms_at_once,
        ),
        Step(
            "What the model says beside it",
            "A model that predicts the outcome also answers when the treatment alone is changed. "
            "How far its answer is from the effect, and whether that lies in the columns it knows "
            "or in how it learned.",
            beside_model=of("prediction_against_cause"),
            suits=_everyone,
        ),
        Step(
            "For whom: does it differ at all?",
            "A model of the effect has to beat a constant on rows it has not seen before its "
            "predictions mean anything.",
            on_demand=of("effect_heterogeneity"),
            suits=_two_arms_at_once,
        ),
        Step(
            "For whom: between which rows?",
            "Effects in groups of a column that was chosen beforehand, along several columns at "
            "once, and a rule of whom to treat.",
            on_demand=of("group_effects", "best_linear_projection", "treatment_policy"),
            suits=_two_arms_at_once,
        ),
        Step(
            "The verdict in words",
            "What all of it comes to: every check in turn, and a verdict that is no better than "
            "the worst of them.",
            on_demand=of("verdict"),
            suits=_one_effect,
        ),
    ),
    "robustness": (
        Step(
            "Does the machinery stay silent where there is nothing?",
            "A treatment that was shuffled can do nothing, nor can a treatment change what was "
            "measured before it. Passing does not prove an analysis right; failing proves it "
            "wrong.",
            on_demand=of("placebo_treatment", "placebo_outcome", "negative_control",
                          "random_common_cause"),
        ),
        Step(
            _HIDDEN,
            "No data can show that none exists. These say how strong it would have to be, measured "
            "against the columns there are.",
            on_demand=of("robustness_value", "omitted_variable_bounds", "e_value",
                          "rosenbaum_bounds"),
            suits=_adjustment,
        ),
        Step(
            _HIDDEN,
            "A common cause of instrument and outcome, or a way between them beside the treatment. "
            "No data can show that there is none; this says how strong it would have to be.",
            on_demand=of("robustness_value"),
            suits=_compliers,
        ),
        Step(
            _ROWS,
            "The estimate on parts of the rows, without the rows that move it most, and without "
            "those that have hardly a counterpart.",
            on_demand=of("influential_rows", "subset_stability", "bootstrap_interval",
                          "trim_ledger"),
            suits=_adjustment,
        ),
        Step(
            _ROWS,
            "The estimate on parts of the rows, without the rows that move it most, and on rows "
            "drawn anew.",
            on_demand=of("influential_rows", "subset_stability", "bootstrap_interval"),
            suits=_compliers,
        ),
        Step(
            "What if the choices had been others?",
            "Every defensible set of columns, estimator and coding at once, and which of the "
            "choices decides; and how good the models inside are.",
            on_demand=of("specification_curve", "nuisance_quality",
                          "propensity_calibration"),
            suits=_adjustment,
        ),
        Step(
            "Which estimator can be trusted on data like these?",
            "A simulation from your own rows with an effect that is known: whose intervals hold "
            "it? It cannot see a missing confounder.",
            on_demand=of("coverage_meter"),
            suits=_two_arms,
        ),
    ),
}  # fmt: skip


def run(page: str, question: Subject, steps: tuple[Step, ...]) -> None:
    """Every step that suits the question, what else is registered for the page, and what does not
    answer such a question."""
    suiting = [step for step in steps if step.suits(question)]
    for step in suiting:
        _run_step(step, question)
    arranged = {name for step in steps
                for name in (*step.methods, *step.on_demand, *step.beside_model)}  # fmt: skip
    more = [each.name for each in methods_of(page) if each.name not in arranged]
    if more:
        _run_step(Step("More", "Further methods for this question.", on_demand=tuple(more)),
                  question)  # fmt: skip
    _tell_left_out(suiting, question)


def offered(step: Step, question: Subject) -> tuple[str, ...]:
    """What a step runs when it is opened, of such a question."""
    if not isinstance(question, CausalQuestion):
        return step.on_demand
    return tuple(name for name in step.on_demand if ANSWERS.get(name, _always)(question))


def _tell_left_out(steps: list[Step], question: Subject) -> None:
    left = {name: None for step in steps for name in step.on_demand
            if name not in offered(step, question)}  # fmt: skip
    if left and isinstance(question, CausalQuestion):
        titles = ", ".join(markdown_safe(METHODS[name].title) for name in left)
        of_groups = question.by is not None
        st.caption(
            f"Not offered, because they do not answer such a question: {titles}."
            + (" Most are about one effect: ask for the ATE to see them." if of_groups else "")
        )


def announce(steps: tuple[Step, ...]) -> None:
    """What will come once a question is asked."""
    for step in {step.title: step for step in steps}.values():
        st.subheader(step.title, anchor=False)
        st.caption(step.says)


def _run_step(step: Step, question: Subject) -> None:
    on_demand = offered(step, question)
    if not (step.methods or on_demand or step.beside_model):
        return
    st.subheader(step.title, anchor=False)
    st.markdown(step.says)
    for name in step.methods:
        if len(step.methods) > 1:
            st.markdown(f"#### {markdown_safe(METHODS[name].title)}")
        found = method.present(name, question)
        if isinstance(found, Identification):
            ways.show(found)
    if step.methods and on_demand:
        st.markdown("#### Others, computed when they are opened")
    for name in on_demand:
        _opened(name, question)
    if step.beside_model and isinstance(question, CausalQuestion):
        _beside_model(step.beside_model, question)


def _opened(name: str, question: Subject) -> None:
    """A method in its expander; a dot of the specification curve opens its own analysis."""
    if not isinstance(question, CausalQuestion) or name != "causal.specification_curve":
        method.on_demand(name, question)
        return
    found = method.on_demand(name, question, picked=specification.follow)
    if isinstance(found, SpecificationCurve):
        specification.show(found, question)


def _beside_model(names: tuple[str, ...], question: CausalQuestion) -> None:
    """Methods of a model and the question, where the session has a model of the outcome."""
    model = state.model()
    both = None if model is None else licence.both(model)
    if both is None:
        st.markdown(
            f"Train a model of {markdown_safe(question.outcome)} on this table to see it: it has "
            "to predict what the question asks about."
        )
        page_link("Train a model", "model")
        return
    for name in names:
        method.on_demand(name, both)
