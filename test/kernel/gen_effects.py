#!/usr/bin/env python3
"""Writes golden/effects.csv: 95 % intervals of effect sizes.

odds: conditional exact interval of the odds ratio: P(cell >= a) = 0.025 and P(cell <= a) = 0.025
      in the non-central hypergeometric distribution, summed with 30 digits.  SciPy's
      contingency.odds_ratio(kind="conditional") must agree at 1e-5, else the generator fails;
      gen_effects.R asks R's fisher.test.
h:    Cohen's h from Wilson's intervals of both shares; statsmodels' Wilson interval must agree at 1e-10.
v:    lambda of the non-central chi-square with the upper (lower) tail 0.025 at x, from the Poisson
      mixture with 30 digits; SciPy's ncx2 must agree at 1e-7.
"""
import random
import warnings

import mpmath
import scipy
import statsmodels
from mpmath import asin, exp, gammainc, log, loggamma, mp, mpf, nstr, sqrt
from scipy import stats
from scipy.stats.contingency import odds_ratio
from statsmodels.stats.proportion import proportion_confint

mp.dps = 30
random.seed(20260304)
TAIL = mpf("0.025")
warnings.simplefilter("ignore")


def rising_root(f, low, high):
    """Zero of a rising function: bisection, then secants."""
    for _ in range(12):
        middle = (low + high) / 2
        if f(middle) < 0:
            low = middle
        else:
            high = middle
    return mpmath.findroot(f, (low, high), solver="anderson", tol=mpf(10) ** -44, maxsteps=60, verify=False)


def odds(a, b, c, d):
    row, col, other = a + b, a + c, c + d
    lo, hi = max(0, col - other), min(row, col)

    def share_from(x, ln_omega):
        """P(cell >= x): outwards from x, until nothing counts."""
        omega = exp(ln_omega)
        above, term, y = mpf(1), mpf(1), x
        while y < hi:
            term *= omega * (row - y) * (col - y) / (mpf(y + 1) * (other - col + y + 1))
            above += term
            y += 1
            if term < above * mpf(10) ** -33:
                break
        below, term, y = mpf(0), mpf(1), x
        while y > lo:
            term *= mpf(y) * (other - col + y) / (omega * (row - y + 1) * (col - y + 1))
            below += term
            y -= 1
            if term < below * mpf(10) ** -33:
                break
        return above / (above + below)

    middle = log((a + mpf(1) / 2) * (d + mpf(1) / 2) / ((b + mpf(1) / 2) * (c + mpf(1) / 2)))
    se = sqrt(sum(1 / (v + mpf(1) / 2) for v in (a, b, c, d)))
    lower = mpf(0) if a == lo else exp(rising_root(lambda w: log(share_from(a, w) / TAIL), middle - 4 * se, middle + se))
    upper = mpmath.inf if a == hi else exp(rising_root(lambda w: log(TAIL / (1 - share_from(a + 1, w))), middle - se, middle + 4 * se))
    if max(a, b, c, d) < 5000:
        want = odds_ratio([[a, b], [c, d]], kind="conditional").confidence_interval(0.95)
        for mine, scipys in ((lower, want.low), (upper, want.high)):
            if float(mine) != scipys and abs(float(mine) / scipys - 1) > 1e-5:
                raise SystemExit(f"SciPy disagrees: {a, b, c, d} {nstr(lower)} {nstr(upper)} {want}")
    return lower, upper


def cohen_h(a, b, c, d):
    z = sqrt(mpf(2)) * mpmath.erfinv(mpf("0.95"))

    def arcsine(success, failure):
        n, s = mpf(success + failure), mpf(success)
        root = z * sqrt(s * failure / n + z * z / 4)
        low, high = (s + z * z / 2 - root) / (n + z * z), (s + z * z / 2 + root) / (n + z * z)
        want = proportion_confint(success, success + failure, method="wilson")
        if abs(float(low) - want[0]) > 1e-10 or abs(float(high) - want[1]) > 1e-10:
            raise SystemExit("statsmodels disagrees")
        return [2 * asin(sqrt(min(max(p, mpf(0)), mpf(1)))) for p in (low, s / n, high)]
    q, p = arcsine(a, b), arcsine(c, d)
    h = q[1] - p[1]
    return h - sqrt((q[1] - q[0]) ** 2 + (p[2] - p[1]) ** 2), h + sqrt((q[2] - q[1]) ** 2 + (p[1] - p[0]) ** 2)


def lambda_limits(x, df):
    def upper_tail(root):
        half, total, j = root * root / 2, mpf(0), 0
        weight = exp(-half)
        # P(chi2_df+2j > x) goes from one to the next by the density
        tail = gammainc(mpf(df) / 2, mpf(x) / 2, regularized=True)
        step = exp(mpf(df) / 2 * log(mpf(x) / 2) - mpf(x) / 2 - loggamma(mpf(df) / 2 + 1))
        while True:
            total += weight * tail
            if j > half and weight < mpf(10) ** -32:
                return total
            tail += step
            step *= mpf(x) / 2 / (mpf(df) / 2 + j + 1)
            j += 1
            weight *= half / j
    out = []
    for want, middle in ((TAIL, sqrt(mpf(x)) - 2), (1 - TAIL, sqrt(mpf(x)) + 2)):
        if upper_tail(mpf(0)) >= want:
            out.append(mpf(0))
            continue
        root = rising_root(lambda r: upper_tail(r) - want, mpf(0), sqrt(mpf(x)) + 3)
        out.append(root ** 2)
        check = stats.ncx2.sf(float(x), df, float(root ** 2))
        if abs(check / float(want) - 1) > 1e-7:
            raise SystemExit(f"SciPy disagrees: {x} {df} {nstr(root)} {check} {nstr(want)}")
    return out


def tables():
    out = [(8, 2, 1, 5), (3, 1, 1, 3), (0, 7, 3, 9), (5, 0, 4, 4), (0, 5, 5, 0), (1, 4999, 0, 5000), (25, 975, 10, 990), (1000, 0, 2990, 10),
           (2000, 2000, 2000, 2000), (5200000, 4800000, 5195000, 4805000), (40000000, 3000000, 50000000, 4000000)]
    for scale in (4, 20, 200, 2000):
        for _ in range(12):
            t = tuple(random.randint(0, scale) for _ in range(4))
            if 0 not in (t[0] + t[1], t[2] + t[3], t[0] + t[2], t[1] + t[3]):
                out.append(t)
    return out


print("# 95 % intervals of effect sizes.  odds, h: a, b = current successes and failures, c, d = reference; v: a = x, b = df; limits are of lambda")
print(f"# provenance: mpmath {mpmath.__version__}, {mp.dps} digits; checked against SciPy {scipy.__version__} and statsmodels {statsmodels.__version__}")
print("# regenerate: /usr/bin/python3 gen_effects.py > golden/effects.csv; check: Rscript gen_effects.R")
print("kind,a,b,c,d,lower,upper")
for t in tables():
    print("odds," + ",".join(map(str, t)) + "," + ",".join("inf" if v == mpmath.inf else nstr(v, 20) for v in odds(*t)), flush=True)
    print("h," + ",".join(map(str, t)) + "," + ",".join(nstr(v, 20) for v in cohen_h(*t)))
for df in (1, 2, 9, 50):
    for x in ("0.001", "1", "4", "5.1", "20", "60", "800", "15000"):
        print(f"v,{x},{df},0,0," + ",".join(nstr(v, 20) for v in lambda_limits(x, df)), flush=True)
