#!/usr/bin/env python3
"""Writes golden/rates.csv: Newcombe's interval and the pooled score test by
statsmodels; gen_rates.R recomputes the p-values with R's prop.test and fails
on a relative difference above 1e-10."""
import itertools
import statsmodels
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

print("# Newcombe interval of current - reference and two-sided pooled score p")
print(f"# provenance: statsmodels {statsmodels.__version__}: confint_proportions_2indep(method='newcomb'), proportions_ztest")
print("# regenerate: /usr/bin/python3 gen_rates.py > golden/rates.csv; check: Rscript gen_rates.R")
print("k_reference,n_reference,k_current,n_current,confidence,difference,lower,upper,p_value")
pairs = [(0, 10), (1, 10), (5, 10), (10, 10), (3, 250), (40, 250), (1, 5000), (2500, 5000), (700, 68785), (12, 1000000)]
for (k1, n1), (k2, n2) in itertools.product(pairs, pairs):
    for conf in (0.95, 0.99):
        lo, hi = confint_proportions_2indep(k2, n2, k1, n1, method="newcomb", compare="diff", alpha=1 - conf)
        if (k1, k2) == (0, 0) or (k1 == n1 and k2 == n2):
            p = 1.0
        else:
            p = proportions_ztest([k2, k1], [n2, n1])[1]
        print(f"{k1},{n1},{k2},{n2},{conf},{k2 / n2 - k1 / n1!r},{float(lo)!r},{float(hi)!r},{float(p)!r}")
