#!/usr/bin/env python3
"""Writes golden/wasserstein_test.csv and golden/wasserstein_permuted.csv.

The first: distance by SciPy (and by mpmath as the integral of |F - G|, with which SciPy must agree),
effect and interval by mpmath, and p over all permutations, listed (equal but for a relative 1e-10 is equal). The second: p of larger samples by numpy,
200,000 or 20,000 permutations as multivariate hypergeometric vectors of all distinct values."""
import itertools
import random
import sys
from collections import Counter
from fractions import Fraction

import mpmath
import numpy
import scipy
from mpmath import erfinv, mp, mpf, nstr, sqrt
from scipy import stats

mp.dps = 40
random.seed(20260306)


def shares(x, y):
    """(gap, F, G) between neighbouring values."""
    v, cx, cy, a, b = sorted(set(x) | set(y)), Counter(x), Counter(y), 0, 0
    for lo, hi in zip(v, v[1:]):
        a, b = a + cx[lo], b + cy[lo]
        yield Fraction(hi) - Fraction(lo), Fraction(a, len(x)), Fraction(b, len(y))


def distance(x, y):
    return sum(g * abs(p - q) for g, p, q in shares(x, y))


def real(q):
    return mpf(q.numerator) / q.denominator


def variance(v):
    v = [Fraction(a) for a in v]
    mean = sum(v) / len(v)
    return real(sum((a - mean) ** 2 for a in v) / (len(v) - 1))


def interval(x, y, w):
    n, m = len(x), len(y)
    sd = sqrt(variance(x + y)) if n + m > 1 else mpf(0)
    if sd == 0:
        return ["nan"] * 3
    if n < 2 or m < 2:
        return [w / sd, "nan", "nan"]

    def error(v, w):  # standard error; no side's variance is taken for less than that within both
        within = (n * v + m * w) / (n + m)
        return sqrt(max(v, within) / n + max(w, within) / m)
    noise = sum(real(g) * error(real(p * (1 - p)), real(q * (1 - q))) for g, p, q in shares(x, y))
    z = sqrt(mpf(2)) * erfinv(mpf("0.9"))
    bound = sqrt(2 / mpmath.pi) * noise + z * error(variance(x), variance(y))
    return [w / sd, max(mpf(0), (w - bound) / sd), (w + bound) / sd]


def listed(x, y):
    pool, n, w = x + y, len(x), distance(x, y)
    hits = all_ = 0
    for pick in itertools.combinations(range(len(pool)), n):
        s = set(pick)
        all_ += 1
        hits += distance([pool[i] for i in pick], [v for i, v in enumerate(pool) if i not in s]) >= w * (1 - Fraction(1, 10 ** 10))
    return hits / all_


cases = [([1.0], [2.0]), ([1.0, 2.0], [2.0]), ([3.0, 3.0], [3.0, 3.0, 3.0]), ([0.0, 0.0, 1.0, 5.0], [0.0, 7.0, 7.0, 7.5]), ([1e300, 2e300, -1e300, 1e300], [1.5e300, 1e300, 0.0]),
         ([-1.7e308, 1.0, 2.0, 3.0], [1.7e308, 4.0, 3.0, -5.0, 2.0]), ([1e-200, 2e-200, 5e-200], [3e-200, 3e-200, 9e-200, 9e-200]),
         ([1e9 + k for k in range(5)], [1e9 + 1.5 * k for k in range(6)]), ([-1e-250, 0.0, 1e-250, 3e-250], [2e250, 0.0, 4.0])]
for n, m, f in [(5, 7, random.random), (6, 6, lambda: float(random.randint(1, 4))), (9, 4, lambda: random.lognormvariate(0, 2)), (2, 11, lambda: random.gauss(0, 1)),
                (7, 7, lambda: float(random.random() < 0.3))]:
    for shift in (0.0, 0.8):
        cases.append(([f() for _ in range(n)], [f() + shift for _ in range(m)]))
out = open("golden/wasserstein_test.csv", "w")
print(f"# provenance: Python {sys.version.split()[0]} fractions, mpmath {mp.dps} digits; distance checked against SciPy {scipy.__version__}; p: all permutations listed", file=out)
print("# regenerate: /usr/bin/python3 gen_wasserstein_test.py", file=out)
print("reference,current,statistic,effect,lower,upper,p", file=out)
for x, y in cases:
    w = real(distance(x, y))
    if abs(w) < 1e300 and abs(stats.wasserstein_distance(x, y) - float(w)) > 1e-12 * abs(float(w)):
        raise SystemExit(f"SciPy disagrees: {x} {y}")
    f = [v if isinstance(v, str) else nstr(v, 20) for v in interval(x, y, w)]
    print(";".join(map(repr, x)), ";".join(map(repr, y)), nstr(w, 20), *f, repr(listed(x, y)) if len(set(x + y)) > 1 else "nan", sep=",", file=out)
out.close()

rng = numpy.random.default_rng(20260307)
law = []
uniform = [30] * 100
law.append((list(range(100)), [30 + (k < 10) * 4 for k in range(100)], uniform))
law.append((list(range(100)), [34 if k < 25 else 29 for k in range(100)], uniform))
law.append(([0, 1], [2100, 900], [700, 250]))
law.append(([0] + [1.2 ** k for k in range(40)], [9500] + [15] * 20 + [10] * 20, [950] + [1] * 20 + [2] * 20))
law.append(([k ** 3 for k in range(60)], [20 + k for k in range(60)], [25 + k for k in range(60)]))
law.append(([1, 2, 3, 4, 5, 1000], [500, 400, 300, 200, 100, 1], [520, 430, 270, 190, 80, 3]))
spread = sorted(rng.standard_cauchy(3000).round(9).tolist())
law.append((spread, [int(k % 3 != 0) for k in range(3000)], [int(k % 3 == 0) + int(k > 2970) for k in range(3000)]))
spread = sorted(rng.lognormal(0, 1, 4000).round(9).tolist())
law.append((spread, [int(k % 40 == 0 or k > 3995) for k in range(4000)], [int(not (k % 40 == 0 or k > 3995)) * 5 for k in range(4000)]))
out = open("golden/wasserstein_permuted.csv", "w")
print(f"# provenance: numpy {numpy.__version__}, multivariate hypergeometric vectors", file=out)
print("# regenerate: /usr/bin/python3 gen_wasserstein_test.py", file=out)
print("x,reference,current,p,permutations", file=out)
for v, r, c in law:
    n, m = sum(r), sum(c)
    gap, pool = numpy.diff(v), numpy.array(r) + numpy.array(c)
    w = numpy.sum(gap * abs(numpy.cumsum(r)[:-1] / n - numpy.cumsum(c)[:-1] / m))
    hits = 0
    draws = 10000 if len(v) < 1000 else 1000
    for _ in range(20):
        f = numpy.cumsum(rng.multivariate_hypergeometric(pool, n, size=draws, method="marginals"), axis=1)[:, :-1]
        g = numpy.cumsum(pool)[:-1] - f
        hits += int(numpy.sum(abs(f / n - g / m) @ gap >= w * (1 - 1e-12)))
    print(";".join(repr(round(a, 9)) for a in v), ";".join(map(str, r)), ";".join(map(str, c)), hits / (20 * draws), 20 * draws, sep=",", file=out)
out.close()
