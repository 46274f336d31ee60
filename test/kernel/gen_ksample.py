#!/usr/bin/env python3
"""Writes golden/ksample.csv: the Kruskal-Wallis test and the Brown-Forsythe test of
several groups.  H from its usual formula in exact fractions, its exact p (where
there are few assignments) by looking at all of them with fractions, else
the tail of chi-square with 40 digits; F from the definition (mpmath).  SciPy's
kruskal and levene(center='median') must agree at 1e-9; gen_ksample.R asks R."""
import math
import random
from fractions import Fraction as Fr

import scipy
import gen_groups
from gen_ncf import lower
from mpmath import findroot, gammainc, log, mp, mpf
from scipy import stats

mp.dps = 25
random.seed(20260617)
EXACT = 20000  # more assignments than this are not looked at here


def midranks(x):
    s = sorted(x)
    first, count = {}, {}
    for i, v in enumerate(s):
        first.setdefault(v, i + 1)
        count[v] = count.get(v, 0) + 1
    return [Fr(2 * first[v] + count[v] - 1, 2) for v in x], [count[v] for v in count]


def h_of(groups):
    x = [v for g in groups for v in g]
    n = len(x)
    r, ties = midranks(x)
    h, at = Fr(0), 0
    for g in groups:
        h += sum(r[at:at + len(g)]) ** 2 / len(g)
        at += len(g)
    h = h * 12 / (n * (n + 1)) - 3 * (n + 1)
    return h / (1 - Fr(sum(t ** 3 - t for t in ties), n ** 3 - n)), r


def splits(items, sizes):
    """every way to cut items into groups of these sizes, as lists of indices"""
    from itertools import combinations
    if len(sizes) == 1:
        yield (items,)
        return
    for first in combinations(items, sizes[0]):
        rest = tuple(i for i in items if i not in first)
        for more in splits(rest, sizes[1:]):
            yield (first,) + more


def exact_p(groups, r):
    n, sizes = sum(map(len, groups)), [len(g) for g in groups]
    whole = math.lcm(*sizes)
    double = [int(2 * v) for v in r]
    value = lambda cut: sum(sum(double[i] for i in c) ** 2 * (whole // len(c)) for c in cut)
    at = [sum(sizes[:i]) for i in range(len(sizes))]
    observed = value([range(a, a + s) for a, s in zip(at, sizes)])
    hits = total = 0
    for cut in splits(tuple(range(n)), sizes):
        total += 1
        hits += value(cut) >= observed
    return Fr(hits, total)


def limit(f, df1, df2, p):
    """as in gen_ncf, with fewer evaluations"""
    if lower(f, df1, df2, 0) <= p:
        return mpf(0)
    b = mpf(10)
    while lower(f, df1, df2, b) > p:
        b *= 2
    root = findroot(lambda v: lower(f, df1, df2, v) - p, (b / 2 if b > 10 else mpf(0), b), solver="anderson", tol=1e-40, verify=False)
    if abs(lower(f, df1, df2, root) - p) > 1e-14:
        raise SystemExit(f"no limit: {f, df1, df2, p, root}")
    return root


gen_groups.limit = limit


def median(x):
    x, n = sorted(x), len(x)
    return x[n // 2] if n % 2 else 0.5 * (x[n // 2 - 1] + x[n // 2])


print(f"# provenance: exact fractions, all assignments of ranks (exact = 1), mpmath {mp.dps} digits; checked against SciPy {scipy.__version__}, kruskal and levene(center='median')")
print("# regenerate: /usr/bin/python3 gen_ksample.py > golden/ksample.csv; check: Rscript gen_ksample.R")
print("sizes,values,h,exact,p,ln_p,epsilon2,f,df2,f_p,omega2,omega2_lower,omega2_upper")
for kind in ("continuous", "integers", "zeros"):
    for sizes in ((3, 3), (2, 3, 4), (4, 4, 3), (1, 2, 2, 3), (2, 2, 2, 2), (6, 6), (9, 12, 20), (15, 15, 15, 15), (30, 50, 20, 40, 10), (200, 100)):
        for shift in (0, .8):
            draw = {"continuous": lambda: random.gauss(0, 1), "integers": lambda: float(random.randint(1, 6)),
                    "zeros": lambda: 0.0 if random.random() < .7 else random.expovariate(1)}[kind]
            groups = [[(draw() + shift * i) * (1 + .5 * i) for _ in range(n)] for i, n in enumerate(sizes)]
            x = [v for g in groups for v in g]
            if len(set(x)) < 2:
                continue
            h, r = h_of(groups)
            k, n = len(sizes), len(x)
            ways = math.factorial(n)
            for s in sizes:
                ways //= math.factorial(s)
            if ways <= EXACT:
                p = exact_p(groups, r)
                p = mpf(p.numerator) / p.denominator
            elif ways <= 1000000:
                continue  # ours is exact there; too many for Python
            else:
                p = gammainc(mpf(k - 1) / 2, mpf(h.numerator) / h.denominator / 2, regularized=True)
            want = stats.kruskal(*groups)
            if abs(want[0] - float(h)) > 1e-9 * float(h) + 1e-12 or (ways > EXACT and abs(want[1] - float(p)) > 1e-9):
                raise SystemExit(f"SciPy disagrees: {kind, sizes, want, float(h), float(p)}")
            z = [[abs(v - median(g)) for v in g] for g in groups]
            spread = [-1] * 6
            if any(max(g) - min(g) > 1e-9 * max(g) for g in z):  # not only by rounding
                out = gen_groups.anova(z)
                want = stats.levene(*groups, center="median")
                if abs(want[0] - float(out[0])) > 1e-9 * float(out[0]) + 1e-12 or abs(want[1] - float(out[3])) > 1e-9:
                    raise SystemExit(f"SciPy disagrees: {kind, sizes, want, out}")
                spread = [out[0], out[2], out[3], out[5], out[6], out[7]]
            h = mpf(h.numerator) / h.denominator
            print(";".join(map(str, sizes)), ";".join(map(repr, x)), mp.nstr(h, 20), int(ways <= EXACT), mp.nstr(p, 20), mp.nstr(log(p), 20),
                  mp.nstr(h / (n - 1), 20), *(mp.nstr(mpf(v), 20) for v in spread), sep=",")
