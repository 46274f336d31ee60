# Second reference of test_special.c: R's own distribution functions.
# Rscript test/kernel/gen_special.R > test/kernel/golden/special_r.csv
cat("# provenance: ", R.version.string, ", pnorm pgamma pbeta pt pf pchisq with log.p, Rscript test/kernel/gen_special.R\n", sep = "")
cat("dist,x,a,b,lower,upper,ln_lower,ln_upper\n")
row <- function(dist, x, a, b, f) {
  v <- c(f(TRUE, FALSE), f(FALSE, FALSE), f(TRUE, TRUE), f(FALSE, TRUE))
  v <- sprintf("%.17g", v)
  v <- sub("^-Inf$", "-inf", sub("^Inf$", "inf", v))
  cat(dist, x, a, b, v, sep = ","); cat("\n")
}
for (x in c(-20, -2, 0, 0.7, 3, 12, 50)) row("normal", x, 0, 0, function(l, g) pnorm(x, lower.tail = l, log.p = g))
for (a in c(0.5, 1, 4.5, 25, 60, 300)) for (m in c(0.3, 0.9, 1, 1.2, 3))
  row("gamma", a * m, a, 0, function(l, g) pgamma(a * m, a, lower.tail = l, log.p = g))
for (df in c(1, 4, 19, 150)) for (x in c(0.5, 5, 30, 400))
  row("chi2", x, df, 0, function(l, g) pchisq(x, df, lower.tail = l, log.p = g))
for (df in c(1, 3, 12, 400)) for (x in c(-3, 0.25, 2, 11))
  row("t", x, df, 0, function(l, g) pt(x, df, lower.tail = l, log.p = g))
for (x in c(0.25, 1, 2.5, 8)) row("f", x, 5, 37, function(l, g) pf(x, 5, 37, lower.tail = l, log.p = g))
for (x in c(0.125, 0.5, 0.75)) row("beta", x, 3.5, 8, function(l, g) pbeta(x, 3.5, 8, lower.tail = l, log.p = g))
