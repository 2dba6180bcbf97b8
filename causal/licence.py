"""Which columns of a model may be read as causes?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, ClassVar, TypeVar

import pandas as pd

from workbench.errors import ParameterError
from workbench.figures import GREEN, GREY, INK, ORANGE, SKY, VERMILION, escape, new_figure
from workbench.methods import method
from workbench.model import FittedModel
from workbench.progress import Progress, silent
from workbench.result import Result
from workbench.script import Script
from workbench.settings import Column

from .bridge import ModelAndQuestion
from .feature_licence import Colour, FeatureLicence, joint_licence, listed
from .question import CausalQuestion

R = TypeVar("R", bound=Result)
#: Colour and sign of each licence: told apart by shape as well, and in grey print.
LOOKS: Mapping[Colour, tuple[str, str]] = {
    "green": (GREEN, "circle"),
    "amber": (ORANGE, "diamond"),
    "red": (VERMILION, "x"),
    "no effect": (SKY, "line-ew-open"),
    "grey": (GREY, "circle-open"),
}
#: How each is spoken of, of one column and of several.
_READ: Mapping[Colour, tuple[str, str]] = {
    "green": ("may be read as its total effect", "may be read as their total effects"),
    "amber": ("only as an effect past what the model holds fixed",) * 2,
    "red": ("not as an effect", "not as effects"),
    "no effect": ("has no effect by the graph", "have no effect by the graph"),
    "grey": ("is the model's view only", "are the model's view only"),
}
#: And of several columns that are set together.
_READ_TOGETHER: Mapping[Colour, str] = {
    "green": "may be read as their joint effect",
    "amber": "may be read only as an effect past what the model holds fixed",
    "red": "may not be read as an effect",
    "no effect": "have no effect by the graph",
    "grey": "are the model's view only",
}
_OF_THE_GRAPH = (
    "Read off the graph alone, and right only if the graph is: no data can show that no common "
    "cause is missing."
)
_FOR_WHAT = (
    "It is for what sets columns and leaves the others: partial dependence, average "
    "comparisons, an edited row. Importance, and the mean size of SHAP values, measure how much "
    "the model uses a column and are no effects under any colour."
)
#: What stands beside results that are about how much a model uses its columns.
NOT_ITS_USE = "That is when one column alone is set; how much the model uses it is no effect."
#: The figure shows so many columns; the table has them all.
MOST_SHOWN = 30


@dataclass(frozen=True, kw_only=True)
class Licence(Result):
    """Whether what the model does with each column may be read as an effect, and why. `explains`
    is the fingerprint of the model, `together` the columns of which the first row says whether
    setting all of them at once may be."""

    columns: ClassVar[Mapping[str, str]] = {
        "feature": "the model's column; the columns that are set together, joined by +",
        "licence": "green: the total effect; amber: the part of it that does not go through the "
        "mediators the model holds fixed; red: no effect, something is wrong; no effect: by the "
        "graph the column has none; grey: the graph does not say",
        "effect": "total, joint (of several columns), direct (past the mediators), none, or empty "
        "where nothing may be read",
        "reason": "why, in a sentence",
        "nodes": "the variables the reason names, separated by commas: mediators, common effects, "
        "effects of the outcome, a missing common cause, or columns the graph does not hold",
        "path": "the path that stays open, with its arrows; empty where none does",
    }

    explains: str
    together: tuple[str, ...] = ()

    def beside(self, result: R) -> R:
        """The same result of this model with the licence of its columns among its notes, where a
        report carries it: of the columns it sets (together, where this was asked for, and each
        alone), or in short of all.

        Raises `ParameterError` for a result of something else than this model.
        """
        made = result.provenance
        if made is None or made.subject != self.explains:
            raise ParameterError(
                f"'{result.title}' is no result of the model that this licence is for.",
                "Explain that model, or ask for a licence of the one that was explained.",
            )
        notes = [
            f"Licence of {line['feature']}: {line['licence']}. {line['reason']}"
            for _, line in self.lines(columns_set(result)).iterrows()
        ] or [f"Licence: {self.summary} {NOT_ITS_USE}"]
        if set(notes) <= set(result.notes):
            return result
        return replace(
            result,
            notes=(*notes, *result.notes),
            provenance=replace(made, script=self._script_beside(made.script)),
        )

    def lines(self, named: Sequence[str]) -> pd.DataFrame:
        """The rows of `frame` about these columns: first about all of them together, where that is
        what was asked for."""
        wanted = list(named)
        if len(wanted) > 1 and set(wanted) == set(self.together):
            wanted.append(joined(self.together))
        return self.frame[self.frame["feature"].isin(wanted)]

    def _script_beside(self, before: Script) -> Script:
        own = self.provenance.script.renamed("allowed") if self.provenance else Script("allowed")
        statement = f"{before.name} = {own.name}.beside({before.name})"
        return before.also(before.name, own.imports, (*own.statements, statement))

    def figure(self) -> Any:
        """A list of the columns, each with the colour and sign of its licence, and why."""
        shown = self.frame.iloc[:MOST_SHOWN].iloc[::-1].reset_index(drop=True)
        figure = new_figure(height=90 + 34 * len(shown), showlegend=True)
        for kind, (colour, symbol) in LOOKS.items():
            part = shown[shown["licence"] == kind]
            if len(part):
                figure.add_scatter(
                    x=[0] * len(part), y=part.index, mode="markers+text", name=kind,
                    marker={"color": colour, "symbol": symbol, "size": 14,
                            "line": {"width": 3, "color": colour}},
                    text=[f"   {in_short(row)}" for _, row in part.iterrows()],
                    textposition="middle right", textfont={"color": INK, "size": 13},
                    customdata=[escape(reason, 400) for reason in part["reason"]],
                    hovertemplate="%{customdata}<extra></extra>",
                )  # fmt: skip
        figure.update_xaxes(visible=False, range=[-0.03, 1])
        figure.update_yaxes(
            tickvals=list(shown.index), ticktext=[escape(f, 30) for f in shown["feature"]],
            range=[-0.6, len(shown) - 0.4], zeroline=False, showgrid=False, ticks="",
        )  # fmt: skip
        if len(self.frame) > MOST_SHOWN:
            figure.add_annotation(
                text=f"and {len(self.frame) - MOST_SHOWN} more in the table", showarrow=False,
                xref="paper", yref="paper", x=1, y=0, xanchor="right", yanchor="top",
                font={"size": 11, "color": GREY},
            )  # fmt: skip
        return figure


@method("Licence", page="importance", weighs=None, joined=ModelAndQuestion)
def licence(
    model: FittedModel,
    question: CausalQuestion,
    /,
    *,
    together: Annotated[tuple[str, ...], Column("feature"), "Columns that are set together"] = (),
    progress: Progress = silent,
) -> Licence:
    """Whether what the model does with each column may be read as an effect, and which.

    Partial dependence, an average comparison or an edited row sets one column and leaves the
    model's others as they are. By the question's graph that is

    - green, the total effect: the other columns are a valid adjustment set;
    - amber, a direct effect: mediators are among them, so that only the part that does not go
      through them is left; everything else is in order;
    - red, no effect: a common effect, an effect of the outcome or of something on the way is among
      them, or a common cause is missing; the open path is named;
    - no effect: the graph has no way from the column to the outcome;
    - grey: the graph does not hold the column, or another one that the model uses; or there are
      only roles, which speak of the treatment alone.

    Setting two columns or more at once is another question: a heat map of two columns, a row with
    several values edited. `together` names them, and the first row answers: green is their *joint*
    effect, amber the part of it past the mediators among the other columns. One of them may lie
    between another and the outcome; set as well, it carries nothing of the other's: so the joint
    effect may be green where a column's own is amber. And it is red where a column without any
    effect is only associated with the outcome, since that moves the prediction too.

    It is computed from the graph, no row is looked at: it is right only if the graph is. A green
    column's effect is estimated by the model as well as the model has learned it, without an
    interval that counts that; quote an estimator of effects, such as `aipw`, with its interval.

    Raises `QuestionError` where the model predicts something else than the question's outcome.

    Source: Zhao & Hastie, JBES 39 (2021) for partial dependence as the back-door formula; Shpitser,
    VanderWeele & Robins (2010) and Perković et al. (JMLR 18, 2018) for the criterion; Westreich &
    Greenland, AJE 177 (2013) for why one model licenses not all of its columns.
    """
    read = {}
    for k, feature in enumerate(model.features):
        progress(k / len(model.features), "Reading the graph")
        read[feature] = read_licence(model, question, feature)
    summary = read_in_words(f"Of what the model does to {question.outcome}", read)
    if len(together) > 1:
        jointly = read_joint_licence(model, question, together)
        read = {joined(together): jointly, **read}
        summary = f"Set together, {listed(together)} {_READ_TOGETHER[jointly.colour]}. {summary}"
    lines = [
        {"feature": name, **asdict(found), "nodes": ", ".join(found.nodes)}
        for name, found in read.items()
    ]
    frame = pd.DataFrame(lines).rename(columns={"colour": "licence"})
    progress(1.0)
    return Licence(
        frame=frame[list(Licence.columns)].astype("str"),
        summary=summary,
        notes=tuple(_notes(question, read)),
        explains=model.fingerprint,
        together=together,
    )


def read_licence(model: FittedModel, question: CausalQuestion, feature: str) -> FeatureLicence:
    """The licence of one column of a model, by the question's graph or, where it was made from
    roles, by these: they say what confounds the treatment, and of no other column."""
    return read_joint_licence(model, question, (feature,))


def read_joint_licence(
    model: FittedModel, question: CausalQuestion, together: Sequence[str]
) -> FeatureLicence:
    """The licence of setting several columns of a model at once; roles speak of none but the
    treatment."""
    others = (f for f in model.features if f not in together)
    graph, treatment = question.graph, question.treatment
    beside = [f for f in together if f != treatment]
    if question.graph_was_drawn or not beside or not set(together) <= graph.observed:
        return joint_licence(graph, together, question.outcome, others)
    return FeatureLicence(
        "grey",
        f"The roles say what {listed(beside)} {'are' if len(beside) > 1 else 'is'} to {treatment}, "
        f"and nothing of what confounds {'their' if len(beside) > 1 else 'its'} own effect on "
        f"{question.outcome}: draw the graph to ask for it.",
    )


def columns_set(result: Result) -> tuple[str, ...]:
    """The columns that a result of a model sets to other values: those of a curve or a surface,
    those edited in a row; none where it is about all."""
    asked = result.provenance.settings if result.provenance else {}
    if "changes" in asked:
        return tuple(asked["changes"])
    named = [asked[key] for key in ("feature", "other") if key in asked]
    if None in named and {"feature", "other"} <= set(result.frame):
        # the second column may have been looked for
        named = [result.frame[key].iloc[0] for key in ("feature", "other")]
    return tuple(name for name in named if name is not None)


def joined(together: Sequence[str]) -> str:
    """What columns that are set together are called."""
    return " + ".join(together)


def read_in_words(opening: str, read: Mapping[str, FeatureLicence]) -> str:
    """Which columns have which licence, as a sentence that begins so."""
    told = []
    for kind in LOOKS:
        names = [name for name, found in read.items() if found.colour == kind]
        if names:
            told.append(f"{listed(names)} {_READ[kind][len(names) > 1]}")
    return f"{opening}: {'; '.join(told)}."


def _notes(question: CausalQuestion, read: Mapping[str, FeatureLicence]) -> list[str]:
    colours = {found.colour for found in read.values()}
    notes = [_OF_THE_GRAPH, _FOR_WHAT]
    if "green" in colours:
        notes.append(
            "A green column's effect is as good as the model is, and its interval does not count "
            "that: quote an estimator of effects with its own."
        )
    if not question.graph_was_drawn:
        notes.append(
            "The graph was made from the roles: nothing else is assumed to cause both treatment "
            "and outcome, nor a mediator and the outcome."
        )
    return notes


def in_short(row: pd.Series) -> str:
    """What a row of a licence says, in a few words, escaped for a picture."""
    nodes, path = escape(row["nodes"], 40), escape(row["path"], 60, end=20)
    words = {
        "green": f"{row['effect']} effect",
        "amber": f"direct effect, not through {nodes}",
        "red": f"not an effect: {path} is open" if path else f"not an effect: {nodes} is used",
        "no effect": "none by the graph; association only",
        "grey": "the model's view only",
    }
    return words[row["licence"]]
