#!/usr/bin/env python3
"""Writes golden/planning.csv: power, sample sizes and smallest effects.  Power by
SciPy's distributions from the formulas of doc/experiments/planning.md, the sample size by counting
up from the smallest, the effect by brentq.  statsmodels (TTestIndPower at equal sizes) must
agree, else the generator fails; gen_planning.R asks R (power.t.test, power.prop.test).
The multiplier of the confidence sequence is Waudby-Smith's closed form."""
import math
import random

import scipy
import statsmodels
from scipy import optimize, stats
from statsmodels.stats.power import TTestIndPower

random.seed(5)
INF = math.inf


def radius(alpha, n, planned):
    rho2 = (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / planned
    q = n * rho2
    return math.sqrt((q + 1) / q * math.log((q + 1) / alpha ** 2))


def t_isf(q, df):
    """SciPy's quantile of t has nine digits; two steps of Newton's method."""
    x = stats.t.isf(q, df)
    for _ in range(2):
        x += (stats.t.sf(x, df) - q) / stats.t.pdf(x, df)
    return x


def power(d, nc, nt, effect):
    level = d["baseline"] + effect * (abs(d["baseline"]) if d["relative"] else 1)
    prop = d["metric"] == "proportion"
    if prop and not 0 <= level <= 1:
        return math.nan
    vc = d["baseline"] * (1 - d["baseline"]) * (1 - d["r2"]) if prop else d["variance"]
    vt = level * (1 - level) * (1 - d["r2"]) if prop else d["variance"]
    df = INF
    if not prop and not d["sequential"]:
        df = (vc / nc + vt / nt) ** 2 / ((vc / nc) ** 2 / (nc - 1) + (vt / nt) ** 2 / (nt - 1))
    sf = lambda x, shift: stats.norm.sf(x - shift) if df == INF else stats.nct.sf(x, df, shift)
    base = abs(d["baseline"]) if d["relative"] else 1
    sides = 2 if d["hypothesis"] == "superiority" and d["alternative"] == "two-sided" else 1
    if d["sequential"]:
        crit = radius(d["alpha"], nc + nt, d["planned"] if d["planned"] else nc + nt)
    else:
        crit = stats.norm.isf(d["alpha"] / sides) if df == INF else t_isf(d["alpha"] / sides, df)
    if d["hypothesis"] == "superiority":
        rho = 1 + effect if d["relative"] else 1
        se = math.sqrt((vt / nt + rho ** 2 * vc / nc)) / base
        if prop and not d["relative"] and d["r2"] == 0 and not d["sequential"]:
            pooled = (nc * d["baseline"] + nt * level) / (nc + nt)
            crit *= math.sqrt(pooled * (1 - pooled) * (1 / nc + 1 / nt)) / se
        if sides == 2:
            return sf(crit, effect / se) + sf(crit, -effect / se)
        return sf(crit, (effect if d["alternative"] == "greater" else -effect) / se)
    total = 0
    for side in ((1, -1) if d["hypothesis"] == "equivalence" else (1,)):
        rho = 1 - side * d["margin"] if d["relative"] else 1
        se = math.sqrt(vt / nt + rho ** 2 * vc / nc) / base
        total += sf(crit, (side * effect + d["margin"]) / se)
    return max(0, total - 1) if d["hypothesis"] == "equivalence" else total


def size(d, effect, target):
    n = 2
    while math.ceil(n * d["allocation"] - 1e-9) < 2:
        n += 1
    p = power(d, n, math.ceil(n * d["allocation"] - 1e-9), effect)
    while not p >= target:
        n += 1
        if n > 1500:
            return 0
        p = power(d, n, math.ceil(n * d["allocation"] - 1e-9), effect)
    return n


# statsmodels
for n, effect, alpha, alternative in ((10, .8, .05, "two-sided"), (25, .3, .01, "larger"), (64, .5, .05, "two-sided")):
    d = dict(metric="mean", baseline=0, variance=1., r2=0, relative=False, hypothesis="superiority", margin=0, alternative="greater" if alternative == "larger" else alternative,
             alpha=alpha, sequential=False, planned=0, allocation=1)
    want = TTestIndPower().power(effect, n, alpha, 1, alternative=alternative)
    assert abs(power(d, n, n, effect) - want) < 1e-9, (power(d, n, n, effect), want)
print(f"# provenance: SciPy {scipy.__version__} (nct, norm), checked against statsmodels {statsmodels.__version__} TTestIndPower; sizes by counting, effects by brentq")
print("# regenerate: /usr/bin/python3 gen_planning.py > golden/planning.csv; check: Rscript gen_planning.R")
print("# size 0: above 1500 or not asked for; detectable empty: not asked for (up, and for the alternative less down)")
print("metric,baseline,variance,r2,relative,hypothesis,margin,alternative,alpha,allocation,sequential,planned,n_control,effect,power,target,size,detectable")
rows = 0
for metric in ("mean", "ratio", "proportion"):
    for hypothesis in ("superiority", "non-inferiority", "equivalence"):
        for relative in (False, True):
            for sequential in (False, True):
                for trial in range(12 if hypothesis == "superiority" and not relative and not sequential else 5):
                    alternative = ("two-sided", "greater", "less")[trial % 3] if hypothesis == "superiority" and not sequential else "two-sided"
                    if sequential and hypothesis != "superiority":
                        continue
                    baseline = random.choice((.1, .3, .5)) if metric == "proportion" else random.choice((2., 10., 5.5))
                    sd = math.sqrt(baseline * (1 - baseline)) if metric == "proportion" else random.choice((1., 3., 4.2))
                    nc = random.choice((12, 40, 100, 400) if metric != "proportion" else (60, 150, 800))
                    allocation = random.choice((1, 1, .5, 2, 3))
                    unit = baseline if relative else 1
                    se = sd * math.sqrt((1 + 1 / allocation) / nc) / unit
                    effect = random.choice((0, 1, 2, 3)) * se * (-1 if alternative == "less" else 1)
                    margin = random.choice((1, 2, 3)) * se if hypothesis != "superiority" else 0
                    if hypothesis == "equivalence":
                        effect, margin = random.choice((0, .3)) * se, 3.5 * se
                    if metric == "proportion" and not .01 < baseline + effect * unit < .99:
                        continue
                    d = dict(metric=metric, baseline=baseline, variance=sd * sd * .9, r2=random.choice((0, 0, .4)) if metric == "proportion" else 0, relative=relative,
                             hypothesis=hypothesis, margin=margin, alternative=alternative, alpha=random.choice((.05, .01)), sequential=sequential,
                             planned=random.choice((0, 1000)) if sequential else 0, allocation=allocation)
                    nt = nc * allocation
                    p = power(d, nc, nt, effect)
                    target = random.choice((.5, .8, .9))
                    n = size(d, effect, target)
                    detectable = ""
                    if hypothesis != "equivalence":
                        sign = -1 if alternative == "less" else 1
                        f = lambda e: power(d, nc, nt, sign * e) - target
                        low = 0 if hypothesis == "superiority" else -margin
                        high = low + 20 * se
                        if metric == "proportion":
                            high = min(high, ((1 - baseline) if sign > 0 else baseline) / unit * (1 - 1e-9))
                        if f(low + 1e-12) < 0 < f(high):
                            detectable = repr(sign * optimize.brentq(f, low + 1e-12, high, xtol=1e-14))
                    rows += 1
                    print(",".join(map(str, (metric, baseline, repr(d["variance"]), d["r2"], int(relative), hypothesis, repr(margin), alternative, d["alpha"], allocation, int(sequential), d["planned"],
                                             nc, repr(effect), repr(float(p)), target, n, detectable))))
