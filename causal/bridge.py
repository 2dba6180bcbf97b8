"""A model beside a causal question of the same outcome: what the bridge between the two stands on.

What a model says of a column and what the column does are two things. Methods that hold the one
against the other take a model and a question, `licence(model, question)`; this is the two as one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from workbench.dataset import Dataset
from workbench.errors import QuestionError
from workbench.metrics import Task
from workbench.model import FittedModel
from workbench.script import Script

from .question import CausalQuestion


@dataclass(frozen=True)
class ModelAndQuestion:
    """A model and a causal question whose outcome is what the model predicts.

    Every feature of the model is a column of the question's table, so that the graph may speak of
    it; whether it does is another matter. Raises `QuestionError` where the two do not meet.
    """

    model: FittedModel
    question: CausalQuestion

    def __post_init__(self) -> None:
        target, outcome = self.model.target.name, self.question.outcome
        if target != outcome:
            raise QuestionError(
                f"The model predicts '{target}', and the question's outcome is '{outcome}'.",
                f"Train a model of '{outcome}', or ask about '{target}'.",
            )
        unknown = [f for f in self.model.features if f not in self.question.data.kinds]
        if unknown:
            raise QuestionError(
                f"The model's column '{unknown[0]}' is not in the question's table "
                f"{self.question.data.name}.",
                "Ask the question of the table that the model was trained on.",
            )

    @property
    def parts(self) -> tuple[FittedModel, CausalQuestion]:
        """The two, in the order in which methods take them."""
        return self.model, self.question

    # What it is, as a subject of methods

    @property
    def dataset(self) -> Dataset:
        """The model's table, whose features are the columns to speak of."""
        return self.model.data

    @property
    def task(self) -> Task:
        """regression, binary or multiclass."""
        return self.model.task

    @property
    def classes(self) -> tuple[str, ...]:
        """The model's classes; empty for regression."""
        return self.model.classes

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the model's recipe and of the question."""
        both = f"{self.model.fingerprint}|{self.question.fingerprint}"
        return hashlib.blake2b(both.encode(), digest_size=12).hexdigest()

    @property
    def script(self) -> Script:
        """The lines that train the model and ask the question."""
        model, question = self.model.script, self.question.script
        return Script(
            f"{model.name}, {question.name}",
            (*model.imports, *question.imports),
            (*model.statements, *question.statements),
        )
