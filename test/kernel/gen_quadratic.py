#!/usr/bin/env python3
"""Writes golden/quadratic.csv: small samples with ties, one line each.  The
statistics are exact rationals from their definitions over the rows; p, mean and
variance are over every choice of the reference rows among the pooled rows;
nothing is shared with the kernels.  SciPy must agree where it has the statistic: CvM
without ties, Anderson-Darling (midrank=False), energy distance."""
import itertools
import random
import sys
import warnings
from fractions import Fraction

import scipy
from scipy import stats

warnings.filterwarnings("ignore")
random.seed(20261121)


def cdf(rows, v):
    return Fraction(sum(r <= v for r in rows), len(rows))


def statistics(x, y):
    n, m = len(x), len(y)
    total = n + m
    values = sorted(set(x + y))
    cvm = ad = en = between = Fraction(0)
    for i, v in enumerate(values):
        tied = (x + y).count(v)
        f, g = cdf(x, v), cdf(y, v)
        h = (n * f + m * g) / total
        cvm += tied * (f - g) ** 2
        if i + 1 < len(values):
            ad += tied * (f - g) ** 2 / (h * (1 - h))
            en += 2 * (values[i + 1] - v) * (f - g) ** 2
            between += (values[i + 1] - v) * (f * (1 - g) + g * (1 - f))
    scale = Fraction(n * m, total)
    return cvm * scale / total, ad * scale / total, en * scale, en / (2 * between)


def check(x, y, cvm, ad, en):
    n, m = len(x), len(y)
    fx, fy = [float(v) for v in x], [float(v) for v in y]
    if len(set(x + y)) == n + m:
        assert abs(stats.cramervonmises_2samp(fx, fy).statistic - float(cvm)) < 1e-12
    assert abs(stats.energy_distance(fx, fy) ** 2 * n * m / (n + m) - float(en)) < 1e-9
    # SciPy gives (A2 - 1) / sigma: two samples of the same sizes have the same sigma
    if n + m > 3:
        a = stats.anderson_ksamp([fx, fy], midrank=False).statistic
        total = n + m
        h = sum(Fraction(1, i) for i in range(1, total))
        g = sum(Fraction(1, (total - i) * j) for i in range(1, total - 1) for j in range(i + 1, total))
        big_h = Fraction(1, n) + Fraction(1, m)
        k = 2
        c3 = (4 * g - 6) * (k - 1) + (10 - 6 * g) * big_h
        c2 = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * big_h - 8 * h + 4 * g - 6
        c1 = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * big_h + 4 * h
        c0 = (2 * h + 6) * k * k - 4 * h * k
        var = (c3 * total ** 3 + c2 * total ** 2 + c1 * total + c0) / ((total - 1) * (total - 2) * (total - 3))
        assert abs((float(ad) - 1) / float(var) ** 0.5 - a) < 1e-9, (float(ad), float(var), a)


def main():
    print(f"# provenance: rational arithmetic and full enumeration (Python {sys.version.split()[0]});"
          f" statistics checked against SciPy {scipy.__version__}")
    print("# regenerate: /usr/bin/python3 gen_quadratic.py > golden/quadratic.csv")
    print("# rows: of values 0, 1, ... as reference/current, of distinct values in x; p and effects of the three tests")
    print("x,reference,current,coefficient," + ",".join(f"{k},{k}_p,{k}_mean,{k}_variance" for k in ("cvm", "ad", "energy")))
    done = 0
    while done < 60:
        n, m = random.randint(1, 7), random.randint(1, 7)
        top = random.choice([1, 2, 5, 30])
        x = [Fraction(random.randint(0, top), 4) for _ in range(n)]
        y = [Fraction(random.randint(0, top) + random.choice([0, 0, 1]), 4) for _ in range(m)]
        values = sorted(set(x + y))
        if len(values) < 2:
            continue
        seen = statistics(x, y)
        if n > 1 and m > 1:
            check(x, y, *seen[:3])
        pooled = x + y
        as_far, tables, sums, squares = [0, 0, 0], 0, [0, 0, 0], [0, 0, 0]
        memo = {}
        for chosen in itertools.combinations(range(n + m), n):
            a = [pooled[i] for i in chosen]
            key = tuple(sorted(a))
            if key not in memo:
                b = list(pooled)
                for v in a:
                    b.remove(v)
                memo[key] = statistics(a, b)
            tables += 1
            for k in range(3):
                as_far[k] += memo[key][k] >= seen[k]
                sums[k] += memo[key][k]
                squares[k] += memo[key][k] ** 2
        out = [";".join(str(float(v)) for v in values), ";".join(str(x.count(v)) for v in values),
               ";".join(str(y.count(v)) for v in values)]
        out += [repr(float(seen[3]))]
        for k in range(3):
            mean = sums[k] / tables
            out += [repr(float(v)) for v in (seen[k], Fraction(as_far[k], tables), mean, squares[k] / tables - mean ** 2)]
        print(",".join(out))
        done += 1


main()
