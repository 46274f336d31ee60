#!/usr/bin/env python3
"""Writes golden/group_sequential_exact.csv: bounds at three looks, 20 digits.

The two- and three-fold normal integrals directly, by 96-point Gauss-Legendre
rules of mpmath over the whole continuation region, with 20 digits; the bounds
by the secant rule.  Nothing is carried over from look to look but the bounds.
"""
import sys

import mpmath
from mpmath import erfc, erfinv, exp, findroot, log, mp, mpf, npdf, sqrt
from mpmath.calculus.quadrature import GaussLegendre

mp.dps = 22
NODES = GaussLegendre(mp).calc_nodes(6, 80)


def sf(x):
    return erfc(x / sqrt(2)) / 2


def upper(p):
    with mp.workdps(90):        # 1 - 2 p has to keep the digits of p
        return sqrt(2) * erfinv(1 - 2 * p)


def rule(low, high):
    return [((low + high) / 2 + (high - low) / 2 * x, (high - low) / 2 * w) for x, w in NODES]


SPEND = {
    "obrien-fleming": lambda a, t, g: 2 * sf(upper(a / 2) / sqrt(t)),
    "pocock": lambda a, t, g: a * log(1 + (exp(1) - 1) * t),
    "power": lambda a, t, g: a * t**g,
    "hwang-shih-decani": lambda a, t, g: a * (1 - exp(-g * t)) / (1 - exp(-g)),
}


def bounds(alternative, alpha, family, parameter, t):
    a = alpha / 2 if alternative == "two-sided" else alpha
    spent = [mpf(0)] + [SPEND[family](a, x, parameter) for x in t]
    b = [upper(spent[1])]
    s = [sqrt(t[0])] + [sqrt(t[i] - t[i - 1]) for i in (1, 2)]

    def region(k):
        high = b[k] * sqrt(t[k])
        return rule(-high if alternative == "two-sided" else -11 * sqrt(t[k]), high)

    first = [(x, w * npdf(x / s[0]) / s[0]) for x, w in region(0)]
    for k in (1, 2):
        density = first if k == 1 else [(y, w * sum(g * npdf((y - x) / s[1]) / s[1] for x, g in first)) for y, w in region(1)]
        tail = lambda z: sum(g * sf((z * sqrt(t[k]) - x) / s[k]) for x, g in density)
        goal = spent[k + 1] - spent[k]
        b.append(findroot(lambda z: log(tail(z) / goal), (upper(goal) - mpf("0.5"), upper(goal)), solver="anderson", tol=mpf(10)**-30, verify=False))
    return b


def main():
    with open("golden/group_sequential_exact.csv", "w") as f:
        print(f"# provenance: mpmath {mpmath.__version__}, threefold normal integrals, 22 digits (Python {sys.version.split()[0]})\n"
              "# regenerate: /usr/bin/python3 gen_group_sequential.py", file=f)
        print("alternative,alpha,spending,parameter,fraction,upper", file=f)
        for alternative, alpha, family, parameter, t in (
                ("two-sided", "0.05", "obrien-fleming", "0", ("0.05", "0.5", "1")), ("two-sided", "0.001", "power", "2", ("0.05", "0.5", "1")),
                ("greater", "0.05", "pocock", "0", ("0.3", "0.45", "0.9")), ("two-sided", "0.001", "hwang-shih-decani", "-4", ("0.2", "0.7", "1")),
                ("greater", "0.001", "obrien-fleming", "0", ("0.4", "0.7", "1"))):
            x = [mpf(float(v)) for v in t]
            b = bounds(alternative, mpf(float(alpha)), family, mpf(parameter), x)
            print(f"{alternative},{alpha},{family},{parameter},{';'.join(t)},{';'.join(mp.nstr(v, 17) for v in b)}", file=f)


main()
