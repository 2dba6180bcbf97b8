"""Which estimator can be trusted on data like these: a simulation with a known effect."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.blocks import one_blas_thread
from workbench.errors import NotApplicable, QuestionError
from workbench.figures import BLUE, GREY, ORANGE, escape, new_grid, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import Result
from workbench.settings import Range

from .adjustment import used_set
from .analysis import Analysis, binary_analysis, counted_once, require_one_effect
from .compare_estimators import LEARNED, QUICK, Estimator
from .effect import CRUDE
from .estimators.aipw import Nuisances, nuisances
from .influence import MeanOutcomes
from .nuisances import Race
from .propensity import CLIP
from .question import WHOM, CausalQuestion

Floats = NDArray[np.float64]
NOMINAL = 0.95
FOLDS = 5
#: The share of the whole that learning the person's data takes, for the progress.
LEARNING = 0.05


@dataclass(frozen=True, kw_only=True)
class CoverageMeter(Result):
    """One row per estimator: how its estimates and intervals met the effect that was built in.

    `unit` says the scale of bias, RMSE and length; of a ratio they are those of its logarithm.
    """

    columns: ClassVar[Mapping[str, str]] = {
        "estimator": "the method, with its default settings",
        "estimand": "what it answered, and is measured against; empty where it refused always",
        "truth": "the effect that was built in, in the outcome's unit, or a ratio",
        "replications": "simulated tables it answered for",
        "refused": "simulated tables it refused",
        "bias": "mean estimate minus truth; of a ratio, of its logarithm",
        "bias_error": "Monte-Carlo standard error of the bias",
        "rmse": "root mean squared error of the estimates",
        "coverage": "share of its 95 % intervals that hold the truth",
        "coverage_low": "lower end of the 95 % interval of the coverage (Wilson)",
        "coverage_high": "upper end of the 95 % interval of the coverage",
        "length": "mean length of its intervals",
        "why_refused": "the first reason it gave for refusing; empty where it never did",
    }

    unit: str = ""

    def figure(self) -> Any:
        """Coverage with its interval and a line at 95 %, beside it the bias: orange where the
        intervals hold the truth too seldom."""
        shown = self.frame[self.frame["replications"] > 0].iloc[::-1]
        figure = new_grid(
            1, 2, height=150 + 40 * len(shown),
            titles=("intervals that hold the truth", "bias"), showlegend=False,
        )  # fmt: skip
        figure.update_xaxes(title_text="share of 95 % intervals", row=1, col=1)
        figure.update_xaxes(title_text=escape(self.unit), row=1, col=2)
        at = np.arange(len(shown))
        colours = [ORANGE if short else BLUE for short in _falls_short(shown)]
        for column, (value, low, high) in enumerate(
            (
                (shown["coverage"], shown["coverage_low"], shown["coverage_high"]),
                (
                    shown["bias"],
                    shown["bias"] - 1.96 * shown["bias_error"],
                    shown["bias"] + 1.96 * shown["bias_error"],
                ),
            ),
            start=1,
        ):
            figure.add_scatter(
                x=value, y=at, mode="markers", showlegend=False, row=1, col=column,
                marker={"size": 10, "color": colours},
                error_x={"type": "data", "symmetric": False, "thickness": 2, "width": 5,
                         "color": GREY, "array": high - value, "arrayminus": value - low},
                customdata=[
                    f"{escape(name)}: {number(v)} ({number(a)} to {number(b)})"
                    for name, v, a, b in zip(shown["estimator"], value, low, high, strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip
        figure.add_vline(x=NOMINAL, line={"color": GREY, "dash": "dash", "width": 1}, row=1, col=1)
        figure.add_vline(x=0, line={"color": GREY, "dash": "dash", "width": 1}, row=1, col=2)
        figure.update_xaxes(range=[min(0.6, shown["coverage_low"].min() - 0.02), 1.02],
                            tickformat=".0%", row=1, col=1)  # fmt: skip
        figure.update_yaxes(
            tickvals=at, ticktext=[_label(row) for _, row in shown.iterrows()],
            range=[-0.6, len(shown) - 0.4], showgrid=False, zeroline=False,
        )  # fmt: skip
        return figure


@method("Coverage meter", page="robustness")
def coverage_meter(
    question: CausalQuestion,
    /,
    *,
    learned: Annotated[
        bool, "also AIPW, TMLE and double machine learning: seconds for each replication"
    ] = False,
    repeats: Annotated[int, Range(20, 2000), "simulated tables"] = 100,
    seed: int = 0,
    progress: Progress = silent,
) -> CoverageMeter:
    """Which estimators would find a known effect in data like these, and whose intervals hold it.

    A plasmode simulation. What the outcome is in each arm and the chance of treatment are learned
    from the data by the same race as in AIPW. Then tables are drawn: the rows' covariates with
    replacement, a treatment by the learned chance, an outcome by the learned model of that arm
    plus a residual drawn from it (for a two-level outcome: by the learned chance of it). In these
    tables the effect is known, so that each estimator's bias, root mean squared error and the
    share of its 95 % intervals that hold the truth can be counted. An estimator that falls short
    here falls short where nothing but its form is wrong, and its interval for the real data should
    not be believed. One that answers for another population is measured against that one's effect.

    It cannot see a missing confounder: the simulated world has none. That world is also as smooth
    as the models that were learned, so that passing is necessary, not sufficient. Choose the
    estimator by it before looking at the real estimates.

    Rows are drawn with equal chances and count alike in the drawn tables, whatever they weigh. For
    two arms and the ATE, ATT, ATC or ATO; not where rows come in groups (`NotApplicable`).
    Source: Franklin, Schneeweiss, Polinski & Rassen, Computational Statistics & Data
    Analysis 72 (2014); Schuler, Jung, Tibshirani & Shah (2017).
    """
    analysis = _analysis(question)
    first = nuisances(analysis, FOLDS, seed, part(progress, 0.0, LEARNING))
    world = _World.of(analysis, first, seed)
    chosen = _candidates(analysis, learned)
    rows = _replications(world, chosen, repeats, seed, part(progress, LEARNING, 1.0))
    frame = pd.DataFrame(
        [_judged(world, name, [row for row in rows if row["estimator"] == name])
         for name in chosen],
        columns=list(CoverageMeter.columns),
    )  # fmt: skip
    if not frame["replications"].any():
        raise NotApplicable(
            f"No estimator answers for tables like these: {frame['why_refused'].iloc[0]}",
            "Ask for another estimand, scale or contrast.",
        )
    progress(1.0)
    unit = question.unit_in_words
    return CoverageMeter(
        frame=frame,
        summary=_summary(frame, repeats),
        notes=(
            *analysis.notes,
            *_gaps(question, analysis),
            *_notes(world, first, frame, repeats),
            _times(rows),
        ),
        unit=unit if question.scale == "difference" else f"logarithm of the {unit}",
    )


def _analysis(question: CausalQuestion) -> Analysis:
    require_one_effect(question, "The coverage meter")
    if question.estimand == "LATE":
        raise NotApplicable(
            "The coverage meter simulates effects by adjustment, not by an instrument (LATE).",
            "Ask for the ATE, ATT, ATC or ATO.",
        )
    if question.scale != "difference" and not question.response.is_binary:
        raise NotApplicable(
            "The coverage meter simulates ratios of shares, not of the means of a number: a drawn "
            "residual could make the outcome negative.",
            "Ask for the difference.",
        )
    analysis = binary_analysis(counted_once(question), "The coverage meter", used_set(question))
    if analysis.clusters is not None:
        raise NotApplicable(
            "The coverage meter draws rows as independent, and the rows here come in groups of "
            f"'{question.data.with_role('group')[0]}': its coverage would be too good.",
            "Give the column the role 'ignore' if rows are independent.",
        )
    return analysis


def _gaps(question: CausalQuestion, analysis: Analysis) -> tuple[str, ...]:
    if question.missing == "left out" or len(analysis) == len(question.data):
        return ()
    return (
        (
            "Drawn tables have no missing values, and are made of the complete rows alone: what it "
            "does to an interval that rows stand for others is not seen here."
        ),
    )


def _candidates(analysis: Analysis, learned: bool) -> dict[str, Estimator]:
    every = {**QUICK, **LEARNED} if learned else dict(QUICK)
    if analysis.adjusted_for:
        every.pop("Difference in means")  # adjusts for nothing, and says so itself
    return every


# The world that is drawn from


@dataclass(frozen=True)
class _World:
    """Of each complete row the chance of treatment and the two mean outcomes (n,), as functions of
    its covariates, and the residuals of each arm; `clipped` counts chances that were moved."""

    analysis: Analysis
    chance: Floats
    means: tuple[Floats, Floats]
    residuals: tuple[Floats, Floats]
    clipped: int

    @classmethod
    def of(cls, analysis: Analysis, first: Nuisances, seed: int) -> _World:
        """The winners of the races, learned again from all rows: out-of-fold predictions would
        depend on a row's fold as well, which no estimator could adjust for. Residuals are those of
        rows that the models had not seen, which memorised rows do not shrink."""
        x, y, arm = analysis.covariates.matrix, analysis.y, analysis.arm
        is_binary = analysis.question.response.is_binary
        means, residuals = [], []
        for race, of in ((first.untreated, ~arm), (first.treated, arm)):
            mean = _learned(race, x, y, of, seed)
            means.append(np.clip(mean, 0, 1) if is_binary else mean)
            left = (y - race.predictions)[of]
            residuals.append(left - left.mean())
        everyone = np.ones(len(y), dtype=bool)
        chance = _no_wider(_learned(first.chance, x, arm.astype(float), everyone, seed),
                           first.chance.predictions)  # fmt: skip
        kept = np.clip(chance, CLIP, 1 - CLIP)
        return cls(analysis, kept, (means[0], means[1]), (residuals[0], residuals[1]),
                   int((kept != chance).sum()))  # fmt: skip

    def draw(self, rng: np.random.Generator) -> CausalQuestion:
        """The question about a table of as many rows, with the treatment as 0 and 1."""
        analysis, question = self.analysis, self.analysis.question
        at = rng.integers(len(analysis), size=len(analysis))
        t = rng.random(len(at)) < self.chance[at]
        mean = np.where(t, self.means[1][at], self.means[0][at])
        if question.response.is_binary:
            y = (rng.random(len(at)) < mean).astype(int)
        else:
            y = mean + np.where(t, *(rng.choice(self.residuals[k], len(at)) for k in (1, 0)))
        columns = list(analysis.adjusted_for)
        frame = question.data.frame[columns].iloc[analysis.rows[at]].reset_index(drop=True)
        frame = frame.assign(**{question.treatment: t.astype(int), question.outcome: y})
        named = (question.treatment, question.outcome)
        kinds = {c: question.data.kinds[c] for c in columns} | dict.fromkeys(named, "number")
        data = replace(
            question.data, frame=frame, kinds=kinds, roles=dict.fromkeys(kinds, "feature"), notes=()
        )
        return CausalQuestion(
            data, treatment=question.treatment, outcome=question.outcome, confounders=columns,
            estimand=question.estimand, scale=question.scale,
        )  # fmt: skip

    def truth(self, estimand: str) -> float:
        """The effect over the rows, on the question's scale; of a ratio the logarithm."""
        e = self.chance
        over = {"ATE": np.ones(len(e)), "ATT": e, "ATC": 1 - e, "ATO": e * (1 - e)}[estimand]
        means = MeanOutcomes.of_rows(
            over * self.means[0], over * self.means[1], over, np.ones(len(e))
        )
        return means.compared(self.analysis.question.scale)[0]


