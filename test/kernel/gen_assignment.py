#!/usr/bin/env python3
"""Writes golden/assignment.csv (units, seeds, hashes, positions, buckets) and
golden/assignment_ranges.csv from test/verify/reference/buckets.py, after that
has reproduced every value which the platforms publish for their own clients:

  growthbook/growthbook-python tests/cases.json (specVersion 0.7.1): hash, getBucketRange, inNamespace
  Eppo-exp/python-sdk test/sharders_test.py
  optimizely/python-sdk tests/test_bucketing.py, test_bucket_number
  launchdarkly/python-server-sdk ldclient/testing/impl/test_evaluator_bucketing.py (8 digits)
  statsig-io/statsig-server-core statsig-rust/tests/hash_util_evaluation_hash_tests.rs (the hash alone)
  statsig-io/python-sdk testdata/download_config_specs.json with tests/test_statsig_e2e.py
  SMHasher's and Noll's well-known values of murmur3 and FNV-1a
"""
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "verify", "reference"))
import buckets as b  # noqa: E402

# (seed, unit, version, position)
GROWTHBOOK = [
    ("", "a", 1, 0.22), ("", "b", 1, 0.077), ("b", "a", 1, 0.946), ("ef", "d", 1, 0.652), ("asdf", "8952klfjas09ujk", 1, 0.549),
    ("", "123", 1, 0.011), ("", "___)((*\":&", 1, 0.563), ("seed", "a", 2, 0.0505), ("seed", "b", 2, 0.2696), ("foo", "ab", 2, 0.2575),
    ("foo", "def", 2, 0.2019), ("89123klj", "8952klfjas09ujkasdf", 2, 0.124), ("90850943850283058242805", "123", 2, 0.7516),
    ("()**(%$##$%#$#", "___)((*\":&", 2, 0.0128)]
# unit, namespace, lower, upper, inside
NAMESPACES = [(u, n, lo, hi, inside) for u, n, inside_low in (
    ("1", "namespace1", False), ("1", "namespace2", False), ("2", "namespace1", False), ("2", "namespace2", False),
    ("3", "namespace1", False), ("3", "namespace2", True), ("4", "namespace1", False), ("4", "namespace2", True))
    for lo, hi, inside in ((0, 0.4, inside_low), (0.4, 1, not inside_low))]
# coverage, weights, n, ranges
RANGES = [
    (1, None, 2, [(0, 0.5), (0.5, 1)]), (0.5, None, 2, [(0, 0.25), (0.5, 0.75)]), (0, None, 2, [(0, 0), (0.5, 0.5)]),
    (1, None, 4, [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]), (1, [0.4, 0.6], 2, [(0, 0.4), (0.4, 1)]),
    (1, [0.2, 0.3, 0.5], 3, [(0, 0.2), (0.2, 0.5), (0.5, 1)]), (0.2, [0.2, 0.3, 0.5], 3, [(0, 0.04), (0.2, 0.26), (0.5, 0.6)]),
    (-0.2, None, 2, [(0, 0), (0.5, 0.5)]), (1.5, None, 2, [(0, 0.5), (0.5, 1)]), (1, [0.4, 0.1], 2, [(0, 0.5), (0.5, 1)]),
    (1, [0.7, 0.6], 2, [(0, 0.5), (0.5, 1)]), (1, [0.4, 0.4, 0.2], 4, [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]),
    (1, [0.4, 0.5999], 2, [(0, 0.4), (0.4, 0.9999)])]
OPTIMIZELY = [("ppid1", "1886780721", 5254), ("ppid2", "1886780721", 4299), ("ppid2", "1886780722", 2434), ("ppid3", "1886780721", 5439),
              ("a very very very very very very very very very very very very very very very long ppd string", "1886780721", 6128)]
LAUNCHDARKLY = [("userKeyA", "hashKey.saltyA", 0.42157587), ("userKeyB", "hashKey.saltyA", 0.6708485), ("userKeyC", "hashKey.saltyA", 0.10343106),
                ("userKeyA", "61", 0.09801207), ("userKeyB", "61", 0.14483777), ("userKeyC", "61", 0.9242641), ("33333", "hashKey.saltyA", 0.54771423)]
# message of sharder -> shard of 10000; the message is salt "-" subject
EPPO = [("test-input", 5619)]
EPPO_WHOLE = [("alice", 3170), ("bob", 7420), ("charlie", 7497)]
STATSIG_HASH = [("", 0xE3B0C44298FC1C14), ("blargh", 0x0AC33512D18E20D5), ("\U0001f5fb", 0x1DDBF4EA8DAE91E5)]
STATSIG_SALT = "f8aeba58-18fb-4f36-9bbd-4c611447a912"	# sample_experiment: bucket of 1000 below 500 is control
STATSIG = [("regular_user_id", False), ("random", True)]
MURMUR3 = [(b"", 1, 0x514E28B7), (b"", 0, 0), (b"", 0xFFFFFFFF, 0x81F16F39), (b"\0\0\0\0", 0, 0x2362F9DE), (b"aaaa", 0x9747B28C, 0x5A97808A),
           (b"aaa", 0x9747B28C, 0x283E0130), (b"aa", 0x9747B28C, 0x5D211726), (b"a", 0x9747B28C, 0x7FA09EA6),
           (b"Hello, world!", 0x9747B28C, 0x24884CBA), (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD)]
FNV1A = [(b"", 0x811C9DC5), (b"a", 0xE40C292C), (b"foobar", 0xBF9CF968)]


