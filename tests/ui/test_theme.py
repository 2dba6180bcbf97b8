"""On a dark page the greys of a figure turn; its hues, and letters on light labels, stay."""

import plotly.graph_objects as go
import pytest

from ui import theme
from workbench.figures import BAND, BLUE, INK, PAPER, new_figure


def relative_luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.fixture
def dark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "is_dark", lambda: True)


@pytest.fixture
def figure() -> go.Figure:
    made = new_figure(x="age", y="weight")
    made.add_scatter(x=[1, 2], y=[3, 4], line={"color": BLUE}, marker={"color": INK})
    made.add_annotation(text="plain", font={"color": INK})
    made.add_annotation(text="label", font={"color": INK}, bgcolor="#d7ebe4")
    return made


def test_words_can_be_read_on_a_dark_page(dark: None, figure: go.Figure) -> None:
    shown = theme.on_page(figure)
    page = theme.background()
    assert contrast(shown.layout.font.color, page) > 7
    assert contrast(shown.layout.annotations[0].font.color, page) > 7
    assert contrast(shown.data[0].marker.color, page) > 7


def test_hues_and_letters_on_light_labels_stay(dark: None, figure: go.Figure) -> None:
    shown = theme.on_page(figure)
    assert shown.data[0].line.color == BLUE
    assert shown.layout.annotations[1].font.color == INK
    assert list(shown.data[0].x) == [1, 2]


def test_on_a_light_page_nothing_but_the_paper_changes(figure: go.Figure) -> None:
    shown = theme.on_page(figure)
    assert shown.layout.font.color == INK
    assert shown.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert contrast(INK, PAPER) > 7


def test_what_is_faint_is_seen_on_a_dark_page_too(dark: None) -> None:
    made = new_figure()
    made.add_scatter(x=[1, 2], y=[1, 2], fill="toself", fillcolor=BAND)
    shown = theme.on_page(made).data[0].fillcolor
    assert float(shown.split(",")[-1].rstrip(")")) > float(BAND.split(",")[-1].rstrip(")"))
