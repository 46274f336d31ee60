#!/usr/bin/env python3
"""Writes golden/mann_whitney.csv.  U by comparing all pairs; exact p over all choices of
current rows, in exact integers, value by value (binomials; no recurrence over rows), and with few
arrangements listed as well; limiting p by mpmath from the exact variance.  The interval of
Cliff's delta by mpmath from placements counted pair by pair.  SciPy (U, p without ties, limiting p) and
statsmodels (variance and degrees of freedom) must agree; gen_mann_whitney.R asks R."""
import itertools
import math
import random
import sys
from collections import Counter
from fractions import Fraction

import scipy
import statsmodels
from mpmath import atanh, betainc, erfc, findroot, log, mp, mpf, nstr, sqrt, tanh
from scipy import stats
from statsmodels.stats.nonparametric import rank_compare_2indep

mp.dps = 40
random.seed(20260304)


def twice_u(x, y):
    """Pairs with the current value (y) larger, times two; equal ones count one."""
    return sum((b > a) * 2 + (b == a) for a in x for b in y)


def exact(x, y):
    n, m, w = len(x), len(y), twice_u(x, y) - len(x) * len(y)
    ways, before = {(0, 0): 1}, 0
    for _, t in sorted(Counter(x + y).items()):
        after = Counter()
        for (b, u), count in ways.items():
            a = before - b
            for c in range(min(t, m - b) + 1):  # c of the t rows are current, t - c reference
                if a + t - c > n:
                    continue
                after[b + c, u + c * (2 * a + t - c)] += count * math.comb(t, c)
        ways, before = after, before + t
    hits = sum(count for (b, u), count in ways.items() if b == m and abs(u - n * m) >= abs(w))
    return Fraction(hits, math.comb(n + m, n))


def listed(x, y):
    pool, n, m, w = x + y, len(x), len(y), abs(twice_u(x, y) - len(x) * len(y))
    hits = all_ = 0
    for pick in itertools.combinations(range(n + m), n):
        s = set(pick)
        all_ += 1
        hits += abs(twice_u([pool[i] for i in pick], [pool[i] for i in range(n + m) if i not in s]) - n * m) >= w
    return Fraction(hits, all_)


def limiting(x, y):
    n, m, w = len(x), len(y), abs(twice_u(x, y) - len(x) * len(y))
    rows = n + m
    v = mpf(n * m) / 12 * (rows + 1 - mpf(sum(t ** 3 - t for t in Counter(x + y).values())) / (rows * (rows - 1)))
    z = max(mpf(0), mpf(w) / 2 - mpf(1) / 2) / sqrt(v)
    return erfc(z / sqrt(mpf(2)))


def t_quantile(df):
    start = stats.t.isf(0.025, float(df))
    return findroot(lambda t: betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) - mpf("0.05"), start)


def interval(x, y):
    n, m = len(x), len(y)
    delta = mpf(twice_u(x, y) - n * m) / (n * m)
    if abs(delta) == 1:
        bound = 2 * mpf("0.025") ** (mpf(1) / min(n, m)) - 1
        return delta, (bound, mpf(1)) if delta > 0 else (mpf(-1), -bound)
    if n < 2 or m < 2 or len(set(x + y)) < 2:
        return delta, ("nan", "nan")
    cx, cy = Counter(x), Counter(y)
    px = [mpf(sum(c * ((b > a) - (b < a)) for b, c in cy.items())) / m for a in x]  # placements: their mean is delta
    py = [mpf(sum(c * ((b > a) - (b < a)) for a, c in cx.items())) / n for b in y]
    vx = sum((v - delta) ** 2 for v in px) / (n - 1) / n
    vy = sum((v - delta) ** 2 for v in py) / (m - 1) / m
    df = (vx + vy) ** 2 / (vx ** 2 / (n - 1) + vy ** 2 / (m - 1))
    sm = rank_compare_2indep(y, x, use_t=True)
    if abs(4 * sm.var / sm.nobs / float(vx + vy) - 1) > 1e-9 or abs(sm.df / float(df) - 1) > 1e-9:
        raise SystemExit(f"statsmodels disagrees: {x} {y}")
    t = t_quantile(df) * sqrt(vx + vy) / (1 - delta ** 2)
    return delta, (tanh(atanh(delta) - t), tanh(atanh(delta) + t))


cases = [([1], [1]), ([1], [2]), ([3, 3], [3]), ([1, 2, 3], [4, 5, 6, 7]), ([9, 9, 8], [1, 2]), ([0, 0, 1], [0, 1, 1, 1]), ([1, 2], [1]), ([1, 3], [2]),
         ([5] * 6 + [7], [6] * 9), (list(range(70)), [v + 0.5 for v in range(70)]), ([0] * 9 + [1], [0] * 300 + [1] * 20), ([1, 1, 1, 2], [2, 2, 3])]
for n, m, k in [(3, 5, 3), (6, 6, 10 ** 6), (7, 4, 5), (10, 12, 4), (25, 25, 10 ** 6), (30, 45, 6), (40, 40, 2), (70, 70, 12), (8, 200, 15), (2, 900, 10 ** 6),
                (100, 120, 10 ** 6), (100, 120, 7), (500, 150, 2), (400, 400, 40)]:
    for power in (1, 1.4, 3):
        cases.append(([math.floor(k * random.random()) for _ in range(n)], [math.floor(k * random.random() ** power) for _ in range(m)]))
print("# statistic: U of current; variant: exact while (n + m) min(n, m) (2 n m + 1) <= 1e8")
print(f"# provenance: Python {sys.version.split()[0]} integers, mpmath {mp.dps} digits; checked against SciPy {scipy.__version__}, statsmodels {statsmodels.__version__}; gen_mann_whitney.R")
print("# regenerate: /usr/bin/python3 gen_mann_whitney.py > golden/mann_whitney.csv; check: Rscript gen_mann_whitney.R")
print("reference,current,statistic,variant,p,ln_p,delta,lower,upper")
for x, y in cases:
    n, m = len(x), len(y)
    u = twice_u(x, y) / 2
    variant = "exact" if (n + m) * min(n, m) * (2 * n * m + 1) <= 1e8 else "limiting"
    distinct = len(set(x + y)) == n + m
    if len(set(x + y)) == 1:
        variant, p = "none", mpf("nan")
    elif variant == "exact":
        q = exact(x, y)
        if math.comb(n + m, n) < 3000 and listed(x, y) != q:
            raise SystemExit(f"listing disagrees: {x} {y}")
        p = mpf(q.numerator) / q.denominator
        if distinct and abs(stats.mannwhitneyu(y, x, method="exact").pvalue / float(p) - 1) > 1e-9:
            raise SystemExit(f"SciPy disagrees: {x} {y}")
    else:
        p = limiting(x, y)
        if abs(stats.mannwhitneyu(y, x, method="asymptotic").pvalue / float(p) - 1) > 1e-9:
            raise SystemExit(f"SciPy disagrees: {x} {y}")
    if stats.mannwhitneyu(y, x, method="asymptotic").statistic != u:
        raise SystemExit(f"SciPy disagrees: {x} {y}")
    delta, (lower, upper) = interval(x, y)
    f = [v if isinstance(v, str) else nstr(v, 20) for v in (p, log(p), delta, lower, upper)]
    print(";".join(map(str, x)), ";".join(map(str, y)), u, variant, *f, sep=",")
