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
_SMOOTH = 0.5  # up to this rho, cells between edges that lie ever further apart are interpolated
_PER_STEP = 12  # edges from an end to twice as far from it


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
    a, b = (np.full(len(shares), share * (1 / rho - 1)) for share in (mean, 1 - mean))
    return _expit(_find_logits(a, b, shares))


def find_cell_means(mean: Floats, rho: float, count: int) -> Floats:
    """(D, count) the means of the quantile over each of `count` cells of equal share, ascending, of
    D distributions of these means (D,). rho above 0, below 1.

    Over all cells they come to the mean of the distribution exactly: the mean of x below a quantile
    is q I_x(a + 1, b). That is found at all edges, or up to a rho of 0.5, where it is smooth, at
    some, with its slope, which is the quantile, and between them by cubics (Hermite): cells are
    then within 1e-5 of their means.
    """
    edges = _choose_edges(count) if rho <= _SMOOTH else np.arange(count + 1)
    inside, size, several = edges[1:-1] / count, 1 / rho - 1, len(mean)
    a, b = (np.repeat(share * size, len(inside)) for share in (mean, 1 - mean))
    logits = _find_logits(a, b, np.tile(inside, several))
    below = np.exp(_log_share(a + 1, b, logits)).reshape(several, -1)
    ends = np.zeros(several), np.ones(several)
    below = np.column_stack([ends[0], below, ends[1]])
    if len(edges) <= count:
        slope = _expit(logits).reshape(several, -1) / mean[:, None]
        below = _interpolate(edges, below, np.column_stack([ends[0], slope, 1 / mean]))
    return np.clip(count * mean[:, None] * np.diff(below, axis=1), 0.0, 1.0)


def _choose_edges(count: int) -> Ints:
    """Of cells, from 0 to `count`: all at both ends, then ever further apart."""
    half = [0]
    while half[-1] < count // 2:
        half.append(min(half[-1] + max(1, half[-1] // _PER_STEP), count // 2))
    return np.unique([*half, *(count - edge for edge in half)])


def _interpolate(edges: Ints, values: Floats, slopes: Floats) -> Floats:
    """(D, count + 1) the values at every edge, by cubics with these values and slopes at some.

    values, slopes: (D, k) at `edges` (k,); slopes by the share of all edges
    """
    every = np.arange(edges[-1] + 1)
    i = np.minimum(np.searchsorted(edges, every, side="right") - 1, len(edges) - 2)
    width = edges[i + 1] - edges[i]
    t, h = (every - edges[i]) / width, width / edges[-1]
    first, then = (1 + 2 * t) * (1 - t) ** 2 * values[:, i], t * t * (3 - 2 * t) * values[:, i + 1]
    up, down = t * (1 - t) ** 2 * h * slopes[:, i], t * t * (1 - t) * h * slopes[:, i + 1]
    found: Floats = first + then + up - down
    return found


def _find_logits(a: Floats, b: Floats, shares: Floats) -> Floats:
    """log(x / (1 - x)) of the quantiles of shares in (0, 1), each of its own distribution."""
    lower = shares <= 0.5
    found = np.empty(len(shares))
    found[lower] = _solve(a[lower], b[lower], shares[lower])
    found[~lower] = -_solve(b[~lower], a[~lower], 1 - shares[~lower])  # of 1 - x, mirrored
    return found


def _solve(a: Floats, b: Floats, shares: Floats) -> Floats:
    """log(x / (1 - x)) of the quantiles, for shares of at most 1/2."""
    wanted, log_beta = np.log(np.maximum(shares, _TINY)), _log_beta(a, b)
    first = (wanted + np.log(a) + log_beta) / a  # log x where x is small
    small = first < -1
    guess = np.where(small, first - np.log1p(-np.exp(np.minimum(first, -1e-9))), 0.0)
    at: Floats = np.where(small, guess, np.log(a / b))
    open_ = np.arange(len(at))
    for _ in range(_STEPS):
        x, c, d = at[open_], a[open_], b[open_]
        log_share = _log_share(c, d, x)
        slope = np.exp(-c * _softplus(-x) - d * _softplus(x) - log_beta[open_] - log_share)
        step = np.clip((log_share - wanted[open_]) / np.maximum(slope, _TINY), -_FAR, _FAR)
        at[open_] = x - step
        open_ = open_[np.abs(step) > _CLOSE * (1 + np.abs(x - step))]
        if not len(open_):
            break
    return at


def _log_share(a: Floats, b: Floats, logit: Floats) -> Floats:
    """log I_x(a, b) by log(x / (1 - x)): itself where the fraction converges, else by the rest."""
    log_x, log_rest = -_softplus(-logit), -_softplus(logit)
    front = a * log_x + b * log_rest - _log_beta(a, b)
    direct = np.exp(log_x) < (a + 1) / (a + b + 2)
    found = np.empty_like(logit)
    c, d = a[direct], b[direct]
    found[direct] = front[direct] - np.log(c) + np.log(_fraction(c, d, np.exp(log_x[direct])))
    c, d = a[~direct], b[~direct]
    above = np.exp(front[~direct] - np.log(d)) * _fraction(d, c, np.exp(log_rest[~direct]))
    found[~direct] = np.log1p(-np.minimum(above, 1 - 1e-16))
    return found


def _log_beta(a: Floats, b: Floats) -> Floats:
    """log B(a, b), found once for each run of equal ones."""
    changes = np.flatnonzero((np.diff(a) != 0) | (np.diff(b) != 0)) + 1
    starts = np.concatenate([[0], changes])[: len(a)]
    each = [
        math.lgamma(c) + math.lgamma(d) - math.lgamma(c + d)
        for c, d in zip(a[starts].tolist(), b[starts].tolist(), strict=True)
    ]
    return np.repeat(np.array(each), np.diff(np.append(starts, len(a))))


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
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
