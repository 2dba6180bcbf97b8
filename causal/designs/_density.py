"""The density of a running variable on the two sides of a cut-off, as the slope of its empirical
distribution function.

On each side a polynomial is fitted to the distribution function F̂ of all rows at the rows near the
cut-off, the nearer the heavier; its slope there is the density. Nothing is put into bins. A slope
is Σ lⱼ F̂(xⱼ), and F̂ is a mean over rows, so row i adds Σ lⱼ (1(xᵢ ≤ xⱼ) − F̂(xⱼ)) to it: the
variance is that of these, and is right where rows share values.

Source: Cattaneo, Jansson & Ma, Journal of the American Statistical Association 115 (2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._local import Side, coefficients
from .design import Floats

#: The order of the polynomial whose bandwidth is chosen; the interval's is one more.
ORDER = 2
#: Within a bandwidth lie at least so many distinct values of each side.
FEWEST_VALUES = 20 + ORDER + 1
#: The root of ∫ φ'''² for a normal density of spread 1: how a density bends that runs like it.
_BEND = np.sqrt(15 / (16 * np.sqrt(np.pi)))


@dataclass(frozen=True)
class Distribution:
    """F̂ at the rows of both sides, in the order of `x`, 0 at the cut-off; `rows` of both."""

    left: Side
    right: Side
    rows: int

    @classmethod
    def of(cls, x: Floats) -> Distribution:
        """That of the values (n,), in any order."""
        x = np.sort(x)
        share = np.searchsorted(x, x, side="right")[:, None] / len(x)
        whole = Side(x, share, np.ones(len(x)), None, False)
        return cls(whole.take(x < 0), whole.take(x >= 0), len(x))


class Slope:
    """Coefficients of one side's polynomial of F̂ at the cut-off, within `h`."""

    def __init__(self, side: Side, rows: int, order: int, h: float) -> None:
        self.near, self.rows, self.h = side.within(h), rows, h
        self.makes = coefficients(self.near, order, h)

    def at(self, places: Floats) -> tuple[Floats, Floats]:
        """The density at places near the cut-off and its variance."""
        powers = np.arange(1, len(self.makes))
        weights = (powers * places[:, None] ** (powers - 1)) @ self.makes[1:]
        return weights @ self.near.d[:, 0], self.variance(weights)

    def variance(self, weights: Floats) -> Floats:
        """The variance of Σ lⱼ F̂(xⱼ) for each row l of `weights` (m, n), Σ lⱼ = 0."""
        beyond = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
        first = np.searchsorted(self.near.x, self.near.x, side="left")
        mean, n = weights @ self.near.d[:, 0], self.rows
        return np.asarray(((beyond[:, first] ** 2).sum(axis=1) - n * mean**2) / (n * (n - 1)))

    def leading(self, which: int) -> float:
        """What of the next coefficient up a coefficient takes with it: its bias."""
        return float(self.makes[which] @ self.near.x ** len(self.makes))


@dataclass(frozen=True)
class DensityJump:
    """The densities at the cut-off by a cubic (left, right), how much the right one is higher, its
    standard error, and the bandwidths."""

    densities: tuple[float, float]
    step: float
    std_error: float
    h: tuple[float, float]


def density_jump(made: Distribution, h: tuple[float, float]) -> DensityJump:
    """The jump by polynomials one order above that whose bandwidths `h` are (left, right), so that
    its bias is small beside its error (robust bias correction)."""
    here = np.zeros(1)
    found = [
        Slope(side, made.rows, ORDER + 1, width).at(here)
        for side, width in zip((made.left, made.right), h, strict=True)
    ]
    (low, high), (of_low, of_high) = ([float(f[k][0]) for f in found] for k in (0, 1))
    # A row is on one side only: the two estimates lean apart as shares do.
    variance = of_low + of_high + 2 * low * high / (made.rows - 1)
    return DensityJump((low, high), high - low, float(np.sqrt(variance)), h)


def density_bandwidths(made: Distribution) -> tuple[float, float]:
    """The bandwidths (left, right): of that with the smallest estimated mean squared error for the
    side's density, for the difference and for the sum of the two, the middle one.

    The bias comes from the third coefficient of a cubic, within the bandwidth that would be best
    for it if the density bent as a normal one of the same spread; how uncertain it is is added to
    its square, thrice (as Calonico, Cattaneo & Titiunik 2014 do).
    """
    sides = (made.left, made.right)
    whole = np.concatenate([side.x for side in sides])
    parts = [_parts(side, made.rows, float(whole.std(ddof=1))) for side in sides]
    each = [_best(variance, bias**2 + unsure) for variance, bias, unsure in parts]
    both = sum(p[0] for p in parts)
    unsure = sum(p[2] for p in parts)
    together = [_best(both, (parts[1][1] + sign * parts[0][1]) ** 2 + unsure) for sign in (-1, 1)]
    left, right = (
        _within(side, float(np.median([own, *together])))
        for side, own in zip(sides, each, strict=True)
    )
    return left, right


def _parts(side: Side, rows: int, spread: float) -> tuple[float, float, float]:
    """Of the density at the cut-off by a quadratic: its variance, its bias, and the uncertainty of
    its squared bias, without the powers of the bandwidth (h⁻¹, h², h⁴)."""
    trial = _within(side, spread)
    cubic = Slope(side, rows, ORDER + 1, trial)
    variance = float(cubic.variance(cubic.makes[[3]])[0])
    bend = cubic.leading(3) * _BEND / (24 * spread**4)
    pilot = _within(side, trial * float((2.5 * variance / bend**2) ** (1 / 7)))
    cubic = Slope(side, rows, ORDER + 1, pilot)
    third = float(cubic.makes[3] @ cubic.near.d[:, 0])
    spread_of_third = float(cubic.variance(cubic.makes[[3]])[0])
    quadratic = Slope(side, rows, ORDER, pilot)
    per = quadratic.leading(1) / pilot**2
    of_slope = pilot * float(quadratic.variance(quadratic.makes[[1]])[0])
    return of_slope, per * third, 3 * per**2 * spread_of_third


def _best(variance: float, squared_bias: float) -> float:
    """What makes variance / h + squared bias · h⁴ least."""
    return float((variance / (4 * squared_bias)) ** (1 / 5))


def _within(side: Side, h: float) -> float:
    """A bandwidth that reaches over enough distinct values and not beyond the farthest."""
    distances = side.distinct
    least = float(distances[min(FEWEST_VALUES, len(distances)) - 1])
    farthest = float(distances[-1])
    return float(np.clip(h, np.nextafter(least, np.inf), np.nextafter(farthest, np.inf)))
