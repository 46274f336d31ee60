#!/usr/bin/python3
"""Golden vectors of test_special.c from mpmath, 60 digits (see the header lines)."""
import os
from math import comb
import mpmath as mp

mp.mp.dps = 60
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def s(v):
    if mp.isinf(v):
        return "inf" if v > 0 else "-inf"
    return mp.nstr(v, 22, strip_zeros=False)


def ln(v):
    return mp.log(v) if v > 0 else -mp.inf


def tails(lower, upper):
    # the larger one is known from the smaller one
    if lower < upper:
        upper = 1 - lower
    else:
        lower = 1 - upper
    return lower, upper, mp.log1p(-upper) if upper < 1e-5 else ln(lower), \
        mp.log1p(-lower) if lower < 1e-5 else ln(upper)


def normal(x):
    x = mp.mpf(x)
    return tails(mp.erfc(-x / mp.sqrt(2)) / 2, mp.erfc(x / mp.sqrt(2)) / 2)


def gamma(x, a):
    x, a = mp.mpf(x), mp.mpf(a)
    if a > 1000:        # mpmath's own series are slow there: direct summation
        up = gamma_upper_large(x, a)
        lo = gamma_lower_large(x, a)
        return tails(lo, up)
    return tails(mp.gammainc(a, 0, x, regularized=True), mp.gammainc(a, x, mp.inf, regularized=True))


def gamma_lower_large(x, a):
    term = total = mp.mpf(1)
    i = 1
    while term > total * mp.mpf(10) ** -58:
        term *= x / (a + i)
        total += term
        i += 1
    return total * mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))


def gamma_upper_large(x, a):
    if x < a + 1:
        return 1 - gamma_lower_large(x, a)
    # Legendre's continued fraction, evaluated backwards
    f = mp.mpf(0)
    for i in range(20000, 0, -1):
        f = i * (i - a) / (x + 2 * i + 1 - a - f)
    return mp.exp(a * mp.log(x) - x - mp.loggamma(a)) / (x + 1 - a - f)


def beta(x, a, b):
    """P(B <= x); x an exact rational pair (num, den)."""
    x, a, b = mp.mpf(x), mp.mpf(a), mp.mpf(b)
    return tails(ibeta(x, a, b), ibeta(1 - x, b, a))


def ibeta(x, a, b):
    """Continued fraction DLMF 8.17.22, backwards; the other side by symmetry."""
    if x > (a + 1) / (a + b + 2):
        return 1 - ibeta(1 - x, b, a)
    n = int(60 + 40 * mp.sqrt(max(a, b)) ** mp.mpf("0.75")) + 400
    f = mp.mpf(1)
    for i in range(n, 0, -1):
        if i % 2:
            m = (i - 1) // 2
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            m = i // 2
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        f = 1 + d / f
    lnb = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    return mp.exp(a * mp.log(x) + b * mp.log(1 - x) - lnb) / a / f


def student(t, df):
    t, df = mp.mpf(t), mp.mpf(df)
    up = ibeta(df / (df + t * t), df / 2, mp.mpf("0.5")) / 2
    return tails(1 - up, up) if t >= 0 else tails(up, 1 - up)


def fdist(x, d1, d2):
    x, d1, d2 = mp.mpf(x), mp.mpf(d1), mp.mpf(d2)
    return beta(d1 * x / (d1 * x + d2), d1 / 2, d2 / 2)


def ncx2_side(x, k, l, upper):
    """Poisson mixture, weights and gammas by recurrence from far below the mode."""
    h = l / 2
    j0 = max(0, int(h - 40 * mp.sqrt(h) - 20))
    j1 = int(h + 40 * mp.sqrt(h) + 400)
    w = mp.exp(-h + j0 * mp.log(h) - mp.loggamma(j0 + 1)) if h > 0 else mp.mpf(1)
    a = k / 2 + j0
    if upper:
        q = gamma(x / 2, a)[1]
        f = mp.exp(a * mp.log(x / 2) - x / 2 - mp.loggamma(a + 1))
        total = mp.mpf(0)
        for j in range(j0, j1):
            total += w * q
            w *= h / (j + 1)
            q += f
            a += 1
            f *= x / 2 / a
        return total
    # lower tail from the top down, where the recurrence only adds
    a = k / 2 + j1
    p = gamma(x / 2, a)[0]
    f = mp.exp((a - 1) * mp.log(x / 2) - x / 2 - mp.loggamma(a))
    w = mp.exp(-h + j1 * mp.log(h) - mp.loggamma(j1 + 1))
    total = mp.mpf(0)
    for j in range(j1, j0 - 1, -1):
        total += w * p
        if j == 0:
            break
        w *= j / h
        p += f
        a -= 1
        f *= a / (x / 2)
    return total


