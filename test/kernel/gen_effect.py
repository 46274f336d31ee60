#!/usr/bin/env python3
"""Writes golden/effect.csv: the effect of a treatment from the units of two arms,
straight from the definitions (doc/experiments/compare.md) over the units, with 50 digits (mpmath): linearised
values unit by unit, coefficients from the normal equations, variances of the levels
from what each unit adds to them, Fieller's ends as zeros of the contrast's statistic.
Cases without covariates must agree with SciPy's ttest_ind, and cases of equal residual variances with the
analysis of covariance of statsmodels, at 1e-9, else the generator fails."""
import random

import numpy
import scipy
import statsmodels
import statsmodels.api
from mpmath import betainc, findroot, fsum, log, lu_solve, matrix, mp, mpf, sqrt
from scipy import stats

mp.dps = 50
random.seed(20261121)
CONFIDENCE = mpf("0.95")


def mean(v):
    return fsum(v) / len(v)


def cov(a, b):
    ma, mb = mean(a), mean(b)
    return fsum((x - ma) * (y - mb) for x, y in zip(a, b)) / (len(a) - 1)


def t_sf(t, df):
    tail = betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
    return tail if t >= 0 else 1 - tail


def t_quantile(q, df):
    """upper tail q"""
    return findroot(lambda x: log(t_sf(x, df)) - log(q), mpf(stats.t.isf(float(q), float(df))))


def linear(arm, metric):
    """units as [y, x...] whose means are the levels"""
    if metric != "ratio":
        return [[mpf(v) for v in u] for u in arm]
    cols = [[mpf(u[i]) for u in arm] for i in range(len(arm[0]))]
    out = []
    for i in range(0, len(cols), 2):
        m, d = mean(cols[i]), mean(cols[i + 1])
        out.append([m / d + (y - m / d * z) / d for y, z in zip(cols[i], cols[i + 1])])
    return [list(u) for u in zip(*out)]


def coefficients(arms, theta, metric):
    k = len(arms[0][0]) - 1
    if k == 0:
        return []
    def column(a, i):
        return [u[i] for u in arms[a]]
    def s(i, j):
        if theta == "within":
            return fsum(cov(column(a, i), column(a, j)) * (len(arms[a]) - 1) for a in (0, 1))
        if metric == "ratio":
            return fsum(cov(column(a, i), column(a, j)) for a in (0, 1))
        return cov(column(0, i) + column(1, i), column(0, j) + column(1, j))
    m = matrix([[s(i, j) for j in range(1, k + 1)] for i in range(1, k + 1)])
    return list(lu_solve(m, matrix([s(0, i) for i in range(1, k + 1)])))


def effect(control, treatment, metric, theta):
    arms = [linear(control, metric), linear(treatment, metric)]
    n = [len(a) for a in arms]
    total = sum(n)
    th = coefficients(arms, theta, metric)
    k = len(th)
    raw = [mean([u[0] for u in a]) for a in arms]
    xbar = [[mean([u[i + 1] for u in a]) for i in range(k)] for a in arms]
    both = [(n[0] * xbar[0][i] + n[1] * xbar[1][i]) / total for i in range(k)]
    level = [raw[a] - fsum(th[i] * (xbar[a][i] - both[i]) for i in range(k)) for a in (0, 1)]
    tx = [[fsum(th[i] * u[i + 1] for i in range(k)) for u in a] for a in arms]
    y = [[u[0] for u in a] for a in arms]
    factor = df_factor = mpf(1)
    if k and theta == "within":
        def within(i, j):
            return fsum(cov([u[i + 1] for u in a], [u[j + 1] for u in a]) * (len(a) - 1) for a in arms)
        m = matrix([[within(i, j) for j in range(k)] for i in range(k)])
        d = matrix([xbar[1][i] - xbar[0][i] for i in range(k)])
        distance = (d.T * lu_solve(m, d))[0]
        df_factor = mpf(total - 2 - k) / (total - 2)
        factor = (1 + distance / (mpf(1) / n[0] + mpf(1) / n[1])) / df_factor
    v = [cov([b - c for b, c in zip(y[a], tx[a])], [b - c for b, c in zip(y[a], tx[a])]) * factor for a in (0, 1)]
    parts = []
    for a in (0, 1):
        share = mpf(n[a]) / total
        own = [b - (1 - share) * c for b, c in zip(y[a], tx[a])]
        other = [share * c for c in tx[a]]
        to = [own, other] if a == 0 else [other, own]        # what a unit adds to the two levels
        parts.append([cov(to[0], to[0]) * factor / n[a], cov(to[1], to[1]) * factor / n[a], cov(to[0], to[1]) * factor / n[a]])
    vc, vt, vct = (fsum(p[i] for p in parts) for i in range(3))
    def contrast(rho):
        each = [p[1] - 2 * rho * p[2] + rho * rho * p[0] for p in parts]
        total_v = fsum(each)
        return total_v, total_v ** 2 / fsum(e * e / ((n[a] - 1) * df_factor) for a, e in enumerate(each))
    d = level[1] - level[0]
    variance, df = contrast(mpf(1))
    plain = cov(y[0], y[0]) / n[0] + cov(y[1], y[1]) / n[1]
    r2 = 1 - (v[0] / n[0] + v[1] / n[1]) / factor / plain if k else mpf(0)
    base = abs(raw[0])
    kk = 1 + d / raw[0] if metric == "ratio" and k else raw[1] / raw[0]
    relative_v = (v[1] / n[1] + factor / n[0] * cov([kk * b - c for b, c in zip(y[0], tx[0])], [kk * b - c for b, c in zip(y[0], tx[0])])) / base ** 2
    return dict(control_raw=raw[0], treatment_raw=raw[1], control=level[0], treatment=level[1], v_control=v[0], v_treatment=v[1],
                difference=d, variance=variance, df=df, r2=r2, control_variance=vc, treatment_variance=vt, covariance=vct,
                relative=d / base, relative_variance=relative_v), contrast


