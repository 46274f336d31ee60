# Second reference for golden/nct.csv: pt(ncp=), a sum of the Poisson mixture whose
# error is absolute (about 1e-12) and whose |ncp| ends at 37.6; its approximation
# for large df and its lower tail at negative t are no reference, so those rows are left out.
# Fails on an absolute difference above 1e-10.
g <- read.csv("golden/nct.csv", comment.char = "#")
g <- g[abs(g$delta) <= 37 & g$df <= 1e5 & g$t >= 0, ]
worst <- max(abs(pt(g$t, g$df, g$delta) - g$lower))
cat("pt against golden/nct.csv: worst absolute difference", worst, "in", nrow(g), "rows\n")
if (!(worst < 1e-10)) quit(status = 1)
