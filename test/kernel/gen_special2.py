#!/usr/bin/python3
"""Golden vectors of test_special2.c over a wide grid, from special_reference.py (mpmath, 50 digits).

Arguments are exact doubles.  A sample is compared with SciPy before anything is written."""
import os
import sys
from fractions import Fraction
from math import comb, sqrt
import mpmath as mp
import special_reference as ref

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
NOTE = "# provenance: mpmath %s, 50 digits, test/kernel/gen_special2.py\n" % mp.__version__


def s(v):
    if abs(v) < mp.mpf(10) ** -330:
        return "0"      # no double is that small
    if mp.isinf(v):
        return "inf" if v > 0 else "-inf"
    return mp.nstr(v, 20, min_fixed=0, max_fixed=0)


class Table:
    def __init__(self, name, columns, note=""):
        self.out = open(os.path.join(HERE, name), "w")
        self.out.write(NOTE + note + columns + "\n")
        self.seen = set()

    def row(self, *fields):
        line = ",".join(f if isinstance(f, str) else repr(f) if isinstance(f, float) else s(f) if isinstance(f, mp.mpf)
                        else str(f) for f in fields)
        if line not in self.seen:
            self.seen.add(line)
            self.out.write(line + "\n")


def tails_row(table, dist, x, a, b, tails):
    table.row(dist, float(x), float(a), float(b), *tails)


def normals(t):
    for x in [1e-300, 1e-10, .1, .5, 1, 2, 5.5, 8.3, 12, 20, 26.1, 29.99, 30, 30.01, 34, 37, 38.4, 100, 1e3, 1e8, 1e75, 1e150]:
        for x in (x, -x):
            tails_row(t, "normal", x, 0, 0, ref.normal(x))


def gammas(t):
    for a in [1e-3, .005, .02, .1, .49, .5, .99, 1, 1.01, 3, 10, 29, 49, 49.99, 50, 100, 1e3, 12345.6, 1e6, 1e8, 5e8]:
        xs = [a + z * sqrt(a) for z in (-37, -20, -8, -3, -1, -.1, 0, .1, 1, 3, 8, 20, 37)]
        xs += [a * f for f in (1e-300, 1e-20, 1e-5, .01, .3, .9, 1.1, 3, 20, 1e4, 1e100)]
        for x in sorted(set(xs)):
            if x > 1e-305:
                tails_row(t, "gamma", x, a, 0, ref.gamma(x, a))
    for df in [.01, .1, 1, 2, 7, 97.5, 99, 101, 1e5, 1e9]:
        for z in (-30, -4, -.5, .5, 4, 30):
            x = df + z * sqrt(2 * df)
            if x > 0:
                tails_row(t, "chi2", x, df, 0, ref.chi2(x, df))


def betas(t):
    shapes = [1e-3, .05, .5, 1, 3.3, 20, 29, 30, 31, 100, 1e4, 1e6, 1e8]
    for a in shapes:
        for b in shapes:
            m, sd = a / (a + b), sqrt(a * b / (a + b) / (a + b + 1)) / (a + b)
            sd = sqrt(a * b / (a + b + 1)) / (a + b)
            for x in {m + z * sd for z in (-30, -8, -2, 0, 1, 5, 20)} | {1e-300, 1e-10, .5, .99}:
                if 0 < x < 1:
                    tails_row(t, "beta", x, a, b, ref.beta(x, a, b))


def students(t):
    for df in [.01, .1, .5, 1, 2, 3.7, 10, 30, 59, 60, 61, 100, 1e3, 1e5, 1e7, 1e9]:
        for x in [1e-10, 1e-3, .5, 1, 2, 5, 10, 30, 37, 100, 1e5, 1e50, 1e150, 1e170]:
            for x in (x, -x):
                tails_row(t, "t", x, df, 0, ref.student(x, df))


