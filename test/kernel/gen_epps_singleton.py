#!/usr/bin/env python3
"""Writes golden/epps_singleton.csv: the definition row by row of Goerg & Kaiser (2009) by mpmath
(functions, means, eigenvalues), with weights for rows of equal value, and with the covariance of all
rows together.  SciPy, which takes each side's own, must agree where the sides are equally large: then
its w is ours with w -> (N - 1) / N w / (1 + w / N), because the covariance of all rows is that within the sides
plus the outer product of the difference (Sherman and Morrison)."""
import random
import sys
import warnings

import numpy
import scipy
from mpmath import cos, eigsy, gammainc, log, matrix, mp, mpf, nstr, sin
from scipy import stats

mp.dps = 40
random.seed(20260305)
warnings.simplefilter("ignore")


def quartile(v, w, q):
    h = (sum(w) - 1) * mpf(q)
    k = int(mp.floor(h))

    def at(i):
        seen = 0
        for x, c in zip(v, w):
            seen += c
            if i < seen:
                return mpf(x)
    lo, hi = at(k), at(min(k + 1, sum(w) - 1))
    return lo + (hi - lo) * (h - k)


def moments(v, w, sigma):
    rows = sum(w)
    g = [[cos(mpf(4) / 10 * x / sigma), cos(mpf(8) / 10 * x / sigma), sin(mpf(4) / 10 * x / sigma), sin(mpf(8) / 10 * x / sigma)] for x in map(mpf, v)]
    mean = [sum(c * f[i] for f, c in zip(g, w)) / rows for i in range(4)]
    cov = matrix(4, 4)
    for i in range(4):
        for j in range(4):
            cov[i, j] = sum(c * (f[i] - mean[i]) * (f[j] - mean[j]) for f, c in zip(g, w)) / rows
    return mean, cov


def test(v, r, c):
    n, m = sum(r), sum(c)
    w = [a + b for a, b in zip(r, c)]
    sigma = (quartile(v, w, 0.75) - quartile(v, w, 0.25)) / 2
    (mx, cx), (my, cy) = moments(v, r, sigma), moments(v, c, sigma)
    _, total = moments(v, w, sigma)
    values, vectors = eigsy(total)
    used = [i for i in range(4) if values[i] > mpf(10) ** -25]
    stat = sum(sum(vectors[k, i] * (mx[k] - my[k]) for k in range(4)) ** 2 / values[i] for i in used) * n * m * (n + m - 1) / mpf(n + m) ** 2
    return stat, len(used), gammainc(mpf(len(used)) / 2, stat / 2, regularized=True), max(abs(values[i]) for i in range(4)) / min(abs(values[i]) for i in used)


def case(x, y):
    v = sorted(set(x) | set(y))
    return v, [x.count(a) for a in v], [y.count(a) for a in v]


cases = []
for n, m, f in [(5, 5, random.random), (24, 24, lambda: random.gauss(0, 1)), (25, 10, lambda: random.expovariate(1)),
                (60, 80, lambda: random.randint(1, 6)), (100, 40, lambda: random.randint(0, 1)), (100, 300, lambda: random.randint(0, 2)),
                (50, 70, lambda: random.lognormvariate(0, 2)), (150, 150, lambda: random.expovariate(1))]:
    for scale in (1, 1.5, -2):
        cases.append(case([f() for _ in range(n)], [f() * scale for _ in range(m)]))
for shift in (0, 2, -5):  # the location is far from zero
    cases.append(case([random.gauss(1e6, 3) for _ in range(8)], [random.gauss(1e6 + shift, 3) for _ in range(20)]))
cases += [(list(range(1, 7)), [k * 10 ** 7 + 17 * i * i for i, k in enumerate((1, 2, 3, 3, 2, 1))], [k * 10 ** 8 for k in (1, 2, 3, 3, 2, 1)]),
          ([0, 1, 2, 3], [5, 9, 0, 0], [0, 0, 8, 7]),
          ([1e-300, 2e-300, 5e-300], [10 ** 9, 10 ** 9, 10 ** 9], [10 ** 9 + 10 ** 5, 10 ** 9, 10 ** 9])]
checked = 0
print(f"# provenance: mpmath {mp.dps} digits (Python {sys.version.split()[0]}); checked against SciPy {scipy.__version__} epps_singleton_2samp")
print("# regenerate: /usr/bin/python3 gen_epps_singleton.py > golden/epps_singleton.csv; condition: of the covariance")
print("x,reference,current,statistic,df,p,ln_p,condition")
for v, r, c in cases:
    stat, df, p, condition = test(v, r, c)
    if sum(r) == sum(c) < 1000:
        N = 2 * sum(r)
        got = stats.epps_singleton_2samp(numpy.repeat(v, r), numpy.repeat(v, c)).statistic
        if N < 50:  # its factor for small samples
            got *= 1 + N ** -.45 + 10.1 * 2 * (N / 2) ** -1.7
        got *= (N - 1) / N / (1 + got / N)
        checked += df == 4
        if df == 4 and abs(got / float(stat) - 1) > 1e-14 * float(condition) * 100 + 1e-9 + 1e-7 * (max(v) > 1e5):
            raise SystemExit(f"SciPy disagrees: {v} {r} {c}: {got} {stat}")
    print(";".join(map(repr, v)), ";".join(map(str, r)), ";".join(map(str, c)), nstr(stat, 20), df, nstr(p, 20), nstr(log(p), 20), nstr(condition, 3), sep=",")
if checked < 6:
    raise SystemExit(f"SciPy was asked {checked} times only")
