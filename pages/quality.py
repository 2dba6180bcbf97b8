"""Where is the model right, and where wrong?"""

import streamlit as st

from ui import calibration, cutoff, findings, guard, method, page, state
from ui.state import Choice
from workbench import METHODS, methods_of

#: The order of the ways of looking; methods of the page that are not named come after them.
ORDER = (
    "workbench.roc_curve", "workbench.class_curves", "workbench.pairwise_auc",
    "workbench.precision_recall_curve", "workbench.calibration_curve",
    "workbench.calibration_comparison",
    "workbench.operating_point", "workbench.confusion_matrix", "workbench.cumulative_gains",
    "workbench.lift_curve", "workbench.score_distribution", "workbench.cutoff_costs",
    "workbench.coverage_accuracy",
    "workbench.predicted_against_observed", "workbench.residuals", "workbench.error_by_decile",
    "workbench.error_slices", "workbench.error_tree", "workbench.group_fairness",
    "workbench.learning_curve", "workbench.cross_validation",
)  # fmt: skip
ABOVE = ("target_class", "rows", "curve", "against", "coverage", "neutral_rows", "method",
         "loss", "column", "reference")  # fmt: skip

guard.enter(__file__)
page.begin(
    "Quality",
    "Where the model is right and where it is wrong, on rows it has not seen; a model that "
    "predicts well has not thereby found causes.",
)

model = page.need_model()
fitting = [each.name for each in methods_of("quality", model)]
names = [name for name in ORDER if name in fitting]
names += [name for name in fitting if name not in names]
if state.choice(Choice.JUDGED) not in (None, *names):  # chosen for a target of another kind
    state.choose(Choice.JUDGED, names[0])
view = st.segmented_control(
    "Way of looking", names, default=names[0], required=True, key=Choice.JUDGED,
    bind="query-params", format_func=lambda name: METHODS[name].title,
    label_visibility="collapsed",
)  # fmt: skip
chosen = METHODS[view or names[0]]
st.markdown(method.says(chosen))
given = cutoff.linked(chosen, model)
# what the cutoff stands in for has no field of its own
replaced = {s.name: s.default for s in chosen.settings if s.name in ("cutoff", "share")}
method.present(chosen.name, model, inline=ABOVE, **{**replaced, **given})
if chosen.name in calibration.VIEWS:
    calibration.offer(model)
findings.beside(model, "quality")
