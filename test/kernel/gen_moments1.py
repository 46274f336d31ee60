#!/usr/bin/python3
"""Golden moments for test_moments1.c: exact rational arithmetic over the very
doubles that the C test makes, cross-checked with scipy.stats here.

    test/kernel/gen_moments1.py > test/kernel/golden/moments1.csv
"""
import sys
from fractions import Fraction

import mpmath
import numpy
import scipy
import scipy.stats

mpmath.mp.prec = 200


def k(i):
    return (i * 7919) % 10007


# name, n, value of element i: the same double expression as in test_moments1.c
SETS = [
    ("uniform", 20000, lambda i: k(i) / 1000.0),
    ("offset", 20000, lambda i: 1e9 + k(i) / 8.0),
    ("far", 20000, lambda i: 1e9 + (k(i) % 1000) / 1024.0),
    ("heavy", 20000, lambda i: 1.0 / (1.0 + k(i))),
    ("cubes", 5000, lambda i: (k(i) / 100.0 - 50.0) * (k(i) / 100.0 - 50.0) * (k(i) / 100.0 - 50.0)),
    ("small", 7, lambda i: k(i) / 3.0),
    ("pair", 2, lambda i: -1.5 + 4.0 * i),
    ("constant", 1000, lambda i: 0.1),
    ("sorted", 20000, lambda i: i / 7.0),
]


def exact(x):
    x = [Fraction(v) for v in x]
    n = len(x)
    mean = sum(x) / n
    return mean, [sum((v - mean) ** p for v in x) for p in (2, 3, 4)]


def number(f):
    return repr(float(mpmath.mpf(f.numerator) / mpmath.mpf(f.denominator)))


print("# provenance: exact rational arithmetic (python fractions %s) over the doubles, "
      "skewness and kurtosis cross-checked with scipy %s" % (sys.version.split()[0], scipy.__version__))
print("# generator: test/kernel/gen_moments1.py")
print("name,n,mean,m2,m3,m4,variance,skewness,kurtosis")
for name, n, f in SETS:
    data = [f(i) for i in range(n)]
    mean, (m2, m3, m4) = exact(data)
    variance = m2 / (n - 1)
    if m2 == 0:
        skew = kurt = "NaN"
    else:
        s = mpmath.sqrt(n) * mpmath.mpf(m3.numerator) / m3.denominator / \
            mpmath.power(mpmath.mpf(m2.numerator) / m2.denominator, mpmath.mpf(3) / 2)
        kf = m4 * n / (m2 * m2) - 3
        skew, kurt = repr(float(s)), number(kf)
        centred = numpy.array(data) - float(mean)
        assert abs(scipy.stats.skew(centred) - float(skew)) <= 1e-7 * max(1, abs(float(skew))), name
        assert abs(scipy.stats.kurtosis(centred) - float(kurt)) <= 1e-7 * max(1, abs(float(kurt))), name
        assert abs(numpy.var(centred, ddof=1) - float(variance)) <= 1e-9 * float(variance), name
    print(",".join([name, str(n), number(mean), number(m2), number(m3), number(m4),
                    number(variance), skew, kurt]))
