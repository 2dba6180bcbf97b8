"""Normal distributions mixed with weights: what is forecast when parameters are uncertain too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .design import Floats

#: Halvings of the stretch that holds a quantile: its length shrinks to a part in 2^50.
_HALVINGS = 50


@dataclass(frozen=True)
class Mixture:
    """m quantities, each a mixture of normal distributions: `means` and `sds` (draws, m), `weights`
    (draws,) that add up to one. `fitted` (m,) are the means at the parameters that fit best, which
    may lie at the edge of what is likely."""

    means: Floats
    sds: Floats
    weights: Floats
    fitted: Floats

    @classmethod
    def one(cls, means: Floats, sds: Floats) -> Mixture:
        """Plain normal distributions."""
        return cls(means[None, :], sds[None, :], np.ones(1), means)

    @classmethod
    def pooled(cls, parts: list[tuple[Mixture, float]]) -> Mixture:
        """Several mixtures of the same quantities, each with its share."""
        return cls(
            np.vstack([made.means for made, _ in parts]),
            np.vstack([made.sds for made, _ in parts]),
            np.concatenate([share * made.weights for made, share in parts]),
            np.sum([share * made.fitted for made, share in parts], axis=0),
        )

    def moved(self, location: float | Floats, spread: float) -> Mixture:
        """In another unit."""
        means, fitted = (location + spread * each for each in (self.means, self.fitted))
        return Mixture(means, spread * self.sds, self.weights, fitted)

    @property
    def mean(self) -> Floats:
        """The means (m,)."""
        return np.asarray(self.weights @ self.means)

    @property
    def sd(self) -> Floats:
        """The standard deviations (m,)."""
        return np.asarray(np.sqrt(self.weights @ (self.sds**2 + (self.means - self.mean) ** 2)))

    def below(self, at: Floats) -> Floats:
        """The chances of a value not above `at` (m,)."""
        from scipy.special import ndtr

        sds = np.maximum(self.sds, np.finfo(float).tiny)  # nothing is summed up yet: it is known
        return np.asarray(self.weights @ ndtr(np.clip((at - self.means) / sds, -40, 40)))

    def quantile(self, share: float) -> Floats:
        """The values with this chance of being below (m,), by halving."""
        low = (self.means - 40 * self.sds).min(axis=0)
        high = (self.means + 40 * self.sds).max(axis=0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            is_below = self.below(middle) < share
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        return np.asarray((low + high) / 2)

    def p_value(self, at: Floats) -> Floats:
        """Two-sided chances of a value as far out as `at` (m,)."""
        below = self.below(at)
        return np.asarray(2 * np.minimum(below, 1 - below))
