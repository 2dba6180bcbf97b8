"""The words are tested like the code: they name what exists, lead somewhere, and run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import causal  # noqa: F401  (importing the packages registers their methods)
import interpret  # noqa: F401
from workbench import FAMILIES, METHODS
from workbench.methods import Method
from workbench.models import Family

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: Settings whose name alone tells anybody what to choose.
OBVIOUS = {"seed", "feature", "row", "target_class"}
#: A slow machine needs this long for the README's example.
EXAMPLE_SECONDS = 300


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: m.name)
def test_a_method_says_what_the_reader_learns(method: Method) -> None:
    assert method.says.endswith((".", "?")), f"first line of the docstring: {method.says!r}"
    assert method.title


@pytest.mark.parametrize(
    "explained", [*METHODS.values(), *FAMILIES.values()], ids=lambda each: each.name
)
def test_a_setting_says_what_it_does(explained: Method | Family) -> None:
    assert [s.name for s in explained.settings if not s.help and s.name not in OBVIOUS] == []


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda f: f.name)
def test_a_family_says_what_it_is(family: Family) -> None:
    assert family.says.endswith(".")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert _dead_links(page) == []


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("[a](there.md)", []),
        ("[a](there.md#two-words)", []),
        ("[a](#here)", []),
        ("[a](https://example.org/nowhere)", []),
        ("[a](gone.md)", ["gone.md"]),
        ("![a](gone.png)", ["gone.png"]),
        ("[a](there.md#gone)", ["there.md#gone"]),
        ("[a](#gone)", ["#gone"]),
    ],
)
def test_a_dead_link_is_noticed(tmp_path: Path, text: str, dead: list[str]) -> None:
    (tmp_path / "there.md").write_text("# Two words\n")
    page = tmp_path / "page.md"
    page.write_text(f"# Here\n{text}\n")
    assert _dead_links(page) == dead


def test_every_page_of_the_documentation_is_reached_from_its_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in _links(index)}
    pages = {page.resolve() for page in (ROOT / "docs").rglob("*.md")} - {index.resolve()}
    assert pages - linked == set()


def test_the_map_names_what_exists() -> None:
    (drawn,) = re.findall(r"```text\n(app\.py.*?)```", _read(ROOT / "README.md"), re.DOTALL)
    folder = ROOT
    for line in drawn.splitlines():
        name = line.split()[0]
        place = (folder if line.startswith(" ") else ROOT) / name
        assert place.exists(), f"the map names {place.relative_to(ROOT)}"
        folder = folder if line.startswith(" ") else place


def test_the_example_of_the_readme_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", _read(ROOT / "README.md"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=EXAMPLE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip().splitlines()) == 2
    assert "<html" in (tmp_path / "findings.html").read_text(encoding="utf-8")


def _dead_links(page: Path) -> list[str]:
    return [link for link in _links(page) if not _leads_somewhere(page, link)]


def _links(page: Path) -> list[str]:
    """The links of a page to files and headings of the project; not those to the web."""
    text = re.sub(r"```.*?```|`[^`]*`", "", _read(page), flags=re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, heading = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not heading or heading in _headings(target))


def _headings(page: Path) -> set[str]:
    """The headings of a page, as their links spell them."""
    titles = re.findall(r"^#+ (.*)$", _read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")
