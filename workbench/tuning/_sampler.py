"""Which settings are tried next: Optuna's tree-structured Parzen estimator."""

from __future__ import annotations

from typing import Any

from ..models import Family
from ..settings import Setting
from ._trial import Trial

#: A drawn number is rounded to these digits, so that a script can be read.
DIGITS = 4


class Sampler:
    """Proposes settings and learns from how they did.

    What is tried first is drawn at random; from then on a Parzen estimator of the good settings is
    weighed against one of the rest. Source: Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011; the
    multivariate form of Falkner, Klein & Hutter, ICML 2018.
    """

    def __init__(self, family: Family, higher_is_better: bool, seed: int) -> None:
        import optuna

        # every study would announce itself on the console
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True)
        self._study = optuna.create_study(
            direction="maximize" if higher_is_better else "minimize", sampler=sampler
        )
        self._searched = {s.name: s for s in searched(family)}
        self._space = {name: _distribution(s) for name, s in self._searched.items()}

    def propose(self) -> tuple[Any, dict[str, Any]]:
        """The next settings to try, and the ticket to tell their outcome with."""
        ticket = self._study.ask(self._space)
        return ticket, {k: _short(v) for k, v in ticket.params.items()}

    def learn(self, ticket: Any, trial: Trial) -> None:
        """Tells how the proposed settings did; dropped ones count as worse than complete ones."""
        from optuna.trial import TrialState

        if trial.state == "complete":
            self._study.tell(ticket, trial.value)
            return
        if trial.scores:
            ticket.report(trial.value, step=len(trial.scores))
        dropped = trial.state == "dropped"
        self._study.tell(ticket, state=TrialState.PRUNED if dropped else TrialState.FAIL)

    def know(self, trial: Trial) -> None:
        """Learns from settings that were not proposed here, such as the defaults."""
        from optuna.trial import create_trial

        found = {name: _inside(s, trial.settings[name]) for name, s in self._searched.items()}
        if trial.state == "complete" and None not in found.values():
            self._study.add_trial(
                create_trial(params=found, distributions=self._space, value=trial.value)
            )


def searched(family: Family) -> tuple[Setting, ...]:
    """The settings that are drawn; the number of rounds is not, it is read off the folds."""
    rounds = family.rounds.setting if family.rounds else None
    return tuple(s for s in family.settings if s.search is not None and s.name != rounds)


def _distribution(setting: Setting) -> Any:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    search = setting.search
    assert search is not None
    if setting.kind == "bool":
        return CategoricalDistribution([False, True])
    if setting.kind == "choice":
        return CategoricalDistribution(setting.choices)
    assert search.low is not None
    assert search.high is not None
    if setting.kind == "int":
        return IntDistribution(int(search.low), int(search.high), log=search.log)
    return FloatDistribution(float(search.low), float(search.high), log=search.log)


def _inside(setting: Setting, value: Any) -> Any:
    """A value as the sampler can know it: within the bounds that are searched."""
    search = setting.search
    assert search is not None
    if value is None or search.low is None or search.high is None:
        return value
    kind = int if setting.kind == "int" else float
    return kind(min(max(value, search.low), search.high))


def _short(value: Any) -> Any:
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def space_words(setting: Setting) -> str:
    """Where a setting is looked for, in words."""
    search = setting.search
    assert search is not None
    if search.low is None or search.high is None:
        return f"{setting.name} among {', '.join(map(str, setting.choices or (False, True)))}"
    how = " in the logarithm" if search.log else ""
    return f"{setting.name} {search.low:g} to {search.high:g}{how}"
