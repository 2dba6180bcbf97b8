"""What stands where on the page of each design: the picture, the number, what would break it."""

from __future__ import annotations

from causal import PanelQuestion

from .steps import Step, of


def _at_once(question: PanelQuestion) -> bool:
    return not question.panel.is_staggered


def _staggered(question: PanelQuestion) -> bool:
    return question.panel.is_staggered


_PICTURE = "The picture first"
_NUMBER = "How large it is"
_BREAKS = "What would break it"

PAGES: dict[str, tuple[Step, ...]] = {
    "experiment": (
        Step(
            "Did the draw work?",
            "Arms that are not as large as planned, or that differed before, were not made by the "
            "draw alone; then nothing below is an effect.",
            of("sample_ratio_mismatch"),
            of("arms_alike"),
        ),
        Step(
            _NUMBER,
            "The difference between the arms, with a 95 % interval; measurements from before make "
            "it shorter and change nothing else.",
            of("experiment_effect"),
            of("multiple_outcomes"),
        ),
        Step(
            "How much could be seen, and how often was it looked at?",
            "The smallest effect this many rows show reliably, and what looking again and again "
            "does to an interval.",
            on_demand=of("minimal_detectable_effect", "sequential_peeking"),
        ),
    ),
    "regression_discontinuity": (
        Step(
            _PICTURE,
            "Means in bins along the running variable, and the fits on both sides. A jump that is "
            "not seen here is not to be believed below.",
            of("discontinuity_plot"),
        ),
        Step(
            _NUMBER,
            "The jump at the cut-off. Quote the robust row: its interval counts that a curve was "
            "approximated by a line.",
            of("regression_discontinuity"),
        ),
        Step(
            _BREAKS,
            "People who chose their side, other things that jump there, jumps where there is no "
            "cut-off, or an answer that hangs on the bandwidth.",
            on_demand=of("density_at_cutoff", "covariate_continuity", "placebo_cutoffs",
                         "bandwidth_sensitivity", "donut_hole"),
        ),
    ),
    "difference_in_differences": (
        Step(
            _PICTURE,
            "Treated and others over time. Before the start they should run side by side.",
            of("panel_trends"),
        ),
        Step(
            _NUMBER,
            "By how much more the treated changed than the others. All start at one time, so two "
            "ways of comparing are the same.",
            of("difference_in_differences"),
            of("event_study", "staggered_adoption"),
            suits=_at_once,
        ),
        Step(
            _NUMBER,
            "Units start at different times, so each start is compared with those not yet or never "
            "treated, and averaged. One regression for all would compare treated with treated.",
            of("staggered_adoption", "event_study"),
            of("difference_in_differences"),
            suits=_staggered,
        ),
        Step(
            _BREAKS,
            "Trends that differed before, or would have differed after; the first can be tested, "
            "the second only bounded.",
            on_demand=of("parallel_trends", "trend_violation_bounds", "placebo_adoption"),
        ),
    ),
    "synthetic_control": (
        Step(
            _PICTURE,
            "The unit and the mixture of others that stands for it. Before the start the two "
            "should be one line.",
            of("synthetic_series"),
        ),
        Step(
            _NUMBER,
            "The mean gap after the start, and how unusual such a gap is among the others.",
            of("synthetic_control"),
            of("donor_weights", "synthetic_difference_in_differences"),
        ),
        Step(
            _BREAKS,
            "Gaps as large in units, or at times, where nothing happened; one donor that decides.",
            on_demand=of("placebo_in_space", "placebo_in_time", "leave_one_donor_out"),
        ),
    ),
    "interrupted_time_series": (
        Step(
            _PICTURE,
            "The series, and what it was forecast to be from before alone. The effect is what lies "
            "outside the band.",
            of("counterfactual_series"),
        ),
        Step(
            _NUMBER,
            "The mean and the sum of what the series left its forecast by.",
            of("interrupted_time_series"),
            of("level_shift"),
        ),
        Step(
            _BREAKS,
            "A model that forecasts badly, residuals that are not noise, and breaks found at dates "
            "where nothing began.",
            on_demand=of("series_models", "residual_diagnostics", "placebo_dates"),
        ),
    ),
}  # fmt: skip
