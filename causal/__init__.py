"""What would change if one acted? A question, whether it can be answered, the effect, and checks.

```python
from causal import CausalQuestion, identify, aipw, compare_estimators, placebo_treatment
```
"""

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
from .discover import Discovery, discover
from .dose_response import DoseResponse, dose_response
from .edge_table import write_edge_table
from .effect import EffectEstimate
from .effects.best_linear_projection import BestLinearProjection, best_linear_projection
from .effects.effect_heterogeneity import EffectHeterogeneity, effect_heterogeneity
from .effects.group_effects import GroupEffects, group_effects
from .effects.treatment_policy import TreatmentPolicy, treatment_policy
from .estimators.aipw import aipw
from .estimators.difference_in_means import difference_in_means
from .estimators.double_machine_learning import double_machine_learning
from .estimators.doubly_robust_late import doubly_robust_late
from .estimators.entropy_balancing import entropy_balancing
from .estimators.front_door import front_door
from .estimators.linear_regression import linear_regression
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
from .question import CausalQuestion
from .read_graph import read_graph
from .specification_curve import SpecificationCurve, specification_curve, specified, winsorised
from .verdict import Verdict, verdict

__all__ = [
    "Balance",
    "BestLinearProjection",
    "BootstrapInterval",
    "CausalGraph",
    "CausalQuestion",
    "CoverageMeter",
    "Discovery",
    "DoseResponse",
    "EValue",
    "EffectEstimate",
    "EffectHeterogeneity",
    "EstimatorComparison",
    "GroupEffects",
    "Identification",
    "Implications",
    "InfluentialRows",
    "NegativeControl",
    "NoEffect",
    "NuisanceQuality",
    "OmittedVariableBounds",
    "Overlap",
    "PlaceboTreatment",
    "PropensityCalibration",
    "RandomCommonCause",
    "RobustnessValue",
    "RosenbaumBounds",
    "SpecificationCurve",
    "SubsetStability",
    "TreatmentPolicy",
    "TrimLedger",
    "Verdict",
    "aipw",
    "balance",
    "best_linear_projection",
    "bootstrap_interval",
    "compare_estimators",
    "coverage_meter",
    "difference_in_means",
    "discover",
    "dose_response",
    "double_machine_learning",
    "doubly_robust_late",
    "e_value",
    "e_value_of",
    "effect_heterogeneity",
    "entropy_balancing",
    "front_door",
    "group_effects",
    "identify",
    "implications",
    "influential_rows",
    "linear_regression",
    "matching",
    "mediation",
    "negative_control",
    "nuisance_quality",
    "omitted_variable_bounds",
    "overlap",
    "placebo_outcome",
    "placebo_treatment",
    "propensity_calibration",
    "random_common_cause",
    "read_graph",
    "robustness_value",
    "robustness_value_of",
    "rosenbaum_bounds",
    "rosenbaum_bounds_of",
    "specification_curve",
    "specified",
    "standardisation",
    "stratification",
    "subset_stability",
    "tmle",
    "treatment_policy",
    "trim_ledger",
    "two_stage_least_squares",
    "verdict",
    "weighting",
    "winsorised",
    "write_dagitty",
    "write_edge_table",
    "write_gml",
]
