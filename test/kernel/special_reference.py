"""Distribution functions to 40 digits (mpmath), for gen_special2.py.

Gamma and beta have log-concave densities in u = ln x and u = ln(x / (1 - x)) for every shape.  The tail on the side
away from the mode is integrated there by composite Gauss-Legendre quadrature, the other tail is one minus it, and
everything else (t, F, chi-square, binomial, Poisson) is one of the two.  This has nothing in common with the series,
continued fractions and contour integrals of the kernels."""
import mpmath as mp
from mpmath.calculus.quadrature import GaussLegendre

FAR = mp.mpf(140)       # where exp(-FAR) is nothing even when multiplied by a shape of 1e9


def set_digits(digits):
    """50 digits for tails; 26 are enough, and five times faster, for quantiles and where tails are only compared."""
    global NODES, LAST
    mp.mp.dps = digits
    NODES = GaussLegendre(mp.mp).calc_nodes(5 if digits > 30 else 4, mp.mp.prec + 20)
    LAST = mp.mpf(10) ** -(digits - 4)


set_digits(50)


def log_tails(small_is_lower, small):
    """(lower, upper, ln lower, ln upper) from the logarithm of one tail."""
    p = mp.exp(small)
    if p > 1:
        assert p < 1 + mp.mpf(10) ** -35
        p, small = mp.mpf(1), mp.mpf(0)
    q = -mp.expm1(small)
    ln_q = mp.log1p(-p) if p < 0.1 else mp.log(q) if q > 0 else -mp.inf
    return (p, q, small, ln_q) if small_is_lower else (q, p, ln_q, small)


def outward(h, dh, d2h, u, sign, rate_far):
    """ln of the integral of exp(h(v)) over v from 0 to +-infinity (sign), where h(0) = 0: a concave function of the
    distance v from u, beyond FAR exponential with rate_far (None: it has vanished before)."""
    total = mp.mpf(0)
    v = mp.mpf(0)
    while True:
        w = min(8 / (abs(dh(v)) + mp.sqrt(abs(d2h(v)))), mp.mpf("2.5"))
        if rate_far is not None and sign * (u + v) > FAR:
            total += mp.exp(h(v)) / rate_far
            break
        part = mp.mpf(0)
        for x, weight in NODES:
            part += weight * mp.exp(h(v + sign * w * (x + 1) / 2))
        total += part * w / 2
        v += sign * w
        if mp.exp(h(v)) < total * LAST * min(1, abs(dh(v))):
            break
        assert abs(v) < 1e7
    return mp.log(total)


def gamma(x, a):
    """Incomplete gamma, shape a, scale 1."""
    x, a = mp.mpf(x), mp.mpf(a)
    u = mp.log(x)
    lower = x < a
    if lower and u < -FAR:      # the integral is the far part alone
        return log_tails(True, a * u - mp.loggamma(a + 1))
    ln = outward(lambda v: a * v - x * mp.expm1(v), lambda v: a - x * mp.exp(v), lambda v: x * mp.exp(v),
                 u, -1 if lower else 1, a if lower else None)
    return log_tails(lower, ln + a * u - x - mp.loggamma(a))


def beta_odds(r, a, b):
    """P(X <= x) with x / (1 - x) = r."""
    r, a, b = mp.mpf(r), mp.mpf(a), mp.mpf(b)
    u = mp.log(r)
    lower = r * b < a
    ln_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    if lower and u < -FAR:
        return log_tails(True, a * u - mp.log(a) - ln_beta)
    if not lower and u > FAR:
        return log_tails(False, -b * u - mp.log(b) - ln_beta)
    n, x, y = a + b, r / (1 + r), 1 / (1 + r)

    def share(v):
        """x at distance v."""
        e = x * mp.exp(v)
        return e / (e + y)

    ln = outward(lambda v: a * v - n * mp.log1p(x * mp.expm1(v)), lambda v: a - n * share(v),
                 lambda v: n * share(v) * (1 - share(v)), u, -1 if lower else 1, a if lower else b)
    return log_tails(lower, ln + a * mp.log(x) + b * mp.log(y) - ln_beta)


def beta(x, a, b):
    x = mp.mpf(x)
    return beta_odds(x / (1 - x), a, b)


def chi2(x, df):
    return gamma(mp.mpf(x) / 2, mp.mpf(df) / 2)


def student(t, df):
    t, df = mp.mpf(t), mp.mpf(df)
    half = beta_odds(df / (t * t), df / 2, mp.mpf(1) / 2)
    return log_tails(t < 0, half[2] - mp.log(2))


def fdist(f, d1, d2):
    f, d1, d2 = mp.mpf(f), mp.mpf(d1), mp.mpf(d2)
    return beta_odds(d1 * f / d2, d1 / 2, d2 / 2)


def normal(x):
    x = mp.mpf(x)
    z = abs(x)
    if z < 100:
        ln = mp.log(mp.erfc(z / mp.sqrt(2)) / 2)
    else:       # Laplace's continued fraction of the Mills ratio
        f = mp.mpf(0)
        for k in range(200, 0, -1):
            f = k / (z + f)
        ln = -z * z / 2 - mp.log(2 * mp.pi) / 2 - mp.log(z + f)
    return log_tails(x < 0, ln)


