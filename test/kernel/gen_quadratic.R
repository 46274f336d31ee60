# A second opinion on golden/quadratic.csv and golden/bridge.csv; writes nothing and stops
# at the first difference.  Packages (Debian): r-cran-ksamples, r-cran-energy, r-cran-goftest.
#   Rscript gen_quadratic.R
suppressMessages({library(kSamples); library(energy); library(goftest)})
close <- function(a, b, tol, what) if (!isTRUE(abs(a - b) <= tol * max(abs(b), 1e-300))) stop(sprintf("%s: %.15g %.15g", what, a, b))
g <- read.csv("golden/quadratic.csv", comment.char = "#", colClasses = c(x = "character", reference = "character", current = "character"))
numbers <- function(s) as.numeric(strsplit(s, ";")[[1]])
n <- 0
for (i in seq_len(nrow(g))) {
  v <- numbers(g$x[i])
  x <- rep(v, numbers(g$reference[i])); y <- rep(v, numbers(g$current[i]))
  if (length(x) < 2 || length(y) < 2) next
  e <- eqdist.etest(c(x, y), c(length(x), length(y)), R = 0)$statistic
  close(unname(e), g$energy[i], 1e-9, "energy")
  # kSamples prints three decimals of A2 and counts what it has rounded: its statistic only
  a <- kSamples::ad.test(x, y, method = "exact", Nsim = 10000)
  if (abs(a$ad[1, 1] - g$ad[i]) > 0.006 * max(1, g$ad[i])) stop(sprintf("AD in row %d: %g %g", i, a$ad[1, 1], g$ad[i]))
  if (abs(a$ad[1, 4] - g$ad_p[i]) > 0.02) cat(sprintf("# row %d: exact p of kSamples %g, here %g\n", i, a$ad[1, 4], g$ad_p[i]))
  n <- n + 1
}
cat(sprintf("%d rows agree with energy and kSamples\n", n))
b <- read.csv("golden/bridge.csv", comment.char = "#", colClasses = c(at = "character", weight = "character"))
b <- b[b$df == 1 & b$law != "nodes", ]
n <- 0
for (i in seq_len(nrow(b))) {
  p <- if (b$law[i] == "cvm") pCvM(b$x[i]) else pAD(b$x[i], fast = FALSE)
  if (b$lower[i] > 1e-6 && b$x[i] < 30) { if (abs(p - b$lower[i]) > 5e-6) stop(sprintf("%s %g: %.12g %.12g", b$law[i], b$x[i], p, b$lower[i])); n <- n + 1 }
}
cat(sprintf("%d limits agree with goftest to 5e-6\n", n))