def check_published():
    import hashlib
    for seed, unit, version, p in GROWTHBOOK:
        m = f"growthbook_v{version}"
        assert b.position(m, b.hash_of(m, unit.encode(), seed.encode())) == p, (unit, seed)
    for unit, name, lo, hi, inside in NAMESPACES:
        p = b.position("growthbook_v1", b.hash_of("growthbook_v1", unit.encode(), b"__" + name.encode()))
        assert (lo <= p < hi) == inside, (unit, name)
    for coverage, weights, n, want in RANGES:
        for got, expected in zip(b.bucket_ranges(coverage, weights, n), want, strict=True):
            assert all(abs(x - y) < 1e-6 for x, y in zip(got, expected)), want
    for unit, seed, want in OPTIMIZELY:
        assert b.number("optimizely", b.hash_of("optimizely", unit.encode(), seed.encode()), 10000) == want, unit
    for unit, seed, want in LAUNCHDARKLY:
        assert abs(b.position("launchdarkly", b.hash_of("launchdarkly", unit.encode(), seed.encode())) - want) < 1e-6 * want, unit
    for text, want in EPPO:
        seed, unit = text.split("-")
        assert b.number("eppo", b.hash_of("eppo", unit.encode(), seed.encode()), 10000) == want, text
    for text, want in EPPO_WHOLE:
        assert int(hashlib.md5(text.encode()).hexdigest()[:8], 16) % 10000 == want, text
    for text, want in STATSIG_HASH:
        assert int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") == want, text
    for unit, control in STATSIG:
        assert (b.number("statsig", b.hash_of("statsig", unit.encode(), STATSIG_SALT.encode()), 1000) < 500) == control, unit
    for data, seed, want in MURMUR3:
        assert b.murmur3_32(data, seed) == want, data
    for data, want in FNV1A:
        assert b.fnv1a32(data) == want, data


def write(name, lines):
    with open(os.path.join(HERE, "golden", name), "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")


def hashes():
    lines = ["# unit and seed: UTF-8 in hexadecimal, - for the empty one; hash: the bits that count; number: of that many buckets",
             "# provenance: Python hashlib and test/verify/reference/buckets.py; rows with a source are published there (gen_assignment.py)",
             "# regenerate: /usr/bin/python3 gen_assignment.py",
             "method,unit,seed,hash,position,buckets,number,source"]

    def add(method, unit, seed, n, source="-"):
        u, s = unit.encode(), seed.encode()
        h = b.hash_of(method, u, s)
        lines.append(f"{method},{u.hex() or '-'},{s.hex() or '-'},{h},{b.position(method, h)!r},{n},{b.number(method, h, n)},{source}")

    for seed, unit, version, _ in GROWTHBOOK:
        add(f"growthbook_v{version}", unit, seed, b.NATIVE[f"growthbook_v{version}"], "growthbook-python tests/cases.json")
    for unit, name, lo, _, _ in NAMESPACES:
        if lo == 0:
            add("growthbook_v1", unit, "__" + name, 1000, "growthbook-python tests/cases.json")
    for unit, seed, _ in OPTIMIZELY:
        add("optimizely", unit, seed, 10000, "optimizely python-sdk tests/test_bucketing.py")
    for unit, seed, _ in LAUNCHDARKLY:
        add("launchdarkly", unit, seed, 100000, "launchdarkly python-server-sdk test_evaluator_bucketing.py")
    add("eppo", "input", "test", 10000, "Eppo-exp python-sdk test/sharders_test.py")
    for unit, _ in STATSIG:
        add("statsig", unit, STATSIG_SALT, 1000, "statsig-io python-sdk testdata")
    rng = random.Random(38)
    units = ["", "a", "1", "user-42", "é", "Zoë Müller", "Łódź", "Ωmega", "Привет", "日本語", "\U0001f5fb", "e\u0301", "\u00ff", "a\tb\nc", " ", "x" * 1000,
             "日" * 300] + [("u" * k) for k in range(1, 9)] + ["".join(chr(rng.choice((rng.randrange(32, 127), rng.randrange(160, 2000), rng.randrange(0x4E00, 0x9000))))
                                                             for _ in range(rng.randrange(1, 40))) for _ in range(12)]
    for method, native in b.NATIVE.items():
        for i, unit in enumerate(units):
            for seed in (["", "exp-1", "señal"] if i < 17 else ["exp-1"]):
                add(method, unit, seed, native)
        if method not in ("growthbook_v1", "growthbook_v2"):
            for n in (1, 2, 3, 7, 1000, 65537, 2**31 - 1):
                add(method, "user-42", "exp-1", n)
    write("assignment.csv", lines)


def ranges():
    lines = ["# weights and ranges: numbers separated by semicolons, - for none; ranges: lower, upper, lower, upper ...",
             "# provenance: test/verify/reference/buckets.py; rows with a source are published there to six digits (gen_assignment.py)",
             "# regenerate: /usr/bin/python3 gen_assignment.py",
             "coverage,weights,n,ranges,source"]

    def add(coverage, weights, n, source="-"):
        flat = [x for r in b.bucket_ranges(coverage, weights, n) for x in r]
        lines.append(f"{coverage!r},{';'.join(map(repr, weights)) if weights else '-'},{n},{';'.join(map(repr, flat))},{source}")

    for coverage, weights, n, _ in RANGES:
        add(coverage, weights, n, "growthbook-python tests/cases.json")
    rng = random.Random(380)
    for _ in range(60):
        n = rng.randrange(1, 12)
        weights = None
        if rng.random() < 0.7:
            w = [rng.random() for _ in range(n)]
            weights = [round(x / sum(w), rng.choice((2, 4, 17))) for x in w]
        add(rng.choice((0, 1, round(rng.random(), 3), rng.random())), weights, n)
    write("assignment_ranges.csv", lines)


check_published()
hashes()
ranges()
