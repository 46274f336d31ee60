# Checks golden/auc.csv against pROC (Debian: r-cran-proc): AUC and DeLong's variance of
# the sets of one stratum.
suppressMessages(library(pROC))
g <- read.csv("golden/auc.csv", comment.char = "#", colClasses = "character")
list <- function(s) as.numeric(strsplit(s, ";")[[1]])
checked <- 0
worst <- 0
for (i in seq_len(nrow(g))) {
	if (any(list(g$stratum[i]) != 0)) next
	r <- roc(list(g$current[i]), list(g$score[i]), levels = c(0, 1), direction = "<", quiet = TRUE)
	e <- abs(as.numeric(auc(r)) - as.numeric(g$auc[i]))
	if (as.numeric(auc(r)) < 1 && as.numeric(auc(r)) > 0)
		e <- max(e, abs(var(r, method = "delong") - as.numeric(g$variance[i])))
	worst <- max(worst, e)
	checked <- checked + 1
}
cat(sprintf("%d sets, worst difference %.2g (pROC %s)\n", checked, worst, packageVersion("pROC")))
stopifnot(checked > 20, worst < 1e-12)
