"""docs/reference.md says what the code says."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_reference_is_what_the_docstrings_say():
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs/make_reference.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    written = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert written == made.reference(), "run: python docs/make_reference.py"
