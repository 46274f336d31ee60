#!/usr/bin/env python3
"""Writes golden/nct.csv: tails of the non-central t distribution.  Both tails are
integrated over the scale with 30 digits; where |delta| <= 2 the Poisson
mixture of incomplete beta functions (Guenther 1978) must agree at 1e-16, else
the generator fails.  gen_nct.R asks R as well."""
import math

import mpmath
from mpmath import betainc, erfc, exp, log, mp, mpf, nstr, sqrt

mp.dps = 30


def upper_tail(t, df, delta):
    """int f(s) P(Z > t s - delta) ds over s = sqrt(chi2 / df), by pieces around its maximum."""
    t, df, delta = mpf(t), mpf(df), mpf(delta)
    ln_c = log(2) + df / 2 * log(df / 2) - mp.loggamma(df / 2)

    def f(u):           # u = ln s
        return exp(ln_c + df * u - df / 2 * exp(2 * u)) * erfc((t * exp(u) - delta) / sqrt(2)) / 2
    # a coarse look for where the mass is, then quadrature where it is not negligible
    width = 1 / sqrt(2 * df + 1)
    grid = [width * i / 4 for i in range(-8000, 1600)]
    ln_f = []
    for u in map(float, grid):
        x = float(t) * math.exp(u) - float(delta)
        tail = math.log(math.erfc(x / math.sqrt(2)) / 2) if x < 20 else -x * x / 2 - math.log(x) - 0.9
        ln_f.append(float(df) * u - float(df) / 2 * math.exp(2 * u) + tail)
    top = max(ln_f)
    inside = [u for u, v in zip(grid, ln_f) if v > top - 60]
    low, high = inside[0] - width, inside[-1] + width
    # the trapezoidal rule: the integrand is analytic and nothing at both ends
    nodes, before = 100, None
    while True:
        h = (high - low) / nodes
        area = h * sum(f(low + i * h) for i in range(nodes + 1))
        if before is not None and abs(area - before) < mpf(10) ** -18 * area:
            return area
        nodes, before = nodes * 2, area


def mixture(t, df, delta):
    """P(T <= t), t >= 0."""
    t, df, delta = mpf(t), mpf(df), mpf(delta)
    x = t * t / (t * t + df)
    total = erfc(delta / sqrt(2)) / 2
    for j in range(2000):
        p = exp(-delta ** 2 / 2 + j * log(delta ** 2 / 2) - mp.loggamma(j + 1)) if delta else mpf(j == 0)
        q = delta / sqrt(mpf(2)) * exp(-delta ** 2 / 2 + (j * log(delta ** 2 / 2) if j else 0) - mp.loggamma(j + mpf(3) / 2)) if delta else mpf(0)
        term = (p * betainc(j + mpf(1) / 2, df / 2, 0, x, regularized=True) + q * betainc(j + 1, df / 2, 0, x, regularized=True)) / 2
        total += term
        if j > delta ** 2 and abs(term) < mpf(10) ** -24:
            break
    return total


print("# tails of the non-central t distribution")
print(f"# provenance: mpmath {mpmath.__version__}, {mp.dps} digits, integral over the scale; checked against the Poisson mixture")
print("# regenerate: /usr/bin/python3 gen_nct.py > golden/nct.csv; check: Rscript gen_nct.R")
print("t,df,delta,lower,upper,ln_lower,ln_upper")
points = [(t, df, d) for df in ("0.5", "1", "2.5", "10", "57.3", "398") for d in ("0", "0.3", "-2", "5", "12")
          for t in ("-6", "-0.5", "0", "1.5", "5", "40")]
points += [(t, df, d) for df in ("19998", "1e6", "1e9") for d in ("0", "2.8", "-3", "40") for t in ("-2", "1.96", "3.3", "42")]
points += [("100", "30", "100"), ("-1", "5", "30"), ("37", "10000", "0"), ("1e4", "3", "1"), ("-20", "1000", "15"), ("1000", "1e6", "1000"), ("1e5", "1e4", "1.01e5")]
for t, df, d in points:
    upper = upper_tail(t, df, d)
    lower = upper_tail(-mpf(t), df, -mpf(d))
    if abs(upper + lower - 1) > mpf(10) ** -16:
        raise SystemExit(f"tails do not sum to 1: {t} {df} {d} {nstr(upper + lower - 1, 5)}")
    if abs(mpf(d)) <= 2 and mpf(df) <= 400 and mpf(t) >= 0:
        other = mixture(t, df, d)
        if abs(other - lower) > mpf(10) ** -16:
            raise SystemExit(f"mixture disagrees: {t} {df} {d} {nstr(lower, 20)} {nstr(other, 20)}")
    ln_lower = log(lower) if lower < 0.5 else mp.log1p(-upper)
    ln_upper = log(upper) if upper < 0.5 else mp.log1p(-lower)
    print(",".join([t, df, d] + [nstr(v, 20) for v in (lower, upper, ln_lower, ln_upper)]))
