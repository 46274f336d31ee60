#!/usr/bin/env python3
"""golden/adwin.csv: where ADWIN sees changes, from the paper, in exact arithmetic.

Bifet and Gavalda 2007, "Learning from time-changing data with adaptive windowing": ADWIN2 with
the variance bound of section 4.1. Sums and sums of squares are fractions, so only the
bound itself is rounded. skip=1 is the loop of two implementations in use, which never try the
border after the newest bucket of a row (see doc/statistics/detectors.md).

    python3 test/kernel/gen_adwin.py > test/kernel/golden/adwin.csv
"""
from fractions import Fraction as F
from math import log, sqrt


def stream(kind, n):
    """The same integers as in test_adwin.c, divided by 64."""
    x, out = 12345 + kind, []
    for i in range(n):
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        u = x >> 44  # 20 bits
        if kind == 0:                      # no change
            v = u % 64
        elif kind == 1:                    # an error rate rises at 700
            v = 64 * (u % 100 < (10 if i < 700 else 40))
        elif kind == 2:                    # a mean falls at 500 and again at 1200
            v = u % 64 + 200 - 40 * (i >= 500) - 40 * (i >= 1200)
        elif kind == 3:                    # up for 100 values and down again
            v = u % 32 + 64 * (600 <= i < 700)
        elif kind == 4:                    # slowly up
            v = u % 64 + i // 16
        else:                              # a change at a large offset
            v = u % 64 + 64 * 10**9 + 30 * (i >= 900)
        out.append(F(v, 64))
    return out


def adwin(values, delta, clock, max_buckets, min_window, grace, skip):
    rows, changes = [], []  # rows[r] = buckets of 2^r values, oldest first: (sum, sum of squares)

    def all_buckets():
        return [(2**r, k, r, b) for r in range(len(rows) - 1, -1, -1) for k, b in enumerate(rows[r])]

    for t, x in enumerate(values, 1):
        if not rows:
            rows.append([])
        rows[0].append((x, x * x))
        r = 0
        while len(rows[r]) > max_buckets:
            if len(rows) == r + 1:
                rows.append([])
            a, b = rows[r].pop(0), rows[r].pop(0)
            rows[r + 1].append((a[0] + b[0], a[1] + b[1]))
            r += 1
        if t % clock:
            continue
        cut = first = True
        while cut:
            cut = False
            buckets = all_buckets()
            w = sum(b[0] for b in buckets)
            if w <= grace:
                break
            s, q = sum(b[3][0] for b in buckets), sum(b[3][1] for b in buckets)
            variance = float(q / w - (s / w) ** 2)
            d = log(2 * log(w) / delta)
            n0, s0 = 0, F(0)
            for size, k, r, b in buckets:
                n0, s0 = n0 + size, s0 + b[0]
                n1 = w - n0
                if n1 < min_window:
                    break
                if n0 < min_window or (skip and k == len(rows[r]) - 1):
                    continue
                m = 1 / (n0 - min_window + 1) + 1 / (n1 - min_window + 1)
                if abs(float(s0 / n0 - (s - s0) / n1)) > sqrt(2 * m * variance * d) + 2 / 3 * d * m:
                    if first:
                        changes.append((t, float(s0 / n0), float((s - s0) / n1)))
                    first, cut = False, True
                    rows[-1].pop(0)
                    while rows and not rows[-1]:
                        rows.pop()
                    break
    w = sum(b[0] for b in all_buckets())
    return changes, w, float(sum(b[3][0] for b in all_buckets()) / w)


print("# provenance: test/kernel/gen_adwin.py, Bifet and Gavalda 2007 in exact arithmetic")
print("# at: number of values when the k-th change is seen (0: none); width, mean: the window at the end")
print("kind,n,delta,clock,max_buckets,min_window,grace,changes,first,first_before,first_after,last,width,mean,changes_of_skipping,first_of_skipping")
for kind in range(6):
    for n, delta, clock, max_buckets, min_window, grace in ((2000, .002, 32, 5, 5, 10), (2000, .05, 1, 5, 5, 10), (1500, .002, 16, 1, 2, 0), (2000, .3, 8, 16, 20, 100)):
        v = stream(kind, n)
        c, width, mean = adwin(v, delta, clock, max_buckets, min_window, grace, False)
        o, _, _ = adwin(v, delta, clock, max_buckets, min_window, grace, True)
        f = c[0] if c else (0, "nan", "nan")
        print(kind, n, delta, clock, max_buckets, min_window, grace, len(c), f[0], repr(f[1]).strip("'"), repr(f[2]).strip("'"), c[-1][0] if c else 0, width, repr(mean), len(o), o[0][0] if o else 0, sep=",")
