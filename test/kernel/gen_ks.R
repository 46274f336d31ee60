# Compares golden/ks.csv with R's psmirnov(z =): Rscript gen_ks.R
g <- read.csv("golden/ks.csv", comment.char = "#", colClasses = "character")
numbers <- function(s) as.numeric(strsplit(s, ";")[[1]])
worst <- compared <- 0
for (i in seq_len(nrow(g))) {
    x <- numbers(g$reference[i]); y <- numbers(g$current[i])
    d <- as.numeric(g$c[i]) / (length(x) * length(y))
    # psmirnov answers by simulation, with a warning, where its own counting overflows
    p <- tryCatch(psmirnov(d, sizes = c(length(x), length(y)), z = c(x, y), exact = TRUE, lower.tail = FALSE),
                  warning = function(w) NA)
    compared <- compared + !is.na(p)
    # and it is 1 - the other tail, with an error of 1e-12
    if (!is.na(p)) worst <- max(worst, (abs(p - as.numeric(g$p[i])) - 1e-12) / as.numeric(g$p[i]))
}
cat(R.version.string, ": largest relative difference beyond 1e-12:", worst, "of", compared, "of", nrow(g), "\n")
if (worst > 1e-9 || compared < 40) quit(status = 1)
