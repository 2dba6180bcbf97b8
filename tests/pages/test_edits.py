"""A row is edited on its page: what the model says then, and whether that may be read as effect."""

from typing import Any

import pytest

from causal import CausalQuestion, aipw
from interpret import what_if
from tests import worlds_dates
from tests.pages.conftest import Dashboard, model_of, plain
from tests.pages.test_licence import AGE, BOLD, CITY, GRAPH
from ui import run
from ui.edits import AN_EFFECT, IN_PART, NOT_AN_EFFECT
from ui.state import Choice, Key
from workbench import Dataset, FittedModel, train


def field(dashboard: Dashboard, column: str) -> Any:
    app = dashboard.app
    widgets = [*app.number_input, *app.selectbox, *app.text_input]
    (found,) = [w for w in widgets if str(w.key).endswith(f"edit.17.{column}")]
    return found


def edit(dashboard: Dashboard, column: str, value: Any) -> Dashboard:
    field(dashboard, column).set_value(value).run()
    return dashboard.sound()


def opened(dashboard: Dashboard, model: FittedModel, **given: Any) -> Dashboard:
    dashboard.use(model)
    if given:
        asked = CausalQuestion(model.data, treatment="treated", outcome="target", **given)
        dashboard.app.session_state[Key.QUESTION] = asked
    dashboard.app.session_state[Choice.ROW] = 17
    return dashboard.go("prediction")


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_the_edited_row_is_predicted_and_its_parts_are_drawn(
    dashboard: Dashboard, task: str
) -> None:
    model = model_of(task)
    opened(dashboard, model)
    assert "No value is edited yet." in dashboard.text
    before = dashboard.figures
    edit(dashboard, AGE, 55.0)
    city = "*부산*" if model.data.frame[CITY].iloc[17] != "*부산*" else "서울"
    edit(dashboard, CITY, city)
    assert dashboard.figures == before + 1
    expected = what_if(model, row=17, changes={AGE: 55.0, CITY: city})
    assert expected.summary.split(";")[0].partition("goes from")[2] in dashboard.text
    edit(dashboard, AGE, None)
    assert "(missing)" in dashboard.text
    dashboard.press("Back to the row's own values")
    assert "No value is edited yet." in dashboard.text
    assert field(dashboard, AGE).value == model.data.frame[AGE].iloc[17]


def test_a_value_set_back_is_no_edit_and_another_row_starts_with_its_own(
    dashboard: Dashboard,
) -> None:
    model = model_of("regression")
    own = float(model.data.frame[AGE].iloc[17])
    edit(opened(dashboard, model), AGE, own + 1)
    assert "Row 17 with" in dashboard.text
    edit(dashboard, AGE, own)
    assert "No value is edited yet." in dashboard.text
    edit(dashboard, AGE, own + 1)
    dashboard.app.number_input(key=Choice.ROW).set_value(18).run()
    assert "No value is edited yet." in dashboard.sound().text


def test_without_a_question_every_edit_is_the_models_view_only(dashboard: Dashboard) -> None:
    edit(opened(dashboard, model_of("regression")), AGE, 55.0)
    assert "No causal question was asked." in dashboard.text
    assert NOT_AN_EFFECT in dashboard.text


@pytest.mark.parametrize(("column", "value", "badge", "says"), [
    ("treated", None, "Direct effect only]", IN_PART),
    (BOLD, 0.25, "Total effect]", AN_EFFECT),
])  # fmt: skip
def test_beside_an_edited_value_stands_its_licence(
    dashboard: Dashboard, column: str, value: Any, badge: str, says: str
) -> None:
    model = model_of("regression")
    opened(dashboard, model, graph=GRAPH)
    shown = dashboard.text.count(badge)
    flipped = 1.0 - model.data.frame["treated"].iloc[17]
    edit(dashboard, column, flipped if value is None else value)
    # beside the field, and above the picture
    assert dashboard.text.count(badge) == shown + 2
    assert says in dashboard.text
    assert (NOT_AN_EFFECT in dashboard.text) == (says == NOT_AN_EFFECT)


def test_several_edits_are_licensed_together_and_pinned_with_it(dashboard: Dashboard) -> None:
    model = model_of("regression")
    opened(dashboard, model, graph=GRAPH)
    edit(dashboard, "treated", 1.0 - model.data.frame["treated"].iloc[17])
    edit(dashboard, BOLD, 0.25)
    assert f"{BOLD} is set too" in dashboard.text
    assert "green-badge[:material/check_circle: Joint effect]" in dashboard.text
    assert AN_EFFECT in dashboard.text
    buttons = [b for b in dashboard.app.button if b.label == "Pin to report"]
    buttons[1].click().run()
    (pinned,) = dashboard.sound()[Key.PINNED]
    assert pinned.notes[0].startswith(f"Licence of treated + {BOLD}: green.") or (
        pinned.notes[0].startswith(f"Licence of {BOLD} + treated: green.")
    )
    assert "together=[" in pinned.provenance.script.text


def test_of_the_treatment_the_effect_is_quoted_instead(dashboard: Dashboard) -> None:
    model = model_of("regression")
    opened(dashboard, model, confounders=(AGE, CITY))
    edit(dashboard, "treated", 1.0 - model.data.frame["treated"].iloc[17])
    assert "What treated does is estimated, with its interval" in dashboard.text
    question = dashboard[Key.QUESTION]
    effect = aipw(question)
    key = run.key_of("causal.aipw", question, {})
    run.CACHE.put(key, effect)
    dashboard.app.session_state[Key.COMPUTED] = (key,)
    dashboard.app.run()
    assert f"For what treated does, quote instead: **{effect.summary}**" in dashboard.text
    edit(dashboard, AGE, 55.0).press("Back to the row's own values")
    edit(dashboard, AGE, 55.0)
    assert "quote instead" not in dashboard.text


def test_dates_truths_and_many_columns_are_edited_too(dashboard: Dashboard) -> None:
    frame = worlds_dates.dated(300)
    frame = frame.assign(open=frame["x"] > 0, **{f"n{k}": frame["x"] * k for k in range(5)})
    data = Dataset.of(frame, target="y").with_roles({"when": "feature"})
    opened(dashboard, train(data, "decision_tree"))
    folded = next(e for e in dashboard.app.expander if e.label.startswith("More columns"))
    assert folded.label == "More columns (4)"
    dashboard.app.session_state["edits-more"] = True
    dashboard.app.run()
    edit(dashboard, "when", "1969-07-12")
    assert "= 1969-07-12 instead of" in dashboard.text
    edit(dashboard, "open", "false" if frame["open"].iloc[17] else "true")
    assert "instead of true" in dashboard.text or "instead of false" in dashboard.text
    field(dashboard, "when").set_value("12.7.69").run()
    assert not dashboard.app.exception
    told = [*dashboard.app.error, *dashboard.app.warning]
    assert any("is a date; it cannot be '12" in plain(each.value) for each in told)
