#!/usr/bin/env python3
"""House rules that no compiler checks, as TAP.

Runs in the root of a built checkout, with PGHOST etc. of a server that has
mlops installed and PG_CONFIG of the PostgreSQL it was built for.
"""
import difflib
import glob
import json
import os
import re
import subprocess
import sys

count = 0
bad = 0


def ok(passed, name, details=()):
    global count, bad
    count += 1
    bad += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
    if not passed:
        for d in list(details)[:40]:
            print(f"#   {d}")


def none(findings, name):
    """The finding list must be empty."""
    findings = list(findings)
    ok(not findings, name, findings)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def sql(text, db="postgres"):
    r = subprocess.run(["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", db, "-c", text],
                       capture_output=True, text=True)
    if r.returncode:
        raise RuntimeError(r.stderr.strip())
    return [line.split("\t") for line in r.stdout.splitlines()]


def code_only(text):
    """C text without comments, so that a word in a comment is not a finding."""
    return re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


def grep(pattern, paths, strip=False):
    for p in sorted(paths):
        text = read(p)
        if strip:
            text = code_only(text)
        for no, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line):
                yield f"{p}:{no}: {line.strip()}"


def glob_all(*patterns):
    return sorted({p for pat in patterns for p in glob.glob(pat, recursive=True)})


c_files = glob_all("src/**/*.c", "src/**/*.h")
modules = glob_all("sql/modules/*.sql")
deltas = glob_all("sql/mlops--*--*.sql")
docs = glob_all("*.md", "doc/**/*.md")

# --- the tree ---------------------------------------------------------------
pure = [p for p in c_files if re.match(r"src/(kernel/|types/codec\.|types/\w+_codec\.|worker/schedule\.)", p)]
none(grep(r'#\s*include\s*[<"](postgres|fmgr|utils/|access/|executor/|catalog/|nodes/|storage/|lib/|miscadmin|varatt|c\.h|compat\.h)', pure),
     "kernels and codecs include no server header")
none(grep(r'#\s*include\s*"\.\./|#\s*include\s*"(src/)?(types|agg|drift|worker)/', glob_all("src/kernel/**/*.[ch]")),
     "kernels include nothing but kernels")
none(grep(r'#\s*include\s*"(agg|drift|worker)/', glob_all("src/types/*.[ch]")), "types include neither agg nor drift nor worker")
none(grep(r'#\s*include\s*"(kernel|types|agg|drift)/', glob_all("src/worker/*.[ch]")), "the worker includes none of the other rooms")
none(grep(r"\b(malloc|calloc|realloc|free|palloc|printf|fopen|getenv)\s*\(", glob_all("src/kernel/**/*.[ch]"), strip=True),
     "kernels neither allocate nor do I/O")
none(grep(r"^static\s+(?!const\b|inline\b)[\w\s*]+\w+(\[[^]]*\])*\s*(=|;)", [p for p in glob_all("src/kernel/**/*.c")], strip=True),
     "kernels have no changeable globals")
