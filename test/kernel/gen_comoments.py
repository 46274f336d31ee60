#!/usr/bin/python3
"""Golden co-moments: golden/comoments.csv, for test_comoments.c.

The values are made by the formulas written here; the expected means and sums
of products come from mpmath at 60 digits and are compared with numpy's
extended precision before they are written.
"""
import mpmath
import numpy as np

mpmath.mp.dps = 60


def rows(name, n):
    for i in range(n):
        u = ((i * 7919 + 13) % 1009) / 1009.0
        v = ((i * 104729 + 7) % 1013) / 1013.0
        if name == "plain":
            yield u, v, u * v - 0.5
        elif name == "offset":      # variance lost by the textbook formula
            yield 1e9 + u, -1e9 + v, 1e6 + 1e-3 * (u - v)
        elif name == "scales":
            yield 1e-12 * u, 1e12 * v, u * u
        else:                       # collinear
            yield u, 2 * u + 1, 3 - u


with open("golden/comoments.csv", "w") as out:
    out.write("# provenance: test/kernel/gen_comoments.py: mpmath %s (60 digits), checked against numpy %s longdouble\n"
              % (mpmath.__version__, np.__version__))
    out.write("case,n,x,mean,comoment\n")
    for name in ("plain", "offset", "scales", "collinear"):
        for n in (2, 3, 50):
            data = list(rows(name, n))
            cols = [[mpmath.mpf(r[j]) for r in data] for j in range(3)]
            mean = [mpmath.fsum(c) / n for c in cols]
            com = [mpmath.fsum((a - mean[i]) * (b - mean[j]) for a, b in zip(cols[i], cols[j]))
                   for i in range(3) for j in range(i, 3)]
            a = np.array(data, dtype=np.longdouble)
            d = a - a.mean(axis=0)
            s = d.T @ d
            check = [s[i, j] for i in range(3) for j in range(i, 3)]
            k = 0
            for i in range(3):
                for j in range(i, 3):
                    size = float(mpmath.sqrt(mpmath.fsum((x - mean[i]) ** 2 for x in cols[i])
                                             * mpmath.fsum((x - mean[j]) ** 2 for x in cols[j])))
                    assert abs(float(check[k]) - float(com[k])) <= 1e-7 * size + 1e-300, (name, n, i, j)
                    k += 1
            out.write("%s,%d,%s,%s,%s\n" % (
                name, n, ";".join(float(x).hex() for r in data for x in r),
                ";".join(mpmath.nstr(m, 20) for m in mean), ";".join(mpmath.nstr(c, 20) for c in com)))
