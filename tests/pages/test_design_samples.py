"""Each design can be seen on a sample it is known by, before a person has brought anything."""

import pytest

from tests.pages.conftest import Dashboard
from ui.state import Key
from workbench.samples import SAMPLES, designs


@pytest.mark.parametrize("name", [each.name for each in designs.SAMPLES])
def test_a_sample_shows_its_design_with_one_click(dashboard: Dashboard, name: str) -> None:
    known = SAMPLES[name].design
    assert known is not None
    dashboard.go(known.kind)
    dashboard.app.button(key=f"sample-{name}").click().run()
    assert dashboard.sound()[Key.DATASET].name == name
    asked = dashboard[Key.DESIGNS][known.kind]
    assert {field: asked.asked[field] for field in known.asked} == known.asked
    assert asked.sentence in dashboard.text
    assert known.answer in dashboard.text
    assert "The form has changed" not in dashboard.text
    assert dashboard.figures > 1


def test_the_textbook_question_takes_back_what_was_entered(dashboard: Dashboard) -> None:
    dashboard.app.button(key="sample-castle").click().run()
    assert "See the design: Difference in differences" in [
        link.label for link in dashboard.app.page_link
    ]
    dashboard.go("difference_in_differences")
    dashboard.choose("What is measured: a number, or yes and no", "poverty")
    dashboard.choose("What the trends may depend on, as it was before", ["l_police"])
    dashboard.press("Use the textbook question")
    asked = dashboard[Key.DESIGNS]["difference_in_differences"]
    assert (asked.outcome, asked.covariates) == ("l_homicide", ())
    assert "The form has changed" not in dashboard.text
    assert "textbook" not in {b.key for b in dashboard.go("synthetic_control").app.button}
