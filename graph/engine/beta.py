"""Quantiles of the Beta distribution, by the inverse of the regularised incomplete beta function.

I_x(a, b) by its continued fraction (Lentz's method; Press et al., Numerical Recipes, 6.4), the
inverse by Newton's method on log I as a function of log(x / (1 - x)), where it is concave, so that
the steps settle from one side.
"""

import math

import numpy as np

from knockon.graph.arrays import Floats, Ints

_TINY = 1e-300
_TERMS = 20_000  # of the continued fraction; it takes about the square root of a + b
_FAR = 1e12  # on the scale of log(x / (1 - x))
_STEPS = 60
_CLOSE = 1e-11


def find_quantiles(mean: float, rho: float, shares: Floats) -> Floats:
    """The values below which these shares (k,) of a Beta distribution lie, ascending with them.

    mean: q of the distribution; rho: its intra-class correlation, so that a = q (1 / rho - 1) and
    b = (1 - q) (1 / rho - 1). Where either is 0 or 1 it is no density: q itself at rho 0, at
    rho 1 either 0 (for shares below 1 - q) or 1.
    """
    if mean <= 0 or mean >= 1 or rho <= 0:
        return np.full(len(shares), float(mean))
    if rho >= 1:
        return (shares >= 1 - mean).astype(np.float64)
    return _expit(_find_logits(mean, rho, shares))


def find_cell_means(mean: float, rho: float, cells: Ints, count: int) -> Floats:
    """(k,) the means of the quantile over these of `count` cells of equal share, 0 the lowest.

    Over all cells they come to the mean of the distribution exactly: the mean of x below a
    quantile is q I_x(a + 1, b). rho above 0, below 1.
    """
    size = 1 / rho - 1
    a, b = mean * size, (1 - mean) * size
    edges, place = np.unique(np.concatenate([cells, cells + 1]), return_inverse=True)
    below = np.where(edges >= count, 1.0, 0.0)
    inside = (edges > 0) & (edges < count)
    below[inside] = np.exp(_log_share(a + 1, b, _find_logits(mean, rho, edges[inside] / count)))
    shares = below[place[len(cells) :]] - below[place[: len(cells)]]
    return np.clip(count * mean * shares, 0.0, 1.0)


def _find_logits(mean: float, rho: float, shares: Floats) -> Floats:
    """log(x / (1 - x)) of the quantiles of shares in (0, 1)."""
    size = 1 / rho - 1
    a, b = mean * size, (1 - mean) * size
    lower = shares <= 0.5
    found = np.empty(len(shares))
    found[lower] = _solve(a, b, shares[lower])
    found[~lower] = -_solve(b, a, 1 - shares[~lower])  # of 1 - x, of the mirrored one
    return found


def _solve(a: float, b: float, shares: Floats) -> Floats:
    """log(x / (1 - x)) of the quantiles, for shares of at most 1/2."""
    wanted = np.log(np.maximum(shares, _TINY))
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    first = (wanted + math.log(a) + log_beta) / a  # log x where x is small
    small = first < -1
    guess = np.where(small, first - np.log1p(-np.exp(np.minimum(first, -1e-9))), 0.0)
    at: Floats = np.where(small, guess, math.log(a / b))
    for _ in range(_STEPS):
        log_share = _log_share(a, b, at)
        slope = np.exp(-a * _softplus(-at) - b * _softplus(at) - log_beta - log_share)
        step = np.clip((log_share - wanted) / np.maximum(slope, _TINY), -_FAR, _FAR)
        at = at - step
        if (np.abs(step) <= _CLOSE * (1 + np.abs(at))).all():
            break
    return at


def _log_share(a: float, b: float, logit: Floats) -> Floats:
    """log I_x(a, b) by log(x / (1 - x)): itself where the fraction converges, else by the rest."""
    log_x, log_rest = -_softplus(-logit), -_softplus(logit)
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = a * log_x + b * log_rest - log_beta
    direct = np.exp(log_x) < (a + 1) / (a + b + 2)
    found = np.empty_like(logit)
    x = np.exp(log_x[direct])
    found[direct] = front[direct] - math.log(a) + np.log(_fraction(a, b, x))
    rest = np.exp(log_rest[~direct])
    above = np.exp(front[~direct] - math.log(b)) * _fraction(b, a, rest)
    found[~direct] = np.log1p(-np.minimum(above, 1 - 1e-16))
    return found


def _fraction(a: float, b: float, x: Floats) -> Floats:
    """The continued fraction of I_x(a, b), for x below (a + 1) / (a + b + 2)."""
    c = np.ones_like(x)
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    h = d.copy()
    for m in range(1, _TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            change = d * c
            h *= change
        if not len(x) or (np.abs(change - 1) < 1e-15).all():
            break
    return h


def _away_from_zero(values: Floats) -> Floats:
    return np.where(np.abs(values) < _TINY, _TINY, values)


def _softplus(values: Floats) -> Floats:
    return np.logaddexp(0.0, values)


def _expit(logit: Floats) -> Floats:
    return np.exp(-_softplus(-logit))
