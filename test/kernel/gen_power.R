# Second reference for golden/power.csv: power.t.test(strict = TRUE) where both samples
# have the same size, and pchisq(ncp=).  Fails on a difference above 1e-7.
g <- read.csv("golden/power.csv", comment.char = "#")
worst <- c(0, 0)
for (i in seq_len(nrow(g))) with(g[i, ], {
  if (method == "t_test" && n == m) {
    p <- power.t.test(n = n, delta = effect, sig.level = alpha, strict = TRUE)$power
    worst[1] <<- max(worst[1], abs(p - power))
  }
  if (method == "chi2_test") {
    p <- pchisq(qchisq(alpha, k - 1, lower.tail = FALSE), k - 1, ncp = (n + m) * effect^2, lower.tail = FALSE)
    worst[2] <<- max(worst[2], abs(p - power))
  }
})
cat("power.t.test, pchisq against golden/power.csv: worst differences", worst, "in", nrow(g), "rows\n")
if (max(worst) > 1e-7) quit(status = 1)
