"""What would change if one acted? A question, whether it can be answered, the effect, and checks.

```python
from causal import CausalQuestion, identify, aipw, compare_estimators, placebo_treatment
```
"""

from .bridge import ModelAndQuestion
from .causal_shapley import CausalShapley, causal_shapley
from .checks.balance import Balance, balance
from .checks.bootstrap_interval import BootstrapInterval, bootstrap_interval
from .checks.e_value import EValue, e_value, e_value_of
from .checks.implications import Implications, implications
from .checks.influential_rows import InfluentialRows, influential_rows
from .checks.negative_control import NegativeControl, negative_control
from .checks.no_effect import NoEffect
from .checks.nuisance_quality import NuisanceQuality, nuisance_quality
from .checks.omitted_variable_bounds import OmittedVariableBounds, omitted_variable_bounds
from .checks.overlap import Overlap, overlap
from .checks.placebo_outcome import placebo_outcome
from .checks.placebo_treatment import PlaceboTreatment, placebo_treatment
from .checks.propensity_calibration import PropensityCalibration, propensity_calibration
from .checks.random_common_cause import RandomCommonCause, random_common_cause
from .checks.robustness_value import RobustnessValue, robustness_value, robustness_value_of
from .checks.rosenbaum_bounds import RosenbaumBounds, rosenbaum_bounds, rosenbaum_bounds_of
from .checks.subset_stability import SubsetStability, subset_stability
from .checks.trim_ledger import TrimLedger, trim_ledger
from .compare_estimators import EstimatorComparison, compare_estimators
from .coverage_meter import CoverageMeter, coverage_meter
from .dagitty import write_dagitty
from .designs.arms_alike import ArmsAlike, arms_alike
from .designs.bandwidth_sensitivity import DiscontinuitySensitivity, bandwidth_sensitivity
from .designs.counterfactual_series import CounterfactualSeries, counterfactual_series
from .designs.covariate_continuity import covariate_continuity
from .designs.cutoff import CutoffQuestion
from .designs.density_at_cutoff import DensityAtCutoff, density_at_cutoff
from .designs.difference_in_differences import difference_in_differences
from .designs.discontinuity_plot import DiscontinuityPlot, discontinuity_plot
from .designs.donor_weights import DonorWeights, donor_weights
from .designs.donut_hole import donut_hole
from .designs.event_study import EventStudy, event_study
from .designs.experiment import ExperimentQuestion
from .designs.experiment_effect import experiment_effect
from .designs.interrupted_time_series import InterruptedTimeSeries, interrupted_time_series
from .designs.leave_one_donor_out import LeaveOneDonorOut, leave_one_donor_out
from .designs.level_shift import level_shift
from .designs.minimal_detectable_effect import MinimalDetectableEffect, minimal_detectable_effect
from .designs.multiple_outcomes import MultipleOutcomes, multiple_outcomes
from .designs.panel import PanelQuestion
from .designs.panel_trends import PanelTrends, panel_trends
from .designs.parallel_trends import ParallelTrends, parallel_trends
from .designs.placebo_adoption import PlaceboAdoption, placebo_adoption
from .designs.placebo_cutoffs import placebo_cutoffs
from .designs.placebo_dates import PlaceboDates, placebo_dates
from .designs.placebo_in_space import PlaceboInSpace, placebo_in_space
from .designs.placebo_in_time import PlaceboInTime, placebo_in_time
from .designs.regression_discontinuity import RegressionDiscontinuity, regression_discontinuity
from .designs.residual_diagnostics import ResidualDiagnostics, residual_diagnostics
from .designs.sample_ratio_mismatch import SampleRatioMismatch, sample_ratio_mismatch
from .designs.sequential_peeking import SequentialPeeking, sequential_peeking
from .designs.series import SeriesQuestion
from .designs.series_models import SeriesModels, series_models
from .designs.staggered_adoption import staggered_adoption
from .designs.synthetic_control import synthetic_control
from .designs.synthetic_difference_in_differences import synthetic_difference_in_differences
from .designs.synthetic_series import SyntheticSeries, synthetic_series
from .designs.trend_violation_bounds import TrendViolationBounds, trend_violation_bounds
from .designs.which_design import WhichDesign, which_design
from .discover import Discovery, discover
from .dose_curve import DoseResponse
from .dose_response import dose_response
from .edge_table import write_edge_table
from .effect import EffectEstimate
from .effects.best_linear_projection import BestLinearProjection, best_linear_projection
from .effects.effect_heterogeneity import EffectHeterogeneity, effect_heterogeneity
from .effects.group_effects import GroupEffects, group_effects
from .effects.treatment_policy import TreatmentPolicy, treatment_policy
from .estimators.aipw import aipw
from .estimators.coefficient_guard import CoefficientGuard, coefficient_guard
from .estimators.complier_profile import ComplierProfile, complier_profile
from .estimators.difference_in_means import difference_in_means
from .estimators.double_machine_learning import double_machine_learning
from .estimators.doubly_robust_late import doubly_robust_late
from .estimators.entropy_balancing import entropy_balancing
from .estimators.front_door import front_door
from .estimators.g_estimation import g_estimation
from .estimators.linear_regression import linear_regression
from .estimators.marginal_structural_model import marginal_structural_model
from .estimators.matching import matching
from .estimators.mediation import mediation
from .estimators.standardisation import standardisation
from .estimators.stratification import stratification
from .estimators.tmle import tmle
from .estimators.two_stage_least_squares import two_stage_least_squares
from .estimators.weighting import weighting
from .gml import write_gml
from .graph import CausalGraph
from .identify import Identification, identify
from .licence import Licence, licence
from .prediction_against_cause import PredictionAgainstCause, prediction_against_cause
from .question import CausalQuestion
from .rank_against_effect import RankAgainstEffect, rank_against_effect
from .read_graph import read_graph
from .specification_curve import SpecificationCurve, specification_curve, specified, winsorised
from .verdict import Verdict, verdict

