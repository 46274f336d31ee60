#!/usr/bin/env python3
"""Golden values of regressions with fixed effects: statsmodels OLS with dummies,
clustered covariance with all dummies counted; K is the rank of the design.

    python3 gen_quasi.py panel > golden/quasi_panel.csv
    python3 gen_quasi.py > golden/quasi.csv
"""
import sys

import numpy as np
import statsmodels.api as sm

rng = np.random.default_rng(7)
# units 0-11 in periods 0-5 with holes and some cells twice; units 12-14 in periods 6-7 only: a part of its own
rows = [(u, t) for u in range(12) for t in range(6) if rng.random() < 0.8 for _ in range(1 + (rng.random() < 0.2))]
rows += [(u, t) for u in range(12, 15) for t in (6, 7)]
unit, period = np.array(rows).T
cluster = unit // 2
x1 = ((unit + period) % 3 == 0).astype(float)
x2 = np.round(rng.normal(size=len(unit)) + 1000, 6)
y = np.round(0.5 * x1 - 0.25 * (x2 - 1000) + unit + 0.3 * period + rng.normal(size=len(unit)), 6)

if sys.argv[1:] == ["panel"]:
    print("# provenance: test/kernel/gen_quasi.py panel, NumPy default_rng(7)")
    print("unit,period,cluster,x1,x2,y")
    for r in zip(unit, period, cluster, x1, x2, y):
        print(*r, sep=",")
    sys.exit()

print("# provenance: test/kernel/gen_quasi.py, statsmodels", __import__("statsmodels").__version__)
print("unit_effects,period_effects,terms,estimate1,se1,estimate2,se2,df,parameters")
for by_unit in (0, 1):
    for by_period in (0, 1):
        for terms in (1, 2):
            parts = [np.eye(n)[v] for n, v, used in ((15, unit, by_unit), (8, period, by_period)) if used]
            dummies = np.hstack(parts) if parts else np.ones((len(y), 1))
            # an orthonormal base of the span of the dummies
            u, s, _ = np.linalg.svd(dummies, full_matrices=False)
            base = u[:, s > 1e-8]
            exog = np.hstack([np.column_stack([x1, x2 - 1000])[:, :terms], base])
            fit = sm.OLS(y, exog).fit(cov_type="cluster", cov_kwds={"groups": cluster})
            print(by_unit, by_period, terms, *(f"{v:.17g}" for i in range(2) for v in ((fit.params[i], fit.bse[i]) if i < terms else (0, 0))),
                  len(set(cluster)) - 1, exog.shape[1], sep=",")
