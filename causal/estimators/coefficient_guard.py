"""Which coefficients of a regression are effects, beside what a model made of the same columns?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from interpret import shap_importance
from workbench.errors import AnalysisError, NotApplicable
from workbench.figures import GREY, LIGHT_GREY, escape, new_grid
from workbench.methods import method
from workbench.model import FittedModel
from workbench.progress import Progress, part, silent
from workbench.result import Result

from ..bridge import ModelAndQuestion
from ..design_matrix import DesignMatrix, Term, design_matrix
from ..effect import reach_and_p
from ..feature_licence import FeatureLicence, listed
from ..independent_columns import independent_columns
from ..influence import standard_error
from ..licence import LOOKS, read_in_words, read_licence
from ..question import CausalQuestion
from ._least_squares import least_squares
from ._outcome_model import outcome_model

Floats = NDArray[np.float64]
#: The figure shows so many coefficients; the table has them all.
MOST_SHOWN = 30
#: A share of the rows left out that changes whom the coefficients are about.
MANY_DROPPED = 0.1


@dataclass(frozen=True, kw_only=True)
class CoefficientGuard(Result):
    """The coefficients of one regression, each with the licence of its own column."""

    columns: ClassVar[Mapping[str, str]] = {
        "term": "the column, or a level of it compared with the first",
        "feature": "the column",
        "coefficient": "per unit of the column, or for the level: in the target's unit, for two "
        "classes in log-odds",
        "conf_low": "lower end of its 95 % interval",
        "conf_high": "upper end of its 95 % interval",
        "std_error": "its standard error from the sampling of rows",
        "step": "what the picture multiplies it with: one standard deviation of a number, 1 for a "
        "level and for 0/1",
        "importance": "mean |SHAP value| of the column in the model, on the scale of `output`; "
        "missing where the model has none",
        "output": "what the model's SHAP values explain",
        "licence": "green, amber, red, no effect or grey, of this column beside the others",
        "effect": "what the coefficient is, if lines are straight: the total effect, a direct one, "
        "none; empty where it may not be read as one",
        "reason": "why, in a sentence",
    }

    target: str = ""

    def figure(self) -> Any:
        """Coefficients with intervals in the colour and sign of their licence; beside them how
        much the model uses the column."""
        shown = self.frame.iloc[:MOST_SHOWN].iloc[::-1].reset_index(drop=True)
        figure = new_grid(
            1, 2, height=170 + 30 * len(shown), titles=("coefficient", "the model's use of it")
        )
        top = {"yref": "container", "y": 1, "yanchor": "top"}
        figure.update_layout(legend=top, margin={"t": 70}, showlegend=True)
        figure.add_vline(x=0, line={"color": LIGHT_GREY, "width": 2}, row=1, col=1)
        for kind, (colour, symbol) in LOOKS.items():
            some = shown[shown["licence"] == kind]
            if len(some):
                value, low, high = (some[c] * some["step"]
                                    for c in ("coefficient", "conf_low", "conf_high"))  # fmt: skip
                figure.add_scatter(
                    x=value, y=some.index, mode="markers", name=kind, row=1, col=1,
                    marker={"color": colour, "symbol": symbol, "size": 12,
                            "line": {"width": 3, "color": colour}},
                    error_x={"type": "data", "symmetric": False, "color": colour, "thickness": 2,
                             "array": high - value, "arrayminus": value - low},
                    customdata=[escape(reason, 400) for reason in some["reason"]],
                    hovertemplate="%{x:.4g}<br>%{customdata}<extra></extra>",
                )  # fmt: skip
        figure.add_bar(
            x=shown["importance"], y=shown.index, orientation="h", width=0.5, row=1, col=2,
            marker={"color": GREY}, showlegend=False, hovertemplate="%{x:.4g}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(title_text=escape(f"change in {self.target}, per SD or level", 44),
                            row=1, col=1)  # fmt: skip
        figure.update_xaxes(title_text="mean |SHAP value|", row=1, col=2)
        figure.update_yaxes(
            tickvals=list(shown.index), ticktext=[escape(t, 30, end=12) for t in shown["term"]],
            range=[-0.6, len(shown) - 0.4], zeroline=False, showgrid=False,
        )  # fmt: skip
        return figure


@method("Coefficients, and which are effects", page="importance", tasks=("regression", "binary"),
        weighs=True, joined=ModelAndQuestion)  # fmt: skip
def coefficient_guard(
    model: FittedModel,
    question: CausalQuestion,
    /,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> CoefficientGuard:
    """Which coefficients of a regression on the model's columns may be read as effects.

    Least squares of the target, or for two classes the logistic regression of the positive one
    (log-odds), on all columns of the model, over its training rows without missing values; no
    penalty, straight lines, levels against the first. Intervals are 95 % and
    heteroscedasticity-robust (HC2); with a column of the role `group` from sums over its groups
    (CR1).

    One regression has many coefficients, and they do not mean the same: the graph licenses each
    column by itself, with all others held fixed. What closes the paths of the treatment is itself
    often held apart from its own effect by the treatment, or confounded; to read its coefficient as
    an effect is the table 2 fallacy. Beside each stands how much the model uses the column, the
    mean |SHAP value|, which is never an effect.

    Raises `NotApplicable` where rows are too few or a class is told without doubt, `QuestionError`
    for a column that is a date, free text, or has too many levels.

    Source: Westreich & Greenland, American Journal of Epidemiology 177 (2013).
    """
    progress(0.0, "Reading the graph")
    read = {f: read_licence(model, question, f) for f in model.features}
    progress(0.05, "Regression")
    lines, about = _regression(model)
    used, said = _use(model, seed, part(progress, 0.1, 1.0))
    frame = lines.merge(used, on="feature", how="left")
    frame["output"] = used["output"].iloc[0] if len(used) else ""
    for name, found in (("licence", "colour"), ("effect", "effect"), ("reason", "reason")):
        frame[name] = frame["feature"].map({f: getattr(each, found) for f, each in read.items()})
    kind = "logistic" if model.task == "binary" else "linear"
    return CoefficientGuard(
        frame=frame[list(CoefficientGuard.columns)],
        summary=read_in_words(f"Of the coefficients of a {kind} regression on all columns", read),
        notes=(*_warnings(frame), *_notes(question, read), *about, *said),
        target=model.output_label(scale="margin") if model.task == "binary" else model.target.name,
    )


def _regression(model: FittedModel) -> tuple[pd.DataFrame, list[str]]:
    """Every coefficient with its interval, and what was done to get them."""
    rows = model.positions("train")
    whole = model.data.frame[list(model.features)].iloc[rows].notna().all(axis=1).to_numpy()
    kept = rows[whole]
    made = design_matrix(model.data, model.features, kept)
    spread = made.matrix.std(axis=0)
    scaled = (made.matrix - made.matrix.mean(axis=0)) / spread
    design = np.column_stack([np.ones(len(kept)), scaled])
    places = independent_columns(design)
    if len(kept) < len(places) + 4:
        raise NotApplicable(
            f"{len(kept)} training rows without missing values cannot carry a regression with "
            f"{len(places)} coefficients.",
            "Use fewer columns or bring more rows.",
        )
    found = _fitted(model, kept, design[:, places])
    terms = [(made.terms[k - 1], float(spread[k - 1]), _is_step(made, k - 1)) for k in places[1:]]
    frame = pd.DataFrame([_line(term, sd, is_one, *numbers) for (term, sd, is_one), numbers
                          in zip(terms, found[1:], strict=True)])  # fmt: skip
    left = [t.label for k, t in enumerate(made.terms, start=1) if k not in places]
    return frame, _about(model, whole, left)


def _is_step(made: DesignMatrix, k: int) -> bool:
    """Whether it is 0/1, so that one unit is the whole way."""
    return bool(np.isin(made.matrix[:, k], (0, 1)).all())


def _fitted(model: FittedModel, rows: NDArray[np.intp], design: Floats) -> list[tuple[float, ...]]:
    """Coefficient, standard error and half the interval of every column of a design."""
    y = model.target.y[rows]
    clusters = _clusters(model, rows)
    weight = np.ones(len(rows))
    given = model.weights("train")
    if given is not None:
        weight = given[np.isin(model.positions("train"), rows)]
        weight = weight / weight.mean()
    if model.task == "binary":
        fit = outcome_model("logit", design, y, weight, has_clusters=clusters is not None)
        errors = [standard_error(fit.influence(each), clusters) for each in np.eye(len(design.T))]
        slopes, degrees = fit.coefficients, float("inf")
    else:
        line = least_squares(design, y, weight, clusters)
        errors = [line.combination(each)[1] for each in np.eye(len(design.T))]
        slopes, degrees = line.coefficients, float(line.degrees)
    return [
        (float(slope), error, reach_and_p(float(slope), error, degrees)[0])
        for slope, error in zip(slopes, errors, strict=True)
    ]


def _clusters(model: FittedModel, rows: NDArray[np.intp]) -> NDArray[np.intp] | None:
    columns = model.data.with_role("group")
    if not columns:
        return None
    codes = pd.factorize(model.data.frame[columns[0]].iloc[rows])[0]
    return np.asarray(codes, dtype=np.intp) if codes.max() >= 1 else None


def _line(
    term: Term, spread: float, is_one: bool, slope: float, error: float, reach: float
) -> dict[str, Any]:
    return {
        "term": term.label,
        "feature": term.column,
        "coefficient": slope / spread,
        "conf_low": (slope - reach) / spread,
        "conf_high": (slope + reach) / spread,
        "std_error": error / spread,
        "step": 1.0 if is_one else spread,
    }


def _use(model: FittedModel, seed: int, progress: Progress) -> tuple[pd.DataFrame, list[str]]:
    """How much the model uses each column; and why nothing is said of it, where it has no SHAP
    values."""
    try:
        found = shap_importance(model, seed=seed, progress=progress)
    except AnalysisError as error:
        none = pd.DataFrame({"feature": model.features, "importance": np.nan, "output": ""})
        return none, [f"The model's use of its columns is not shown. {error.message}"]
    counted = "" if model.weights("test") is None else " Every row counts the same in them."
    said = [f"SHAP values: {found.notes[0]}{counted}"]
    return found.frame[["feature", "importance", "output"]], said


def _warnings(frame: pd.DataFrame) -> list[str]:
    """What looks like an effect and is none."""
    is_clear = (frame["conf_low"] > 0) | (frame["conf_high"] < 0)
    is_none = frame["licence"].isin(["red", "no effect", "grey"])
    tempting = list(dict.fromkeys(frame.loc[is_clear & is_none, "feature"]))
    if not tempting:
        return []
    several = len(tempting) > 1
    whose = f"interval{'s' if several else ''} of {listed(tempting)} leave{'' if several else 's'}"
    return [f"Warning: the {whose} out 0, and by the graph that may not be read as an effect."]


_TABLE_2 = (
    "A coefficient is how the target differs between rows that differ in one column and agree in "
    "all others. For which column that is an effect follows from the graph, column by column: the "
    "others may be there to close paths only (Westreich & Greenland 2013)."
)
_ODDS = (
    "Log-odds do not average: an effect on them, all else held fixed, is larger than the one over "
    "everyone, also where nothing is confounded (Greenland, Robins & Pearl 1999)."
)


def _notes(question: CausalQuestion, read: Mapping[str, FeatureLicence]) -> list[str]:
    if not any(found.effect in ("total", "direct") for found in read.values()):
        return [_TABLE_2]
    straight = (
        "It is that effect only if lines are straight and effects do not differ between rows; for "
        f"the effect of {question.treatment} without that, ask an estimator such as aipw(question)."
    )
    return [_TABLE_2, straight, *([_ODDS] if question.response.is_binary else [])]


def _about(model: FittedModel, whole: NDArray[np.bool_], left: list[str]) -> list[str]:
    notes = []
    if not whole.all():
        many = "Warning: " if 1 - whole.mean() > MANY_DROPPED else ""
        notes.append(
            f"{many}{int(whole.sum()):,} of {len(whole):,} training rows are used; the others have "
            "missing values."
        )
    else:
        notes.append(f"Over the {len(whole):,} training rows.")
    if left:
        notes.append(f"Left out, as other columns already say the same: {', '.join(left)}.")
    if model.task == "binary":
        notes.append(f"Coefficients are {model.output_label(scale='margin')}; a step of a number "
                     "in the picture is one standard deviation.")  # fmt: skip
    return notes
