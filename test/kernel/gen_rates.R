# Second reference for golden/rates.csv: prop.test(correct = FALSE) is the same
# pooled score test; its statistic is z^2.  Fails on a relative difference above 1e-10.
g <- read.csv("golden/rates.csv", comment.char = "#")
worst <- 0
for (i in seq_len(nrow(g))) {
  if (g$p_value[i] == 1 && g$difference[i] == 0) next
  p <- suppressWarnings(prop.test(c(g$k_current[i], g$k_reference[i]), c(g$n_current[i], g$n_reference[i]), correct = FALSE)$p.value)
  if (p > 1e-290) worst <- max(worst, abs(p / g$p_value[i] - 1))
}
cat("prop.test against golden/rates.csv: worst relative difference", worst, "in", nrow(g), "rows\n")
if (worst > 1e-10) quit(status = 1)
