"""What a search for better settings found: every trial, and the best so far."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..result import Result
from ._figure import draw_tuning


@dataclass(frozen=True, kw_only=True)
class Tuning(Result):
    """The trials of a search, in the order they were made; the first has the defaults.

    `family` is what was tuned, `recipe` what else `train` was to be called with (task, positive,
    test_share, seed), `ended_early` whether the person stopped it before its budget was used.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "trial": "number of the trial, from 0; trial 0 has the family's defaults",
        "state": "complete; dropped (clearly behind the best after some folds) or failed",
        "score": "mean of the metric over the folds that were run",
        "std_error": "standard error of that mean: the folds' spread over the root of their number",
        "best_so_far": "the best score of the complete trials up to this one",
        "fresh_score": "mean of the metric over the folds of the last round; NaN outside it",
        "fresh_gain": "there, by how much it is better than the defaults (positive is better)",
        "fresh_gain_error": "standard error of that difference, from the rows both were judged on",
        "chosen": "whether its settings are taken: exactly one",
        "folds": "folds that were run",
        "seconds": "wall time of the trial",
        "settings": "the settings that were tried, as JSON",
        "says": "why a trial failed; else empty",
        "metric": "the metric, as it is printed",
        "higher_is_better": "the direction of the metric",
    }

    family: str
    recipe: Mapping[str, Any]
    ended_early: bool = False

    @property
    def best_trial(self) -> int:
        """The number of the trial that was chosen: the best in the last round, or the defaults
        where it is not better beyond one standard error. Without a last round, the complete trial
        with the best score."""
        return int(self.frame["trial"][self.frame["chosen"]].iloc[0])

    @property
    def best_settings(self) -> dict[str, Any]:
        """What `train(data, family, **best_settings)` takes."""
        found: dict[str, Any] = json.loads(self.frame["settings"].iloc[self.best_trial])
        return found

    def figure(self) -> Any:
        """The best so far over the trials, and below it the scores along each setting."""
        return draw_tuning(self.frame)

    @property
    def title(self) -> str:
        """The heading, with what was tuned."""
        from ..models import FAMILIES

        return f"Tuning of {FAMILIES[self.family].title}"
