# Second reference for golden/ksample.csv: kruskal.test (H, and p where it is that of
# chi-square), and anova of |x - median| by group.  Fails on a relative difference above 1e-8.
g <- read.csv("golden/ksample.csv", comment.char = "#", colClasses = c("character", "character", rep("numeric", 11)))
worst <- 0
rows <- 0
near <- function(got, want) worst <<- max(worst, abs(unname(got) - want) / (abs(want) + 1e-6))
for (i in seq_len(nrow(g))) {
  n <- as.integer(strsplit(g$sizes[i], ";")[[1]])
  x <- as.numeric(strsplit(g$values[i], ";")[[1]])
  group <- factor(rep(seq_along(n), n))
  # kruskal.test corrects for ties of 15 digits, but ranks what is not equal
  if (length(table(x)) != length(unique(x))) next
  rows <- rows + 1
  k <- kruskal.test(x, group)
  near(k$statistic, g$h[i])
  if (!g$exact[i]) near(k$p.value, g$p[i])
  if (g$f[i] >= 0) {
    a <- suppressWarnings(anova(lm(abs(x - ave(x, group, FUN = median)) ~ group)))
    near(a[1, "F value"], g$f[i]); near(a[1, "Pr(>F)"], g$f_p[i])
  }
}
cat("kruskal.test and anova against golden/ksample.csv: worst relative difference", worst, "in", rows, "rows\n")
if (worst > 1e-8 || rows < 50) quit(status = 1)
