#!/usr/bin/env python3
"""Writes golden/best.csv: for several independent arms P(best), P(second best) and the expected distance to the best.

normal: mpmath, one integral an arm and measure over its own density, split at the steps of the other arms
(tanh-sinh; the loss from E[max] of the others conditional on the arm), nothing in common with the kernel's grid.
beta and gamma with whole shapes: polynomials (times exponentials), integrated exactly with fractions.
beta and gamma with other shapes: mpmath on the levels themselves.
Two normal arms are checked against the closed form, and exact sums against quadrature."""
import itertools
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial

from mpmath import betainc, exp, gammainc, inf, log, mp, mpf, ncdf, npdf, quad, sqrt, beta as B, gamma as G

mp.dps = 22


def integral(f, points):
    """quad() stops at an absolute error: each part is scaled to 1 first"""
    total = mpf(0)
    for a, b in zip(points, points[1:]):
        scale = max(abs(f(a + (b - a) * t / 32)) for t in range(1, 32))
        if scale > 0:
            total += scale * quad(lambda x: f(x) / scale, [a, b])
    return total


def by_quadrature(density, cdf, sf, points, means, higher):
    """density etc. are lists of functions of the level; points where to split."""
    k = len(density)
    density, cdf, sf = ([lru_cache(None)(f) for f in law] for law in (density, cdf, sf))
    worse, better = (cdf, sf) if higher else (sf, cdf)

    def prod(x, skip):
        p = mpf(1)
        for i in range(k):
            if i not in skip:
                p *= worse[i](x)
        return p
    best, second, loss = [], [], []
    for a in range(k):
        best.append(integral(lambda x: density[a](x) * prod(x, (a,)), points))
        second.append(integral(lambda x: density[a](x) * sum(better[j](x) * prod(x, (a, j)) for j in range(k) if j != a), points))
        # E[max over the others of (x_i - x_a)+] = int P(a < x, some other > x) dx
        loss.append(integral(lambda x: worse[a](x) * sum(better[j](x) * prod(x, (a, *range(j, k))) for j in range(k) if j != a), points))
    return best, second, loss


def normal(means, sds, higher):
    m, s = [mpf(x) for x in means], [mpf(x) for x in sds]
    points = sorted({a + c * b for a, b in zip(m, s) for c in (-30, -15, -8, -5, -3, -1, 1, 3, 5, 8, 15, 30)})
    out = by_quadrature([lambda x, a=a, b=b: npdf((x - a) / b) / b for a, b in zip(m, s)], [lambda x, a=a, b=b: ncdf((x - a) / b) for a, b in zip(m, s)],
                        [lambda x, a=a, b=b: ncdf((a - x) / b) for a, b in zip(m, s)], points, m, higher)
    if len(m) == 2:
        z = (m[0] - m[1]) / sqrt(s[0] ** 2 + s[1] ** 2) * (1 if higher else -1)
        assert abs(out[0][0] / ncdf(z) - 1) < 1e-14, (out[0][0], ncdf(z))
        assert abs(out[2][0] / (sqrt(s[0] ** 2 + s[1] ** 2) * (npdf(z) - z * ncdf(-z))) - 1) < 1e-12
    return out


def add(p, key, v):
    p[key] = p.get(key, 0) + v


class Beta:
    """sums of c p^u (1 - p)^v, integrated over (0, 1)"""
    @staticmethod
    def density(a, b):
        return {(a - 1, b - 1): Fraction(factorial(a + b - 1), factorial(a - 1) * factorial(b - 1))}

    @staticmethod
    def cdf(a, b):
        n = a + b - 1
        return {(j, n - j): Fraction(comb(n, j)) for j in range(a, n + 1)}

    @staticmethod
    def sf(a, b):
        n = a + b - 1
        return {(j, n - j): Fraction(comb(n, j)) for j in range(a)}

    @staticmethod
    def integral(p):
        return sum(c * Fraction(factorial(u) * factorial(v), factorial(u + v + 1)) for (u, v), c in p.items())


class Gamma:
    """sums of c x^u exp(-v x); what has v = 0 must cancel"""
    @staticmethod
    def density(a, r):
        return {(a - 1, r): Fraction(r) ** a / factorial(a - 1)}

    @staticmethod
    def sf(a, r):
        return {(j, r): Fraction(r) ** j / factorial(j) for j in range(a)}

    @staticmethod
    def cdf(a, r):
        out = {(0, 0): Fraction(1)}
        for key, v in Gamma.sf(a, r).items():
            add(out, key, -v)
        return out

    @staticmethod
    def integral(p):
        assert all(c == 0 for (u, v), c in p.items() if v == 0)
        return sum(c * factorial(u) / Fraction(v) ** (u + 1) for (u, v), c in p.items() if v)


def times(*polynomials):
    out = {(0, 0): Fraction(1)}
    for p in polynomials:
        new = {}
        for (k1, v1), (k2, v2) in itertools.product(out.items(), p.items()):
            add(new, (k1[0] + k2[0], k1[1] + k2[1]), v1 * v2)
        out = new
    return out


