"""One file, nothing fetched, nothing a user named is ever run."""

import json
import re
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import pytest

from tests import worlds
from workbench import Dataset, Result, model_quality, report, report_html, train
from workbench.errors import ParameterError
from workbench.figures import escape, new_figure

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@dataclass(frozen=True, kw_only=True)
class Hostile(Result):
    columns: ClassVar = {HOSTILE: "a column named by someone unkind"}

    def figure(self):
        figure = new_figure(x=HOSTILE)
        return figure.add_bar(x=[escape(HOSTILE)], y=[1], name=escape(HOSTILE))


@pytest.fixture(scope="module")
def quality():
    return model_quality(train(Dataset.of(worlds.additive(), target="y"), "decision_tree"))


def test_a_report_holds_every_part_of_every_result(quality):
    page = report_html([quality, quality], title="Two of a kind")
    assert page.count("plotly.js v") == 1
    for words in (quality.summary, *quality.notes, "train(data", "<th scope"):
        assert page.count(words.replace("'", "&#39;")) >= 2 or page.count(words) >= 2
    assert page.count("Plotly.newPlot(") >= 2


def test_names_are_shown_and_never_run():
    frame = pd.DataFrame({HOSTILE: [HOSTILE]})
    page = report_html([Hostile(frame=frame, summary=HOSTILE, notes=(HOSTILE,))], title=HOSTILE)
    without_library = re.sub(r"<script>.*?plotly\.js v.*?</script>", "", page, flags=re.DOTALL)
    assert "<img" not in without_library
    assert "<script>alert(2)" not in without_library
    assert "&lt;img src=x" in without_library


def test_a_report_forbids_itself_to_fetch_anything(quality):
    page = report_html([quality])
    assert "default-src 'none'" in page
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=", page)


def test_a_long_table_says_that_it_was_cut():
    frame = pd.DataFrame({HOSTILE: range(1_000)})
    page = report_html([Hostile(frame=frame, summary="Long.")])
    assert re.search(r"1,000 rows\s*, the first 25 shown", page)


def test_the_file_is_whole_or_not_there(tmp_path, quality):
    written = report([quality], tmp_path / "report.html", title="보고서")
    assert "보고서" in written.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    with pytest.raises(ParameterError, match="no results"):
        report([], tmp_path / "empty.html")
    assert not (tmp_path / "empty.html").exists()


def test_the_figures_data_survive(quality):
    page = report_html([quality])
    figure = json.loads(quality.figure().to_json())
    assert json.dumps(figure["data"][0]["y"][0]) in page
