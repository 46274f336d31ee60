#!/usr/bin/env python3
"""Writes golden/counts.csv and golden/counts_poisson.csv.

The e-values by their definition, 40 digits: the likelihood ratio integrated
numerically over the Beta (Gamma) law, for the counts where that is quick, and
by the ratio of (incomplete) Beta and Gamma functions for all; the
two must agree where there are both.
"""
import sys

import mpmath
from mpmath import beta, exp, gamma, gammainc, inf, log, mp, mpf, quad

mp.dps = 40
HEAD = (f"# provenance: mpmath {mpmath.__version__}, 40 digits, incomplete Beta and Gamma functions, small counts checked by "
        f"numerical integration (Python {sys.version.split()[0]})\n# regenerate: /usr/bin/python3 gen_counts.py")


def lower_beta(a, b, x):
    """Incomplete Beta function: x^a (1 - x)^b / a 2F1(1, a + b; a + 1; x), all terms positive."""
    term = total = mpf(1)
    i = 0
    while term > total * mpf(10)**-45:
        term *= x * (a + b + i) / (a + 1 + i)
        total += term
        i += 1
    return x**a * (1 - x)**b / a * total


def part(a, b, p, alternative):
    return lower_beta(b, a, 1 - p) if alternative == "greater" else lower_beta(a, b, p)


def bernoulli(k, l, p, a, b, alternative):
    low, high = (p, 1) if alternative == "greater" else (0, p) if alternative == "less" else (0, 1)
    if alternative == "two-sided":
        ratio = beta(a + k, b + l) / beta(a, b)
    else:
        ratio = part(a + k, b + l, p, alternative) / part(a, b, p, alternative)
    ln_e = log(ratio) - k * log(p) - l * log(1 - p)
    if k + l <= 20 and 1 <= min(a, b) and a + b < 50:
        f = lambda x: x**(a - 1 + k) * (1 - x)**(b - 1 + l)
        g = lambda x: x**(a - 1) * (1 - x)**(b - 1)
        e = quad(f, [low, (low + high) / 2, high]) / quad(g, [low, (low + high) / 2, high]) / p**k / (1 - p)**l
        assert abs(log(e) - ln_e) < mpf(10)**-18, (k, l, p, a, b, alternative)
    return ln_e


def poisson(k, t, rate, shape, mean, alternative):
    s = shape / mean
    low, high = (rate, inf) if alternative == "greater" else (0, rate) if alternative == "less" else (0, inf)
    # x^(shape - 1 + k) e^(-(s + t) x), and the prior's
    top = gammainc(shape + k, (s + t) * low, (s + t) * high if high != inf else inf) / (s + t)**(shape + k)
    bottom = gammainc(shape, s * low, s * high if high != inf else inf) / s**shape
    ln_e = log(top / bottom) - k * log(rate) + rate * t
    if k <= 3 and shape >= 1:
        f = lambda x: x**(shape - 1 + k) * exp(-(s + t) * x)
        g = lambda x: x**(shape - 1) * exp(-s * x)
        def split(middle):
            return [low + (high - low) * i / 12 for i in range(13)] if high != inf else \
                [low + middle * i / 4 for i in range(25)] + [inf]
        points, base = split((shape + k) / (s + t)), split(mean)
        e = quad(f, points) / quad(g, base) * exp(rate * t) / rate**k
        assert abs(log(e) - ln_e) < mpf(10)**-8, (k, t, rate, shape, mean, alternative, log(e), ln_e)
    return ln_e


def main():
    with open("golden/counts.csv", "w") as f:
        print(HEAD, file=f)
        print("alternative,hits,misses,p,a,b,ln_e", file=f)
        for alternative in ("two-sided", "greater", "less"):
            for k, l in ((0, 0), (1, 0), (0, 1), (0, 66), (7, 3), (12, 900), (500, 480), (30000, 29000), (4000000, 4003000)):
                for p, a, b in (("0.5", "1", "1"), ("0.05", "0.1", "1.9"), ("0.3", "3", "7"), ("0.6", "5000", "6000")):
                    if k + l > 1000 and (p == "0.6" or alternative != "two-sided"):
                        continue
                    v = bernoulli(mpf(k), mpf(l), mpf(float(p)), mpf(float(a)), mpf(float(b)), alternative)
                    print(f"{alternative},{k},{l},{p},{a},{b},{mp.nstr(v, 20)}", file=f)
    with open("golden/counts_poisson.csv", "w") as f:
        print(HEAD, file=f)
        print("alternative,events,exposure,rate,shape,mean,ln_e", file=f)
        for alternative in ("two-sided", "greater", "less"):
            for k, t in ((0, "0"), (0, "12.5"), (3, "2"), (18, "100"), (2500, "1000"), (9000, "3.5")):
                for rate, shape, mean in (("0.2", "1", "0.2"), ("2", "0.5", "3"), ("2.5", "40", "2.5")):
                    v = poisson(mpf(k), mpf(t), mpf(float(rate)), mpf(shape), mpf(float(mean)), alternative)
                    print(f"{alternative},{k},{t},{rate},{shape},{mean},{mp.nstr(v, 20)}", file=f)


main()
