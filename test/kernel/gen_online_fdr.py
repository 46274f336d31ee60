#!/usr/bin/env python3
"""Writes golden/online_fdr.csv and golden/online_gamma.csv.

The levels are the formulas as the papers print them, over the whole history at
every test, with 30 digits: nothing is shared with the kernel, which keeps only
a clock.  P is the list of p-values, t counts from 1.

LORD++   Ramdas, Yang, Wainwright, Jordan 2017:
         a_t = w0 g_t + (alpha - w0) g_{t - tau_1} + alpha sum_{j > 1} g_{t - tau_j}
SAFFRON  Ramdas, Zrnic, Wainwright, Jordan 2018, Algorithm 1, wealth in units of 1 - lambda:
         C_j+ = candidates (p <= lambda) among tau_j + 1 .. t - 1, tau_0 = 0
         a_t = min(lambda, (1 - lambda) (w0 g_{t - C_0+} + (alpha - w0) g_{t - tau_1 - C_1+} + alpha sum g_{t - tau_j - C_j+}))
ADDIS    Tian and Ramdas 2019, Algorithm 1:
         S^t = #{i < t: P_i <= tau}, kappa*_j = #{i <= kappa_j: P_i <= tau}
         a_t = min(lambda, (tau - lambda) (w0 g_{S^t - C_0+ + 1} + (alpha - w0) g_{S^t - kappa*_1 - C_1+ + 1} + alpha sum ...))
"""
import random
import sys

from mpmath import exp, log, mp, mpf, sqrt, zeta, diff

mp.dps = 30
random.seed(20260311)
LORD_C = mpf("0.07720838")
POWER_C = 1 / zeta(mpf("1.6"))


def lord_gamma(m):
    m = mpf(m)
    return LORD_C * log(max(m, 2)) / (m * exp(sqrt(log(m))))


def power_gamma(m):
    return POWER_C * mpf(m) ** mpf("-1.6")


CACHE = {}


def gamma(method, m):
    f = lord_gamma if method == "lord++" else power_gamma
    return CACHE.setdefault((f, m), f(m))


def levels(method, alpha, w0, lam, tau, P):
    alpha, w0, lam, tau = mpf(alpha), mpf(w0), mpf(lam), mpf(tau)
    rejected, out = [], []
    for t in range(1, len(P) + 1):
        past = P[: t - 1]

        def index(since):       # since = tau_j; 0 is the beginning
            if method == "lord++":
                return t - since
            candidates = sum(1 for p in past[since:] if p <= lam)
            if method == "saffron":
                return t - since - candidates
            selected = sum(1 for p in past if p <= tau)
            selected_then = sum(1 for p in past[:since] if p <= tau)
            return selected - selected_then - candidates + 1

        wealth = w0 * gamma(method, index(0))
        for j, then in enumerate(rejected):
            wealth += (alpha - w0 if j == 0 else alpha) * gamma(method, index(then))
        if method == "saffron":
            wealth = min(lam, (1 - lam) * wealth)
        if method == "addis":
            wealth = min(lam, (tau - lam) * wealth)
        if P[t - 1] <= wealth:
            rejected.append(t)
        out.append((wealth, P[t - 1] <= wealth))
    return out


def stream(kind, n):
    if kind == "null":
        return [random.random() for _ in range(n)]
    if kind == "signal":        # a fifth of small ones
        return [random.random() ** (12 if random.random() < 0.2 else 1) for _ in range(n)]
    if kind == "drift":         # from the middle on all are small
        return [random.random() if i < n // 2 else random.random() * 1e-9 for i in range(n)]
    if kind == "conservative":  # nulls near 1
        return [random.random() ** 14 if random.random() < 0.2 else random.random() ** 0.3 for i in range(n)]
    if kind == "edges":         # exactly at the thresholds, at 0 and 1
        return [random.choice([0.0, 1e-320, 1e-9, 0.25, 0.5, 0.75, 1.0]) for _ in range(n)]
    raise ValueError(kind)


def main():
    head = f"# provenance: the papers' formulas by mpmath, {mp.dps} digits (Python {sys.version.split()[0]})\n" \
           "# regenerate: /usr/bin/python3 gen_online_fdr.py"
    with open("golden/online_fdr.csv", "w") as f:
        print(head, file=f)
        print("method,alpha,w0,lambda,tau,p,level,rejected", file=f)
        for kind, n in (("null", 40), ("signal", 120), ("drift", 60), ("conservative", 120), ("edges", 50)):
            for method, settings in (("lord++", [(0.05, 0.005, 0, 0), (0.2, 0.2, 0, 0)]),
                                     ("saffron", [(0.05, 0.025, 0.5, 0), (0.1, 0.01, 0.2, 0)]),
                                     ("addis", [(0.05, 0.025, 0.25, 0.5), (0.1, 0.1, 0.5, 0.75), (0.1, 0.05, 0.5, 1)])):
                for alpha, w0, lam, tau in settings:
                    P = stream(kind, n)
                    result = levels(method, alpha, w0, lam, tau, P)
                    print(",".join([method, repr(alpha), repr(w0), repr(lam), repr(tau), ";".join(map(repr, P)),
                                    ";".join(mp.nstr(v, 17) for v, _ in result), ";".join(str(int(r)) for _, r in result)]), file=f)
    # sums over long runs, which the kernel does not add up: directly as far as that
    # goes, then Euler-Maclaurin at the ends with 30 digits and third derivatives
    with open("golden/online_gamma.csv", "w") as f:
        print(head, file=f)
        print("# sum of LORD++'s sequence over first <= m <= last", file=f)
        print("first,last,sum", file=f)

        def antiderivative(x):
            u = sqrt(log(x))
            return -2 * LORD_C * exp(-u) * (u**3 + 3 * u**2 + 6 * u + 6)

        def total(a, b):
            if b - a <= 100000:
                return sum(lord_gamma(m) for m in range(a, b + 1))
            cut = max(a, 20000)
            s = sum(lord_gamma(m) for m in range(a, cut))
            x, y = mpf(cut), mpf(b)
            s += antiderivative(y) - antiderivative(x) + (lord_gamma(x) + lord_gamma(y)) / 2
            s += (diff(lord_gamma, y) - diff(lord_gamma, x)) / 12
            return s - (diff(lord_gamma, y, 3) - diff(lord_gamma, x, 3)) / 720

        for a, b in ((1, 1), (1, 100), (2, 3000), (1, 2079), (1, 2080), (2047, 2081), (2048, 2080), (2048, 2081), (2049, 2100), (5000, 5050), (3000, 60000),
                     (1, 10**6), (10**6, 10**6 + 40), (10**6, 2 * 10**6), (10**9, 10**9 + 99), (10**12, 10**12 + 1000),
                     (1, 10**9), (10**9, 10**12), (1, 2**53), (2048, 2**53), (2**52, 2**53), (2**53 - 100, 2**53)):
            print(f"{a},{b},{mp.nstr(total(a, b), 20)}", file=f)


main()
