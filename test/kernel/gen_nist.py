#!/usr/bin/python3
"""NIST Statistical Reference Datasets (StRD, public domain, https://www.itl.nist.gov/div898/strd/):
golden/nist_univariate.csv, nist_anova.csv (certified values) and nist_*_data.csv.

Every certified value stated below is first recomputed here from the decimal data in exact
rational arithmetic, so neither a wrong digit of the data nor of the certified value can stay.
The values in the columns *_double are for the same data after each was rounded to a double: what a
perfect program returns.  Sets with a large offset lose certified digits in that rounding already
(0.1 ulp of 1e12 is 1e-5 of the standard deviation)."""
import os
from decimal import Decimal, getcontext
from fractions import Fraction
import mpmath

getcontext().prec = 60
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
NOTE = "# provenance: NIST StRD (public domain), constructed and checked by test/kernel/gen_nist.py, mpmath %s\n" \
    % mpmath.__version__

LEW = """
-213 -564 -35 -15 141 115 -420 -360 203 -338 -431 194 -220 -513 154 -125 -559 92 -21 -579 -52 99 -543 -175 162
-457 -346 204 -300 -474 164 -107 -572 -8 83 -541 -224 180 -420 -374 201 -236 -531 83 27 -564 -112 131 -507
-254 199 -311 -495 143 -46 -579 -90 136 -472 -338 202 -287 -477 169 -124 -568 17 48 -568 -135 162 -430 -422
172 -74 -577 -13 92 -534 -243 194 -355 -465 156 -81 -578 -64 139 -449 -384 193 -198 -538 110 -44 -577 -6 66
-552 -164 161 -460 -344 205 -281 -504 134 -28 -576 -118 156 -437 -381 200 -220 -540 83 11 -568 -160 172 -414
-408 188 -125 -572 -32 139 -492 -321 205 -262 -504 142 -83 -574 0 48 -571 -106 137 -501 -266 190 -391 -406 194
-186 -553 83 -13 -577 -49 103 -515 -280 201 300 -506 131 -45 -578 -80 138 -462 -361 201 -211 -554 32 74 -533
-235 187 -372 -442 182 -147 -566 25 68 -535 -244 194 -351 -463 174 -125 -570 15 72 -550 -190 172 -424 -385 198
-218 -536 96
"""

LOTTERY = """
162 671 933 414 788 730 817 33 536 875 670 236 473 167 877 980 316 950 456 92 517 557 956 954 104 178 794 278
147 773 437 435 502 610 582 780 689 562 964 791 28 97 848 281 858 538 660 972 671 613 867 448 738 966 139 636
847 659 754 243 122 455 195 968 793 59 730 361 574 522 97 762 431 158 429 414 22 629 788 999 187 215 810 782
47 34 108 986 25 644 829 630 315 567 919 331 207 412 242 607 668 944 749 168 864 442 533 805 372 63 458 777
416 340 436 140 919 350 510 572 905 900 85 389 473 758 444 169 625 692 140 897 672 288 312 860 724 226 884 508
976 741 476 417 831 15 318 432 241 114 799 955 833 358 935 146 630 830 440 642 356 373 271 715 367 393 190 669
8 861 108 795 269 590 326 866 64 523 862 840 219 382 998 4 628 305 747 247 34 747 729 645 856 974 24 568 24
694 608 480 410 729 947 293 53 930 223 203 677 227 62 455 387 318 562 242 428 968
"""

MAVRO = """
200180 200170 200180 200190 200180 200170 200150 200140 200150 200150 200170 200180 200180 200190 200190
200210 200200 200160 200140 200130 200130 200150 200150 200160 200150 200140 200130 200140 200150 200140
200150 200160 200150 200160 200190 200200 200200 200210 200220 200230 200240 200250 200270 200260 200260
200260 200270 200260 200250 200240
"""

MICHELSON = """
29985 29974 29990 30007 29993 29985 29995 29998 29998 29988 30000 29998 29993 29965 29976 29981 30000 30000
29996 29996 29996 29994 29996 29994 29988 29980 29985 29988 29990 29984 29983 29979 29981 29988 29988 29983
29980 29979 29976 29980 29988 29988 29988 29986 29972 29972 29962 29986 29997 29995 29988 29991 29985 29987
29984 29984 29985 29984 29984 29984 29989 29981 29981 29982 29980 29977 29976 29974 29975 29976 29991 29992
29989 29986 29988 29972 29984 29985 29985 29978 29989 29984 29978 29981 29976 29981 29979 29981 29982 29985
29987 29987 29981 29974 29981 29994 29995 29980 29981 29987
"""

