"""The tools of the journeys, on a page small enough to be sure of."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import (
    choose,
    click,
    pick,
    plot_data,
    settled,
    upload,
    write,
)
from tests.browser.server import Server, serving

PAGE = """
import plotly.graph_objects as go
import streamlit as st

colour = st.selectbox("Colour", ["red", "green", "dark green"], key="colour")
several = st.multiselect("Several", ["a", "b", "c"], key="several")
number = st.number_input("How many", 1, 10, 3, key="number")
side = st.segmented_control("Side", ["left", "right"], key="side")
one = st.radio("One of", ["x", "y"], key="one")
file = st.file_uploader("A table", key="file")
said = file.getvalue() if file else None
st.write(f"Chosen: {colour}, {several}, {number}, {side}, {one}, {said}")
if st.button("Draw", key="draw"):
    squares = [i * i for i in range(200)]
    st.plotly_chart(go.Figure(go.Scatter(y=squares, name="squares")), key="chart")

"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.py").write_text(PAGE)
    with serving(folder / "small.py", folder) as running:
        yield running


@pytest.fixture
def small_page(page: Page, small: Server) -> Page:
    page.goto(small.url)
    return settled(page)


def test_a_person_can_choose_write_and_upload(small_page: Page) -> None:
    choose(small_page, "Colour", "green")
    choose(small_page, "Several", "b")
    write(small_page, "How many", 7)
    pick(small_page, "Side", "right")
    pick(small_page, "One of", "y")
    upload(small_page, "A table", {"name": "t.csv", "mimeType": "text/csv", "buffer": b"a,b"})
    said = "Chosen: green, ['b'], 7, right, y, b'a,b'"
    expect(small_page.get_by_text(said)).to_be_visible()


def test_a_figure_can_be_read(small_page: Page) -> None:
    click(small_page, "Draw")
    (trace,) = plot_data(small_page)
    assert trace["name"] == "squares"
    assert trace["y"] == [i * i for i in range(200)]


def test_trouble_is_noticed(small_page: Page, trouble: list[str]) -> None:
    with small_page.expect_event("console"):
        small_page.evaluate("console.error('broken')")
    with small_page.expect_event("pageerror"):
        small_page.evaluate("setTimeout(() => { throw new Error('thrown') })")
    with small_page.expect_event("requestfailed"):
        small_page.evaluate("fetch('http://other.invalid/picture.png').catch(() => 0)")
    seen = "\n".join(trouble)
    trouble.clear()
    assert "console: broken" in seen
    assert "script: thrown" in seen
    assert "asked of another machine: http://other.invalid/picture.png" in seen
