#!/usr/bin/env python3
"""Writes golden/skewed_means.csv: the skewness of the rows around the means of their own groups,
whether the difference of means is too skewed for Welch's tests, and the test that is then taken,
of the first two groups (t) and of all of them (F), from the definitions with 40 digits (mpmath).
SciPy's skew, ttest_ind (both variances) and f_oneway must agree at 1e-9, else the generator
fails; not where there is a large offset."""
import random

import numpy as np
import scipy
from gen_groups import f_upper, moments, nct_lower, welch
from mpmath import betainc, findroot, fsum, log, mp, mpf, sqrt
from scipy import stats

mp.dps = 40
OFFSET = False  # SciPy loses digits by an offset


def close(got, want, what):
    if not OFFSET and abs(got - float(want)) > 1e-9 * abs(float(want)) + 1e-12:
        raise SystemExit(f"SciPy disagrees: {what, got, want}")


def skewness(groups):
    rest = [mpf(v) - moments(x)[1] for x in groups for v in x]
    close(stats.skew(np.concatenate([np.array(x) - np.mean(x) for x in groups])), fsum(r ** 3 for r in rest) / len(rest) / (fsum(r * r for r in rest) / len(rest)) ** mpf(1.5), "skewness")
    return fsum(r ** 3 for r in rest) / fsum(r * r for r in rest) ** mpf(1.5) * sqrt(len(rest))


def skewed(groups):
    if min(len(set(x)) for x in groups) < 2:
        return True
    g, total = abs(skewness(groups)), sum(map(len, groups))
    most = max(g * abs(total - 2 * n) / sqrt(mpf(n) * (total - n) * total) for n in map(len, groups))
    noise = 4 * sqrt(mpf(6) / total)
    if min(abs(most - mpf("0.1")), abs(g - noise)) < 1e-6:
        raise SystemExit("on the border")
    return most > 0.1 and g > noise


def t_tests(r, c):
    """[t, df, p, ln p, d, standard error, unit] of Welch and of Student"""
    (n, a, x), (m, b, y) = moments(r), moments(c)
    vr, vc = x / (n - 1), y / (m - 1)
    unit = sqrt((vr + vc) / 2)
    out = []
    for e2, df, equal in ((vr / n + vc / m, None, False), ((x + y) / (n + m - 2) * (mpf(1) / n + mpf(1) / m), mpf(n + m - 2), True)):
        df = df or e2 ** 2 / ((vr / n) ** 2 / (n - 1) + (vc / m) ** 2 / (m - 1))
        t = (b - a) / sqrt(e2)
        p = betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True)
        peer = stats.ttest_ind(c, r, equal_var=equal)
        close(peer[0], t, "t")
        close(peer[1], p, "p of t")
        out.append([t, df, p, log(p), (b - a) / unit, sqrt(e2), unit])
    return out


def with_limits(t, df, p, ln_p, d, error, unit):
    mp.dps = 20
    out = [t, df, p, ln_p, d]
    for q, side in ((mpf("0.975"), -2), (mpf("0.025"), 2)):
        root = findroot(lambda delta: nct_lower(t, df, delta) - q, (t + side, t + side * mpf("1.2")), solver="secant", tol=1e-30, verify=False)
        if abs(nct_lower(t, df, root) - q) > 1e-14:
            raise SystemExit(f"no root: {t, df, q, root}")
        out.append(root * error / unit)
    mp.dps = 40
    return out


def fisher(groups):
    g = [moments(x) for x in groups]
    k, n = len(g), sum(v[0] for v in g)
    total = fsum(v[0] * v[1] for v in g) / n
    f = fsum(v[0] * (v[1] - total) ** 2 for v in g) / (k - 1) / (fsum(v[2] for v in g) / (n - k))
    p = f_upper(f, k - 1, n - k)
    peer = stats.f_oneway(*groups)
    close(peer[0], f, "F")
    close(peer[1], p, "p of F")
    return f, n - k, p, log(p)


KINDS = {
    "normal": lambda i: random.gauss(3, 1 + i),
    "exponential": lambda i: random.expovariate(1) + i / 8,
    "zeros": lambda i: 0.0 if random.random() < .9 else random.expovariate(1),
    "all but zeros": lambda i: 1.0 if random.random() < .9 else -random.expovariate(1),
    "binary": lambda i: float(random.random() < .1),
    "offset": lambda i: 1e9 + (0 if random.random() < .8 else random.randint(1, 64) / 8),
}


def main():
    global OFFSET
    random.seed(20261121)
    print(f"# provenance: definitions with mpmath, {mp.dps} digits; checked against SciPy {scipy.__version__}, skew, ttest_ind, f_oneway")
    print("# skewed: of the first two groups, of all; pooled: Student's (Fisher's) test is taken because its p is larger; d: its interval from the non-central t")
    print("# regenerate: /usr/bin/python3 gen_skewed_means.py > golden/skewed_means.csv")
    print("sizes,values,skewness,skewed,pooled,t,df,p,ln_p,d,d_lower,d_upper,all_skewed,all_pooled,f,df2,f_p,f_ln_p")
    for kind, draw in KINDS.items():
        OFFSET = kind == "offset"
        for sizes in ((40, 40), (20, 120), (120, 20), (50, 250), (12, 60, 100), (15,) * 8):
            groups = [[draw(i) for _ in range(n)] for i, n in enumerate(sizes)]
            if kind == "zeros" and sizes[0] == 20:
                groups[0] = [0.0] * 20  # a constant side
            for i, n in enumerate(sizes if len(sizes) > 2 else ()):
                while len(set(groups[i])) < 2:
                    groups[i] = [draw(i) for _ in range(n)]
            both, constant = groups[:2], min(len(set(x)) for x in groups) < 2
            w, s = t_tests(*both)
            is_skewed, all_skewed = skewed(both), skewed(groups)
            pooled = is_skewed and s[2] > w[2]
            out = [mpf(is_skewed), mpf(pooled)] + with_limits(*(s if pooled else w))
            if constant:
                out += [mpf(0), mpf(0)] + [mpf("nan")] * 4
            else:
                f, df2, p, ln_p = welch(groups)
                a = fisher(groups)
                pooled = all_skewed and a[2] > p
                out += [mpf(all_skewed), mpf(pooled)] + list(a if pooled else (f, df2, p, ln_p))
            print(";".join(map(str, sizes)), ";".join(repr(v) for x in groups for v in x), *(mp.nstr(mpf(v), 20) for v in [skewness(both)] + out), sep=",")


if __name__ == "__main__":
    main()
