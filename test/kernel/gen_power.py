#!/usr/bin/env python3
"""Writes golden/power.csv: power of the tests whose theory is closed.  z, chi-square and G
from statsmodels (NormalIndPower, GofChisquarePower: w is V, nobs both samples together);
t from the non-central t distribution by mpmath at Welch's expected degrees of
freedom, which for equal sizes are Student's: statsmodels' TTestIndPower must agree at
1e-9 there, else the generator fails.  gen_power.R asks R's power.t.test."""
import mpmath
import statsmodels
from mpmath import erfc, exp, log, mp, mpf, sqrt
from scipy import stats
from statsmodels.stats.power import GofChisquarePower, NormalIndPower, TTestIndPower

mp.dps = 25


def nct_above(t, df, delta):
    """P(T > t): integral over the scale by the trapezoidal rule in its logarithm."""
    t, df, delta = mpf(t), mpf(df), mpf(delta)
    ln_c = log(2) + df / 2 * log(df / 2) - mpmath.loggamma(df / 2)
    width = 12 / sqrt(df)
    low, high, nodes = -width * max(1, 12 / float(sqrt(df))), width, 1200
    h = (high - low) / nodes
    return h * sum(exp(ln_c + df * u - df / 2 * exp(2 * u)) * erfc((t * exp(u) - delta) / sqrt(2)) / 2 for u in (low + i * h for i in range(nodes + 1)))


def t_power(n, m, alpha, d):
    s = 1 / n + 1 / m
    df = s * s / (1 / (n * n * (n - 1)) + 1 / (m * m * (m - 1)))
    t = stats.t.isf(alpha / 2, df)
    delta = d / s ** .5
    power = float(nct_above(t, df, delta) + nct_above(t, df, -delta))
    if n == m and abs(TTestIndPower().power(d, n, alpha) - power) > 1e-9:
        raise SystemExit(f"statsmodels disagrees: {n, m, alpha, d, power}")
    return power


print("# power of two-sided tests; k: categories")
print(f"# provenance: statsmodels {statsmodels.__version__} (z, chi2, g), mpmath {mpmath.__version__} (t)")
print("# regenerate: /usr/bin/python3 gen_power.py > golden/power.csv; check: Rscript gen_power.R")
print("method,n,m,k,alpha,effect,power")
for alpha in (0.05, 0.001):
    for n, m in ((10, 10), (300, 300), (5000, 300), (40, 7), (1000000, 100000)):
        scale = (1 / n + 1 / m) ** .5
        for times in (2.2, 4.5):
            effect = round(times * scale, 6)
            print(f"t_test,{n},{m},0,{alpha},{effect!r},{t_power(n, m, alpha, effect)!r}")
            if effect < 3.1:
                print(f"z_test,{n},{m},0,{alpha},{effect!r},{NormalIndPower().power(effect, n, alpha, ratio=m / n)!r}")
        for k in (2, 10):
            v = round(3.5 / (n + m) ** .5, 6)
            for name in ("chi2_test", "g_test"):
                print(f"{name},{n},{m},{k},{alpha},{v!r},{float(GofChisquarePower().power(v, n + m, alpha, n_bins=k))!r}")