def answers(e, contrast):
    alpha = 1 - CONFIDENCE
    out = {}
    t = e["difference"] / sqrt(e["variance"])
    half = t_quantile(alpha / 2, e["df"]) * sqrt(e["variance"])
    out |= dict(t=t, p=2 * t_sf(abs(t), e["df"]), lower=e["difference"] - half, upper=e["difference"] + half)
    se = sqrt(e["relative_variance"])
    half = t_quantile(alpha / 2, e["df"]) * se
    out |= dict(delta_t=e["relative"] / se, delta_lower=e["relative"] - half, delta_upper=e["relative"] + half)
    # log-ratio
    ratio = e["treatment"] / e["control"]
    out |= dict(log_t=mpf("nan"), log_df=mpf("nan"), log_p=mpf("nan"), log_lower=mpf("nan"), log_upper=mpf("nan"))
    if e["control"] > 0 and ratio > 0:
        v, df = contrast(ratio)
        se = sqrt(v) / e["treatment"]
        half = t_quantile(alpha / 2, df) * se
        out |= dict(log_t=log(ratio) / se, log_df=df, log_p=2 * t_sf(abs(log(ratio) / se), df),
                    log_lower=mp.exp(log(ratio) - half) - 1, log_upper=mp.exp(log(ratio) + half) - 1)
    # Fieller: two-sided, and non-inferiority at a relative margin of 0.1, higher is better
    base, sign = abs(e["control"]), 1 if e["control"] > 0 else -1
    def statistic(d):
        return (e["difference"] - d * base) / sqrt(contrast(1 + sign * d)[0])
    def ends(crit):
        if base ** 2 <= crit ** 2 * e["control_variance"]:
            return mpf("nan"), mpf("nan")
        found = []
        for s in (1, -1):
            # the statistic falls from one asymptote, beyond the critical value, to the other
            inside = e["difference"] / base
            step = sqrt(e["variance"]) / base
            while s * statistic(inside - s * step) < crit:
                step *= 2
            lo, hi = sorted([inside, inside - s * step])
            found.append(findroot(lambda x: statistic(x) - s * crit, (lo, hi), solver="anderson", tol=1e-40))
        return found
    out["fieller_lower"], out["fieller_upper"] = ends(t_quantile(alpha / 2, e["df"]))
    margin = -mpf(0.1)          # the double
    v, df = contrast(1 + sign * margin)
    t = (e["difference"] - margin * base) / sqrt(v)
    out |= dict(inferior_t=t, inferior_df=df, inferior_p=t_sf(t, df), inferior_lower=ends(t_quantile(alpha, df))[0])
    return out


