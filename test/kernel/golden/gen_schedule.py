#!/usr/bin/env python3
"""Writes schedule.csv: calendar arithmetic by Python's datetime and calendar."""
import calendar
import datetime as dt
import random

EPOCH = dt.datetime(2000, 1, 1)
US = dt.timedelta(microseconds=1)


def add(t, months, days, us, n):
    total = t.year * 12 + t.month - 1 + months * n
    year, month = divmod(total, 12)
    day = min(t.day, calendar.monthrange(year, month + 1)[1])
    return t.replace(year=year, month=month + 1, day=day) + dt.timedelta(days=days * n, microseconds=us * n)


def last_and_next(anchor, period, t):
    """By walking, step by step."""
    n = 0
    while add(anchor, *period, n) <= t:
        n += 1
    while add(anchor, *period, n) > t:
        n -= 1
    return add(anchor, *period, n), add(anchor, *period, n + 1)


def us(t):
    return (t - EPOCH) // US


rnd = random.Random(20260101)
print("# provenance: test/kernel/golden/gen_schedule.py (Python datetime and calendar, seed 20260101)")
print("anchor,months,days,us,n,sum,t,last,next")
hour = 3600 * 10**6
periods = [(0, 0, hour), (0, 1, 0), (0, 7, 0), (1, 0, 0), (3, 0, 0), (12, 0, 0), (1, 1, hour), (0, 0, 60 * 10**6), (0, 1, 12 * hour)]
anchors = [EPOCH, dt.datetime(2024, 1, 31), dt.datetime(2023, 12, 31, 23, 59, 59, 999999), dt.datetime(2024, 2, 29, 6),
           dt.datetime(1970, 1, 1), dt.datetime(1999, 3, 1), dt.datetime(2100, 2, 28)]
for anchor in anchors:
    for p in periods:
        for _ in range(4):
            n = rnd.randint(-60, 60)
            step = (p[0] * 2629746 + p[1] * 86400) * 10**6 + p[2]
            t = anchor + dt.timedelta(microseconds=rnd.randint(-20 * step, 20 * step))
            if rnd.random() < 0.5:      # exactly on the grid
                t = add(anchor, *p, rnd.randint(-20, 20))
            lo, hi = last_and_next(anchor, p, t)
            print(us(anchor), *p, n, us(add(anchor, *p, n)), us(t), us(lo), us(hi), sep=",")
