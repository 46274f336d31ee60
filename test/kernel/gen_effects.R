# Second reference for the odds of golden/effects.csv: fisher.test()'s conf.int, whose
# root finder stops at about 1e-4.  Fails on a relative difference above 1e-2 or where one is
# 0 or infinite and the other is not.
g <- read.csv("golden/effects.csv", comment.char = "#")
g <- g[g$kind == "odds" & g$a + g$b + g$c + g$d < 1e5, ]
worst <- 0
for (i in seq_len(nrow(g))) {
  ci <- fisher.test(matrix(c(g$a[i], g$b[i], g$c[i], g$d[i]), 2, byrow = TRUE))$conf.int
  for (j in 1:2) {
    want <- if (j == 1) g$lower[i] else g$upper[i]
    if (ci[j] != want) worst <- max(worst, abs(ci[j] / want - 1))
  }
}
cat("fisher.test's conf.int against golden/effects.csv: worst relative difference", worst, "in", nrow(g), "rows\n")
if (!(worst < 1e-2)) quit(status = 1)
