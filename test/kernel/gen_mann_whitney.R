# Compares golden/mann_whitney.csv with R's wilcox.test: Rscript gen_mann_whitney.R
g <- read.csv("golden/mann_whitney.csv", comment.char = "#", colClasses = "character")
numbers <- function(s) as.numeric(strsplit(s, ";")[[1]])
worst <- compared <- 0
for (i in seq_len(nrow(g))) {
    x <- numbers(g$reference[i]); y <- numbers(g$current[i])
    distinct <- !anyDuplicated(c(x, y))
    # R has no exact p with ties; without, it is twice the smaller tail, which is the same
    if (g$variant[i] == "none" || (g$variant[i] == "exact" && !distinct)) next
    w <- wilcox.test(y, x, exact = g$variant[i] == "exact", correct = TRUE)
    compared <- compared + 1
    worst <- max(worst, abs(w$p.value / as.numeric(g$p[i]) - 1), abs(w$statistic - as.numeric(g$statistic[i])))
}
cat(R.version.string, ": largest relative difference:", worst, "in", compared, "rows\n")
if (worst > 1e-9 || compared < 15) quit(status = 1)
