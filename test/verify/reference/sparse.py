"""p-values of 2 x k tables as documented in doc/statistics/tests.md, in NumPy and SciPy: chi-square's distribution,
or, when fewer than 5 rows are expected in some cell, the gamma distribution with the mean and variance
that the statistic has given both margins (chi-square: Dawson 1954; G: Holst 1972)."""
import numpy as np
from scipy import special, stats


def chi2_moments(columns, n, m):
    """Dawson 1954; test/kernel/gen_sparse.py has the same from all tables."""
    N, k = float(n + m), len(columns)
    if N <= 3:
        return (k - 1) * N / (N - 1), 0
    v = [(r - 1) * (N - r) / (N - 1) for r in (2, k)]
    w = [(n - m)**2 / (n * m) / (N - 2), ((N / columns).sum() - k**2) / (N - 2)]
    return (k - 1) * N / (N - 1), 2 * N / (N - 3) * (v[0] - w[0]) * (v[1] - w[1]) + N**2 / (N - 1) * w[0] * w[1]


def g_moments(columns, n, m):
    N = float(n + m)
    p = min(n, m) / N
    mean, variance, cov = -1., -2., 0.
    for c, times in zip(*np.unique(columns, return_counts=True)):
        if c * p >= 25:
            mu = 1 + (1 / p + 1 / (1 - p) - 1) / (6 * c)
            mean, variance = mean + times * mu, variance + times * 2 * mu**2
            continue
        b = np.arange(min(c, 2000) + 1.)
        w = stats.binom.pmf(b, c, p)
        g = 2 * (special.xlogy(b, b / (c * p)) + special.xlogy(c - b, (c - b) / (c * (1 - p))))
        mu = (w * g).sum()
        mean, variance, cov = mean + times * mu, variance + times * (w * (g - mu)**2).sum(), cov + times * (w * (g - mu) * (b - c * p)).sum()
    return mean, variance - cov**2 / (N * p * (1 - p))


def tail(statistic, r, c, g=False):
    """(p, ln p) of a table without empty columns."""
    n, m = r.sum(), c.sum()
    columns = r + c
    if columns.min() * min(n, m) / (n + m) < 5:
        mean, variance = (g_moments if g else chi2_moments)(columns, n, m)
        if mean > 0 and variance > 0:
            shape = mean**2 / variance
            return stats.gamma.sf(statistic * mean / variance, shape), stats.gamma.logsf(statistic * mean / variance, shape)
    return stats.chi2.sf(statistic, len(columns) - 1), stats.chi2.logsf(statistic, len(columns) - 1)