def ncx2(x, k, l):
    x, k, l = mp.mpf(x), mp.mpf(k), mp.mpf(l)
    if l == 0:
        return gamma(x / 2, k / 2)
    if x > k + l:
        up = ncx2_side(x, k, l, True)
        return tails(1 - up, up)
    lo = ncx2_side(x, k, l, False)
    return tails(lo, 1 - lo)


def kolmogorov(x):
    x = mp.mpf(x)
    up = 2 * mp.nsum(lambda j: (-1) ** (j - 1) * mp.exp(-2 * j * j * x * x), [1, mp.inf], method="d") \
        if x > 0.5 else None
    lo = mp.sqrt(2 * mp.pi) / x * sum(mp.exp(-((2 * j - 1) * mp.pi) ** 2 / (8 * x * x)) for j in range(1, 60))
    if up is None:
        up = 1 - lo
    if x > 3:
        up = 2 * sum((-1) ** (j - 1) * mp.exp(-2 * j * j * x * x) for j in range(1, 30))
        lo = 1 - up
    return tails(lo, up)


def ks_exact(n, m, c):
    """P(max |i m - j n| >= c) by exact integer path counting."""
    row = []
    for j in range(m + 1):
        new = []
        for i in range(n + 1):
            if abs(i * m - j * n) >= c:
                new.append(0)
            elif i == 0 and j == 0:
                new.append(1)
            else:
                new.append((new[i - 1] if i else 0) + (row[i] if j else 0))
        row = new
    total = comb(n + m, n)
    return mp.mpf(total - row[n]) / total


with open(os.path.join(HERE, "special.csv"), "w") as out:
    out.write("# provenance: mpmath %s, 60 digits, test/kernel/gen_special.py\n" % mp.__version__)
    out.write("dist,x,a,b,lower,upper,ln_lower,ln_upper\n")

    def row(dist, x, a, b, t):
        out.write("%s,%s,%s,%s,%s\n" % (dist, x, a, b, ",".join(s(v) for v in t)))

    for x in "-38 -10 -3 -1 -0.1 0 1e-9 0.3 1 2 5 9.5 20 29.5 30.5 37 100 1000".split():
        row("normal", x, 0, 0, normal(x))
    for a in "0.01 0.3 0.5 1 2.5 9.5 30 49 50 51 500 12345.5 1000000".split():
        fa = mp.mpf(a)
        for x in {s(mp.nint(1e6 * fa * f) / 1000000) for f in (mp.mpf("0.01"), mp.mpf("0.5"), mp.mpf("0.9"))} | \
                {s(mp.nint(1000 * (fa + z * mp.sqrt(fa))) / 1000) for z in (-3, -1, 0, mp.mpf("0.2"), 1, 3, 8, 30)}:
            x = mp.nstr(mp.mpf(x), 15)
            if mp.mpf(x) > 0 and (fa < 1e5 or abs(mp.mpf(x) - fa) < 40 * mp.sqrt(fa)):
                row("gamma", x, a, 0, gamma(mp.mpf(float(x)), mp.mpf(float(a))))
    row("gamma", "1e-10", "0.5", 0, gamma(mp.mpf(1e-10), mp.mpf(0.5)))
    row("gamma", "3000", "9.5", 0, gamma(3000, mp.mpf(9.5)))
    for x, a, b in [("0.5", "0.5", "0.5"), ("0.125", "2", "3"), ("0.875", "2", "3"), ("0.001953125", "0.5", "1000"),
                    ("0.75", "40", "7"), ("0.25", "3000", "9000"), ("0.28125", "3000", "9000"), ("0.21875", "3000", "9000"),
                    ("0.0009765625", "10", "20"), ("0.5", "100000", "100500"), ("0.5", "1e6", "1.002e6")]:
        row("beta", x, a, b, beta(x, a, b))
    for df in "1 2 3.7 10 30 200 10000 1e6".split():
        for t in "-7 -0.5 0.001 1 2.2 6 15 40".split():
            row("t", t, df, 0, student(mp.mpf(float(t)), mp.mpf(float(df))))
    for x, a, b in [(1, 1, 1), (0.5, 3, 7), (2.5, 3, 7), (4, 1, 500), (12, 10, 40), (1.1, 200, 3000), (0.2, 5, 80),
                    (50, 4, 900), (1.01, 100000, 100000)]:
        row("f", x, a, b, fdist(mp.mpf(float(x)), a, b))
    for k in "1 2 4 9 19 99 1000".split():
        for l in "0 0.01 0.5 5 60 1000 40000".split():
            mean = mp.mpf(k) + mp.mpf(l)
            sd = mp.sqrt(2 * (mp.mpf(k) + 2 * mp.mpf(l)))
            for z in (-6, -3, -1, "-0.01", 0, "0.01", "0.5", 2, 5, 15, 40):
                x = mp.nstr(mean + mp.mpf(z) * sd, 6)
                if mp.mpf(x) > mean * mp.mpf("0.01"):
                    row("ncx2", x, k, l, ncx2(mp.mpf(float(x)), mp.mpf(k), mp.mpf(float(l))))
    for x, k, l in [("0.001", 1, 0), ("0.001", 1, 3), ("0.00001", 19, 100), ("5000", 19, "0.5"), ("30", 1, "0.001")]:
        with mp.workdps(120):
            row("ncx2", x, k, l, ncx2(mp.mpf(float(x)), mp.mpf(k), mp.mpf(float(l))))
    for x in "0.05 0.1 0.3 0.5 0.7 0.79 0.8 0.81 1 1.3581 2 5 15 19 40".split():
        row("kolmogorov", x, 0, 0, kolmogorov(mp.mpf(float(x))))


