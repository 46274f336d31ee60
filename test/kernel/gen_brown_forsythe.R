# Second reference for golden/brown_forsythe.csv: the F test of a linear model of
# |x - median| (stats::anova).  Fails on a relative difference above 1e-9.
g <- read.csv("golden/brown_forsythe.csv", comment.char = "#", colClasses = c("character", "character", rep("numeric", 7)))
worst <- 0
rows <- 0
for (i in seq_len(nrow(g))) {
  r <- as.numeric(strsplit(g$reference[i], ";")[[1]])
  c <- as.numeric(strsplit(g$current[i], ";")[[1]])
  z <- c(abs(r - median(r)), abs(c - median(c)))
  a <- suppressWarnings(anova(lm(z ~ factor(rep(1:2, c(length(r), length(c)))))))
  if (g$p[i] < 1e-290) next
  rows <- rows + 1
  worst <- max(worst, abs(a[1, "Pr(>F)"] / g$p[i] - 1), if (g$statistic[i] > 1e-6) abs(a[1, "F value"] / g$statistic[i] - 1))
}
cat("anova of |x - median| against golden/brown_forsythe.csv: worst relative difference", worst, "in", rows, "rows\n")
if (worst > 1e-9) quit(status = 1)