def fs(t):
    dfs = [.01, .1, 1, 2, 5, 30, 59, 61, 1000, 1e6, 1e9]
    for d1 in dfs:
        for d2 in dfs:
            xs = {1e-250, 1e-10, .01, .5, .9, 1., 1.0001, 1.1, 2., 10., 1e3, 1e10, 1e200}
            xs |= {1 + z * sqrt(2 / d1 + 2 / d2) for z in (-6, -2, .5, 4, 15, 30)}
            for x in sorted(xs):
                if x > 0:
                    tails_row(t, "f", x, d1, d2, ref.fdist(x, d1, d2))


def ncx2s(t):
    for k in [.01, .5, 1, 3, 19, 100, 1e4, 1e6, 1e9]:
        for l in [1e-6, .1, 1, 30, 1e3, 1e5]:
            for z in (-20, -6, -2, -.01, 0, .01, .5, 3, 10, 37):
                x = k + l + z * sqrt(2 * (k + 2 * l))
                if x > 0:
                    tails_row(t, "ncx2", x, k, l, ref.ncx2(x, k, l))
            for f in (1e-200, 1e-30, 1e-8, 1e-5, 1e-3, .5, 3, 100):
                x = f * (k + l)
                if l < 1e4:
                    tails_row(t, "ncx2", x, k, l, ref.ncx2(x, k, l))
    for z in (-8, -1, 1e-4, 3, 20):
        tails_row(t, "ncx2", 1e7 + z * sqrt(4e7), 5, 1e7, ref.ncx2(1e7 + z * sqrt(4e7), 5, 1e7))


def kolmogorovs(t):
    for x in [1e-160, 1e-3, .02, .041, .05, .1, .3, .5, .79, .8, .81, .95, 1.05, 1.36, 3, 8, 15, 18.5, 19, 50, 1e10, 1e150]:
        tails_row(t, "kolmogorov", x, 0, 0, ref.kolmogorov(x))


def larges(t):
    """Shapes at which a rounding of anything but the arguments would show."""
    for a in (1e10, 1e11, 1e12, 1e13, 1e15):
        for z in (-30, -5, -1, .3, 1, 7, 33):
            x = a + z * sqrt(a)
            tails_row(t, "gamma", x, a, 0, ref.gamma(x, a))
            x = .5 + z * .5 / sqrt(2 * a)
            tails_row(t, "beta", x, a, a, ref.beta(x, a, a))
            x = .3 + z * sqrt(.21 / a)
            tails_row(t, "beta", x, .3 * a, .7 * a, ref.beta(x, .3 * a, .7 * a))
            x = 1 + z * sqrt(2 / a + 2 / 1e3)
            if x > 0:
                tails_row(t, "f", x, a, 1e3, ref.fdist(x, a, 1e3))
            x = 1 + z * sqrt(4 / a)
            tails_row(t, "f", x, a, a, ref.fdist(x, a, a))
            tails_row(t, "t", z, a, 0, ref.student(z, a))


