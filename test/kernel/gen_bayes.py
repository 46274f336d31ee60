#!/usr/bin/env python3
"""Writes golden/bayes.csv: the posterior of an effect with a normal prior, by
mpmath with 60 digits from Bayes' rule in precisions; the two expected losses are integrals of
max(0, +-x) against the posterior density, with the closed form as a check.  sd "inf" is the flat prior."""
from mpmath import erfc, erfinv, exp, mp, mpf, npdf, quad, sqrt

mp.dps = 60


def cdf(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def integral(mu, sd):
    """E[max(0, x)] by quadrature, x in units of sd; far out the density at 0 is taken
    out, because the quadrature's error is absolute."""
    z = mu / sd
    if z < 0:
        width = 1 / (1 - z)
        points = [width * k for k in (0, 1, 2, 4, 8, 16, 32, 64, 128)]
        return sd * npdf(z) * quad(lambda u: u * exp(z * u - u * u / 2), points)
    start = max(-z, mpf(-40))
    points = sorted({start, *[p for p in (-30, -20, -15, -10, -7, -5, -3, -2, -1, 0, 1, 2, 3, 5, 7, 10, 15, 20) if p > start]})
    return sd * quad(lambda t: (z + t) * npdf(t), points, maxdegree=9)


print("# prior: normal with this mean and sd on the effect; higher is better; risks are expected losses")
print(f"# provenance: mpmath {mp.dps} digits, risks by quadrature of the posterior")
print("# regenerate: /usr/bin/python3 gen_bayes.py > golden/bayes.csv")
print("estimate,se,prior_mean,prior_sd,confidence,mean,sd,lower,upper,chance_to_win,risk_control,risk_treatment")
cases = [(d, .1, 0, s, c) for d in (0, .05, -.13, .21, -.34, .58, -.77) for s, c in ((.3, .95), ("inf", .95), (.02, .9))]
cases += [(d, 1, 0, "inf", .95) for d in (-37.5, -33.3, -20.7, -12.2, -8.1, -6.3, -5.1, -4.9, -3.2, -2.2, -2, -1.9, -.4, 1.7, 2, 2.2, 4.9, 5.1, 8.3, 21.7, 37)]
cases += [(1e-7, 2e-8, 0, .3, .95), (3.5e6, 1e6, 1e5, 2e6, .99), (-3e6, 1e5, 0, 1e9, .5), (.02, 5, -.1, .3, .95), (-4, .001, .2, .3, .999), (1e-300, 1e-300, 0, "inf", .95)]
for d, se, m, s, c in cases:
    D, V, M = mpf(d), mpf(se) ** 2, mpf(m)
    prior = 0 if s == "inf" else 1 / mpf(s) ** 2
    P = 1 / V + prior
    mu, sd = (D / V + M * prior) / P, 1 / sqrt(P)
    half = sqrt(mpf(2)) * erfinv(mpf(c)) * sd
    gain, loss = integral(mu, sd), integral(-mu, sd)
    for got, z in ((gain, mu / sd), (loss, -mu / sd)):
        closed = sd * (z * cdf(z) + npdf(z))
        if abs(got / closed - 1) > mpf("1e-20"):
            raise SystemExit(f"quadrature and closed form disagree: {d, se, m, s}, {mp.nstr(got / closed - 1, 5)}")
    print(",".join([repr(float(v)) if v != "inf" else "inf" for v in (d, se, m, s, c)] + [mp.nstr(v, 20) for v in (mu, sd, mu - half, mu + half, cdf(mu / sd), gain, loss)]))