def _learned(race: Race, x: Floats, y: Floats, of: NDArray[np.bool_], seed: int) -> Floats:
    if x.shape[1] == 0 or np.ptp(y[of]) == 0:
        return np.full(len(x), y[of].mean())
    return race.learn(x[of], y[of], np.ones(int(of.sum())), seed)(x)


def _no_wider(chance: Floats, unseen: Floats) -> Floats:
    """Chances no more extreme than those of rows the model had not seen: one that knows its rows
    would make the arms look further apart than they are."""
    own, other = (np.log(e / (1 - e)) for e in (_inside(chance), _inside(unseen)))
    if not own.std() > other.std():
        return chance
    moved = other.mean() + (own - own.mean()) * other.std() / own.std()
    return np.asarray(1 / (1 + np.exp(-moved)))


def _inside(chance: Floats) -> Floats:
    return np.clip(chance, 1e-4, 1 - 1e-4)


# Its replications


def _replications(
    world: _World, chosen: Mapping[str, Estimator], repeats: int, seed: int, progress: Progress
) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    started = time.perf_counter()
    with one_blas_thread():
        for k in range(repeats):
            what = _how_far(k, repeats, time.perf_counter() - started)
            lap = part(progress, k / repeats, (k + 1) / repeats, what)
            rows += _replication(world, chosen, rng, seed + k, lap)
    return rows


