# Second reference of test_gof.c and the only one of test_adjust.c beside the
# hand-computed case there.  Rscript test/kernel/gen_gof.R (in the repository's root)
dir <- "test/kernel/golden"
src <- paste0("# provenance: ", R.version.string, ", Rscript test/kernel/gen_gof.R")
num <- function(v) sprintf("%.17g", v)
lst <- function(v) paste(num(v), collapse = ";")

out <- file(file.path(dir, "gof_r.csv"), "w")
writeLines(c(src, "# chisq.test(correct = FALSE); G = 2 sum O log(O/E) with its expected table; ln p by pchisq(log.p)",
             "test,reference,current,statistic,df,p,ln_p,effect"), out)
tables <- list(list(c(10, 20, 30), c(30, 20, 10)), list(c(5, 3, 7, 0), c(0, 9, 7, 4)),
               list(c(500, 480, 20), c(5000, 5200, 190)), list(c(33, 12), c(9, 40)))
for (t in tables) {
  r <- t[[1]]; c <- t[[2]]; tab <- rbind(r, c)
  x <- suppressWarnings(chisq.test(tab, correct = FALSE))
  g <- 2 * sum(ifelse(tab > 0, tab * log(tab / x$expected), 0))
  df <- unname(x$parameter)
  for (s in list(list("chi2", unname(x$statistic)), list("g", g)))
    writeLines(paste(s[[1]], lst(r), lst(c), num(s[[2]]), df, num(pchisq(s[[2]], df, lower.tail = FALSE)),
                     num(pchisq(s[[2]], df, lower.tail = FALSE, log.p = TRUE)), num(sqrt(s[[2]] / sum(tab))), sep = ","), out)
}
close(out)

out <- file(file.path(dir, "adjust.csv"), "w")
writeLines(c(src, "# p.adjust()", "method,p,adjusted"), out)
set.seed(7)
ps <- list(c(0.01, 0.02, 0.03, 0.04, 0.05), c(0.04, 0.001, 0.5, 0.04, 1, 0), 0.3,
           c(0.9, 0.9, 0.01, 0.01, 0.2), round(runif(40)^3, 4), c(1e-300, 1e-310, 1e-5))
for (m in c("none", "bonferroni", "holm", "hochberg", "hommel", "BH", "BY")) for (p in ps)
  writeLines(paste(m, lst(p), lst(p.adjust(p, m)), sep = ","), out)
close(out)
