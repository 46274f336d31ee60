# Second reference for golden/groups.csv: oneway.test, t.test, and the intervals by
# uniroot on pf(ncp) and pt(ncp).  Fails on a relative difference above 1e-7 (sets
# with an offset of 1e12 are left out: R loses their digits).
g <- read.csv("golden/groups.csv", comment.char = "#", colClasses = c("character", "character", rep("numeric", 19)))
worst <- 0
near <- function(got, want) worst <<- max(worst, abs(unname(got) - want) / (abs(want) + 1e-6))
ncp <- function(p, target, from, to) if ((p(from) - target) * (p(to) - target) > 0) 0 else
  uniroot(function(l) p(l) - target, c(from, to), tol = 1e-12)$root
rows <- 0
for (i in seq_len(nrow(g))) {
  n <- as.integer(strsplit(g$sizes[i], ";")[[1]])
  x <- as.numeric(strsplit(g$values[i], ";")[[1]])
  if (min(x) > 1e11) next
  rows <- rows + 1
  group <- factor(rep(seq_along(n), n))
  a <- oneway.test(x ~ group, var.equal = TRUE)
  w <- oneway.test(x ~ group)
  near(a$statistic, g$f[i]); near(a$p.value, g$p[i])
  near(w$statistic, g$welch_f[i]); near(w$parameter[2], g$welch_df2[i]); near(w$p.value, g$welch_p[i])
  r <- x[group == 1]; c <- x[group == 2]
  t <- t.test(c, r)
  near(t$statistic, g$t[i]); near(t$parameter, g$df[i]); near(t$p.value, g$t_p[i])
  unit <- sqrt(var(r) / length(r) + var(c) / length(c)) / sqrt((var(r) + var(c)) / 2)
  # pt(ncp) is limited to ncp < 37.6
  if (abs(g$t[i]) < 30) {
    q <- function(l) pt(g$t[i], g$df[i], ncp = l)
    near(ncp(q, 0.975, -37, 37) * unit, g$d_lower[i]); near(ncp(q, 0.025, -37, 37) * unit, g$d_upper[i])
  }
  q <- function(l) pf(g$f[i], g$df1[i], g$df2[i], ncp = l)
  lower <- ncp(q, 0.975, 0, 5000); upper <- ncp(q, 0.025, 0, 5000)
  near(lower / (lower + sum(n)), g$omega2_lower[i]); near(upper / (upper + sum(n)), g$omega2_upper[i])
}
cat("oneway.test, t.test, pf and pt against golden/groups.csv: worst relative difference", worst, "in", rows, "rows\n")
if (worst > 1e-7) quit(status = 1)
