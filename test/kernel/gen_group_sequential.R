# Writes golden/group_sequential.csv: bounds by gsDesign's integration (Jennison
# and Turnbull's grid with r = 80), and powers and futility bounds by the same.
# The C routines are enough, without the package's dependencies:
#
#   R CMD SHLIB -o gs.so gridpts.c gsbound.c gsbound1.c h1.c hupdate.c probpos.c rprobrej.c gsdensity.c stdnorpts.c
#   GSDESIGN_SO=.../gs.so Rscript gen_group_sequential.R
#
# The spending functions are written out here; the drift of a design with
# futility bounds is found by uniroot() over whole designs.
dyn.load(Sys.getenv("GSDESIGN_SO"))
R <- 80L
num <- function(x) paste(formatC(x, digits = 17, format = "g", width = 1), collapse = ";")

bound <- function(I, low, high) {
	r <- .C("gsbound", length(I), as.double(I), double(length(I)), double(length(I)), as.double(low),
		as.double(high), 1e-11, R, integer(1), 0L)
	stopifnot(r[[9]] == 0)
	list(a = r[[3]], b = r[[4]])
}
# upper bounds that are crossed with these probabilities under theta, above given lower bounds
bound1 <- function(I, theta, a, high) {
	r <- .C("gsbound1", length(I), as.double(theta), as.double(I), as.double(a), double(length(I)),
		double(length(I)), as.double(high), 1e-11, R, integer(1), 0L)
	stopifnot(r[[10]] == 0)
	r[[5]]
}
crossing <- function(I, theta, a, b) {
	r <- .C("probrej", length(I), 1L, as.double(theta), as.double(I), as.double(a), as.double(b),
		double(length(I)), double(length(I)), R)
	list(low = r[[7]], high = r[[8]])
}
spend <- function(f, par, alpha, t) {
	t <- pmin(t, 1)
	switch(f,
		"obrien-fleming" = 2 * pnorm(qnorm(alpha / 2) / sqrt(t)),
		"pocock" = alpha * log(1 + (exp(1) - 1) * t),
		"power" = alpha * t^par,
		"hwang-shih-decani" = if (par == 0) alpha * t else alpha * (1 - exp(-par * t)) / (1 - exp(-par)))
}
# futility bounds under a drift: the lower bounds of z are the upper bounds of -z
futility <- function(t, drift, b, increments) {
	-bound1(t, -drift, -b, increments)
}

out <- file("golden/group_sequential.csv", "w")
writeLines(c(sprintf("# provenance: C routines of gsDesign (github.com/keaven/gsDesign 2a56888, 2026-07-31), r = 80, %s", R.version.string),
	"# regenerate: GSDESIGN_SO=gs.so Rscript gen_group_sequential.R"), out)
writeLines("alternative,alpha,spending,parameter,fraction,upper,drift,power,futility,futility_parameter,beta,binding,lower,drift_found", out)

families <- list(list("obrien-fleming", 0), list("pocock", 0), list("power", 2), list("power", 0.7), list("hwang-shih-decani", -4),
	list("hwang-shih-decani", 1), list("hwang-shih-decani", 0))
schedules <- list(1:5 / 5, 1:2 / 2, c(0.11, 0.17, 0.56, 0.83, 1), c(0.3, 0.31, 0.9), 1:20 / 20, c(0.05, 0.5, 1))
for (alternative in c("two-sided", "greater"))
	for (alpha in c(0.05, 0.001))
		for (f in families)
			for (t in schedules) {
				side <- if (alternative == "two-sided") alpha / 2 else alpha
				inc <- diff(c(0, spend(f[[1]], f[[2]], side, t)))
				# bounds further out are beyond that program's 20
				if (any(inc < 1e-60)) next
				low <- if (alternative == "two-sided") inc else rep(0, length(t))
				b <- bound(t, low, inc)$b
				a <- if (alternative == "two-sided") -b else rep(-20, length(t))
				for (drift in c(0.7, 3)) {
					p <- crossing(t, drift, a, b)
					writeLines(paste(alternative, alpha, f[[1]], f[[2]], num(t), num(b), drift, num(p$high), "none", 0, 0, 0, num(p$low), "NaN", sep = ","), out)
				}
			}

for (f in families[c(1, 2, 5)])
	for (g in families[c(1, 3, 6)])
		for (t in schedules[c(1, 2, 3)])
			for (beta in c(0.1, 0.2)) {
				K <- length(t)
				alpha <- 0.025
				inc <- diff(c(0, spend(f[[1]], f[[2]], alpha, t)))
				dec <- diff(c(0, spend(g[[1]], g[[2]], beta, t)))
				# non-binding: efficacy bounds first, then the drift with which the last futility bound is the last efficacy bound
				b <- bound(t, rep(0, K), inc)$b
				gap <- function(drift) futility(t, drift, b, dec)[K] - b[K]
				# designs for which that program finds no bounds are left out
				drift <- tryCatch(uniroot(gap, c(2.2, 4.5), tol = 1e-13)$root, error = function(e) NA)
				if (is.na(drift)) next
				a <- futility(t, drift, b, dec)
				p <- crossing(t, drift, a, b)
				if (all(a[-K] < b[-K]))
					writeLines(paste("greater", alpha, f[[1]], f[[2]], num(t), num(b), num(drift), num(p$high), g[[1]], g[[2]], beta, 0, num(a), num(drift), sep = ","), out)
				# binding: look by look in turn until nothing moves
				both <- function(drift) {
					b <- bound(t, rep(0, K), inc)$b
					for (i in 1:60) {
						a <- futility(t, drift, b, dec)
						n <- bound1(t, 0, c(a[-K], -20), inc)
						if (max(abs(n - b)) < 1e-12) break
						b <- n
					}
					list(a = a, b = n)
				}
				gap <- function(drift) { d <- both(drift); d$a[K] - d$b[K] }
				drift <- tryCatch(uniroot(gap, c(drift - 0.3, drift), tol = 1e-13)$root, error = function(e) NA)
				if (is.na(drift)) next
				d <- both(drift)
				p <- crossing(t, drift, d$a, d$b)
				if (all(d$a[-K] < d$b[-K]))
					writeLines(paste("greater", alpha, f[[1]], f[[2]], num(t), num(d$b), num(drift), num(p$high), g[[1]], g[[2]], beta, 1, num(d$a), num(drift), sep = ","), out)
			}
close(out)
