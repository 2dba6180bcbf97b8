"""The self-test meets its numbers here, and says so when one is missed."""

import pytest

import causal.selftest as module
from causal.known_numbers import Case
from causal.selftest import selftest


def test_every_known_number_is_met() -> None:
    result = selftest()
    assert result.passed, result.summary
    assert len(result.frame) >= 21
    assert "numpy" in result.notes[0]
    assert len(result.figure().data[0].x) == len(result.frame)


def test_a_missed_number_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Case("one and one", "arithmetic", 3.0, 0.1, lambda: 2.0)
    monkeypatch.setattr(module, "CASES", (wrong,))
    assert module.main() == 1
    assert "Not met: one and one." in capsys.readouterr().out
