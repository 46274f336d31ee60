#!/usr/bin/env python3
"""Writes golden/boost.csv: scores of training rows after some trees.

sklearn: HistGradientBoostingClassifier on the codes themselves (its bins are then the
codes, NaN is code 0), sides of equal size and no categories.  It keeps gradients in single
precision, so these are good to about 1e-5.
plain: the definition, written down again in plain loops, for unequal sides and categories."""
import math
import random
import sys

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier

random.seed(20260306)
RATE = .1


def plain(X, y, categorical, n_codes, depth, trees, l2, l2c, min_h):
    n = len(y)
    small = min(sum(y), n - sum(y))
    w = [small / sum(y) if c else small / (n - sum(y)) for c in y]
    score = [0.0] * n

    def best_split(rows, g, h):
        G, H = sum(g[i] for i in rows), sum(h[i] for i in rows)
        best = (1e-7, None, None)
        for f in range(len(n_codes)):
            present = sorted({X[i][f] for i in rows})
            sums = {c: (sum(g[i] for i in rows if X[i][f] == c), sum(h[i] for i in rows if X[i][f] == c)) for c in present}
            if categorical[f]:
                order = sorted(present, key=lambda c: (sums[c][0] / (sums[c][1] + 2.5), c))
                candidates = [set(order[:k]) for k in range(1, len(order))]
            else:
                values = [c for c in present if c > 0]
                candidates = [set(values[:k]) | extra for extra in ([{0}, set()] if 0 in present else [set()]) for k in range(len(values) + 1)]
            for left in candidates:
                GL, HL = (sum(sums[c][j] for c in present if c in left) for j in (0, 1))
                if HL < min_h or H - HL < min_h:
                    continue
                lam = l2 + (l2c if categorical[f] else 0)
                gain = GL * GL / (HL + lam) + (G - GL) ** 2 / (H - HL + lam) - G * G / (H + lam)
                if gain > best[0] + 1e-12:
                    best = (gain, f, left)
        return best, G, H

    def grow(rows, level, g, h):
        best, G, H = best_split(rows, g, h) if level < depth else ((0, None, None), sum(g[i] for i in rows), sum(h[i] for i in rows))
        if best[1] is None:
            for i in rows:
                score[i] -= RATE * G / (H + l2)
            return
        _, f, left = best
        grow([i for i in rows if X[i][f] in left], level + 1, g, h)
        grow([i for i in rows if X[i][f] not in left], level + 1, g, h)

    for _ in range(trees):
        p = [1 / (1 + math.exp(-s)) for s in score]
        grow(list(range(n)), 0, [w[i] * (p[i] - y[i]) for i in range(n)], [w[i] * p[i] * (1 - p[i]) for i in range(n)])
    return score


def draw(n, n_codes, missing):
    X = [[0 if m and random.random() < m else random.randrange(1, k) for k, m in zip(n_codes, missing)] for _ in range(n)]
    noise = [random.gauss(0, 1) for _ in range(n)]
    return X, [(r[0] - n_codes[0] / 2) / n_codes[0] * (1 if r[1] % 3 else -2) + (.7 if r[2] == 0 else 0) + .6 * e for r, e in zip(X, noise)]


def emit(source, X, y, categorical, n_codes, depth, trees, l2, l2c, min_h, score):
    print(",".join([source, str(depth), str(trees), repr(l2), repr(l2c), repr(min_h), ";".join(str(k) for k in n_codes), ";".join(str(int(c)) for c in categorical)]
                   + [";".join(str(r[f]) for r in X) for f in range(3)] + [";".join(str(int(c)) for c in y), ";".join("%.17g" % s for s in score)]))


print("# three features of codes, the side, and the score of each row")
print(f"# provenance: scikit-learn {sklearn.__version__} (HistGradientBoostingClassifier), and plain loops in Python {sys.version.split()[0]}")
print("# regenerate: /usr/bin/python3 gen_boost.py > golden/boost.csv")
print("source,depth,trees,l2,l2_categorical,min_hessian,n_codes,categorical,f1,f2,f3,current,score")
for depth, trees, l2, missing in ((1, 1, 0.0, 0), (3, 1, 1.0, 0), (3, 30, 1.0, 0), (2, 20, 5.0, .2), (3, 40, 1.0, .3), (5, 10, 0.5, .1)):
    n_codes = [40, 12, 6]
    X, latent = draw(300, n_codes, [missing, 0, missing])
    cut = sorted(latent)[150]
    y = [v >= cut for v in latent]
    Z = np.array(X, float)
    Z[Z == 0] = np.nan
    m = HistGradientBoostingClassifier(max_iter=trees, max_depth=depth, max_leaf_nodes=None, learning_rate=RATE, l2_regularization=l2, min_samples_leaf=1, early_stopping=False)
    emit("sklearn", X, y, [False] * 3, n_codes, depth, trees, l2, 0.0, 1e-3, m.fit(Z, y).decision_function(Z))
for depth, trees, share, missing, categorical in ((3, 5, .5, .2, [False, False, False]), (3, 8, .15, .2, [False, True, True]), (2, 10, .7, 0, [True, True, True]), (4, 4, .3, .1, [False, True, False])):
    n_codes = [30, 14, 5]
    X, latent = draw(250, n_codes, [missing, 0, missing])
    cut = sorted(latent)[int(250 * (1 - share))]
    y = [v >= cut for v in latent]
    # 2.3: no sum of quarters, which rounding would put on this or that side of the limit
    emit("plain", X, y, categorical, n_codes, depth, trees, 1.0, 2.5, 2.3, plain(X, y, categorical, n_codes, depth, trees, 1.0, 2.5, 2.3))
