# Second reference for golden/ncf.csv: pf(ncp).  Fails on an absolute difference above 1e-8.
g <- read.csv("golden/ncf.csv", comment.char = "#")
g <- g[g$lambda < 1000, ]
worst <- max(abs(suppressWarnings(pf(g$f, g$df1, g$df2, ncp = g$lambda)) - g$lower))
l <- g[g$lambda_upper > 0 & g$lambda_upper < 1000, ]
at_limit <- max(abs(suppressWarnings(pf(l$f, l$df1, l$df2, ncp = l$lambda_upper)) - 0.025))
cat("pf against golden/ncf.csv: worst difference", worst, "in", nrow(g), "rows; at the limits", at_limit, "in", nrow(l), "\n")
if (worst > 1e-8 || at_limit > 1e-8) quit(status = 1)
