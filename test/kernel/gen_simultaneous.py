#!/usr/bin/env python3
"""Writes golden/simultaneous.csv.  p and quantiles by SciPy; Holm's compatible
bounds by brute force, from their definition as the dual of a closed test (Strassburger and Bretz 2008):
of every subset I of the hypotheses, its parameters (those of I at or below their
null values, the others above) are accepted unless Bonferroni's test of I rejects
them; a bound is the smallest value of an effect in any accepted subset.  BH and
Holm by statsmodels."""
import itertools
import random

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

random.seed(77)


def law(df):
    return stats.norm if np.isinf(df) else stats.t(df)


def isf(df, q):
    """SciPy's quantile of t has nine digits; two steps of Newton's method."""
    x = law(df).isf(q)
    for _ in range(2):
        x += (law(df).sf(x) - q) / law(df).pdf(x)
    return x


def holm_lower(est, se, df, null, alpha):
    m = len(est)
    low = lambda i, a: est[i] - isf(df[i], a) * se[i]
    best = [np.inf] * m
    for size in range(m + 1):
        for I in itertools.combinations(range(m), size):
            if size and any(low(i, alpha / size) >= null[i] for i in I):
                continue        # the test of I rejects all of its parameters
            for i in range(m):
                if size == 0:   # every effect above its null value, tested where it is
                    b = max(null[i], low(i, alpha / m))
                else:
                    b = low(i, alpha / size) if i in I else null[i]
                best[i] = min(best[i], b)
    return best


def text(v):
    return " ".join("inf" if x == np.inf else "-inf" if x == -np.inf else "nan" if np.isnan(x) else repr(float(x)) for x in v)


print(f"# provenance: SciPy {scipy.__version__}, statsmodels {statsmodels.__version__} (multipletests), brute force over subsets for Holm's bounds")
print("# regenerate: /usr/bin/python3 gen_simultaneous.py > golden/simultaneous.csv")
print("method,alternative,alpha,estimates,ses,dfs,nulls,weights,p_adjusted,lowers,uppers")
for method in ("none", "bonferroni", "weighted", "sidak", "holm", "fcr"):
    for alternative in ("two-sided", "greater", "less"):
        if method == "holm" and alternative == "two-sided":
            continue
        for trial in range(9):
            m = random.choice((1, 2, 3, 5, 6))
            alpha = random.choice((.05, .1, .01))
            sign = -1 if alternative == "less" else 1
            shift = random.choice((0, 1.5, 3, 5))
            est = [sign * random.gauss(shift, 1.5) for _ in range(m)]
            se = [random.uniform(.3, 1.5) for _ in range(m)]
            df = [random.choice((np.inf, 5., 30.5, 1000.)) for _ in range(m)]
            null = [random.choice((0, 0, -.25, .5)) for _ in range(m)]
            weight = [np.nan] * m
            if method == "weighted":
                weight = [random.random() for _ in range(m)]
                weight = [w / sum(weight) / random.choice((1, 1.3)) for w in weight]
            t = [(e - z) / s for e, s, z in zip(est, se, null)]
            p = [2 * law(d).sf(abs(x)) if alternative == "two-sided" else law(d).sf(sign * x) for x, d in zip(t, df)]
            level = [alpha] * m
            if method == "none":
                adjusted = p
            elif method == "bonferroni":
                adjusted, level = [min(1, x * m) for x in p], [alpha / m] * m
            elif method == "weighted":
                adjusted, level = [min(1, x / w) for x, w in zip(p, weight)], [alpha * w for w in weight]
            elif method == "sidak":
                adjusted, level = multipletests(p, alpha, "sidak")[1], [1 - (1 - alpha) ** (1 / m)] * m
            elif method == "holm":
                adjusted = multipletests(p, alpha, "holm")[1]
            else:
                adjusted = multipletests(p, alpha, "fdr_bh")[1]
                chosen = sum(adjusted <= alpha)
                level = [alpha * chosen / m if a <= alpha else np.nan for a in adjusted]
            if method == "holm":
                bound = holm_lower([sign * e for e in est], se, df, [sign * z for z in null], alpha)
                lower = bound if sign > 0 else [-np.inf] * m
                upper = [np.inf] * m if sign > 0 else [-b for b in bound]
            else:
                sides = 2 if alternative == "two-sided" else 1
                half = [isf(d, a / sides) * s if not np.isnan(a) else np.nan for a, s, d in zip(level, se, df)]
                lower = [e - h if alternative != "less" else (-np.inf if not np.isnan(h) else np.nan) for e, h in zip(est, half)]
                upper = [e + h if alternative != "greater" else (np.inf if not np.isnan(h) else np.nan) for e, h in zip(est, half)]
            print(",".join(["bonferroni" if method == "weighted" else method, alternative, repr(alpha)] + [text(v) for v in (est, se, df, null, weight, adjusted, lower, upper)]))
