#!/usr/bin/env python3
"""Writes golden/bridge.csv: tails of quadratic forms in the Brownian bridge.

Limits without ties: with z = sqrt(2 s) resp. r = sqrt(1 + 8 s) the determinants are
    Cramer-von Mises    sin z / z     = 1 / (Gamma(1 + z/pi) Gamma(1 - z/pi))
    Anderson-Darling    prod 1 - 2 s/(j (j + 1)) = 1 / (Gamma((3 + r)/2) Gamma((3 - r)/2))
and the tails are integrals of exp(-s x) D^(-df/2) / s along a wedge through the
real axis (mpmath's loggamma has the continuous branch).  They must agree with the
classical series: Anderson and Darling (1952), equation 4.35, for Cramer-von Mises
df 1, the residues for df 2, and Smirnov's formula on the real axis for df 1.

Nodes: eigenvalues of the matrix w_i min(u_i, u_j) (1 - max(u_i, u_j)), then
Smirnov's formula; nothing of this is in bridge.c."""
import random
import sys

import mpmath
from mpmath import mp, mpf

random.seed(20261122)


def ln_d(law, s):
    if law == "cvm":
        z = mp.sqrt(2 * s) / mp.pi
        return -mp.loggamma(1 + z) - mp.loggamma(1 - z)
    r = mp.sqrt(1 + 8 * s)
    return -mp.loggamma((3 + r) / 2) - mp.loggamma((3 - r) / 2)


def wedge(law, df, x, upper):
    """A tail of the law, all digits of the working precision but a few."""
    first = mp.pi ** 2 / 2 if law == "cvm" else mpf(1)
    if upper:
        sigma = first - min(first / 2, mpf(df) / (2 * x))
    else:
        sigma = -max(mpf(df) ** 2 * (1 if law == "cvm" else mp.pi ** 2) / (8 * mpf(x) ** 2), 1 / mpf(x))
    turn = mp.expj(mp.pi / 3)
    top = -x * sigma - mpf(df) / 2 * mp.re(ln_d(law, mp.mpc(sigma)))

    def f(t):
        s = sigma + t * turn
        return mp.im(mp.exp(-x * s - mpf(df) / 2 * ln_d(law, s) - top) / s * turn)

    unit = 1 / mpf(x)
    pieces = [mpf(0)] + [unit * 2 ** mpf(k) / 64 for k in range(0, 17)]
    v = mp.quad(f, pieces) / mp.pi
    return (v if upper else -v) * mp.exp(top)


def bessel(x):
    """P(W^2 <= x)"""
    total, j = mpf(0), 0
    while True:
        a = mpf(4 * j + 1) ** 2 / (16 * x)
        t = (-1) ** j * mp.binomial(mpf(-1) / 2, j) * mp.sqrt(4 * j + 1) * mp.exp(-a) * mp.besselk(mpf(1) / 4, a)
        total += t
        if abs(t) < mpf(10) ** (-mp.dps):
            return total / (mp.pi * mp.sqrt(x))
        j += 1


def residues(law, x):
    """P(Q > x), df 2; D'(s_j) in closed form"""
    total, j = mpf(0), 1
    while True:
        if law == "cvm":
            t = 2 * (-1) ** (j + 1) * mp.exp(-mp.pi ** 2 * j ** 2 / 2 * x)
        else:
            t = (-1) ** (j + 1) * (2 * j + 1) * mp.exp(-mpf(j * (j + 1)) / 2 * x)
        total += t
        if abs(t) < mpf(10) ** (-mp.dps):
            return total
        j += 1


def pieces(unit, end):
    """Where a Gaussian of this width begins at 0."""
    at = [unit * mpf(k) / 2 for k in range(25)]
    return [v for v in at if v < end] + [end]