def check(control, treatment, metric, theta, e, a):
    c, t = numpy.array(control, float), numpy.array(treatment, float)
    if metric == "mean" and c.shape[1] == 1:
        r = stats.ttest_ind(t[:, 0], c[:, 0], equal_var=False)
        assert abs(r.statistic / float(a["t"]) - 1) < 1e-6 and abs(r.pvalue / float(a["p"]) - 1) < 1e-6, (r, a)
    if metric == "mean" and c.shape[1] > 1 and theta == "within" and len(c) == len(t) and abs(e["v_control"] / e["v_treatment"] - 1) < 1e-12:
        both = numpy.vstack([c, t])
        w = numpy.repeat([0.0, 1.0], [len(c), len(t)])
        fit = statsmodels.api.OLS(both[:, 0], numpy.column_stack([numpy.ones(len(w)), w, both[:, 1:]])).fit()
        assert abs(fit.params[1] / float(e["difference"]) - 1) < 1e-9 and abs(fit.bse[1] / float(sqrt(e["variance"])) - 1) < 1e-9, fit.summary()
        assert abs(fit.df_resid / float(e["df"]) - 1) < 1e-9 and abs(fit.pvalues[1] / float(a["p"]) - 1) < 1e-8
        return 1
    return 0


def units(n, k, base, lift, spread):
    rows = []
    for _ in range(n):
        x = [round(random.gauss(0, 1), 3) for _ in range(k)]
        y = base + lift + spread * (random.gauss(0, 1) + sum(0.7 * v for v in x))
        rows.append([round(y, 4)] + x)
    return rows


def ratios(n, four):
    rows = []
    for _ in range(n):
        d = random.randint(1, 9)
        z = random.randint(1, 6)
        r = random.betavariate(4, 3)
        rows.append([round(d * r + random.random(), 3), float(d)] + ([round(z * r, 3), float(z)] if four else []))
    return rows


def cases():
    for nc, nt, base, spread in ((2, 2, 10, 1), (3, 7, 10, 2), (20, 20, 5, 1), (9, 40, 100, 30), (30, 12, -20, 4), (25, 25, 1e7, 1),
                                 (12, 15, 0.4, 1), (40, 40, 1e-3, 1e-4)):
        yield units(nc, 0, base, 0, spread), units(nt, 0, base, 0.3 * spread, spread * 1.5), "mean"
    for nc, nt, k, base in ((10, 10, 1, 10), (30, 14, 1, 10), (20, 20, 3, 50), (13, 31, 5, -40), (30, 30, 2, 1e6), (15, 15, 8, 20)):
        yield units(nc, k, base, 0, 1), units(nt, k, base, 0.5, 2), "mean"
    for k in (1, 3):        # the same residuals in both arms, covariates that differ: the analysis of covariance
        c = units(24, k, 30, 0, 1)
        yield c, [[u[0] + 1.25] + [v + 0.5 for v in u[1:]] for u in c], "mean"
    for nc, nt, four in ((10, 10, False), (40, 17, False), (12, 12, True), (30, 40, True)):
        yield ratios(nc, four), ratios(nt, four), "ratio"


EFFECT = ["control_raw", "treatment_raw", "control", "treatment", "v_control", "v_treatment", "difference", "variance", "df", "r2",
          "control_variance", "treatment_variance", "covariance", "relative", "relative_variance"]
ANSWER = ["t", "p", "lower", "upper", "delta_t", "delta_lower", "delta_upper", "log_t", "log_df", "log_p", "log_lower", "log_upper",
          "fieller_lower", "fieller_upper", "inferior_t", "inferior_df", "inferior_p", "inferior_lower"]

print(f"""# provenance: definitions over the units with mpmath, 50 digits; checked against SciPy {scipy.__version__}, ttest_ind(equal_var=False),
# and statsmodels {statsmodels.__version__}, OLS with covariates
# values: of one unit joined by a space, units by a semicolon; inferior: non-inferiority, relative margin 0.1, Fieller
# regenerate: /usr/bin/python3 gen_effect.py > golden/effect.csv
metric,theta,variables,control,treatment,{",".join(EFFECT + ANSWER)}""")
checked = 0
for control, treatment, metric in cases():
    k = len(control[0])
    for theta in ("within", "pooled") if k > (2 if metric == "ratio" else 1) else ("within",):
        e, contrast = effect(control, treatment, metric, theta)
        a = answers(e, contrast)
        checked += check(control, treatment, metric, theta, e, a)
        text = [";".join(" ".join(repr(v) for v in u) for u in arm) for arm in (control, treatment)]
        print(",".join([metric, theta, str(k)] + text + [mp.nstr(e[f], 20) for f in EFFECT] + [mp.nstr(a[f], 20) for f in ANSWER]))
assert checked == 2