none(grep(r"PG_VERSION_NUM", [p for p in c_files if p != "src/compat.h"], strip=True), "only src/compat.h asks for the server's version")
none(grep(r"PG_GETARG_HEAPTUPLEHEADER|DatumGetHeapTupleHeader", c_files, strip=True), "no function takes a composite argument")
none(grep(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(", c_files, strip=True), "no banned C call")
none(grep(r"(?i)CREATE\s+OR\s+REPLACE|IF\s+NOT\s+EXISTS\s+(?!\()", modules), "the install script creates, and never adopts what is there")
none((d for d in deltas if "\\echo Use" not in read(d)), "every delta refuses to be run by psql")
none((p for p in glob_all("test/sql/*.sql") if os.path.exists("sql/" + os.path.basename(p))),
     "no regression test is named like a file of sql/")
tests = {os.path.basename(p)[:-4] for p in glob_all("test/sql/*.sql")} | {os.path.basename(p)[:-5] for p in glob_all("test/specs/*.spec")}
outs = {re.sub(r"_\d$", "", os.path.basename(p)[:-4]) for p in glob_all("expected/*.out")}
none(sorted(t + ": no expected/" + t + ".out" for t in tests - outs) + sorted("expected/" + o + ".out: no test" for o in outs - tests),
     "every regression and isolation test has its expected output, and the other way round")

# --- sizes: told, not failed --------------------------------------------------
for p in c_files + modules + glob_all("test/**/*.c", "test/**/*.sql", "test/**/*.p[lym]"):
    n = read(p).count("\n")
    if n > 600:
        print(f"# warning: {p} has {n} lines; past 600 a room is missing")

for p in c_files:
    start = None
    for no, line in enumerate(read(p).splitlines(), 1):
        if line == "{":
            start = no
        elif line == "}" and start:
            if no - start > 70:
                print(f"# warning: {p}:{start}: a function of {no - start} lines")
            start = None

# --- the library --------------------------------------------------------------
syms = subprocess.run(["nm", "-D", "--defined-only", "mlops.so"], capture_output=True, text=True, check=True).stdout
names = [line.split()[-1] for line in syms.splitlines()]
allowed = re.compile(r"^(mlops_\w+|_PG_init|_PG_fini|Pg_magic_func|pg_finfo_mlops_\w+|_init|_fini)$")
none((n for n in names if not allowed.match(n)), "every exported symbol starts with mlops_")
need = subprocess.run(["readelf", "-d", "mlops.so"], capture_output=True, text=True, check=True).stdout
none((n for n in re.findall(r"NEEDED.*\[(.*?)\]", need) if not re.match(r"lib[cm]\.so|ld-linux", n)), "the library needs libc and libm only")

# --- versions -----------------------------------------------------------------
version = re.search(r"default_version\s*=\s*'(.*?)'", read("mlops.control"))[1]
meta = json.loads(read("META.json"))
ok(meta["version"].startswith(version) and meta["provides"]["mlops"]["version"] == meta["version"],
   f"META.json says {version}", [meta["version"]])
changes = re.findall(r"^## \[?([\d.]+)", read("CHANGELOG.md"), flags=re.M)
ok(bool(changes) and changes[0] == version, f"CHANGELOG.md starts with {version}", changes[:1])
ok(f'"{version}"' in read("src/compat.h"), f"the module magic says {version}")
ok(os.path.exists(f"sql/mlops--{version}.sql"), f"sql/mlops--{version}.sql is built")
for a, b in zip(changes[1:], changes):
    ok(os.path.exists(f"sql/mlops--{a}--{b}.sql"), f"there is an upgrade from {a} to {b}")

# --- the documents ------------------------------------------------------------
broken = []
for p in docs:
    for text, target in re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", read(p), flags=re.S)):
        path = target.split("#")[0]
        if path and not re.match(r"[a-z]+:", path) and not os.path.exists(os.path.join(os.path.dirname(p), path)):
            broken.append(f"{p}: {target}")
none(broken, "every relative link in the documents leads to a file")

db = "mlops_meta"
subprocess.run(["dropdb", "--if-exists", db], check=True, capture_output=True)
subprocess.run(["createdb", db], check=True)
try:
    sql("CREATE EXTENSION mlops", db)
    want = subprocess.run(["psql", "-XAtq", "-d", db, "-f", "scripts/reference.sql"], capture_output=True, text=True, check=True).stdout
    ok(want.count("\n| ") > 30, "the reference could be written")
    have = read("doc/reference.md") if os.path.exists("doc/reference.md") else ""
    ok(have == want, "doc/reference.md is what `make reference` writes",
       difflib.unified_diff(have.splitlines(), want.splitlines(), "doc/reference.md", "catalog", n=0, lineterm=""))

    settings = sql("""LOAD 'mlops';
        SELECT name, current_setting(name), context FROM pg_settings WHERE name LIKE 'mlops.%' ORDER BY name""", db)
    table = re.findall(r"^\| `(mlops\.\w+)` \| `?(.*?)`? \| (\w[\w-]*) \|", read("README.md"), flags=re.M)
    want = [(n, v, c) for n, v, c in settings]
    # An empty value is written as (empty); the boot values are shown because the
    # server of this test sets none.
    have = [(n, "" if v == "(empty)" else v, c) for n, v, c in table]
    ok(bool(have) and sorted(have) == sorted(want), "the table of settings in README.md equals pg_settings",
       [f"only in README: {x}" for x in sorted(set(have) - set(want))] + [f"only in server: {x}" for x in sorted(set(want) - set(have))])
finally:
    subprocess.run(["dropdb", "--if-exists", "--force", db], check=False)

print(f"1..{count}")
sys.exit(1 if bad else 0)
