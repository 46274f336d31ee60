#!/usr/bin/env python3
"""Writes golden/ks.csv: two-sample Kolmogorov-Smirnov with ties.  p is counted in
exact integers value by value (how many of the rows of a value are reference rows:
a product of binomials, no lattice path); where there are few arrangements, all of them
are listed as well and must agree.  D must agree with SciPy.  gen_ks.R asks R's psmirnov."""
import itertools
import math
import random
import sys
from collections import Counter
from fractions import Fraction

import scipy
from mpmath import log, mp, mpf
from scipy import stats

mp.dps = 50
random.seed(20260302)


def distance(x, y):
    n, m, a, b, best = len(x), len(y), 0, 0, 0
    cx, cy = Counter(x), Counter(y)
    for v in sorted(set(x) | set(y)):
        a, b = a + cx[v], b + cy[v]
        best = max(best, abs(a * m - b * n))
    return best


def exact(x, y):
    """Share of the C(N, n) choices of reference rows with at least the observed D."""
    n, m, c = len(x), len(y), distance(x, y)
    ways, rows = {0: 1}, 0
    for _, t in sorted(Counter(x + y).items()):
        rows += t
        after = Counter()
        for a, w in ways.items():
            for k in range(t + 1):
                if a + k <= n and abs((a + k) * m - (rows - a - k) * n) < c:
                    after[a + k] += w * math.comb(t, k)
        ways = after
    total = math.comb(n + m, n)
    return Fraction(total - ways.get(n, 0), total)


def listed(x, y):
    pool, n, c = x + y, len(x), distance(x, y)
    hits = all_ = 0
    for pick in itertools.combinations(range(len(pool)), n):
        s = set(pick)
        all_ += 1
        hits += distance([pool[i] for i in pick], [v for i, v in enumerate(pool) if i not in s]) >= c
    return Fraction(hits, all_)


cases = [([1], [1]), ([0], [1]), ([0, 0], [0, 1]), ([0] * 400 + [1] * 100, [1] * 600), ([0] * 600, [0] + [1] * 699), ([1, 2] * 350, [3, 3, 4] * 200),
         ([1, 1, 2, 3, 3, 5], [2, 2, 3, 5, 5, 6, 7])]
for n, m, k in [(3, 4, 2), (5, 5, 3), (6, 4, 4), (4, 9, 3), (7, 7, 20), (2, 12, 5), (30, 50, 6), (60, 60, 9), (100, 37, 2),
                (200, 200, 40), (50, 400, 1000), (300, 300, 10 ** 9), (500, 300, 3)]:
    for shift in (0, 0.3, 1):
        x = [math.floor(k * random.random()) for _ in range(n)]
        y = [math.floor(k * (random.random() ** (1 + shift))) for _ in range(m)]
        cases.append((x, y))
for n, m in [(50, 60), (200, 100)]:  # 95 % zeros
    cases.append(([0] * (n - n // 20) + [random.randint(1, 9) for _ in range(n // 20)], [0] * (m - m // 4) + [random.randint(1, 9) for _ in range(m // 4)]))
print(f"# provenance: exact integers (Python {sys.version.split()[0]}); D checked against SciPy {scipy.__version__} ks_2samp; p checked against R psmirnov by gen_ks.R")
print("# regenerate: /usr/bin/python3 gen_ks.py > golden/ks.csv; check: Rscript gen_ks.R")
print("reference,current,c,p,ln_p")
for x, y in cases:
    p = exact(x, y)
    if math.comb(len(x) + len(y), len(x)) < 30000 and listed(x, y) != p:
        raise SystemExit(f"listing disagrees: {x} {y}")
    c = distance(x, y)
    if abs(stats.ks_2samp(x, y, mode="asymp").statistic - c / (len(x) * len(y))) > 1e-14:
        raise SystemExit(f"SciPy disagrees: {x} {y}")
    q = mpf(p.numerator) / p.denominator
    print(";".join(map(str, x)), ";".join(map(str, y)), c, mp.nstr(q, 20), mp.nstr(log(q), 20), sep=",")