def poisson(k, mean):
    lower, upper, ln_lower, ln_upper = gamma(mean, mp.mpf(k) + 1)
    return upper, lower, ln_upper, ln_lower


def poisson_point(k, mean):
    k, mean = mp.mpf(k), mp.mpf(mean)
    return k * mp.log(mean) - mean - mp.loggamma(k + 1)


def binomial(k, n, p):
    k, n, p = mp.mpf(k), mp.mpf(n), mp.mpf(p)
    lower, upper, ln_lower, ln_upper = beta_odds(p / (1 - p), k + 1, n - k)
    return upper, lower, ln_upper, ln_lower


def binomial_point(k, n, p):
    k, n, p = mp.mpf(k), mp.mpf(n), mp.mpf(p)
    return mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1) + k * mp.log(p) + (n - k) * mp.log1p(-p)


def ncx2(x, df, noncentrality):
    """Poisson mixture, weights and gammas by recurrence, in the direction in which they only add."""
    x, k, l = mp.mpf(x), mp.mpf(df), mp.mpf(noncentrality)
    h = l / 2
    upper = x > k + l
    # the upper tail is where large j matter: tilt the mixture's centre by the saddle point
    c = (k + mp.sqrt(k * k + 4 * l * x)) / (2 * x)
    centre = h / c
    j0 = max(0, int(centre - 22 * mp.sqrt(centre) - 30))
    j1 = int(centre + 22 * mp.sqrt(centre) + 300)
    total = mp.mpf(0)
    if upper:
        a = k / 2 + j0
        w = mp.exp(-h + j0 * mp.log(h) - mp.loggamma(j0 + 1))
        q = mp.exp(gamma(x / 2, a)[3])
        f = mp.exp(a * mp.log(x / 2) - x / 2 - mp.loggamma(a + 1))
        for j in range(j0, j1):
            total += w * q
            w *= h / (j + 1)
            q += f
            a += 1
            f *= x / 2 / a
    else:
        a = k / 2 + j1
        w = mp.exp(-h + j1 * mp.log(h) - mp.loggamma(j1 + 1))
        p = mp.exp(gamma(x / 2, a)[2])
        f = mp.exp((a - 1) * mp.log(x / 2) - x / 2 - mp.loggamma(a))
        for j in range(j1, j0 - 1, -1):
            total += w * p
            if j == 0:
                break
            w *= j / h
            p += f
            a -= 1
            f *= a / (x / 2)
    return log_tails(not upper, mp.log(total))


def kolmogorov(x):
    x = mp.mpf(x)
    if x < 1:
        s = mp.fsum(mp.exp(-((2 * j - 1) ** 2 - 1) * mp.pi ** 2 / (8 * x * x)) for j in range(1, 40))
        return log_tails(True, mp.log(2 * mp.pi) / 2 - mp.log(x) - mp.pi ** 2 / (8 * x * x) + mp.log(s))
    s = mp.fsum((-1) ** (j - 1) * mp.exp(-2 * (j * j - 1) * x * x) for j in range(1, 40))
    return log_tails(False, mp.log(2) - 2 * x * x + mp.log(s))


def gamma_quantile(ln_target, upper, a):
    """ln x with the tail exp(ln_target).  The logarithms of both tails are concave in ln x: Newton's rule cannot
    overshoot when it starts in the tail."""
    a = mp.mpf(a)
    u = mp.log(a + 40 * mp.sqrt(a) - ln_target + 5) if upper else (ln_target + mp.loggamma(a + 1)) / a
    for _ in range(200):
        t = gamma(mp.exp(u), a)
        ln = t[3] if upper else t[2]
        step = (ln - ln_target) / mp.exp(a * u - mp.exp(u) - mp.loggamma(a) - ln)
        u += step if upper else -step
        if abs(step) < mp.mpf(10) ** -18:
            return u
    raise ArithmeticError("no convergence")


def beta_odds_quantile(ln_target, upper, a, b):
    """ln(x / (1 - x)), in the same way."""
    if upper:
        return -beta_odds_quantile(ln_target, False, b, a)
    a, b = mp.mpf(a), mp.mpf(b)
    ln_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    u = (ln_target + mp.log(a) + ln_beta) / a
    for _ in range(200):
        ln = beta_odds(mp.exp(u), a, b)[2]
        step = (ln - ln_target) / mp.exp(a * u - (a + b) * mp.log1p(mp.exp(u)) - ln_beta - ln)
        u -= step
        if abs(step) < mp.mpf(10) ** -18:
            return u
    raise ArithmeticError("no convergence")


def solve(ln_tail, target, lo, hi):
    """u with ln_tail(u) = target, ln_tail monotone: Illinois between brackets that are widened first."""
    fl, fh = ln_tail(lo) - target, ln_tail(hi) - target
    assert fl * fh <= 0, (lo, hi, fl, fh)
    for _ in range(400):
        if abs(hi - lo) < mp.mpf(10) ** -19 * (1 + abs(lo)) or fl == 0 or fh == 0:
            break
        mid = (lo * fh - hi * fl) / (fh - fl)
        fm = ln_tail(mid) - target
        if fm * fh < 0:
            lo, fl = hi, fh
        else:
            fl /= 2
        hi, fh = mid, fm
    return lo if fl == 0 else hi
