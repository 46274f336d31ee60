#!/usr/bin/python3
"""Golden values for test_multivariate.c: golden/eigen.csv, weighted_chi2.csv,
pca.csv, pca_test.csv and mmd.csv.

    cd test/kernel && /usr/bin/python3 gen_multivariate.py

eigen: mpmath with 50 digits; numpy must agree.  weighted_chi2: two exact
methods in mpmath, partial fractions where every weight comes twice and
Ruben's mixture of chi-squares otherwise, which must agree where both apply.  pca:
scikit-learn's StandardScaler and PCA; numpy's eigh of the correlation matrix must
agree.  pca_test: SciPy.  mmd: the definition over all pairs of rows, in Python;
p by Imhof's integral of the eigenvalues that numpy finds.
"""
import mpmath as mp
import numpy as np
import scipy
import sklearn
from scipy import integrate, stats
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

mp.mp.dps = 50
rng = np.random.default_rng(20261121)


def hexes(values):
    return ";".join(float(v).hex() for v in np.ravel(values))


def digits(values):
    return ";".join(mp.nstr(mp.mpf(v), 20) for v in np.ravel(values))


def write(name, provenance, columns, rows):
    with open(f"golden/{name}.csv", "w") as f:
        f.write(f"# provenance: test/kernel/gen_multivariate.py: {provenance}\n{columns}\n")
        f.writelines(",".join(str(v) for v in r) + "\n" for r in rows)


# --- eigenvalues -------------------------------------------------------------
def matrices():
    for n in (1, 2, 3, 5, 8, 20):
        a = rng.standard_normal((n, n))
        yield "indefinite", a + a.T
        yield "correlation", np.corrcoef(rng.standard_normal((n, 3 * n + 2)) + rng.standard_normal(3 * n + 2)) if n > 1 else np.eye(1)
    yield "identity", np.eye(6)
    yield "hilbert", np.array([[1 / (i + j + 1) for j in range(10)] for i in range(10)])
    b = rng.standard_normal((3, 9))
    yield "rank 3", b.T @ b
    s = 10.0 ** -np.arange(8)
    yield "graded", s[:, None] * np.corrcoef(rng.standard_normal((8, 40))) * s
    yield "zero", np.zeros((4, 4))
    yield "two blocks", np.kron(np.eye(2), np.array([[1, .5], [.5, 1]]))


rows = []
for name, a in matrices():
    a = (a + a.T) / 2
    n = len(a)
    value = sorted(mp.eigsy(mp.matrix(a.tolist()), eigvals_only=True), reverse=True)
    if np.abs(np.linalg.eigvalsh(a)[::-1] - np.array(value, float)).max() > 1e-12 * max(1, np.abs(a).max()):
        raise SystemExit(f"numpy disagrees: {name}")
    rows.append((name, n, hexes(a), digits(value)))
write("eigen", f"mpmath {mp.__version__} eigsy, 50 digits; checked against numpy {np.__version__}", "case,n,matrix,values", rows)


# --- weighted sums of chi-squares ----------------------------------------------
def logs(lower, upper):
    """Of both tails; that of the large one from the small one."""
    return (mp.log1p(-upper), mp.log(upper)) if upper < lower else (mp.log(lower), mp.log1p(-lower))


def by_pairs(weights, x):
    """Every weight twice: sums of exponentials with means 2 w, all different."""
    w = [mp.mpf(v) for v in weights]
    with mp.workdps(60 + 12 * len(w)):
        c = [mp.fprod(a / (a - b) for b in w if b != a) for a in w]
        e = [mp.exp(-x / (2 * a)) for a in w]
        upper = mp.fsum(p * q for p, q in zip(c, e))
        return logs(1 - upper, upper)


