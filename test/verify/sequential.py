#!/usr/bin/env python3
"""Experiments that are looked at often, against SciPy: bounds of group-sequential
designs by the multivariate normal distribution (Genz's integration, good to some 1e-6), conditional and predictive
power by integrals over the score, confidence sequences and e-values of counts by
their formulas, and stored evidence against the whole history at once.

Runs against the server that PGHOST/PGPORT/PGUSER name.  Prints TAP.
"""
import sys

import numpy as np
import psycopg
from scipy import integrate, stats
from scipy.special import betainc, betaln

SEED = 20261121
tests = failures = 0


def ok(condition, name, detail=""):
    global tests, failures
    tests += 1
    failures += not condition
    print(("ok" if condition else "not ok"), tests, "-", name)
    if not condition and detail != "":
        print("#", str(detail)[:2000].replace("\n", "\n# "))


def stay_inside(information, lower, upper, drift=0.0):
    """P(every statistic between its bounds), by the joint normal law of the statistics."""
    t = np.asarray(information, dtype=float)
    cov = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    if len(t) == 1:
        return stats.norm.cdf(upper[0] - drift * np.sqrt(t[0])) - stats.norm.cdf(lower[0] - drift * np.sqrt(t[0]))
    law = stats.multivariate_normal(mean=drift * np.sqrt(t), cov=cov, allow_singular=False)
    law.maxpts, law.abseps, law.releps = 500000, 1e-7, 1e-7
    # a bound far out does not change the integral
    return law.cdf(np.clip(upper, -30, 30), lower_limit=np.clip(lower, -30, 30))


def group_sequential(cur):
    schedules = ([1, 2, 3, 4, 5], [11, 17, 56, 83, 100], [0.4, 0.9], [130, 400, 700, 1100])
    planned = (5, 100, 1, 1000)
    worst = 0
    for spending, parameter in (("obrien-fleming", None), ("pocock", None), ("power", 1.5), ("hwang-shih-decani", -2.0)):
        for information, end in zip(schedules, planned):
            for alternative in ("two-sided", "less"):
                cur.execute("SELECT look_information, lower, upper, alpha_spent FROM mlops.group_sequential_bounds(%s, %s, 0.05, %s, %s, %s) ORDER BY look",
                            (information, end, spending, parameter, alternative))
                rows = np.array(cur.fetchall(), dtype=float)
                for k in (2, len(rows)):
                    inside = stay_inside(rows[:k, 0], rows[:k, 1], rows[:k, 2])
                    worst = max(worst, abs(1 - inside - rows[k - 1, 3]))
    ok(worst < 1e-5, "what the bounds spend, by the multivariate normal distribution, worst %.1e" % worst)
    cur.execute("SELECT array_agg(lower ORDER BY look), array_agg(upper ORDER BY look), max(effect_found) FROM mlops.group_sequential_bounds("
                "ARRAY[100, 250, 400], 400, 0.025, 'obrien-fleming', NULL, 'greater', 'hwang-shih-decani', -2, 0.1)")
    lower, upper, effect = cur.fetchone()
    cur.execute("SELECT stop_lower, stop_upper FROM mlops.group_sequential_power(%s, ARRAY[100, 250, 400], %s, %s) ORDER BY look", (effect, lower, upper))
    stop = np.array(cur.fetchall())
    info = np.array([100.0, 250, 400])
    reach = [1] + [stay_inside(info[:k], np.array(lower)[:k], np.array(upper)[:k], effect) for k in (1, 2)]
    ok(np.allclose(stop.sum(axis=1), -np.diff(reach + [0]), atol=1e-5), "stopping at each look under an effect", (stop, reach))
    ok(abs(stop[:, 1].sum() - 0.9) < 1e-8, "the effect found has power .9", stop)
    # not binding: the efficacy bounds alone keep alpha
    ok(abs(1 - stay_inside(info, [-30] * 3, np.array(upper)) - 0.025) < 1e-5, "non-binding futility leaves alpha alone")
    cur.execute("SELECT p_value FROM mlops.group_sequential_test(ARRAY[100, 250, 400], ARRAY[1.2, 2.1, 2.4], 400) WHERE look = 3")
    p = cur.fetchone()[0]
    cur.execute("SELECT array_agg(upper ORDER BY look) FROM mlops.group_sequential_bounds(ARRAY[100, 250, 400])")
    b = np.array(cur.fetchone()[0])
    b[2] = 2.4
    one_side = 1 - stay_inside(info, [-30] * 3, b)
    # stopping below first and then being counted above does not happen: both bounds stop
    low = np.array([-b[0], -b[1], -30])
    one_side = (1 - stay_inside(info[:2], -b[:2], b[:2])) / 2 + stay_inside(info[:2], -b[:2], b[:2]) - stay_inside(info, low, b)
    ok(abs(p - 2 * one_side) < 2e-5, "stage-wise p at the third look", (p, 2 * one_side))
    cur.execute("SELECT (mlops.conditional_power(1.4, 100, ARRAY[250, 400], ARRAY[-2.5, -2], ARRAY[2.5, 2], 0.07)).*")
    got = cur.fetchone()
    s0, sd1, sd2 = 1.4 * 10, np.sqrt(150), np.sqrt(150)

    def above(e):
        first = stats.norm.sf((2.5 * np.sqrt(250) - s0 - e * 150) / sd1)
        f = lambda x: stats.norm.pdf((x - s0 - e * 150) / sd1) / sd1 * stats.norm.sf((2 * 20 - x - e * 150) / sd2)
        return first + integrate.quad(f, -2.5 * np.sqrt(250), 2.5 * np.sqrt(250), epsabs=1e-12)[0]
    ok(abs(got[1] - above(0.07)) < 1e-9, "conditional power over two looks", (got, above(0.07)))
    cur.execute("SELECT (mlops.predictive_power(1.4, 100, ARRAY[250, 400], ARRAY[-2.5, -2], ARRAY[2.5, 2])).*")
    got = cur.fetchone()
    mean = integrate.quad(lambda e: stats.norm.pdf(e, 0.14, 0.1) * above(e), 0.14 - 0.9, 0.14 + 0.9, epsabs=1e-11, limit=200)[0]
    ok(abs(got[1] - mean) < 1e-9, "predictive power over two looks", (got, mean))


