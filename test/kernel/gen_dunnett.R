# Writes golden/dunnett.csv: P(max |T_i| <= c) and one-sided, of the multivariate t
# distribution with correlations lambda_i lambda_j.  mvtnorm's deterministic algorithms:
# TVPACK (two and three dimensions, whole df, 1e-14; two-sided as a sum of orthants) and Miwa (normal, 4096 steps).
suppressMessages(library(mvtnorm))
cat("# provenance: R", as.character(getRversion()), "mvtnorm", as.character(packageVersion("mvtnorm")), "pmvt with TVPACK (abseps 1e-15), pmvnorm with Miwa (4096 steps)\n")
cat("# regenerate: Rscript gen_dunnett.R > golden/dunnett.csv\n")
cat("# df 0: normal; sf: probability that some effect is beyond c\n")
cat("lambda,df,sides,c,sf\n")
orthant <- function(upper, df, R)
  as.numeric(if (df > 0) pmvt(rep(-Inf, length(upper)), upper, df = df, corr = R, algorithm = TVPACK(1e-15))
             else if (length(upper) <= 3) pmvnorm(rep(-Inf, length(upper)), upper, corr = R, algorithm = TVPACK(1e-15))
             else pmvnorm(rep(-Inf, length(upper)), upper, corr = R, algorithm = Miwa(steps = 4096)))
# two-sided: the box as a sum of orthants with signs
p <- function(c, lambda, df, sides) {
  k <- length(lambda); R <- outer(lambda, lambda); diag(R) <- 1
  if (sides == 1) return(orthant(rep(c, k), df, R))
  signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), k)))
  sum(apply(signs, 1, function(s) prod(s) * orthant(c * s, df, R)))
}
line <- function(lambda, df, sides, c) {
  cat(paste(formatC(lambda, digits = 17, format = "g"), collapse = " "), df, sides, c, formatC(1 - p(c, lambda, df, sides), digits = 17, format = "g"), sep = ",")
  cat("\n")
}
h <- sqrt(0.5)
sets <- list(c(h, h), c(h, h, h), c(0.3, 0.8), c(0.95, 0.2, 0.6), c(0.99, 0.99), c(0, 0, 0))
for (lambda in sets) for (df in c(0, 1, 3, 10, 60, 2000)) for (c in c(0.7, 1.9, 2.8, 4)) {
  line(lambda, df, 1, c)
  line(lambda, df, 2, c)
}
for (lambda in list(rep(h, 5), c(0.2, 0.4, 0.6, 0.8, 0.9))) for (c in c(1.5, 2.5, 3.2)) line(lambda, 0, 1, c)
