"""Opening a table, what is said of one that cannot be read, and correcting what was guessed."""

import pandas as pd
import pytest

from tests.pages.conftest import ROWS, Dashboard, data_of, frame_of, model_of
from ui.columns import columns_table, edited
from ui.state import Key
from workbench import DataError
from workbench.samples import SAMPLES


@pytest.mark.parametrize("name", list(SAMPLES))
def test_a_sample_is_one_click_away(dashboard: Dashboard, name: str) -> None:
    dashboard.app.button(key=f"sample-{name}").click().run()
    data = dashboard.sound()[Key.DATASET]
    assert data.target == SAMPLES[name].target
    assert f"{len(data):,} rows × {len(data.columns):,} columns" in dashboard.text


def bring(dashboard: Dashboard, name: str, content: bytes) -> Dashboard:
    dashboard.app.file_uploader(key="file").upload(name, content, "text/csv").run()
    return dashboard.sound()


def test_a_file_becomes_the_open_table(dashboard: Dashboard) -> None:
    bring(dashboard, "표.csv", frame_of("regression").to_csv(index=False).encode())
    assert dashboard[Key.DATASET].columns == data_of("regression").columns
    assert len(dashboard[Key.DATASET]) == ROWS


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.csv", b""), ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)],
)
def test_what_is_no_table_is_told_and_the_open_one_stays(
    dashboard: Dashboard, name: str, content: bytes
) -> None:
    dashboard.use(model_of("regression")).go("data")
    bring(dashboard, name, content)
    assert "What to do:" in dashboard.warnings
    assert "still open" in dashboard.text
    assert dashboard[Key.DATASET] is model_of("regression").data
    assert dashboard[Key.MODEL] is model_of("regression")


def test_opening_another_table_closes_the_model_and_says_so(dashboard: Dashboard) -> None:
    dashboard.use(model_of("regression")).go("data")
    bring(dashboard, "new.csv", b"a,b\n" + b"\n".join(b"%d,%d" % (i * i, i % 5) for i in range(50)))
    assert dashboard[Key.MODEL] is None
    assert "a new table was opened" in dashboard.text


def test_the_target_can_be_chosen_here(dashboard: Dashboard) -> None:
    dashboard.open(data_of("regression")).go("data")
    dashboard.choose("What should the model predict?", "나이")
    assert dashboard[Key.DATASET].target == "나이"


def test_kinds_and_roles_are_corrected_together() -> None:
    data = data_of("regression")
    place = {column: number for number, column in enumerate(data.columns)}
    changed = edited(
        data,
        {
            place["treated"]: {"kind": "category"},
            place["나이"]: {"kind": "number", "role": "target"},
        },
    )
    assert changed.kinds["treated"] == "category"
    assert (changed.target, changed.roles["target"]) == ("나이", "feature")
    assert "with_kinds" in changed.script.text


def test_two_targets_are_refused() -> None:
    data = data_of("regression")
    with pytest.raises(DataError, match="More than one target"):
        edited(data, {0: {"role": "target"}, 3: {"role": "target"}})


def test_the_table_of_columns_tells_what_is_missing() -> None:
    frame = frame_of("regression")
    frame.loc[: ROWS // 4 - 1, "나이"] = None
    table = columns_table(type(data_of("regression")).of(frame)).set_index("column")
    assert table.loc["나이", "missing"] == 0.25
    assert "서울" in table.loc["![i](http://x/y.png) :red[a]", "values"]


def test_a_table_of_many_columns(dashboard: Dashboard) -> None:
    frame = frame_of("regression")
    more = {f"column {number} :material/delete:": frame["나이"] + number for number in range(120)}
    wide = pd.concat([frame, pd.DataFrame(more)], axis=1)
    dashboard.open(type(data_of("regression")).of(wide, target="target"))
    for page in ("data", "model", "cause"):
        dashboard.go(page)
