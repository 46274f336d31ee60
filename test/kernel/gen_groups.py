#!/usr/bin/env python3
"""Writes golden/groups.csv: one-way analysis of variance (Fisher and Welch) over
all groups and Welch's t test of the first two, from their definitions on the
doubles as they are, with 40 digits (mpmath); intervals by root finding on the
non-central distributions.  SciPy's f_oneway and ttest_ind must agree at 1e-9
where the offset is small, else the generator fails; gen_groups.R asks R."""
import random

import scipy
from gen_ncf import limit
from mpmath import betainc, exp, findroot, fsum, gamma, log, loggamma, mp, mpf, ncdf, quad, sqrt
from scipy import stats

mp.dps = 40
random.seed(20260613)


def moments(x):
    x = [mpf(v) for v in x]
    mean = fsum(x) / len(x)
    return len(x), mean, fsum((v - mean) ** 2 for v in x)


def f_upper(f, df1, df2):
    return betainc(mpf(df2) / 2, mpf(df1) / 2, 0, df2 / (df1 * f + df2), regularized=True)


def anova(groups):
    g = [moments(x) for x in groups]
    k, n = len(g), sum(v[0] for v in g)
    total = fsum(v[0] * v[1] for v in g) / n
    between = fsum(v[0] * (v[1] - total) ** 2 for v in g)
    within = fsum(v[2] for v in g)
    f = between / (k - 1) / (within / (n - k))
    p = f_upper(f, k - 1, n - k)
    omega = (between - (k - 1) * within / (n - k)) / (between + within + within / (n - k))
    lam = [limit(f, k - 1, n - k, mpf(q)) for q in ("0.975", "0.025")]
    return [f, k - 1, n - k, p, log(p), max(omega, mpf(0))] + [v / (v + n) for v in lam]


def welch(groups):
    g = [moments(x) for x in groups]
    k = len(g)
    w = [n * (n - 1) / ss for n, _, ss in g]
    mean = fsum(a * v[1] for a, v in zip(w, g)) / fsum(w)
    a = fsum((1 - x / fsum(w)) ** 2 / (v[0] - 1) for x, v in zip(w, g))
    f = fsum(x * (v[1] - mean) ** 2 for x, v in zip(w, g)) / (k - 1) / (1 + mpf(2 * (k - 2)) / (k * k - 1) * a)
    df2 = (k * k - 1) / (3 * a)
    p = f_upper(f, k - 1, df2)
    return f, df2, p, log(p)


def nct_lower(t, df, delta):
    """P(T <= t), by the density of s = sqrt(chi2 / df)"""
    const = log(2) + df / 2 * log(df / 2) - loggamma(df / 2)
    width = 1 / sqrt(2 * df)
    points = [max(mpf(0), 1 + i * width) for i in (-30, -8, -4, -2, 0, 2, 4, 8, 30)]
    points = sorted(set(points)) + [1 + 60 * width]
    return quad(lambda s: exp(const + (df - 1) * log(s) - df * s * s / 2) * ncdf(t * s - delta) if s > 0 else mpf(0), points)


def t_test(r, c):
    (n, a, x), (m, b, y) = moments(r), moments(c)
    vr, vc = x / (n - 1), y / (m - 1)
    e2 = vr / n + vc / m
    t = (b - a) / sqrt(e2)
    df = e2 ** 2 / ((vr / n) ** 2 / (n - 1) + (vc / m) ** 2 / (m - 1))
    p = betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True)
    unit = sqrt((vr + vc) / 2)
    mp.dps = 20
    limits = []
    for q, side in ((mpf("0.975"), -2), (mpf("0.025"), 2)):
        root = findroot(lambda delta: nct_lower(t, df, delta) - q, (t + side, t + side * mpf("1.2")), solver="secant", tol=1e-30, verify=False)
        if abs(nct_lower(t, df, root) - q) > 1e-14:
            raise SystemExit(f"no root: {t, df, q, root}")
        limits.append(root * sqrt(e2) / unit)
    mp.dps = 40
    return [t, df, p, log(p), (b - a) / unit] + limits


def sample(kind, n, shift, scale):
    if kind == "normal":
        return [random.gauss(3 + shift, scale) for _ in range(n)]
    if kind == "integers":
        return [float(random.randint(1, 6) + round(shift)) for _ in range(n)]
    if kind == "skewed":
        return [shift + scale * random.expovariate(1) ** 2 for _ in range(n)]
    return [1e12 + random.randint(0, 40) / 16 * scale + round(shift * 8) / 8 for _ in range(n)]  # exact in a double


def main():
    print(f"# provenance: definitions with mpmath, {mp.dps} digits; checked against SciPy {scipy.__version__}, f_oneway and ttest_ind(equal_var=False)")
    print("# t: of the first two groups, the first is the reference; d: its interval from the non-central t")
    print("# regenerate: /usr/bin/python3 gen_groups.py > golden/groups.csv; check: Rscript gen_groups.R")
    print("sizes,values,f,df1,df2,p,ln_p,omega2,omega2_lower,omega2_upper,welch_f,welch_df2,welch_p,welch_ln_p,t,df,t_p,t_ln_p,d,d_lower,d_upper")
    for kind in ("normal", "integers", "skewed", "offset"):
        for sizes in ((3, 2), (5, 8), (3, 4, 5), (30, 12, 25), (6, 7, 8, 9, 10), (120, 80)):
            for shift in (0, .7, 3):
                groups = [sample(kind, n, shift * i, random.choice((1, 1, 2, 4))) for i, n in enumerate(sizes)]
                if min(len(set(x)) for x in groups) < 2:
                    continue
                out = anova(groups) + list(welch(groups)) + t_test(groups[0], groups[1])
                if kind != "offset":
                    f, t = stats.f_oneway(*groups), stats.ttest_ind(groups[1], groups[0], equal_var=False)
                    for got, want in ((f[0], out[0]), (f[1], out[3]), (t[0], out[12]), (t[1], out[14])):
                        if abs(got - float(want)) > 1e-9 * abs(float(want)) + 1e-12:
                            raise SystemExit(f"SciPy disagrees: {kind, sizes, got, want}")
                print(";".join(map(str, sizes)), ";".join(repr(v) for x in groups for v in x),
                      *(mp.nstr(mpf(v), 20) for v in out), sep=",")


if __name__ == "__main__":
    main()
