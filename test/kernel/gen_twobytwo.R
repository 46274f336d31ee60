# Second reference for golden/twobytwo.csv: fisher.test() and prop.test(correct =
# FALSE), whose statistic is z^2.  Fails on a relative difference above 1e-7 (Fisher: R takes
# probabilities that differ by less than 1e-7 for equal) or 1e-10.
g <- read.csv("golden/twobytwo.csv", comment.char = "#")
worst <- c(0, 0)
for (i in seq_len(nrow(g))) {
  t <- matrix(c(g$a[i], g$b[i], g$c[i], g$d[i]), 2, byrow = TRUE)
  p <- fisher.test(t, conf.int = FALSE)$p.value
  if (g$fisher_p[i] > 1e-290) worst[1] <- max(worst[1], abs(p / g$fisher_p[i] - 1))
  p <- suppressWarnings(prop.test(t, correct = FALSE)$p.value)
  if (g$z_p[i] > 1e-290) worst[2] <- max(worst[2], abs(p / g$z_p[i] - 1))
}
cat("fisher.test, prop.test against golden/twobytwo.csv: worst relative differences", worst, "in", nrow(g), "rows\n")
if (worst[1] > 1e-7 || worst[2] > 1e-10) quit(status = 1)
