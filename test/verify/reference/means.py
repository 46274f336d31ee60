"""When t_test takes Student's test in the place of Welch's (doc/statistics/t_test.md)."""
import numpy as np
from scipy import stats


def skewed(groups):
    """Is some group's mean less that of the others skewed by more than .1, and surely so? (doc/statistics/t_test.md)"""
    if any(len(v) > 1 and v.min() == v.max() for v in groups):
        return True
    n, total = np.array([len(v) for v in groups]), sum(map(len, groups))
    g = abs(stats.skew(np.concatenate([v - v.mean() for v in groups])))
    return g > 4 * np.sqrt(6 / total) and g * np.max(np.abs(total - 2 * n) / np.sqrt(n * (total - n) * total)) > .1
