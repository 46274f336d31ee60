# Checks golden/srm.csv against R: chisq.test, binom.test, and dmultinom over all tables.
golden <- read.csv("golden/srm.csv", comment.char = "#", stringsAsFactors = FALSE)
numbers <- function(s) as.numeric(strsplit(s, " ")[[1]])
near <- function(a, b) abs(a - b) <= 1e-7 * abs(b) + 1e-300
checked <- 0
for (i in seq_len(nrow(golden))) {
  x <- numbers(golden$counts[i]); w <- numbers(golden$weights[i]); w <- w / sum(w)
  stopifnot(near(suppressWarnings(chisq.test(x, p = w))$p.value, golden$p_chi2[i]) || golden$p_chi2[i] < 1e-14)
  if (!is.na(golden$p_exact[i])) {
    if (length(x) == 2) p <- binom.test(x[1], sum(x), w[1])$p.value
    else {
      grid <- as.matrix(expand.grid(rep(list(0:sum(x)), length(x) - 1)))
      grid <- grid[rowSums(grid) <= sum(x), , drop = FALSE]
      grid <- cbind(grid, sum(x) - rowSums(grid))
      d <- apply(grid, 1, dmultinom, prob = w)
      p <- sum(d[d <= dmultinom(x, prob = w) * (1 + 1e-7)])
    }
    stopifnot(near(p, golden$p_exact[i])); checked <- checked + 1
  }
}
stopifnot(checked > 30)
cat(nrow(golden), "rows agree,", checked, "of them exact;", R.version.string, "\n")
