#!/usr/bin/env python3
"""Writes golden/kuiper.csv and golden/kuiper_limit.csv.  Exact p by two ways that must
agree, both in exact integers: all arrangements by their (position, lowest, highest) so far, and
sums over all windows of a width of the paths that stay inside.  The limiting law by
mpmath from the series of the upper tail, its lower tail as 1 - upper with enough digits."""
import random
import sys
from collections import Counter
from fractions import Fraction
from math import comb, gcd

from mpmath import exp, log, mp, mpf, nstr

mp.dps = 60
random.seed(20260303)


def by_range(n, m):
    """Number of arrangements for every range of the path."""
    ways = {(0, 0, 0): 1}
    for step in range(n + m):
        after = Counter()
        for (i, lo, hi), w in ways.items():
            for k in (0, 1):
                a, b = i + k, step + 1 - i - k
                if a <= n and b <= m:
                    d = a * m - b * n
                    after[a, min(lo, d), max(hi, d)] += w
        ways = after
    out = Counter()
    for (i, lo, hi), w in ways.items():
        out[hi - lo] += w
    return out


def inside(n, m, lo, hi):
    row = [0] * (n + 1)
    for j in range(m + 1):
        for i in range(n + 1):
            if lo <= i * m - j * n <= hi:
                row[i] = (row[i] if j else 0) + (row[i - 1] if i else 0) + (i + j == 0)
            else:
                row[i] = 0
    return row[n]


def windows(n, m, c):
    """Arrangements with a range below c."""
    g = gcd(n, m)
    w = (c - g) // g
    return sum(inside(n, m, -a * g, (w - a) * g) for a in range(w + 1)) - sum(inside(n, m, -a * g, (w - 1 - a) * g) for a in range(w))


def line(n, m, c, p):
    q = mpf(p.numerator) / p.denominator
    print(n, m, c, nstr(q, 20), nstr(log(q), 20), sep=",", file=out)


out = open("golden/kuiper.csv", "w")
print(f"# provenance: exact integers (Python {sys.version.split()[0]}), two ways of counting; mpmath for the logarithm", file=out)
print("# regenerate: /usr/bin/python3 gen_kuiper.py; c: V = c / (n m)", file=out)
print("n,m,c,p,ln_p", file=out)
for n, m in [(1, 1), (1, 4), (3, 2), (4, 4), (6, 4), (5, 10), (9, 6), (7, 11), (12, 12), (12, 8), (14, 13), (15, 10)]:
    counts, total = by_range(n, m), comb(n + m, n)
    for c in sorted(counts):
        p = Fraction(sum(w for r, w in counts.items() if r >= c), total)
        if n * m < 100 and 1 - Fraction(windows(n, m, c), total) != p:
            raise SystemExit(f"the two ways disagree: {n} {m} {c}")
        if len(counts) < 20 or random.random() < 12 / len(counts):
            line(n, m, c, p)
for n, m, c in [(60, 60, 60 * 20), (60, 60, 60 * 45), (60, 40, 20 * 50), (60, 40, 20 * 100), (30, 29, 400), (30, 29, 700), (200, 100, 100 * 60),
                (25, 50, 25 * 20), (100, 100, 100 * 15), (100, 100, 100 * 90)]:
    line(n, m, c, 1 - Fraction(windows(n, m, c), comb(n + m, n)))
for n, m in [(3000, 3000), (2500, 4000), (1, 999), (100, 99991)]:  # separated: a block of one side anywhere on the circle
    line(n, m, n * m, Fraction(n + m, comb(n + m, n)))
out.close()

out = open("golden/kuiper_limit.csv", "w")
print(f"# provenance: mpmath, series of the upper tail with up to 12000 digits (Kuiper 1960)", file=out)
print("# regenerate: /usr/bin/python3 gen_kuiper.py", file=out)
print("x,lower,upper,ln_lower,ln_upper", file=out)
for x in ["0.02", "0.05", "0.1", "0.2", "0.3", "0.5", "0.7", "0.9", "1.0", "1.1", "1.19999", "1.2", "1.25", "1.5", "1.747", "2", "2.5", "3", "5", "10", "18", "25", "100"]:
    mp.dps = 12000 if float(x) < 0.04 else 2500
    v = mpf(float(x))
    terms = int(mp.sqrt(mp.dps * 2.4 / (2 * v * v))) + 3
    upper = 2 * sum((4 * j * j * v * v - 1) * exp(-2 * j * j * v * v) for j in range(1, terms))
    lower = 1 - upper
    print(x, *(nstr(q, 20) for q in (lower, upper, log(lower), log(upper))), sep=",", file=out)
out.close()