__all__ = [
    "ArmsAlike",
    "Balance",
    "BestLinearProjection",
    "BootstrapInterval",
    "CausalGraph",
    "CausalQuestion",
    "CausalShapley",
    "CoefficientGuard",
    "ComplierProfile",
    "CounterfactualSeries",
    "CoverageMeter",
    "CutoffQuestion",
    "DensityAtCutoff",
    "DiscontinuityPlot",
    "DiscontinuitySensitivity",
    "Discovery",
    "DonorWeights",
    "DoseResponse",
    "EValue",
    "EffectEstimate",
    "EffectHeterogeneity",
    "EstimatorComparison",
    "EventStudy",
    "ExperimentQuestion",
    "GroupEffects",
    "Identification",
    "Implications",
    "InfluentialRows",
    "InterruptedTimeSeries",
    "LeaveOneDonorOut",
    "Licence",
    "MinimalDetectableEffect",
    "ModelAndQuestion",
    "MultipleOutcomes",
    "NegativeControl",
    "NoEffect",
    "NuisanceQuality",
    "OmittedVariableBounds",
    "Overlap",
    "PanelQuestion",
    "PanelTrends",
    "ParallelTrends",
    "PlaceboAdoption",
    "PlaceboDates",
    "PlaceboInSpace",
    "PlaceboInTime",
    "PlaceboTreatment",
    "PredictionAgainstCause",
    "PropensityCalibration",
    "RandomCommonCause",
    "RankAgainstEffect",
    "RegressionDiscontinuity",
    "ResidualDiagnostics",
    "RobustnessValue",
    "RosenbaumBounds",
    "SampleRatioMismatch",
    "SequentialPeeking",
    "SeriesModels",
    "SeriesQuestion",
    "SpecificationCurve",
    "SubsetStability",
    "SyntheticSeries",
    "TreatmentPolicy",
    "TrendViolationBounds",
    "TrimLedger",
    "Verdict",
    "WhichDesign",
    "aipw",
    "arms_alike",
    "balance",
    "bandwidth_sensitivity",
    "best_linear_projection",
    "bootstrap_interval",
    "causal_shapley",
    "coefficient_guard",
    "compare_estimators",
    "complier_profile",
    "counterfactual_series",
    "covariate_continuity",
    "coverage_meter",
    "density_at_cutoff",
    "difference_in_differences",
    "difference_in_means",
    "discontinuity_plot",
    "discover",
    "donor_weights",
    "donut_hole",
    "dose_response",
    "double_machine_learning",
    "doubly_robust_late",
    "e_value",
    "e_value_of",
    "effect_heterogeneity",
    "entropy_balancing",
    "event_study",
    "experiment_effect",
    "front_door",
    "g_estimation",
    "group_effects",
    "identify",
    "implications",
    "influential_rows",
    "interrupted_time_series",
    "leave_one_donor_out",
    "level_shift",
    "licence",
    "linear_regression",
    "marginal_structural_model",
    "matching",
    "mediation",
    "minimal_detectable_effect",
    "multiple_outcomes",
    "negative_control",
    "nuisance_quality",
    "omitted_variable_bounds",
    "overlap",
    "panel_trends",
    "parallel_trends",
    "placebo_adoption",
    "placebo_cutoffs",
    "placebo_dates",
    "placebo_in_space",
    "placebo_in_time",
    "placebo_outcome",
    "placebo_treatment",
    "prediction_against_cause",
    "propensity_calibration",
    "random_common_cause",
    "rank_against_effect",
    "read_graph",
    "regression_discontinuity",
    "residual_diagnostics",
    "robustness_value",
    "robustness_value_of",
    "rosenbaum_bounds",
    "rosenbaum_bounds_of",
    "sample_ratio_mismatch",
    "sequential_peeking",
    "series_models",
    "specification_curve",
    "specified",
    "staggered_adoption",
    "standardisation",
    "stratification",
    "subset_stability",
    "synthetic_control",
    "synthetic_difference_in_differences",
    "synthetic_series",
    "tmle",
    "treatment_policy",
    "trend_violation_bounds",
    "trim_ledger",
    "two_stage_least_squares",
    "verdict",
    "weighting",
    "which_design",
    "winsorised",
    "write_dagitty",
    "write_edge_table",
    "write_gml",
]