# one line per instrument
ATMWTAG = """
107.8681568 107.8681465 107.8681572 107.8681785 107.8681446 107.8681903 107.8681526 107.8681494 107.8681616 107.8681587 \
107.8681519 107.8681486 107.8681419 107.8681569 107.8681508 107.8681672 107.8681385 107.8681518 107.8681662 107.8681424 \
107.8681360 107.8681333 107.8681610 107.8681477
107.8681079 107.8681344 107.8681513 107.8681197 107.8681604 107.8681385 107.8681642 107.8681365 107.8681151 107.8681082 \
107.8681517 107.8681448 107.8681198 107.8681482 107.8681334 107.8681609 107.8681101 107.8681512 107.8681469 107.8681360 \
107.8681254 107.8681261 107.8681450 107.8681368
"""

# one line per instrument
SIRSTV = """
196.3052 196.1240 196.1890 196.2569 196.3403
196.3042 196.3825 196.1669 196.3257 196.0422
196.1303 196.2005 196.2889 196.0343 196.1811
196.2795 196.1748 196.1494 196.1485 195.9885
196.2119 196.1051 196.1850 196.0052 196.2090
"""


def lines(text):
    return [[Fraction(w) for w in line.split()] for line in text.strip().split("\n")]


def flat(text, scale=1):
    return [v / scale for line in lines(text) for v in line]


def pi_digits():
    """The 5000 digits of the data set; its 957th is 3 where pi has 8, and so are the certified values."""
    with mpmath.workdps(5100):
        d = [int(c) for c in mpmath.nstr(mpmath.pi, 5050).replace(".", "")[:5000]]
    assert d[956] == 8
    d[956] = 3
    return [Fraction(v) for v in d]


def numacc(base):
    b = Fraction(base)
    return [b + Fraction(2, 10)] + [b + Fraction(1, 10), b + Fraction(3, 10)] * 500


