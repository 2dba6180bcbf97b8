"""A causal question: what would happen to the outcome if the treatment were set to another value.

It is a value, checked when it is built; every method of this package answers one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from workbench.dataset import Dataset
from workbench.errors import QuestionError
from workbench.figures import number
from workbench.script import Name, Script

from .graph import CausalGraph
from .read_graph import read_graph
from .separation import directed_path
from .variables import Variable, read_variable

Estimand = Literal["ATE", "ATT", "ATC", "ATO", "LATE", "CATE"]
Scale = Literal["difference", "ratio", "odds ratio"]
#: What becomes of rows with missing values.
Missing = Literal["left out", "weighted"]
#: A value of the treatment: a number, or the name of a level.
Level = float | str
#: Over whom the effect is averaged.
WHOM: dict[str, str] = {
    "ATE": "everyone",
    "ATT": "the treated",
    "ATC": "the untreated",
    "ATO": "those whose treatment could have gone either way",
    "LATE": "those whom the instrument moves",
    "CATE": "each kind of row",
}
_BETWEEN = {"difference": "in", "ratio": "of"}
#: With fewer complete rows no effect is estimated.
FEWEST_ROWS = 10


@dataclass(frozen=True, init=False)
class CausalQuestion:
    """The effect of a treatment on an outcome, for whom, and under which assumptions.

    `treatment` is a number or has levels, `outcome` a number or two levels. The assumptions are
    either roles (`confounders` cause both, `instruments` the treatment alone, `mediators` lie
    between, `modifiers` cause the outcome alone) or a `graph` (see `read_graph`), whose variables
    are columns unless marked `[latent]`. `estimand` says over whom the effect is averaged: everyone
    (ATE), the treated (ATT), the untreated (ATC), those whose treatment could have gone either way
    (ATO: weighted by e(1 - e), Li, Morgan & Zaslavsky 2018), those whom an instrument moves
    (LATE: the compliers), or each kind of row by itself (CATE): one effect for every level of the
    column `by`, or for every quarter of a number. `by` must have been settled before the treatment,
    and is adjusted for as well. `contrast` is (from, to): 0 to 1 by default, which for a two-level
    treatment means from the one level to the other, and for a numeric one is the effect of one
    unit more; for several levels it is from the first (one that means "none", if there is one) to
    the most frequent other. `scale` compares the two mean outcomes by their difference, their
    ratio (of shares: the risk ratio) or, for a two-level outcome, their odds ratio.

    `missing` says what becomes of rows with missing values: they are left out, and the answer is
    about rows like the complete ones; or complete rows like them stand for them (weighted: by the
    inverse of a row's chance of being complete, see `causal.observation`), and it is about all.

    A column with the role `weight` weights the rows (each stands for so many of the population),
    one with the role `group` clusters them: intervals then take groups, not rows, as independent.

    Once built, `graph` holds the graph as a value and `contrast` two numbers.

    Raises `QuestionError` for a question that contradicts itself, its graph or its data.
    """

    data: Dataset
    treatment: str
    outcome: str
    confounders: tuple[str, ...]
    instruments: tuple[str, ...]
    mediators: tuple[str, ...]
    modifiers: tuple[str, ...]
    graph: CausalGraph
    estimand: Estimand
    contrast: tuple[float, float]
    scale: Scale
    missing: Missing
    by: str | None
    graph_was_drawn: bool = field(default=False, init=False)

    def __init__(
        self,
        data: Dataset,
        *,
        treatment: str,
        outcome: str,
        confounders: Iterable[str] = (),
        instruments: Iterable[str] = (),
        mediators: Iterable[str] = (),
        modifiers: Iterable[str] = (),
        graph: str | CausalGraph | None = None,
        estimand: Estimand = "ATE",
        contrast: tuple[Level, Level] | None = None,
        scale: Scale = "difference",
        by: str | None = None,
        missing: Missing = "left out",
    ) -> None:
        roles = {
            "confounders": _names(confounders),
            "instruments": _names(instruments),
            "mediators": _names(mediators),
            "modifiers": _names(modifiers),
        }
        derived = CausalGraph.from_roles(treatment, outcome, **roles)
        is_drawn = graph is not None and graph != derived
        self._set(data=data, treatment=treatment, outcome=outcome, **roles)
        self._set(estimand=estimand, scale=scale, missing=missing, by=by)
        self._set(graph=derived, graph_was_drawn=is_drawn)
        self._check_roles()
        if is_drawn:
            self._set(graph=read_graph(graph) if isinstance(graph, str) else graph)
            self._check_graph()
        self._check_by()
        self._check_values()
        self._set(contrast=self._read_contrast(contrast))

    # What it asks

    @property
    def sentence(self) -> str:
        """The question in words: for whom, which change, of what, on which scale."""
        how = "By how much" if self.scale == "difference" else "By what factor"
        what = self.outcome_in_words
        if self.scale == "odds ratio":
            what = f"the odds of {self._event}"
        return f"{how} would {what} change, on average over {self._population}, {self._change}?"

    @property
    def contrast_in_words(self) -> str:
        """What is compared with what: yes vs no; 1 vs 0; +1; 40 vs 5."""
        if self.treated.is_amount and self.contrast == (0.0, 1.0):
            return "+1"
        start, to = self.compared
        return f"{to} vs {start}"

    @property
    def compared(self) -> tuple[str, str]:
        """The two values of the treatment that are compared, in words: (from, to)."""
        treated = self.treated
        if treated.levels is None:
            return number(self.contrast[0]), number(self.contrast[1])
        named = dict(zip(treated.codes, treated.levels, strict=True))
        return named[self.contrast[0]], named[self.contrast[1]]

    @property
    def contrast_as_given(self) -> tuple[Level, Level]:
        """The contrast as a person writes it: levels of text by name, all else as numbers."""
        is_named = self.treated.levels is not None and not self.treated.is_binary
        return self.compared if is_named else self.contrast

    @property
    def unit_in_words(self) -> str:
        """The scale an effect is on."""
        if self.scale == "odds ratio":
            return f"odds ratio of {self._event}"
        if self.response.is_binary:
            return f"{self.scale} {_BETWEEN[self.scale]} the share with {self._event}"
        if self.scale == "ratio":
            return f"ratio of mean {self.outcome}"
        return f"difference in {self.outcome}, in its own unit"

    @property
    def no_effect(self) -> float:
        """The value that means no effect: 0 for a difference, 1 for a ratio."""
        return 0.0 if self.scale == "difference" else 1.0

    @property
    def weighs_as(self) -> Estimand:
        """The estimand whose weights answer it: the CATE is the ATE within each group."""
        return "ATE" if self.estimand == "CATE" else self.estimand

    @cached_property
    def treated(self) -> Variable:
        """The treatment as numbers, one per row of the table."""
        return self._variable(self.treatment, "treatment")

    @cached_property
    def response(self) -> Variable:
        """The outcome as numbers, one per row of the table."""
        return self._variable(self.outcome, "outcome")

    @property
    def notes(self) -> tuple[str, ...]:
        """How the treatment and the outcome were read, where that was a choice."""
        return tuple(note for note in (self.treated.note, self.response.note) if note)

    def about(
        self, *, treatment: str | None = None, contrast: tuple[Level, Level] | None = None
    ) -> CausalQuestion:
        """The same question of another treatment or contrast. Of another treatment only a graph
        speaks, and what was chosen to be adjusted for the first is not kept."""
        is_other = treatment not in (None, self.treatment)
        drawn = self.graph if self.graph_was_drawn else None
        if is_other and drawn is not None:
            drawn = CausalGraph(drawn.nodes, drawn.edges, drawn.latent)
        return self.but(treatment=treatment or self.treatment, contrast=contrast, graph=drawn)

    def but(self, data: Dataset | None = None, **changes: Any) -> CausalQuestion:
        """The same question, asked of other `data` or with other settings."""
        given: dict[str, Any] = {name: getattr(self, name) for name in (
            "treatment", "outcome", "confounders", "instruments", "mediators", "modifiers",
            "estimand", "scale", "by", "missing",
        )}  # fmt: skip
        given |= {"contrast": self.contrast_as_given,
                  "graph": self.graph if self.graph_was_drawn else None}  # fmt: skip
        return CausalQuestion(data or self.data, **(given | changes))

    def adjusting_for(self, *confounders: str, **changes: Any) -> CausalQuestion:
        """The same question, these columns taken for all its confounders, without a graph."""
        roles: dict[str, Any] = {"instruments": (), "mediators": (), "modifiers": (), "graph": None}
        return self.but(**(roles | {"confounders": confounders} | changes))

    # What every method needs of it

    @property
    def dataset(self) -> Dataset:
        """The table it is asked of."""
        return self.data

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the question and of its data."""
        asked = (self.treatment, self.outcome, self.confounders, self.instruments, self.mediators,
                 self.modifiers, self.graph.dot, self.estimand, self.contrast,
                 self.scale, self.by, self.missing, self.data.fingerprint)  # fmt: skip
        return hashlib.blake2b(repr(asked).encode(), digest_size=12).hexdigest()

    @property
    def script(self) -> Script:
        """The Python that asks it."""
        asked: dict[str, Any] = {"treatment": self.treatment, "outcome": self.outcome}
        roles = ("confounders", "instruments", "mediators", "modifiers")
        asked |= {role: getattr(self, role) for role in roles if getattr(self, role)}
        if self.graph_was_drawn:
            asked["graph"] = self.graph.dot
        if self.estimand != "ATE":
            asked["estimand"] = self.estimand
        if self.by is not None:
            asked["by"] = self.by
        if self.contrast != self._read_contrast(None):
            asked["contrast"] = Name(repr(self.contrast_as_given))
        if self.scale != "difference":
            asked["scale"] = self.scale
        if self.missing != "left out":
            asked["missing"] = self.missing
        return self.data.script.then(
            "question", "causal", "CausalQuestion", Name(self.data.script.name), **asked
        )

    # How it is checked

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _check_roles(self) -> None:
        for name, allowed in (("estimand", Estimand), ("scale", Scale), ("missing", Missing)):
            if getattr(self, name) not in get_args(allowed):
                raise QuestionError(
                    f"{name} = {getattr(self, name)!r} is not known.",
                    f"Choose one of: {', '.join(get_args(allowed))}.",
                )
        parts: dict[str, str] = {}
        for part, column in self._parts():
            if column not in self.data.kinds:
                raise QuestionError(
                    f"The {part} '{column}' is not a column of {self.data.name}.",
                    f"Choose one of: {_listed(self.data.columns)}.",
                )
            if column in parts:
                raise QuestionError(
                    f"'{column}' is named twice: as {parts[column]} and as {part}.",
                    "Give each column one part.",
                )
            parts[column] = part

    def _parts(self) -> list[tuple[str, str]]:
        several = {
            "confounder": self.confounders,
            "instrument": self.instruments,
            "mediator": self.mediators,
            "modifier": self.modifiers,
        }
        return [("treatment", self.treatment), ("outcome", self.outcome)] + [
            (part, column) for part, columns in several.items() for column in columns
        ]

    def _check_graph(self) -> None:
        if any((self.confounders, self.instruments, self.mediators, self.modifiers)):
            raise QuestionError(
                "Both a graph and roles were given, and they may contradict each other.",
                "Give the graph alone, or the roles alone.",
            )
        for part, node in (("treatment", self.treatment), ("outcome", self.outcome)):
            if node not in self.graph.observed:
                raise QuestionError(
                    f"The graph does not hold the {part} '{node}' as a measured variable.",
                    f"Its measured variables are: {_listed(sorted(self.graph.observed))}.",
                )
        unknown = [n for n in self.graph.nodes if n in self.graph.observed - set(self.data.kinds)]
        if unknown:
            raise QuestionError(
                f"The graph names {_listed(unknown)}, which {self.data.name} does not have.",
                f"Correct the name, or mark it as not measured:  {unknown[0]} [latent].",
            )
        cycle = self.graph.cycle()
        if cycle:
            raise QuestionError(
                f"The graph goes round in a circle: {' → '.join(cycle)}.",
                "A cause comes before its effect: remove one of these arrows.",
            )

    def _check_by(self) -> None:
        """Groups that the treatment or the outcome has sorted are not comparable between arms."""
        if self.by is None:
            if self.estimand == "CATE":
                raise QuestionError(
                    "The effect on each kind of row (CATE) was asked for, and no column says which "
                    "kinds there are.",
                    "Name one: by = a column that was settled before the treatment.",
                )
            return
        if self.estimand != "CATE":
            raise QuestionError(
                f"The effect was asked by '{self.by}', and over {WHOM[self.estimand]} "
                f"({self.estimand}).",
                "Ask for the CATE, or leave `by` out.",
            )
        if self.by not in self.data.kinds:
            raise QuestionError(
                f"'{self.by}', by which the effect is asked, is not a column of {self.data.name}.",
                f"Choose one of: {_listed(self.data.columns)}.",
            )
        if self.data.kinds[self.by] in ("date", "text"):
            raise QuestionError(
                f"'{self.by}' is {'a date' if self.data.kinds[self.by] == 'date' else 'free text'},"
                " which has no groups of rows.",
                "Ask by a number or a category.",
            )
        before = next(
            (path for start in (self.treatment, self.outcome)
             if (path := directed_path(self.graph, start, self.by)) is not None), None,
        )  # fmt: skip
        if before is not None:
            after = "is the" if len(before) == 1 else "comes after the"
            part = "treatment" if before[0] == self.treatment else "outcome"
            raise QuestionError(
                f"'{self.by}' {after} {part} ({' → '.join(before)}): its groups are not the same "
                "rows in both arms, and differences within them are no effects.",
                "Ask by a column that was settled before the treatment.",
            )
        if self.by in self.instruments:
            raise QuestionError(
                f"'{self.by}' is an instrument; adjusting for it makes any hidden bias larger.",
                "Ask by a confounder or a modifier.",
            )

    def _check_values(self) -> None:
        if self.treated.is_amount and self.estimand not in ("ATE", "LATE", "CATE"):
            raise QuestionError(
                f"'{self.treatment}' takes many values, so there are no treated and untreated for "
                f"the {self.estimand}.",
                "Ask for the ATE, or make a yes/no column of the treatment.",
            )
        if self.missing == "weighted" and self.weighs_as in ("ATO", "LATE"):
            raise QuestionError(
                f"Rows with missing values cannot be stood for by others in the {self.estimand}: "
                f"who is among {WHOM[self.estimand]} is not known of them.",
                "Ask for the ATE, ATT, ATC or CATE, or leave the rows out (missing='left out').",
            )
        self._check_scale()
        columns = [self.treatment, self.outcome, *self.confounders]
        columns += [self.by] if self.by is not None else []
        whole = self.data.frame[columns].notna().all(axis=1).to_numpy()
        if whole.sum() < FEWEST_ROWS:
            raise QuestionError(
                f"Only {int(whole.sum())} of {len(self.data):,} rows have a treatment, an outcome "
                "and every confounder.",
                f"At least {FEWEST_ROWS} are needed: choose columns with fewer missing values.",
            )
        for part, variable in (("treatment", self.treated), ("outcome", self.response)):
            if np.ptp(variable.numbers[whole]) == 0:
                raise QuestionError(
                    f"The {part} '{variable.name}' does not vary over the {int(whole.sum()):,} "
                    "rows without missing values.",
                    "Choose columns with fewer missing values.",
                )

    def _check_scale(self) -> None:
        if self.scale == "odds ratio" and not self.response.is_binary:
            raise QuestionError(
                f"'{self.outcome}' takes more than two values, and only an event has odds.",
                "Ask for the difference or the ratio, or make a yes/no column of the outcome.",
            )
        if self.scale == "ratio" and self.response.as_effect_scale_minimum < 0:
            raise QuestionError(
                f"'{self.outcome}' takes negative values (down to "
                f"{number(self.response.as_effect_scale_minimum)}), so that a ratio of its means "
                "says nothing.",
                "Ask for the difference.",
            )

    def _read_contrast(self, contrast: tuple[Level, Level] | None) -> tuple[float, float]:
        if contrast is None:
            return self._default_contrast
        if len(tuple(contrast)) != 2:
            raise QuestionError(f"contrast = {contrast!r} is no pair.", "Give (from, to).")
        a, b = (self._level(value) for value in contrast)
        if a == b:
            raise QuestionError(
                f"contrast = {contrast!r} compares a value with itself.", "Give two values."
            )
        return a, b

    @property
    def _default_contrast(self) -> tuple[float, float]:
        if self.treated.is_amount:
            return (0.0, 1.0)
        first, *others = self.treated.codes
        counts = [int((self.treated.numbers == code).sum()) for code in others]
        return first, others[int(np.argmax(counts))]

    def _level(self, value: Level) -> float:
        treated = self.treated
        if treated.levels is not None and str(value) in treated.levels:
            return treated.codes[treated.levels.index(str(value))]
        is_number = isinstance(value, int | float | np.number) and np.isfinite(float(value))
        allowed = treated.values if treated.is_binary else None if treated.is_amount else ()
        if not is_number or (allowed is not None and float(value) not in allowed):
            levels = f"one of: {_listed(treated.levels)}" if treated.levels else "a number"
            raise QuestionError(
                f"contrast holds {value!r}, which '{self.treatment}' cannot be set to.",
                f"Choose {levels}.",
            )
        return float(value)

    def _variable(self, name: str, part: Literal["treatment", "outcome"]) -> Variable:
        return read_variable(self.data.frame[name], self.data.kinds[name], part)

    # How it is said

    @property
    def outcome_in_words(self) -> str:
        """What an effect is measured on: the outcome, or the share of rows that have the event."""
        if self.response.is_binary:
            return f"the share of rows with {self._event}"
        return self.outcome

    def effect_in_words(self, estimate: str) -> str:
        """What happens to the outcome: weight changes by 3.4; the odds are multiplied by 1.2."""
        if self.scale == "odds ratio":
            return f"the odds of {self._event} are multiplied by {estimate}"
        if self.scale == "ratio":
            return f"{self.outcome_in_words} is multiplied by {estimate}"
        return f"{self.outcome_in_words} changes by {estimate}"

    @property
    def _event(self) -> str:
        return f"{self.outcome} = {(self.response.levels or ('', ''))[1]}"

    @property
    def _population(self) -> str:
        whom = WHOM[self.estimand]
        if self.by is not None:
            return f"each group of {self.by} in {self.data.name}"
        if self.estimand not in ("ATT", "ATC"):
            return f"{whom} in {self.data.name}"
        level = self.compared[1] if self.estimand == "ATT" else self.compared[0]
        return f"{whom} ({self.treatment} = {level}) in {self.data.name}"

    @property
    def _change(self) -> str:
        if self.contrast_in_words == "+1":
            return f"for each unit more of {self.treatment}"
        start, to = self.compared
        return f"if {self.treatment} were {to} rather than {start}"


def _names(columns: Iterable[str]) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else tuple(columns)


def _listed(names: Iterable[str], most: int = 12) -> str:
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"'{n}'" for n in names[:most]) + more
