#!/usr/bin/env python3
"""Writes golden/sequence.csv and golden/sequence_peers.csv.

sequence.csv: the e-value by its definition, the likelihood ratio integrated
numerically over the mixing law (30 digits), not by the closed form that the
kernel uses; the radius from the closed form, and checked by that integral.

sequence_peers.csv: interval and p as other engines write them, 30 digits.
GrowthBook (gbstats, frequentist): rho = sqrt((-2 ln a + ln(1 - 2 ln a)) / N*),
a = alpha or 2 alpha; Eppo (documentation of its sequential intervals):
r = N / (ln(ln(e / alpha^2)) - 2 ln alpha), half = se sqrt((t + r) / t ln((t + r) / (r alpha^2))).
"""
import sys

from mpmath import exp, log, mp, mpf, ncdf, npdf, quad, sqrt

mp.dps = 30
HEAD = f"# provenance: mpmath {mp.__class__.__module__ and __import__('mpmath').__version__}, numerical integration and published formulas, 30 digits (Python {sys.version.split()[0]})\n# regenerate: /usr/bin/python3 gen_sequence.py"


def e_value(z, q, alternative):
    """Mean of exp(z u - u^2 / 2), u ~ N(0, q), or |N(0, q)| in the direction of the alternative."""
    z, q = mpf(z), mpf(q)
    z = -z if alternative == "less" else z
    f = lambda u: npdf(u, 0, sqrt(q)) * exp(z * u - u * u / 2)
    # where the integrand lives
    centre, width = z * q / (1 + q), sqrt(q / (1 + q))
    if alternative == "two-sided":
        points = [centre + k * width for k in (-14, -7, -3, -1, 0, 1, 3, 7, 14)]
        return quad(f, points)
    if centre + 14 * width <= 0 or centre < -8 * width:
        scale = 1 / max(-z, mpf(1))     # falls like exp(-|z| u)
        points = [mpf(0)] + [scale * k for k in (1, 3, 9, 27, 81, 140)]
    else:
        points = sorted({max(centre + k * width, mpf(0)) for k in (-14, -7, -3, -1, 0, 1, 3, 7, 14)} | {mpf(0)})
    return 2 * quad(f, points)


def radius(q, alpha, alternative):
    """Root of the closed form; the integral there must be 1 / alpha."""
    two = alternative == "two-sided"
    x = lambda z: z * sqrt(q / (1 + q))
    ln_e = lambda z: x(z)**2 / 2 - log(1 + q) / 2 + (0 if two else log(2 * ncdf(x(z))))
    z = sqrt(2 * (1 + q) / q * log(1 + sqrt(1 + q) / (2 * alpha)))
    for _ in range(60):
        z -= (ln_e(z) + log(alpha)) / (x(z) * sqrt(q / (1 + q)) + (0 if two else npdf(x(z)) / ncdf(x(z)) * sqrt(q / (1 + q))))
    got = e_value(z, q, "two-sided" if two else "greater") * alpha
    assert abs(got - 1) < mpf(10) ** -18, (q, alpha, alternative, got)
    return z


def main():
    with open("golden/sequence.csv", "w") as f:
        print(HEAD, file=f)
        print("alternative,z,q,ln_e,alpha,radius", file=f)
        for alternative in ("two-sided", "greater", "less"):
            for q in ("0.001", "0.3", "8", "250", "1e6"):
                for z, alpha in (("0", "0.05"), ("1.5", "0.5"), ("-2.5", "0.01"), ("6", "1e-6"), ("-40", "0.3"), ("38.5", "1e-12")):
                    print(",".join([alternative, z, q, mp.nstr(log(e_value(z, q, alternative)), 20), alpha,
                                    mp.nstr(radius(mpf(q), mpf(alpha), alternative), 20)]), file=f)
    with open("golden/sequence_peers.csv", "w") as f:
        print(HEAD, file=f)
        print("peer,alternative,alpha,planned_n,n,estimate,se,half,p", file=f)
        for alpha, planned, n, d, se in (("0.05", "5000", "1000", "0.8", "0.25"), ("0.05", "5000", "40000", "-0.021", "0.004"),
                                         ("0.01", "10000", "2000", "3.2", "1.1"), ("0.2", "150", "900", "0.01", "0.3"),
                                         ("0.05", "10000", "10000", "0.09", "0.02")):
            a, N, t, D, s = mpf(alpha), mpf(planned), mpf(n), mpf(d), mpf(se)
            z = D / s

            def row(peer, alternative, half, p):
                print(",".join([peer, alternative, alpha, planned, n, d, se, mp.nstr(half, 20), mp.nstr(min(mpf(1), p), 20)]), file=f)
            rho2 = (-2 * log(a) + log(1 - 2 * log(a))) / N
            q = t * rho2
            row("growthbook", "two-sided", s * sqrt((q + 1) / q * log((q + 1) / a**2)), sqrt(q + 1) * exp(-z**2 * q / (2 * (q + 1))))
            r = N / (log(log(exp(1) / a**2)) - 2 * log(a))
            row("eppo", "two-sided", s * sqrt((t + r) / t * log((t + r) / (r * a**2))), sqrt((t + r) / r) * exp(-z**2 * t / (2 * (t + r))))
            rho2 = (-2 * log(2 * a) + log(1 - 2 * log(2 * a))) / N
            q = t * rho2
            half = s * sqrt(2 * (q + 1) / q * log(1 + sqrt(q + 1) / (2 * a)))
            for alternative, y in (("greater", z), ("less", -z)):
                row("growthbook", alternative, half,
                    sqrt(q + 1) / (2 * (exp(z**2 * q / (2 * (q + 1))) - 1)) if y > 0 else mpf(1))


main()