def smirnov(zeros, x, log_d=None, last=True):
    """P(Q > x) from the zeros of D, by the substitution that takes the roots away at both ends;
    log_d(s, a, b): ln |D(s) / ((s - a)(b - s))|."""
    total = mpf(0)
    for k in range(0, len(zeros), 2):
        a = zeros[k]
        if k + 1 < len(zeros):
            b = zeros[k + 1]
            mid, half = (a + b) / 2, (b - a) / 2

            def f(t):
                s = mid - half * mp.cos(t)
                return mp.exp(-s * x - log_d(s, a, b) / 2) / s

            v = mp.quad(f, pieces(mp.sqrt(2 / (half * x)), mp.pi))
        else:
            def f(t):
                s = a + t * t
                return 2 * mp.exp(-s * x - log_d(s, a, None) / 2) / s

            v = mp.quad(f, pieces(1 / mp.sqrt(x), 12 / mp.sqrt(x)))
        total += (-1) ** (k // 2) * v
        if abs(v) < abs(total) * mpf(10) ** (-mp.dps):
            break
    return total / mp.pi


def from_product(zeros):
    def log_d(s, a, b):
        v = mpf(0)
        for z in zeros:
            v += mp.log(abs(1 - s / z)) if z not in (a, b) else -mp.log(z)
        return v
    return log_d


def cvm_zero_log(s, a, b):
    return mp.log(abs(mp.sin(mp.sqrt(2 * s)) / mp.sqrt(2 * s))) - mp.log((s - a) * (b - s))


def agree(got, want, what):
    if abs(got / want - 1) > mpf(10) ** -25:
        raise SystemExit(f"references disagree: {what}: {mp.nstr(got, 30)} {mp.nstr(want, 30)}")


def tails(law, df, x):
    mp.dps = 40
    mean = mpf(df) / 6 if law == "cvm" else mpf(df)
    x = mpf(x)
    upper = x > mean * mpf("0.9")
    v = wedge(law, df, x, upper)
    low, up = (1 - v, v) if upper else (v, 1 - v)
    if df == 2 and 0.1 < x / mean < 10:
        mp.dps = 60
        agree(residues(law, x), up, (law, df, x))
    if df == 1 and law == "cvm" and mpf("0.02") < x < 3:
        mp.dps = 60
        agree(bessel(x), low, (law, df, x))
        if x > 1:
            mp.dps = 80  # the ends of the intervals cancel
            zeros = [mp.pi ** 2 * j ** 2 / 2 for j in range(1, 41)]
            agree(mp.re(smirnov(zeros, x, cvm_zero_log)), up, ("smirnov", x))
    mp.dps = 40
    return low, up


def emit(law, df, nodes, weights, x, low, up):
    ln = [mp.log1p(-up) if up < 0.5 else mp.log(low), mp.log1p(-low) if low < 0.5 else mp.log(up)]
    print(",".join([law, str(df), nodes, weights, repr(float(x))] + [mp.nstr(v, 20) for v in (low, up, *ln)]))


def main():
    print(f"# provenance: mpmath {mpmath.__version__} with 40 digits, Python {sys.version.split()[0]}; classical series agree to 25 digits")
    print("# regenerate: /usr/bin/python3 gen_bridge.py > golden/bridge.csv")
    print("law,df,at,weight,x,lower,upper,ln_lower,ln_upper")
    grid = [0.01, 0.03, 0.1, 0.3, 0.6, 0.85, 1.01, 1.2, 1.6, 2.5, 5, 12, 40, 160, 840, 5000]
    for law in ("cvm", "ad"):
        for df in (1, 2, 3, 9, 99):
            for g in grid + ([22656] if df == 1 else []):
                if df > 4 and (g < 0.06 or g > 700):
                    continue
                x = float(g * df) / (6 if law == "cvm" else 1)
                emit(law, df, "", "", x, *tails(law, df, x))
    for k in (1, 2, 3, 4, 5, 8, 11):
        for _ in range(2):
            mp.dps = 40
            at = sorted(random.random() for _ in range(k))
            weight = [random.random() ** 3 for _ in range(k)]
            c = mp.matrix(k, k)
            for i in range(k):
                for j in range(k):
                    lo, hi = min(at[i], at[j]), max(at[i], at[j])
                    c[i, j] = mp.sqrt(mpf(weight[i]) * mpf(weight[j])) * mpf(lo) * (1 - mpf(hi))
            values = sorted(mp.eigsy(c, eigvals_only=True), reverse=True)
            zeros = [1 / (2 * v) for v in values]
            mean = sum(values)
            for g in (0.3, 0.8, 1.2, 2, 5, 20, 100, 700):
                x = float(mean * g)
                up = smirnov(zeros, mpf(x), from_product(zeros))
                emit("nodes", 1, ";".join(map(repr, at)), ";".join(map(repr, weight)), x, 1 - up, up)


main()
