"""Heavy libraries come behind the first page, once, and one that is missing harms nobody."""

import subprocess
import sys
from pathlib import Path

CODE = """
import sys, threading
from ui import warm
assert not {"sklearn", "statsmodels"} & set(sys.modules)
warm.DELAY, warm.LIBRARIES = 0, ("statsmodels.api", "no_such_library", "sklearn.ensemble")
warm.soon(); warm.soon()
threads = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
print(len(threads), all(each.daemon for each in threads))
for each in threads:
    each.join()
print("statsmodels.api" in sys.modules, "sklearn.ensemble" in sys.modules)
"""


def test_libraries_are_imported_in_the_background_once(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1", "True", "True", "True"]
    assert "no_such_library cannot be imported" in done.stderr


def test_the_first_page_needs_none_of_them(root: Path) -> None:
    code = (
        "import sys\nimport ui.data, ui.columns, ui.page, ui.guard, ui.warm\n"
        "print(*({'sklearn', 'xgboost', 'shap', 'dowhy', 'statsmodels'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
