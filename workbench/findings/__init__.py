"""What would go wrong without a word, found by looking: one file per finding.

Importing this package registers every check; `findings` runs them on a data set or on a model.
"""

from . import (  # noqa: F401  (each registers its check)
    average_probability,
    badly_calibrated,
    beyond_the_training_rows,
    capped_target,
    class_imbalance,
    codes_as_numbers,
    constant_column,
    copies_across_the_split,
    drift,
    duplicate_rows,
    fails_in_a_slice,
    few_rows,
    groups_across_the_split,
    identifier_as_feature,
    importance_that_vanishes,
    learned_by_heart,
    missing_tells_target,
    near_twins,
    no_better_than_nothing,
    no_better_than_yardstick,
    numbers_as_text,
    random_split_in_time,
    rare_levels,
    repeated_groups,
    row_order,
    target_is_a_sum,
    target_leakage,
    time_order,
    weight_ignored,
)
from ._check import CHECKS, Check, Finding, Page, Severity
from .findings import Findings, findings

__all__ = ["CHECKS", "Check", "Finding", "Findings", "Page", "Severity", "findings"]
