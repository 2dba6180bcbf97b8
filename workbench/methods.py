"""The registry: a function with `@method` above it is on its page, in the report and in the tests.

The wrapper checks the settings, measures, and fills in the provenance of the result; the method
itself only computes.
"""

from __future__ import annotations

import functools
import inspect
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ParamSpec, TypeVar, get_args, get_type_hints

from .case_weights import counted_equally, weighted_by
from .errors import NotApplicable, ParameterError
from .metrics import TASKS, Task
from .progress import Progress, silent
from .result import Provenance, Result
from .script import Name
from .settings import Setting, Subject, filled_in, read_settings

P = ParamSpec("P")
R = TypeVar("R", bound=Result)

#: What a target is, in a sentence.
TASK_WORDS: Mapping[Task, str] = {
    "regression": "a number",
    "binary": "one of two classes",
    "multiclass": "one of several classes",
}
#: The libraries whose version may change a number.
VERSIONED = ("numpy", "pandas", "scikit-learn", "xgboost", "xgboost-cpu", "shap", "dowhy",
             "statsmodels", "optuna")  # fmt: skip


@dataclass(frozen=True)
class Method:
    """A registered method: where it is shown, what it takes, the tasks it answers for, the function
    that does it, whether that counts rows by their case weights, and what it analyses: its first
    parameter's type, or the type that joins its `subjects` where it takes several."""

    name: str
    title: str
    page: str
    settings: tuple[Setting, ...]
    function: Callable[..., Result]
    tasks: tuple[Task, ...] = TASKS
    weighs: bool | None = False
    about: Any = object
    subjects: tuple[Any, ...] = ()

    @property
    def package(self) -> str:
        """The package it is imported from."""
        return self.name.partition(".")[0]

    @property
    def says(self) -> str:
        """The first line of its docstring: what the reader learns."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    def fits(self, subject: Subject) -> bool:
        """Whether it analyses such a thing, and answers for its task; what has none, like a
        question, fits."""
        return self.analyses(subject) and self._answers_for(subject)

    @property
    def wants(self) -> str:
        """The kinds of thing it analyses, by their names in Python."""
        if len(self.subjects) > 1:
            return " and a ".join(kind.__name__ for kind in self.subjects)
        kinds = get_args(self.about) or (self.about,)
        return " or ".join(kind.__name__ for kind in kinds)

    def analyses(self, subject: object) -> bool:
        """Whether this is the kind of thing it analyses: a model, several, a question."""
        return isinstance(subject, self.about)

    def _answers_for(self, subject: Subject) -> bool:
        return getattr(subject, "task", self.tasks[0]) in self.tasks

    def __call__(self, *about: Any, progress: Progress = silent, **given: Any) -> Result:
        """The method's result for a subject, with its provenance. One of several subjects takes
        them one by one, or joined.

        Raises `ParameterError` for another kind of thing than it analyses, and `NotApplicable` for
        a task it does not answer for.
        """
        subject = self._joined(about)
        if not self.fits(subject):
            raise _unfit(self, subject)
        values = filled_in(self.settings, given, subject)
        started = time.perf_counter()
        parts = subject.parts if len(self.subjects) > 1 else (subject,)
        result = self.function(*parts, progress=progress, **values)
        seconds = time.perf_counter() - started
        notes = (*result.notes, *self._doubts(subject))
        return replace(result, notes=notes, provenance=self.provenance(subject, values, seconds))

    def _joined(self, about: tuple[Any, ...]) -> Any:
        """What was given as the one thing it analyses."""
        kinds = self.subjects
        if len(about) == len(kinds) > 1 and all(map(isinstance, about, kinds)):
            return self.about(*about)
        if len(about) != 1 or not self.analyses(about[0]):
            raise _another_kind(self, about)
        return about[0]

    def _doubts(self, subject: Subject) -> tuple[str, ...]:
        """What the method need not say itself: whether it counts rows by their case weights."""
        if self.weighs is None:
            return ()
        weights = subject.dataset.with_role("weight")
        says = weighted_by if self.weighs else counted_equally
        return (says(weights[0]),) if weights else ()

    def provenance(self, subject: Subject, values: dict[str, Any], seconds: float) -> Provenance:
        """How a result for the subject with these settings came to be."""
        function = self.name.rpartition(".")[2]
        chosen = {s.name: values[s.name] for s in self.settings if values[s.name] != s.default}
        return Provenance(
            method=self.name,
            title=self.title,
            settings=values,
            subject=subject.fingerprint,
            rows=len(subject.dataset),
            seed=values.get("seed"),
            seconds=seconds,
            versions=installed_versions(),
            script=subject.script.then(
                "result", self.package, function, Name(subject.script.name), **chosen
            ),
        )


_METHODS: dict[str, Method] = {}

#: Every registered method by its importable name; filled as `interpret` and `causal` are imported.
METHODS: Mapping[str, Method] = _METHODS


def method(
    title: str,
    *,
    page: str,
    tasks: tuple[Task, ...] = TASKS,
    weighs: bool | None = False,
    joined: Any = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Registers a function `(subject, /, *, settings, progress) -> Result` as a method.

    One of several subjects, `(model, question, /, …)`, names the type that holds them `joined`: a
    subject made of them in this order, whose `parts` they are.

    For a model of a task that is not in `tasks` it is refused, and no page offers it. One that
    counts rows by their case weights says so with `weighs`; where the table has such weights, every
    result gets a note of whether they were used. One that looks at no row has weighs=None.
    """

    def register(function: Callable[P, R]) -> Callable[P, R]:
        # interpret/partial_dependence.py is imported as interpret.partial_dependence
        name = f"{function.__module__.partition('.')[0]}.{function.__name__}"
        settings, subjects = read_settings(function), _subjects_of(function)
        about = subjects[0] if joined is None else joined
        made = Method(name, title, page, settings, function, tasks, weighs, about, subjects)
        _METHODS[name] = made

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            return made(*args, **kwargs)  # type: ignore[arg-type, return-value]

        return run

    return register


def methods_of(page: str, subject: Subject | None = None) -> tuple[Method, ...]:
    """The methods shown on a page, in the order they were registered; with a subject those that
    answer for it."""
    on_page = (m for m in METHODS.values() if m.page == page)
    return tuple(m for m in on_page if subject is None or m.fits(subject))


def _subjects_of(function: Callable[..., Any]) -> tuple[Any, ...]:
    """The types of the positional parameters: what the function analyses."""
    hints, parameters = get_type_hints(function), inspect.signature(function).parameters
    return tuple(hints[name] for name, p in parameters.items() if p.kind is not p.KEYWORD_ONLY)


def _another_kind(method: Method, about: tuple[Any, ...]) -> ParameterError:
    given = " and a ".join(type(each).__name__ for each in about) or "nothing"
    return ParameterError(
        f"{method.title} analyses a {method.wants}; it was given a {given}.",
        f"Call it with a {method.wants} first.",
    )


def _unfit(method: Method, subject: Subject) -> NotApplicable:
    wanted = " or ".join(TASK_WORDS[task] for task in method.tasks)
    found = TASK_WORDS[getattr(subject, "task", method.tasks[0])]
    others = ", ".join(m.title for m in methods_of(method.page, subject))
    return NotApplicable(
        f"{method.title} is for a target that is {wanted}; this model's target is {found}.",
        f"For this one there are: {others}." if others else "Train a model of such a target.",
    )


@cache
def installed_versions() -> dict[str, str]:
    """The versions a result depends on; a library that is not installed is left out."""
    found = {"python": platform.python_version()}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # one of the two xgboost builds is always absent
            continue
    return found