def _replication(
    world: _World,
    chosen: Mapping[str, Estimator],
    rng: np.random.Generator,
    seed: int,
    progress: Progress,
) -> Iterator[dict[str, Any]]:
    progress(0.0)
    try:
        question = world.draw(rng)
    except QuestionError as error:  # so few events that a drawn table may have none
        yield from ({"estimator": name, "refused": error.message} for name in chosen)
        return
    for k, (name, estimator) in enumerate(chosen.items()):
        lap = part(progress, k / len(chosen), (k + 1) / len(chosen))
        settings = {"seed": seed} if name in LEARNED else {}
        started = time.perf_counter()
        try:
            row = estimator(question, progress=_quietly(lap), **settings).frame.iloc[0]
        except NotApplicable as error:
            yield {"estimator": name, "refused": error.message}
        else:
            # Where nothing is to be adjusted for, the crude difference is the effect.
            estimand = question.estimand if row["estimand"] == CRUDE else row["estimand"]
            found = {each: row[each] for each in ("estimate", "conf_low", "conf_high")}
            seconds = time.perf_counter() - started
            yield {"estimator": name, "refused": "", "estimand": estimand, "seconds": seconds,
                   **found}  # fmt: skip


def _quietly(progress: Progress) -> Progress:
    """The same without what the estimator calls its parts: the time that is left stays in view."""

    def without_words(share: float, _what: str = "", /) -> None:
        progress(share)

    return without_words