def by_mixture(weights, x, n_max=3000):
    """Ruben (1962): with b the smallest weight all coefficients are positive."""
    w = [mp.mpf(v) for v in weights]
    with mp.workdps(60):
        b = min(w)
        q = [1 - b / v for v in w]
        g, a = [], [mp.sqrt(mp.fprod(b / v for v in w))]
        power = [mp.mpf(1)] * len(w)
        total = a[0]
        h = mp.mpf(len(w)) / 2
        y = mp.mpf(x) / b / 2
        # regularised gamma functions of h, h + 1, ... by their recursion
        lower = mp.gammainc(h, 0, y, regularized=True)
        step = y ** h * mp.exp(-y) / mp.gamma(h + 1)
        low, up = a[0] * lower, a[0] * (1 - lower)
        upper_at = mp.gammainc(h, y, regularized=True)
        up = a[0] * upper_at
        for k in range(1, n_max):
            power = [p * v for p, v in zip(power, q)]
            g.append(mp.fsum(power))
            a.append(mp.fsum(g[k - 1 - r] * a[r] for r in range(k)) / (2 * k))
            lower -= step
            upper_at += step
            step *= y / (h + k)
            low += a[k] * lower
            up += a[k] * upper_at
            total += a[k]
            if (1 - total) * lower < mp.mpf(10) ** -24 * low and 1 - total < mp.mpf(10) ** -24 * up:
                return logs(low, up)
    raise SystemExit("Ruben's series is too long")


rows = []
for w in ([1], [2.5, 2.5], [1, .5], [3, 1, .2], [1, .9, .8, .7, .6, .5], [5, 1, 1, 1, 1, 1, 1, 1], list(np.linspace(.1, 1, 24))):
    mean = sum(w)
    for f in (1e-3, .05, .5, .95, 1, 1.05, 2, 4):
        rows.append((hexes(w), float(mean * f).hex(), *by_mixture(w, mean * f)))
for w in ([1, .5], [4, 1, .25], [1, .1, .01, .001], [2.0 ** -i for i in range(12)], [1, .99, .98], [1e-8, 1e8, 1]):
    mean = 2 * sum(w)
    for f in (1e-4, .01, .3, .9, 1, 1.1, 3, 30, 300, 1e5):
        got = by_pairs(w, mp.mpf(mean * f))
        if len(w) < 4 and max(w) / min(w) < 20 and f < 3:
            again = by_mixture(w + w, mean * f)
            if max(abs(p - q) for p, q in zip(got, again)) > 1e-20:
                raise SystemExit("the two methods disagree")
        rows.append((hexes(w + w), float(mean * f).hex(), *got))
write("weighted_chi2", f"mpmath {mp.__version__}: Ruben's series, partial fractions", "weights,x,ln_lower,ln_upper",
      [r[:2] + tuple(mp.nstr(v, 25) for v in r[2:]) for r in rows])


# --- principal components ----------------------------------------------------------
def data(n, k, kind):
    z = rng.standard_normal((n, k))
    if kind == "factor":
        z = z * .4 + rng.standard_normal((n, 1)) * np.linspace(1, -1, k) + rng.standard_normal((n, 1))
    elif kind == "scales":
        z = np.cumsum(z, axis=1) * 10.0 ** np.arange(-3, k - 3) + 1e3
    elif kind == "collinear":
        z[:, -1] = z[:, 0] - 2 * z[:, 1]
    elif kind == "constant":
        z = np.cumsum(z, axis=1)
        z[:, 1] = 7
    return z


rows = []
for kind in ("plain", "factor", "scales", "collinear", "constant"):
    for k, variance in ((3, .65), (5, .65), (8, .9), (12, .5)):
        x = data(40, k, kind)
        y = data(15, k, kind) * 1.3 + .2
        used = [i for i in range(k) if np.ptp(x[:, i]) > 0]
        scaler = StandardScaler().fit(x[:, used])
        pca = PCA(n_components=variance, svd_solver="full").fit(scaler.transform(x[:, used]))
        z = scaler.transform(y[:, used])
        residual = z - pca.inverse_transform(pca.transform(z))
        values, vectors = np.linalg.eigh(np.corrcoef(x[:, used].T))
        v = vectors[:, ::-1][:, :pca.n_components_]
        again = z - z @ v @ v.T
        if np.abs(again - residual).max() > 1e-10 * np.abs(z).max():
            raise SystemExit(f"numpy and scikit-learn disagree: {kind} {k}")
        all_residuals = np.zeros_like(y)
        all_residuals[:, used] = residual
        eigen = np.zeros(k)
        eigen[:len(used)] = values[::-1].clip(0)
        rows.append((kind, k, variance, hexes(x), hexes(y), pca.n_components_, digits(eigen),
                     digits(np.linalg.norm(all_residuals, axis=1)), digits((all_residuals ** 2).mean(axis=0))))
