"""A dashboard without a browser: every page of `app.py`, run in this process."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.postgres import postgres  # noqa: F401 (a fixture)
from ui import findings, run, warm
from ui.state import Key
from workbench import Dataset, FittedModel, train

APP = Path(__file__).parents[2] / "app.py"
#: Rows of the tables here: enough for every family to learn something.
ROWS = 240
#: The pages of one design each, which ask a question of their own.
DESIGNS = ("experiment", "regression_discontinuity", "difference_in_differences",
           "synthetic_control", "interrupted_time_series")  # fmt: skip
PAGES = (
    "data", "profile", "model", "quality", "compare", "importance", "dependence", "interactions",
    "prediction", "cause", "effect", "robustness", "designs", *DESIGNS, "report",
)  # fmt: skip


def computed() -> set[str]:
    """The methods whose results are kept, but for the findings, told on every page of a model."""
    return {key[0] for key in run.CACHE._kept} - {findings.NAME}


class Dashboard:
    """What a person does on the pages, by label, and what they read there."""

    def __init__(self) -> None:
        self.app = AppTest.from_file(str(APP), default_timeout=120).run()

    def go(self, page: str) -> "Dashboard":
        """To a page; nothing on it may fail."""
        self.app.switch_page(f"pages/{page}.py").run()
        return self.sound()

    def sound(self) -> "Dashboard":
        """No page shows an exception, ours or Streamlit's."""
        assert not self.app.exception, self.app.exception[0].message
        assert not self.app.error, self.app.error[0].value
        return self

    def open(self, data: Dataset) -> "Dashboard":
        self.app.session_state[Key.DATASET] = data
        return self.sound()

    def use(self, model: FittedModel) -> "Dashboard":
        self.open(model.data)
        self.app.session_state[Key.MODEL] = model
        return self

    def press(self, label: str) -> "Dashboard":
        found = [button for button in self.app.button if button.label == label]
        assert found, f"no button '{label}' among {[b.label for b in self.app.button]}"
        found[0].click().run()
        return self.sound()

    def choose(self, label: str, value: Any) -> "Dashboard":
        app = self.app
        widgets = [*app.selectbox, *app.multiselect, *app.number_input, *app.text_input,
                   *app.text_area, *app.segmented_control, *app.toggle]  # fmt: skip
        found = [widget for widget in widgets if widget.label == label]
        assert found, f"nothing called '{label}' among {[w.label for w in widgets]}"
        found[0].set_value(value).run()
        return self.sound()

    @property
    def warnings(self) -> str:
        return "\n".join(plain(each.value) for each in self.app.warning)

    @property
    def text(self) -> str:
        shown = [*self.app.title, *self.app.subheader, *self.app.markdown, *self.app.caption,
                 *self.app.info, *self.app.warning]  # fmt: skip
        return "\n".join(plain(each.value) for each in shown)

    @property
    def figures(self) -> int:
        return len(self.app.get("plotly_chart"))

    def __getitem__(self, key: Key) -> Any:
        return self.app.session_state.get(key)


def plain(markdown: str) -> str:
    """What a person reads: the text without its escapes."""
    return markdown.replace("\\", "").replace("\u2060", "")


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    """A new session on a server that has computed nothing yet and imports nothing by itself."""
    monkeypatch.setattr(run, "CACHE", run.Cache())
    monkeypatch.setattr(warm, "LIBRARIES", ())
    # at once, since a moment later the libraries stand there again
    monkeypatch.setattr(warm, "DELAY", 0.0)
    return Dashboard()


def frame_of(task: str, rows: int = ROWS) -> pd.DataFrame:
    """A table whose names and values are meant to break a page."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=rows)
    names = rng.choice(["서울", "*부산*", "<b>대구</b>"], size=rows)
    score = x + (names == "서울") + rng.normal(scale=0.4, size=rows)
    target = {
        "regression": score * 10,
        "binary": np.where(score > 0.5, "예", "아니오"),
        "multiclass": np.asarray(["low", "mid $x$", "high"])[np.digitize(score, [-0.2, 0.8])],
    }[task]
    return pd.DataFrame(
        {
            "treated": (x + rng.normal(size=rows) > 0).astype(int),
            "$x_1$ **bold**": x,
            "![i](http://x/y.png) :red[a]": names,
            "나이": rng.integers(20, 80, size=rows).astype(float),
            "target": target,
        }
    )


@cache
def data_of(task: str) -> Dataset:
    return Dataset.of(frame_of(task), name="<i>표</i> $1$ [x](y)", target="target")


@cache
def model_of(task: str, family: str = "xgboost") -> FittedModel:
    warm.wait_for_polars()  # the app under test may be importing it, as the pages know
    return train(data_of(task), family=family)


@pytest.fixture
def data() -> Callable[[str], Dataset]:
    return data_of


@pytest.fixture
def model() -> Callable[..., FittedModel]:
    return model_of
