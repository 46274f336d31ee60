"""Positions and buckets of units in plain Python: hashlib, and FNV-1a and
murmur3 written from their definitions.  Shares no code with the extension;
what the platforms' own tests publish is checked in gen_assignment.py."""
import hashlib
import math
import struct

NATIVE = {"sha256": 10000, "growthbook_v1": 1000, "growthbook_v2": 10000, "eppo": 10000, "optimizely": 10000,
          "launchdarkly": 100000, "statsig": 10000}


def fnv1a32(data, h=0x811C9DC5):
    for byte in data:
        h = ((h ^ byte) * 0x01000193) % 2**32
    return h


def murmur3_32(data, seed):
    def rotl(x, r):
        return ((x << r) | (x >> (32 - r))) & 0xFFFFFFFF

    def scramble(k):
        return rotl(k * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF
    h, whole = seed, len(data) // 4 * 4
    for (k,) in struct.iter_unpack("<I", data[:whole]):
        h = (rotl(h ^ scramble(k), 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    if data[whole:]:
        h ^= scramble(int.from_bytes(data[whole:], "little"))
    h ^= len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ h >> shift) * factor & 0xFFFFFFFF
    return h ^ h >> 16


def hash_of(method, unit, seed):
    """The bits of the hash that count, as a number."""
    if method == "growthbook_v1":
        return fnv1a32(unit + seed)
    if method == "growthbook_v2":
        return fnv1a32(str(fnv1a32(seed + unit)).encode())
    if method == "eppo":
        return int(hashlib.md5(seed + b"-" + unit).hexdigest()[:8], 16)
    if method == "optimizely":
        return murmur3_32(unit + seed, 1)
    if method == "launchdarkly":
        return int(hashlib.sha1(seed + b"." + unit).hexdigest()[:15], 16)
    if method == "statsig":
        return struct.unpack(">Q", hashlib.sha256(seed + b"." + unit).digest()[:8])[0]
    return int.from_bytes(hashlib.sha256(seed + b"\0" + unit).digest()[:8], "big") >> 11


def position(method, h):
    if method == "launchdarkly":
        return h / float(0xFFFFFFFFFFFFFFF)
    if method == "optimizely":
        return float(h) / math.pow(2, 32)
    if method == "sha256":
        return h / 2**53
    return h % NATIVE[method] / NATIVE[method]


def number(method, h, buckets):
    if method == "launchdarkly":
        return min(math.trunc(position(method, h) * buckets), buckets - 1)
    if method == "optimizely":
        return math.floor(float(h) / math.pow(2, 32) * buckets)
    if method == "sha256":
        return h * buckets >> 53
    return h % buckets


def bucket_ranges(coverage, weights, n):
    """GrowthBook's, as its documentation describes them."""
    coverage = min(max(coverage, 0.0), 1.0)
    total = 0.0
    for w in weights or []:
        total += w
    if weights is None or len(weights) != n or total < 0.99 or total > 1.01:
        weights = [1 / n] * n
    ranges, start = [], 0.0
    for w in weights:
        ranges.append((start, start + coverage * w))
        start += w
    return ranges


def launchdarkly_choice(where, weights):
    """From 0 on: the first running sum above the position, else the last."""
    total = 0.0
    for i, w in enumerate(weights):
        total += w / 100000.0
        if where < total:
            return i
    return len(weights) - 1


def optimizely_choice(bucket, ends):
    return next((i for i, e in enumerate(ends) if bucket < e), None)


def choose(where, ranges):
    return next((i for i, (lower, upper) in enumerate(ranges) if lower <= where < upper), None)