write("pca", f"scikit-learn {sklearn.__version__}, checked against numpy {np.__version__} eigh",
      "case,k,variance,reference,current,kept,eigenvalues,errors,parts", rows)

rows = []
for n, m, shift, scale in ((2, 2, .5, 1), (5, 30, 0, 2), (400, 50, .1, 1), (3000, 3000, 3, 1), (20, 2, .1, .1)):
    a = rng.gamma(3, 1, n)
    b = rng.gamma(3, scale, m) + shift
    got = stats.ttest_ind(b, a, equal_var=False)
    va, vb = a.var(ddof=1) / n, b.var(ddof=1) / m
    df = (va + vb) ** 2 / (va ** 2 / (n - 1) + vb ** 2 / (m - 1))
    ln_p = mp.log(mp.betainc(mp.mpf(df) / 2, .5, 0, df / (df + mp.mpf(got.statistic) ** 2), regularized=True))
    width = stats.norm.isf(.025) * np.sqrt(va / a.mean() ** 2 + vb / b.mean() ** 2)
    ratio = b.mean() / a.mean()
    rows.append((n, m, *(float(v).hex() for v in (a.mean(), b.mean(), a.var() * n, b.var() * m)), repr(float(got.statistic)), repr(float(df)), mp.nstr(ln_p, 20),
                 repr(float(ratio - 1)), repr(float(ratio * np.exp(-width) - 1)), repr(float(ratio * np.exp(width) - 1))))
write("pca_test", f"SciPy {scipy.__version__} ttest_ind, mpmath {mp.__version__}", "n,m,mean_n,mean_m,ss_n,ss_m,t,df,ln_p,effect,lower,upper", rows)


# --- maximum mean discrepancy -------------------------------------------------------
def imhof(weights, x):
    def f(u):
        return np.sin((np.arctan(weights * u).sum() - x * u) / 2) / u / np.exp(np.log1p((weights * u) ** 2).sum() / 4)
    return .5 + integrate.quad(f, 0, np.inf, limit=2000, epsabs=1e-12)[0] / np.pi


def kernel(a, b, w):
    return np.mean([np.cos(v @ (a - b)) for v in w])


rows = []
for n, m, d, shift in ((6, 5, 1, 0), (12, 20, 2, .5), (20, 12, 3, 0), (40, 40, 2, 1.5)):
    x = rng.standard_normal((n, d))
    y = rng.standard_normal((m, d)) + shift
    bandwidth = 1.5
    omega = rng.standard_normal((64, d))
    w = omega / bandwidth
    kxx = np.array([[kernel(a, b, w) for b in x] for a in x])
    kyy = np.array([[kernel(a, b, w) for b in y] for a in y])
    kxy = np.array([[kernel(a, b, w) for b in y] for a in x])
    biased = kxx.mean() + kyy.mean() - 2 * kxy.mean()
    unbiased = (kxx.sum() - n) / n / (n - 1) + (kyy.sum() - m) / m / (m - 1) - 2 * kxy.mean()
    feature = lambda a: np.hstack([np.cos(a @ w.T), np.sin(a @ w.T)]) / 8
    pooled = ((n - 1) * np.cov(feature(x).T) + (m - 1) * np.cov(feature(y).T)) / (n + m - 2)
    values = np.linalg.eigvalsh(pooled).clip(0)
    statistic = n * m / (n + m) * biased
    error = np.linalg.eigvalsh(np.cov(feature(x).T) / n + np.cov(feature(y).T) / m).clip(0)
    low, high = 0, 50 * error.sum()
    for _ in range(60):
        low, high = ((low + high) / 2, high) if imhof(error, (low + high) / 2) > .05 else (low, (low + high) / 2)
    r, distance = np.sqrt(low), np.sqrt(biased)
    rows.append((n, m, d, bandwidth, hexes(omega), hexes(x), hexes(y), repr(float(statistic)), repr(float(imhof(values, statistic))), repr(float(unbiased)),
                 repr(float(max(0, distance - r) ** 2)), repr(float((distance + r) ** 2))))
write("mmd", f"all pairs of rows in Python; numpy {np.__version__}, Imhof's integral by SciPy {scipy.__version__}",
      "n,m,d,bandwidth,omega,reference,current,statistic,p,unbiased,lower,upper", rows)