def exactly(law, shapes, higher):
    k = len(shapes)
    f, F, S = ([g(*s) for s in shapes] for g in (law.density, law.cdf, law.sf))
    worse, better = (F, S) if higher else (S, F)
    best, second, loss = [], [], []
    for a in range(k):
        others = [i for i in range(k) if i != a]
        best.append(law.integral(times(f[a], *[worse[i] for i in others])))
        second.append(sum(law.integral(times(f[a], better[j], *[worse[i] for i in others if i != j])) for j in others))
        loss.append(sum(law.integral(times(worse[a], better[j], *[worse[i] for i in others if i < j])) for j in others))
    assert sum(best) == 1 and sum(second) == 1
    return [[mpf(x.numerator) / x.denominator for x in v] for v in (best, second, loss)]


def levels(law, p, q, higher):
    p, q = [mpf(x) for x in p], [mpf(x) for x in q]
    if law == "beta":
        f = [lambda x, a=a, b=b: x ** (a - 1) * (1 - x) ** (b - 1) / B(a, b) for a, b in zip(p, q)]
        F = [lambda x, a=a, b=b: betainc(a, b, 0, x, regularized=True) for a, b in zip(p, q)]
        S = [lambda x, a=a, b=b: betainc(a, b, x, 1, regularized=True) for a, b in zip(p, q)]
        points = sorted({mpf(0), mpf(1), mpf("1e-8"), mpf("1e-4"), *[min(1, max(0, a / (a + b) + c * sqrt(a * b / (a + b) ** 3))) for a, b in zip(p, q) for c in (-9, -6, -3, -1, 0, 1, 3, 6, 9)]})
    else:
        f = [lambda x, a=a, b=b: b ** a * x ** (a - 1) * exp(-b * x) / G(a) for a, b in zip(p, q)]
        S = [lambda x, a=a, b=b: gammainc(a, b * x, regularized=True) for a, b in zip(p, q)]
        F = [lambda x, a=a, b=b: gammainc(a, 0, b * x, regularized=True) for a, b in zip(p, q)]
        points = sorted({mpf(0), mpf("1e-6"), *[max(0, (a + c * sqrt(a)) / b) for a, b in zip(p, q) for c in (-9, -6, -3, -1, 0, 1, 3, 6, 9, 20, 40, 80)]})
    return by_quadrature(f, F, S, points, None, higher)


def row(law, p, q, higher, out):
    print(",".join([law, str(int(higher))] + [";".join(repr(float(x)) for x in v) for v in (p, q)] + [";".join(mp.nstr(x, 20) for x in v) for v in out]))


print("# law and parameters of the arms (mean and sd, shapes, shape and rate); higher is better or lower is; lists by arm")
print(f"# provenance: exact fractions for beta and gamma with whole shapes, otherwise mpmath {mp.dps} digits")
print("# regenerate: /usr/bin/python3 gen_best.py > golden/best.csv (some minutes)")
print("law,higher,first,second,best,runner_up,loss")
for higher in (True, False):
    for m, s in [((0, 1), (1, 1)), ((0, 20), (1, 1)), ((3, 3), (1, 1e-6)), ((0, 9), (.3, 2)), ((0, 1e-3), (1, 1e-9)), ((5, 6, 5.5), (1, .1, .01)), ((0, 0, 0), (1, .1, .01)), ((.1, .11, .12, .115, .1), (.01,) * 5),
                 ((10.2, 10.1, 9.9, 10.05), (.2, .01, .5, 1e-4)), ((1e6, 1e6 + 1e-3, 1e6 - 1), (1e-3, 1e-4, 1)), ((-2, -1, 0, 7), (1, 1, 1, .25))][::1 if higher else 3]:
        row("normal", m, s, higher, normal(m, s, higher))
    for a, b in [((1, 1), (1, 1)), ((3, 1), (11, 9)), ((31, 43), (970, 959)), ((1, 3, 2), (30, 40, 35)), ((12, 15, 9), (40, 45, 60)), ((1, 21), (1001, 1001)), ((150, 7), (3, 190))][::1 if higher else 2]:
        row("beta", a, b, higher, exactly(Beta, list(zip(a, b)), higher))
    for a, r in [((1, 1), (1, 1)), ((4, 9), (10, 12)), ((3, 5, 8), (7, 11, 20)), ((1, 30), (100, 90))][::1 if higher else 2]:
        row("gamma", a, r, higher, exactly(Gamma, list(zip(a, r)), higher))
row("beta", (.5, 3.5), (40.5, 60.5), True, levels("beta", (.5, 3.5), (40.5, 60.5), True))
row("beta", (2.25, .75, 5.5), (9.5, 8.25, 20), True, levels("beta", (2.25, .75, 5.5), (9.5, 8.25, 20), True))
row("gamma", (2.5, 7.25, 4), (1, 3, 2.5), True, levels("gamma", (2.5, 7.25, 4), (1, 3, 2.5), True))
a, b = levels("beta", (31, 43), (970, 959), True), exactly(Beta, [(31, 970), (43, 959)], True)
if max(abs(x / y - 1) for u, v in zip(a, b) for x, y in zip(u, v)) > 1e-12:
    raise SystemExit("quadrature and exact fractions disagree")