def _judged(world: _World, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    from scipy.stats import binomtest

    refusals = [row["refused"] for row in rows if row["refused"]]
    found = pd.DataFrame([row for row in rows if not row["refused"]])
    head = {"estimator": name, "replications": len(found), "refused": len(refusals),
            "why_refused": refusals[0] if refusals else "", "estimand": ""}  # fmt: skip
    if found.empty:
        return head
    estimand = str(found["estimand"].iloc[0])
    is_ratio = world.analysis.question.scale != "difference"
    values = found[["estimate", "conf_low", "conf_high"]].astype(float)
    if is_ratio:
        values = values.transform(np.log)
    truth = world.truth(estimand)
    off = values["estimate"] - truth
    covers = (values["conf_low"] <= truth) & (truth <= values["conf_high"])
    reach = binomtest(int(covers.sum()), len(covers)).proportion_ci(method="wilson")
    return {
        **head,
        "estimand": estimand,
        "truth": np.exp(truth) if is_ratio else truth,
        "bias": off.mean(),
        "bias_error": off.std() / np.sqrt(len(off)),
        "rmse": np.sqrt((off**2).mean()),
        "coverage": covers.mean(),
        "coverage_low": reach.low,
        "coverage_high": reach.high,
        "length": (values["conf_high"] - values["conf_low"]).mean(),
    }


# What it says


def _how_far(done: int, repeats: int, seconds: float) -> str:
    text = f"Replication {done + 1} of {repeats}"
    if not done:
        return text
    left = seconds / done * (repeats - done)
    return text + (
        f", about {left:.0f} s left" if left < 90 else f", about {left / 60:.0f} min left"
    )


def _falls_short(frame: pd.DataFrame) -> list[bool]:
    """The coverage is below 95 % by more than the number of replications allows."""
    return [bool(high < NOMINAL) for high in frame["coverage_high"]]


def _label(row: pd.Series) -> str:
    return f"{escape(row['estimator'])} ({row['estimand']})"


def _summary(frame: pd.DataFrame, repeats: int) -> str:
    answered = frame[frame["replications"] > 0]
    short = np.array(_falls_short(answered))
    holds = ", ".join(answered.loc[~short, "estimator"])
    fails = ", ".join(
        f"{row['estimator']} ({row['coverage']:.0%})" for _, row in answered[short].iterrows()
    )
    where = f"In {repeats:,} simulated tables like these with a known effect"
    if not holds:
        return f"{where} no estimator's 95 % intervals hold it often enough: {fails}."
    text = f"{where} the 95 % intervals of these hold it as often as they should: {holds}"
    return f"{text}; too seldom: {fails}." if fails else f"{text}; none does so too seldom."


def _times(rows: list[dict[str, Any]]) -> str:
    # In words, not in the table: the same call gives the same table.
    answered = pd.DataFrame([row for row in rows if not row["refused"]])
    seconds = answered.groupby("estimator", sort=False)["seconds"].median()
    listed = ", ".join(f"{name} {number(value, 2)}" for name, value in seconds.items())
    return f"Median seconds of one estimate: {listed}."


def _notes(world: _World, first: Nuisances, frame: pd.DataFrame, repeats: int) -> Iterator[str]:
    yield (
        "The simulated world has no missing confounder, so this cannot see one; and it is as "
        "smooth as the models learned from the data. To fall short here is a reason not to "
        "believe an interval, to pass is no proof."
    )
    yield (
        f"A coverage from {repeats:,} tables is known to about ± "
        f"{1.96 * np.sqrt(NOMINAL * (1 - NOMINAL) / repeats):.0%}; too seldom means that its "
        "interval (Wilson) ends below 95 %."
    )
    n, moved = len(world.analysis), world.clipped
    yield (
        f"Each table has {n:,} rows, drawn with replacement. {moved:,} of {n:,} chances of "
        f"treatment were moved to {CLIP} or {1 - CLIP}."
    )
    yield from (race.says for race in first.races if world.analysis.adjusted_for)
    for estimand in dict.fromkeys(frame["estimand"]):
        if estimand and estimand != world.analysis.question.estimand:
            names = ", ".join(frame.loc[frame["estimand"] == estimand, "estimator"])
            yield f"Measured against the effect over {WHOM[estimand]} ({estimand}): {names}."
    for _, row in frame[frame["refused"] > 0].iterrows():
        yield (
            f"{row['estimator']} refuses {row['refused']:,} of {repeats:,} tables: "
            f"{row['why_refused']}"
        )
