"""The Kalman filter for many parameters at once: what importance sampling asks of a model.

statsmodels filters one set of parameters in about a millisecond, most of it spent on the way in;
here all sets go through the times together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.progress import Progress

from .design import Floats

#: The variance of what is not known beforehand, where the outcome's is one.
_DIFFUSE = 1e7
#: A variance is at least this: rounding can make that of a path met exactly negative.
_LEAST = 1e-14


@dataclass(frozen=True)
class Systems:
    """State-space models (B of them) that differ in their parameters only: how the state moves
    (B, k, k), its shocks' covariance, the noise (B,), its covariance at the start, and how it is
    seen at each time (n, k)."""

    move: Floats
    shock: Floats
    noise: Floats
    start: Floats
    see: Floats

    def taking(self, kept: NDArray[np.bool_]) -> Systems:
        """Some of them."""
        return Systems(
            self.move[kept], self.shock[kept], self.noise[kept], self.start[kept], self.see
        )


@dataclass(frozen=True)
class Filtered:
    """The log-likelihoods (B,), but for a constant, and the states forecast for the next time with
    their covariances."""

    log_likelihood: Floats
    state: Floats
    cov: Floats

    def taking(self, kept: NDArray[np.bool_]) -> Filtered:
        """Some of them."""
        return Filtered(self.log_likelihood[kept], self.state[kept], self.cov[kept])


def systems_of(model: Any, natural: list[Floats], lasting: Floats | None) -> Systems:
    """The models of these parameters, as statsmodels takes them; `lasting` (B,) is the share of
    an error that lasts, for models with such errors: their state begins in its long run."""
    moves, shocks, noises = [], [], []
    for parameters in natural:
        model.update(parameters, transformed=True)
        ssm = model.ssm
        moves.append(ssm["transition"].copy())
        shocks.append(ssm["selection"] @ ssm["state_cov"] @ ssm["selection"].T)
        noises.append(float(ssm["obs_cov"][0, 0]))
    design = np.array(ssm["design"])
    see = np.broadcast_to(design[0].T, (model.nobs, design.shape[1]))
    move, shock = np.array(moves), np.array(shocks)
    start = np.tile(_DIFFUSE * np.eye(move.shape[1]), (len(move), 1, 1))
    if lasting is not None:
        at = move.shape[1] - 1 - (0 if model.exog is None else model.exog.shape[1])
        start[:, at, at] = shock[:, at, at] / (1 - lasting**2)
    return Systems(move, shock, np.array(noises), start, see)


@np.errstate(over="ignore", invalid="ignore")
def filter_many(systems: Systems, y: Floats, progress: Progress) -> Filtered:
    """The filter over `y` (n,), NaN where it is missing. Parameters under which it runs over have a
    log-likelihood that is not finite."""
    count, size = systems.start.shape[:2]
    state, cov, height = np.zeros((count, size)), systems.start, np.zeros(count)
    turned = systems.move.transpose(0, 2, 1)
    for t, value in enumerate(y):
        if t % 16 == 0:
            progress(t / len(y))
        if not np.isnan(value):
            seen = cov @ systems.see[t]
            spread = np.maximum(seen @ systems.see[t] + systems.noise, _LEAST)
            off = value - state @ systems.see[t]
            height -= 0.5 * (np.log(spread) + off**2 / spread)
            gain = seen / spread[:, None]
            state = state + gain * off[:, None]
            cov = cov - gain[:, :, None] * seen[:, None, :]
        state = (systems.move @ state[:, :, None])[:, :, 0]
        cov = systems.move @ cov @ turned + systems.shock
        cov = (cov + cov.transpose(0, 2, 1)) / 2
    return Filtered(height, state, cov)


def ahead(systems: Systems, filtered: Filtered, first: int, counted: Floats) -> Floats:
    """Mean and variance of the outcome from the time `first` on, and of its running sum over the
    `counted` times (1 or 0), (4, B, steps)."""
    state, cov = filtered.state, filtered.cov
    turned = systems.move.transpose(0, 2, 1)
    total, total_var = np.zeros(len(state)), np.zeros(len(state))
    shared = np.zeros_like(state)
    found = np.empty((4, len(state), len(counted)))
    for k, weight in enumerate(counted):
        see = systems.see[first + k]
        seen = cov @ see
        mean, var = state @ see, np.maximum(seen @ see + systems.noise, _LEAST)
        # the sum so far and the state move together: `shared` is their covariance
        total_var = np.maximum(total_var + weight * (2 * (shared @ see) + weight * var), 0.0)
        shared = shared + weight * seen
        total = total + weight * mean
        found[:, :, k] = mean, var, total, total_var
        state, shared = ((systems.move @ each[:, :, None])[:, :, 0] for each in (state, shared))
        cov = systems.move @ cov @ turned + systems.shock
    return found