def discretes(t, points):
    for n in [1, 2, 10, 59, 60, 61, 200, 10 ** 4, 10 ** 6, 10 ** 9, 10 ** 12]:
        for p in [1e-300, 1e-9, 1e-3, .1, .3, .5, .5000001, .9, .999, 1 - 1e-9, 1 - 2.0 ** -53]:
            mean, sd = n * p, sqrt(n * p * (1 - p))
            ks = {int(mean + z * sd) for z in (-37, -10, -3, -1, 0, 1, 3, 10, 37)} | {0, 1, n // 2, n - 1}
            for k in sorted(ks):
                if 0 <= k < n:
                    tails_row(t, "binomial", k, n, p, ref.binomial(k, n, p))
            for k in sorted(ks | {n}):
                if 0 <= k <= n:
                    v = ref.binomial_point(k, n, p)
                    points.row("binomial", float(k), float(n), p, mp.exp(v), v)
    for mean in [1e-300, 1e-9, 1e-3, .1, 1., 5.5, 30., 48.5, 60., 1e3, 1e6, 1e9, 1e12]:
        sd = sqrt(mean)
        for k in sorted({int(mean + z * sd) for z in (-37, -10, -3, -1, 0, 1, 3, 10, 37)} | {0, 1, 2, 100}):
            if k >= 0:
                tails_row(t, "poisson", k, mean, 0, ref.poisson(k, mean))
                v = ref.poisson_point(k, mean)
                points.row("poisson", float(k), mean, 0., mp.exp(v), v)


def ks_counts(n, m, c):
    """(paths that stay inside |i m - j n| < c, all paths), whole numbers."""
    row = {}
    for i in range(n + 1):
        lo = max(0, -((c - 1 - i * m) // n)) if i * m > c - 1 else 0
        hi = min(m, (c - 1 + i * m) // n)
        new, left = {}, 0
        for j in range(lo, hi + 1):
            left = 1 if i == j == 0 else left + row.get(j, 0)
            new[j] = left
        row = new
    return row.get(m, 0), comb(n + m, n)


def ks_exact():
    t = Table("ks_exact2.csv", "n,m,c,lower,upper,ln_lower,ln_upper",
              "# exact integer path counting (Hodges 1957); D = c / (n m), lower P(D < c / (n m)), upper P(D >= c / (n m))\n")
    for n, m in [(1, 1), (1, 9), (2, 3), (5, 5), (7, 11), (20, 20), (30, 31), (64, 100), (100, 1000), (3, 2000), (400, 400),
                 (500, 501), (997, 1009), (1500, 1500), (1000, 2000), (40, 8000)]:
        nm = n * m
        step = nm // max(n, m) if n == m else 1
        at = {step, 2 * step, n, m, 2 * m} | {max(1, round(f * nm / sqrt(n * m / (n + m)))) for f in
                                               (.05, .15, .3, .6, 1, 1.36, 2, 4, 8, 15, 18.5, 25)} | {nm // 2, nm}
        for c in sorted(at):
            if not 1 <= c <= nm:
                continue
            inside, total = ks_counts(n, m, c)
            if total - inside == 0:
                continue
            with mp.workdps(60):
                lower, upper = mp.mpf(inside) / total, mp.mpf(total - inside) / total
                t.row(n, m, c, lower, upper, -mp.inf if not inside else mp.log(lower) if upper > .5 else mp.log1p(-upper),
                      mp.log(upper) if upper < .5 else mp.log1p(-lower))


TAIL_QS = [1e-300, 1e-100, 1e-17, 1e-5, .01, .05, .3, .5, .7, .95, .999]


def smaller_tail(q, upper, ln=False):
    """The same quantile by ln of the smaller tail: (ln q, upper)."""
    q = mp.mpf(q)
    if ln:
        return (q, upper) if q <= -mp.log(2) else (mp.log(-mp.expm1(q)), not upper)
    return (mp.log(q), upper) if q <= .5 else (mp.log1p(-q), not upper)


def t_quantile(ln_q, upper, df):
    """By the beta distribution: twice the tail."""
    if ln_q == -mp.log(2):
        return mp.mpf(0)
    ln_q, other = ln_q + mp.log(2), False
    if ln_q > -mp.log(2):
        ln_q, other = mp.log(-mp.expm1(ln_q)), True
    u = ref.beta_odds_quantile(ln_q, other, mp.mpf(df) / 2, mp.mpf(1) / 2)
    return (1 if upper else -1) * mp.exp((mp.log(mp.mpf(df)) - u) / 2)


def f_quantile(ln_q, upper, d1, d2):
    return mp.exp(ref.beta_odds_quantile(ln_q, upper, mp.mpf(d1) / 2, mp.mpf(d2) / 2)) * d2 / d1


def normal_quantile(ln_q, upper):
    if ln_q == -mp.log(2):
        return mp.mpf(0)
    return (1 if upper else -1) * mp.exp(ref.solve(lambda v: ref.normal(mp.exp(v))[3], ln_q, -60, mp.log(4 - 2 * ln_q)))


def quantiles():
    t = Table("quantile2.csv", "dist,q,upper,a,b,x")
    with mp.workdps(26):
        ref.set_digits(26)
        for upper in (0, 1):
            for q in TAIL_QS:
                ln_q, small = smaller_tail(q, upper == 1)
                for a in [1e-3, .05, .5, 1., 3., 20., 49.5, 50., 1000., 1e6, 5e8]:
                    t.row("gamma", q, upper, a, 0., mp.exp(ref.gamma_quantile(ln_q, small, a)))
                for a, b in [(1e-3, 2.), (.05, .05), (.5, .5), (.5, 30.), (1., 1.), (3., 7.5), (29., 31.), (30., 30.),
                             (100., 1e4), (1e4, 3.), (1e6, 1.5e6), (1e8, 1e8), (2., 1e8)]:
                    u = ref.beta_odds_quantile(ln_q, small, a, b)
                    t.row("beta", q, upper, a, b, 1 / (1 + mp.exp(-u)))
                    t.row("betac", q, upper, a, b, 1 / (1 + mp.exp(u)))
                for d1, d2 in [(1., 1.), (.1, 5.), (3., 17.), (1., 1e6), (60., 62.), (2000., 50.), (1e6, 1e9), (1e9, 1e9)]:
                    t.row("f", q, upper, d1, d2, f_quantile(ln_q, small, d1, d2))
                for df in [.01, .05, .5, 1., 2., 3.7, 10., 60., 1e3, 1e6, 1e9]:
                    t.row("t", q, upper, df, 0., t_quantile(ln_q, small, df))
                for df, l in [(.5, .3), (1., 20.), (19., 2500.), (100., 7.), (1e5, 1e3)]:
                    u = ref.solve(lambda u: ref.ncx2(mp.exp(u), df, l)[2 + small], ln_q, -3000,
                                  mp.log(df + l + 50 * sqrt(df + 2 * l) + 2500))
                    t.row("ncx2", q, upper, df, l, mp.exp(u))
                t.row("kolmogorov", q, upper, 0., 0.,
                      mp.exp(ref.solve(lambda u: ref.kolmogorov(mp.exp(u))[2 + small], ln_q, -4, 5)))
                t.row("normal", q, upper, 0., 0., normal_quantile(ln_q, small))
        t.out.close()
        # natural logarithms of tails that no double holds, or that are next to 1
        t = Table("quantile_ln.csv", "dist,ln_q,upper,a,b,x")
        for value in (-1e3, -1e5, -2000.5, -.25, -1e-8):
            for upper in (0, 1):
                ln_q, small = smaller_tail(value, upper == 1, True)
                t.row("normal", value, upper, 0., 0., normal_quantile(ln_q, small))
                for a in (300., 1e6):
                    t.row("gamma", value, upper, a, 0., mp.exp(ref.gamma_quantile(ln_q, small, a)))
                t.row("chi2", value, upper, 1000., 0., 2 * mp.exp(ref.gamma_quantile(ln_q, small, 500)))
                t.row("t", value, upper, 500., 0., t_quantile(ln_q, small, 500))
                t.row("f", value, upper, 700., 900., f_quantile(ln_q, small, 700, 900))
                t.row("beta", value, upper, 700., 90., 1 / (1 + mp.exp(-ref.beta_odds_quantile(ln_q, small, 700, 90))))
        t.out.close()
    ref.set_digits(50)


def first_k(ok, lo, hi):
    while hi - lo > 1:
        mid = (lo + hi) // 2
        if ok(mid):
            hi = mid
        else:
            lo = mid
    return hi


def discrete_quantiles():
    """Smallest k with P(X <= k) >= q (upper = 0) or P(X > k) <= q (upper = 1)."""
    t = Table("quantile_discrete.csv", "dist,q,upper,a,b,k",
              "# smallest k with P(X <= k) >= q (upper = 0) or P(X > k) <= q (upper = 1)\n")
    ref.set_digits(26)
    for upper in (0, 1):
        for q in TAIL_QS:
            target = mp.mpf(float(q))
            for n, p in [(1, .3), (2, .25), (10, 1e-3), (37, .9), (100, .123), (1000, .5001), (10 ** 6, 1e-5), (10 ** 6, .75),
                         (10 ** 9, .3)]:
                def ok(k):
                    if k >= n:
                        return True
                    lower, up, _, _ = ref.binomial(k, n, p)
                    return up <= target if upper else lower >= target
                t.row("binomial", q, upper, float(n), p, first_k(ok, -1, n))
            for mean in [1e-9, .01, .7, 5.5, 80., 1e4, 1e8]:
                def ok(k):
                    lower, up, _, _ = ref.poisson(k, mean)
                    return up <= target if upper else lower >= target
                t.row("poisson", q, upper, mean, 0., first_k(ok, -1, int(mean + 40 * sqrt(mean) + 800)))
    ref.set_digits(50)
    # ties: q is the exact cdf at a k, a dyadic number
    for n in (1, 2, 3, 10, 30, 50):
        for k in range(0, n, max(1, n // 7)):
            cdf = Fraction(sum(comb(n, i) for i in range(k + 1)), 2 ** n)
            if Fraction(float(cdf)) == cdf:
                t.row("binomial", float(cdf), 0, float(n), .5, k)
                t.row("binomial", float(1 - cdf), 1, float(n), .5, k)


def check_against_scipy():
    from scipy import special, stats
    worst = 0
    for got, want in [
            (ref.gamma(3.7, 2.2)[0], special.gammainc(2.2, 3.7)), (ref.gamma(1100, 1000)[1], special.gammaincc(1000, 1100)),
            (ref.beta(.3, 2.5, 7)[0], special.betainc(2.5, 7, .3)), (ref.beta(.501, 1e4, 1e4)[1], stats.beta.sf(.501, 1e4, 1e4)),
            (ref.student(4.2, 7)[1], stats.t.sf(4.2, 7)), (ref.student(-3, .5)[0], stats.t.cdf(-3, .5)),
            (ref.fdist(2.5, 3, 40)[1], stats.f.sf(2.5, 3, 40)), (ref.chi2(80, 40)[1], stats.chi2.sf(80, 40)),
            (ref.ncx2(60, 19, 30)[0], stats.ncx2.cdf(60, 19, 30)), (ref.normal(-8.5)[0], stats.norm.cdf(-8.5)),
            (ref.normal(1e5)[3], stats.norm.logsf(1e5)), (ref.kolmogorov(1.2)[1], special.kolmogorov(1.2)),
            (ref.binomial(17, 60, .4)[0], stats.binom.cdf(17, 60, .4)), (ref.poisson(9, 4.4)[1], stats.poisson.sf(9, 4.4)),
            (mp.exp(ref.binomial_point(17, 60, .4)), stats.binom.pmf(17, 60, .4)),
            (mp.exp(ref.poisson_point(9, 4.4)), stats.poisson.pmf(9, 4.4)),
            (1 - mp.mpf(ks_counts(30, 31, 300)[0]) / comb(61, 30),
             stats._stats_py._attempt_exact_2kssamp(30, 31, 1, 300 / 930, "two-sided")[2]),
            (mp.exp(ref.gamma_quantile(mp.log(mp.mpf("1e-9")), True, 7.5)), stats.gamma.isf(1e-9, 7.5)),
            (f_quantile(mp.log(mp.mpf("0.001")), False, 3, 17), stats.f.ppf(.001, 3, 17)),
            (t_quantile(mp.log(mp.mpf("1e-6")), True, 3.7), stats.t.isf(1e-6, 3.7)),
            (normal_quantile(mp.log(mp.mpf("1e-30")), True), stats.norm.isf(1e-30))]:
        error = abs(float(got) / float(want) - 1)
        worst = max(worst, error)
        assert error < 2e-12, (got, want)
    print("SciPy agrees, worst %.1e" % worst)


PARTS = {"tails": None, "ks": ks_exact, "quantiles": quantiles, "discrete": discrete_quantiles}

if __name__ == "__main__":
    check_against_scipy()
    for part in sys.argv[1:] or PARTS:
        if part != "tails":
            PARTS[part]()
            continue
        t = Table("special2.csv", "dist,x,a,b,lower,upper,ln_lower,ln_upper")
        for f in (normals, gammas, betas, students, fs, ncx2s, kolmogorovs, larges):
            f(t)
        t.out.close()
        t = Table("discrete.csv", "dist,x,a,b,lower,upper,ln_lower,ln_upper", "# P(X <= x), P(X > x)\n")
        points = Table("discrete_point.csv", "dist,k,a,b,p,ln_p")
        discretes(t, points)