def sequences(cur, rng):
    worst = worst_width = 0
    for _ in range(200):
        n = rng.integers(100, 100000, 2)
        d, s, planned, alpha = rng.normal(), rng.uniform(0.05, 2), int(rng.integers(100, 50000)), rng.uniform(0.001, 0.4)
        q = (-2 * np.log(alpha) + np.log(1 - 2 * np.log(alpha))) * n.sum() / planned
        cur.execute("SELECT (upper - lower) / 2, ln_e_value FROM mlops.confidence_sequence(%s, %s, %s, %s, confidence => %s, planned_n => %s)",
                    (d, s, int(n[0]), int(n[1]), 1 - alpha, planned))
        half, ln_e = cur.fetchone()
        # as the papers have it: estimate +- se sqrt((q + 1) / q log((q + 1) / alpha^2))
        worst_width = max(worst_width, abs(half / (s * np.sqrt((q + 1) / q * np.log((q + 1) / alpha**2))) - 1))
        worst = max(worst, abs(ln_e - ((d / s)**2 * q / (2 * (q + 1)) - np.log(q + 1) / 2)) / (1 + abs(ln_e)))
    ok(worst < 1e-11 and worst_width < 1e-11, "200 confidence sequences, worst %.1e" % max(worst, worst_width))


def counts(cur, rng):
    worst = 0
    for _ in range(200):
        share, c = rng.uniform(0.01, 0.9), rng.uniform(1, 50)
        k, l = int(rng.integers(0, 300)), int(rng.integers(0, 300))
        alternative = ["two-sided", "greater", "less"][rng.integers(3)]
        a, b = c * share, c * (1 - share)
        want = betaln(a + k, b + l) - betaln(a, b) - k * np.log(share) - l * np.log1p(-share)
        below = betainc(a + k, b + l, share), betainc(a, b, share)
        above = betainc(b + l, a + k, 1 - share), betainc(b, a, 1 - share)
        if alternative != "two-sided":
            part = above if alternative == "greater" else below
            if part[0] < 1e-250:
                continue
            want += np.log(part[0] / part[1])
        cur.execute("SELECT mlops.ln_e_value(mlops.evidence_update(mlops.evidence_of_counts(%s, %s, concentration => %s), %s, 0, %s, 0))",
                    (share, alternative, c, l, k))
        got = cur.fetchone()[0]
        worst = max(worst, abs(got - want) / (1 + abs(want)))
    ok(worst < 1e-9, "200 e-values of counts, worst %.1e" % worst)
    # a run of 60 looks, stored between them, in three phases of a ramp
    evidence, phases, most = None, [], 0.0
    cur.execute("SELECT mlops.evidence_of_counts(0.05, 'greater')::text")
    evidence = cur.fetchone()[0]
    for share in (0.05, 0.25, 0.5):
        if phases:
            cur.execute("SELECT mlops.evidence_phase(%s::mlops.evidence, %s)::text", (evidence, share))
            evidence = cur.fetchone()[0]
        phases.append([share, 0, 0])
        for _ in range(20):
            phases[-1][1] += int(rng.poisson(10 * (1 - share)))
            phases[-1][2] += int(rng.poisson(13 * share))
            cur.execute("SELECT mlops.evidence_update(%s::mlops.evidence, %s, 0, %s, 0)::text", (evidence, phases[-1][1], phases[-1][2]))
            evidence = cur.fetchone()[0]
            total = 0.0
            for s, l, k in phases:
                a, b = 2 * s, 2 * (1 - s)
                total += betaln(a + k, b + l) - betaln(a, b) - k * np.log(s) - l * np.log1p(-s)
                total += np.log(betainc(b + l, a + k, 1 - s) / betainc(b, a, 1 - s))
            most = max(most, total)
    cur.execute("SELECT mlops.ln_e_value(e), mlops.max_ln_e_value(e), mlops.looks(e) FROM (SELECT %s::mlops.evidence e) x", (evidence,))
    got = cur.fetchone()
    ok(abs(got[0] - total) < 1e-9 and abs(got[1] - most) < 1e-9 and got[2] == 60, "60 looks over three phases against the whole history", (got, total, most))


def main():
    rng = np.random.default_rng(SEED)
    with psycopg.connect("dbname=postgres", autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS mlops_verify_sequential")
        admin.execute("CREATE DATABASE mlops_verify_sequential")
        with psycopg.connect("dbname=mlops_verify_sequential", autocommit=True) as conn, conn.cursor() as cur:
            cur.execute("CREATE EXTENSION mlops")
            group_sequential(cur)
            sequences(cur, rng)
            counts(cur, rng)
        admin.execute("DROP DATABASE mlops_verify_sequential")
    print("1..%d" % tests)
    return failures > 0


sys.exit(main())