def solve_upper(f, q, x0):
    """x with upper tail q of tails function f, bisection in 60 digits."""
    lo, hi = mp.mpf(x0) / 2, mp.mpf(x0) * 2
    while f(lo)[1] < q:
        lo /= 2
    while f(hi)[1] > q:
        hi *= 2
    for _ in range(110):
        mid = (lo + hi) / 2
        if f(mid)[1] > q:
            lo = mid
        else:
            hi = mid
    return lo


with open(os.path.join(HERE, "quantile.csv"), "w") as out:
    out.write("# provenance: mpmath %s, 40 digits, bisection, test/kernel/gen_special.py\n" % mp.__version__)
    out.write("dist,q,a,b,x\n")
    mp.mp.dps = 40
    for q in "1e-300 1e-20 0.001 0.01 0.05 0.199 0.25 0.4999 0.5 0.500001 0.9 0.999999".split():
        x = mp.sqrt(2) * mp.erfinv(1 - 2 * mp.mpf(float(q))) if mp.mpf(q) > 1e-10 else \
            solve_upper(normal, mp.mpf(float(q)), 10)
        out.write("normal,%s,0,0,%s\n" % (q, s(x)))
    for q in "1e-100 0.000001 0.01 0.05 0.5 0.95 0.999".split():
        for k in "1 2 9 19 48 200".split():
            for l in ("0", "0.3", "20", "2500"):
                if float(q) in (0.01, 0.05, 0.95) or (k in "1 19" and l != "2500"):
                    x = solve_upper(lambda x: ncx2(x, mp.mpf(k), mp.mpf(float(l))), mp.mpf(float(q)),
                                    mp.mpf(k) + mp.mpf(l)) if l == "0" or float(k) < 100 else None
                    if x is not None:
                        out.write("ncx2,%s,%s,%s,%s\n" % (q, k, l, s(x)))
    for q in "1e-200 1e-9 0.01 0.05 0.3 0.5 0.7 0.99 0.9999999".split():
        out.write("kolmogorov,%s,0,0,%s\n" % (q, s(solve_upper(kolmogorov, mp.mpf(float(q)), 1))))

with open(os.path.join(HERE, "ks_exact.csv"), "w") as out:
    out.write("# provenance: exact integer path counting (Hodges 1957) in Python, test/kernel/gen_special.py\n")
    out.write("# c: D = c / (n m)\n")
    out.write("n,m,c,p,ln_p\n")
    for n, m, cs in [(1, 1, [1]), (1, 5, [3, 4, 5]), (3, 7, [6, 12, 21]), (10, 10, [10, 50, 80, 100]),
                     (12, 30, [60, 150, 360]), (50, 73, [400, 1000, 2500]), (60, 60, [1800, 3600]),
                     (700, 800, [560000]), (600, 700, [360000, 400000]), (550, 550, [300000, 302500])]:
        for c in cs:
            p = ks_exact(n, m, c) if n < 700 else 2 / mp.binomial(n + m, n)
            out.write("%d,%d,%d,%s,%s\n" % (n, m, c, s(mp.mpf(p)), s(mp.log(p))))
