"""What a page computes: once, with refusals as sentences, bugs as numbers, and a way to stop."""

import logging
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from ui import run, state
from ui.state import Key


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch) -> run.Cache:
    fresh = run.Cache()
    monkeypatch.setattr(run, "CACHE", fresh)
    return fresh


def page(script: Callable[..., None], *args: object) -> AppTest:
    return AppTest.from_function(script, args=args, default_timeout=60)


def test_work_is_done_once_for_everybody() -> None:
    done: list[int] = []

    def script(done: list[int]) -> None:
        import streamlit as st

        from ui import run

        st.session_state["made"] = run.compute(("a", 1), "Work", lambda _: done.append(1) or "x")

    for _ in range(2):
        app = page(script, done).run().run()
        assert app.session_state["made"] == "x"
    assert done == [1]


def test_a_refusal_is_a_sentence_with_a_way_out_and_is_not_tried_again() -> None:
    tried: list[int] = []

    def script(tried: list[int]) -> None:
        from ui import run
        from workbench import NotApplicable

        def work(bar: object) -> str:
            tried.append(1)
            raise NotApplicable("*This* is :red[in] the way.", "Do <that>.")

        assert run.compute("key", "Work", work) is None

    app = page(script, tried).run().run()
    assert tried == [1]
    assert app.warning[0].value.startswith(r"\*This\*")
    assert r"**What to do:** Do \<that\>\." in app.warning[0].value
    assert not app.exception


def test_a_bug_of_ours_shows_a_number_and_is_logged_under_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def script() -> None:
        import streamlit as st

        from ui import run

        run.compute("key", "Work", lambda _: 1 / 0)
        st.markdown("The page goes on.")

    with caplog.at_level(logging.ERROR, logger="whence"):
        app = page(script).run()
    record = next(r for r in caplog.records if r.name == "whence")
    number = record.getMessage().removeprefix("Bug ")
    assert f"`{number}`" in app.error[0].value
    assert "ZeroDivisionError" not in app.error[0].value
    assert record.exc_info is not None
    assert app.markdown[-1].value == "The page goes on."


def test_a_bug_is_not_kept(cache: run.Cache, caplog: pytest.LogCaptureFixture) -> None:
    def script() -> None:
        from ui import run

        run.compute("key", "Work", lambda _: 1 / 0)

    page(script).run()
    assert len(cache) == 0


def test_what_takes_long_has_a_bar_and_a_button_to_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BAR_AFTER", 0.0)
    monkeypatch.setattr(run, "BAR_EVERY", 0.0)

    def script() -> None:
        import streamlit as st

        from ui import run

        def work(bar: object) -> str:
            bar(0.25, "Half a thing")
            bar(9.0)
            st.stop()

        run.compute("key", "Work", work)

    app = page(script).run()
    assert [button.label for button in app.button] == ["Cancel"]
    assert app.get("progress")[0].proto.value == 100
    app.button[0].click().run()
    assert [button.label for button in app.button] == ["Start again"]
    assert app.session_state[Key.STOPPED] == "key"
    app.button[0].click().run()
    assert [button.label for button in app.button] == ["Cancel"]


def test_quick_work_shows_no_bar() -> None:
    def script() -> None:
        from ui import run

        run.compute("key", "Work", lambda bar: bar(0.5) or "made")

    app = page(script).run()
    assert not app.get("progress")
    assert not app.button


def test_the_key_tells_apart_what_may_differ() -> None:
    class Subject:
        def __init__(self, fingerprint: str, text: str) -> None:
            self.fingerprint = fingerprint
            self.script = type("Script", (), {"text": text})

    keys = {
        run.key_of("m", Subject("a", "read('mine.csv')"), {"seed": 0}),
        run.key_of("m", Subject("a", "read('yours.csv')"), {"seed": 0}),
        run.key_of("m", Subject("b", "read('mine.csv')"), {"seed": 0}),
        run.key_of("m", Subject("a", "read('mine.csv')"), {"seed": 1}),
        run.key_of("n", Subject("a", "read('mine.csv')"), {"seed": 0}),
    }
    assert len(keys) == 5
    same = run.key_of("m", Subject("a", "x"), {"a": 1, "b": 2})
    assert same == run.key_of("m", Subject("a", "x"), {"b": 2, "a": 1})
    assert state.SETTING not in {str(key) for key in keys}