def smls(base, replicates):
    """Simon and Lesage (1989): nine treatments, one value each, then pairs around it."""
    groups = []
    for t in range(9):
        middle = Fraction(base) + Fraction([4, 3, 5][0 if t == 0 else 1 if t % 2 else 2], 10)
        pair = [middle - Fraction(1, 10), middle + Fraction(1, 10)]
        groups.append([middle] + pair * ((replicates - 1) // 2))
    return groups


def root(v):
    return (Decimal(v.numerator) / Decimal(v.denominator)).sqrt() if isinstance(v, Fraction) else v


def text(v):
    if isinstance(v, Fraction):
        v = Decimal(v.numerator) / Decimal(v.denominator)
    return "%.24E" % v


def agrees(exact, certified, what):
    """The certified value is the exact one rounded to its 15 digits."""
    exact = Decimal(exact.numerator) / Decimal(exact.denominator) if isinstance(exact, Fraction) else exact
    assert abs(exact - Decimal(certified)) <= abs(exact) * Decimal("5.1e-15"), (what, exact, certified)


def doubles(values):
    return [Fraction(float(v)) for v in values]


def mean_variance(values):
    mean = sum(values) / len(values)
    return mean, sum((v - mean) ** 2 for v in values) / (len(values) - 1)


def anova(groups):
    n = sum(len(g) for g in groups)
    grand = sum(sum(g) for g in groups) / n
    means = [sum(g) / len(g) for g in groups]
    between = sum(len(g) * (m - grand) ** 2 for g, m in zip(groups, means))
    within = sum((v - m) ** 2 for g, m in zip(groups, means) for v in g)
    df1, df2 = len(groups) - 1, n - len(groups)
    return {"n": n, "df1": df1, "df2": df2, "ss1": between, "ss2": within,
            "f": between / df1 / (within / df2), "r2": between / (between + within),
            "sd": root(within / df2)}


# certified mean, standard deviation
UNIVARIATE = [
    ("PiDigits", pi_digits(), "4.53480000000000", "2.86733906028871"),
    ("Lottery", flat(LOTTERY), "518.958715596330", "291.699727470969"),
    ("Lew", flat(LEW), "-177.435000000000", "277.332168044316"),
    ("Mavro", flat(MAVRO, 100000), "2.00185600000000", "0.000429123454003053"),
    ("Michelso", flat(MICHELSON, 100), "299.852400000000", "0.0790105478190518"),
    ("NumAcc1", [Fraction(v) for v in (10000001, 10000003, 10000002)], "10000002", "1"),
    ("NumAcc2", numacc(1), "1.2", "0.1"),
    ("NumAcc3", numacc(1000000), "1000000.2", "0.1"),
    ("NumAcc4", numacc(10000000), "10000000.2", "0.1"),
]

SMLS_CERTIFIED = {      # by replicates: ss1, ss2, f, r2
    21: ("1.68000000000000", "1.80000000000000", "21.0000000000000", "0.482758620689655"),
    201: ("16.0800000000000", "18.0000000000000", "201.000000000000", "0.471830985915493"),
    2001: ("160.080000000000", "180.000000000000", "2001.00000000000", "0.470712773465067"),
}
# certified sum of squares between and within, F, R squared, residual standard deviation
ANOVA = [
    ("SiRstv", lines(SIRSTV), ("5.11462616000000E-02", "2.16636560000000E-01", "1.18046237440255",
                               "1.90999039051129E-01", "1.04076068334656E-01")),
    ("AtmWtAg", lines(ATMWTAG), ("3.63834187500000E-09", "1.04951729166667E-08", "1.59467335677930E+01",
                                 "2.57426544538321E-01", "1.51048314446410E-05")),
]
for number, (offset, count) in enumerate(((o, c) for o in (1, 10 ** 6, 10 ** 12) for c in (21, 201, 2001)), 1):
    ANOVA.append(("SmLs%02d" % number, smls(offset, count), SMLS_CERTIFIED[count] + ("0.100000000000000",)))


with open(os.path.join(HERE, "nist_univariate.csv"), "w") as out:
    out.write(NOTE)
    out.write("# scale: values times scale are whole numbers\n")
    out.write("set,n,scale,mean,sd,mean_double,sd_double\n")
    for name, data, mean, sd in UNIVARIATE:
        exact = mean_variance(data)
        agrees(exact[0], mean, name)
        agrees(root(exact[1]), sd, name)
        scale = next(s for s in (1, 10, 100, 10000, 100000) if all((v * s).denominator == 1 for v in data))
        rounded = mean_variance(doubles(data))
        out.write("%s,%d,%d,%s,%s,%s,%s\n" % (name, len(data), scale, mean, sd, text(rounded[0]), text(root(rounded[1]))))

with open(os.path.join(HERE, "nist_univariate_data.csv"), "w") as out:
    out.write(NOTE)
    out.write("# in the order of the data set; `copies` further copies of the last two rows follow (NumAcc)\n")
    out.write("set,value,copies\n")
    for name, data, _, _ in UNIVARIATE:
        short = name in ("NumAcc2", "NumAcc3", "NumAcc4")
        for i, v in enumerate(data[:3] if short else data):
            out.write("%s,%s,%d\n" % (name, Decimal(v.numerator) / Decimal(v.denominator), 499 if short and i == 2 else 0))

with open(os.path.join(HERE, "nist_anova.csv"), "w") as out:
    out.write(NOTE)
    out.write("# ss1, df1: between the groups; ss2, df2: within; sd: residual standard deviation\n")
    out.write("# *_double: the same of the data rounded to doubles, by exact rational arithmetic\n")
    out.write("set,n,scale,df1,df2,ss1,ss2,f,r2,sd,ss1_double,ss2_double,f_double,sd_double\n")
    for name, groups, certified in ANOVA:
        exact = anova(groups)
        for key, value in zip(("ss1", "ss2", "f", "r2", "sd"), certified):
            agrees(exact[key], value, (name, key))
        scale = next(s for s in (1, 10, 10000, 10000000) if all((v * s).denominator == 1 for g in groups for v in g))
        rounded = anova([doubles(g) for g in groups])
        out.write("%s,%d,%d,%d,%d,%s,%s\n" % (
            name, exact["n"], scale, exact["df1"], exact["df2"], ",".join(certified),
            ",".join(text(rounded[k]) for k in ("ss1", "ss2", "f", "sd"))))

with open(os.path.join(HERE, "nist_anova_data.csv"), "w") as out:
    out.write(NOTE)
    out.write("# in the order of the data set; `copies` further copies of the last two rows follow (SmLs)\n")
    out.write("set,group,value,copies\n")
    for name, groups, _ in ANOVA:
        for g, values in enumerate(groups, 1):
            short = name.startswith("SmLs")
            for i, v in enumerate(values[:3] if short else values):
                out.write("%s,%d,%s,%d\n" % (name, g, Decimal(v.numerator) / Decimal(v.denominator),
                                             (len(values) - 3) // 2 if short and i == 2 else 0))
