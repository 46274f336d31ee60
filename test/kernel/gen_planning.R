# Checks golden/planning.csv against R where R has a function: means of two groups of one size
# (power.t.test, strict), proportions of two groups of one size (power.prop.test, strict).
golden <- read.csv("golden/planning.csv", comment.char = "#", stringsAsFactors = FALSE)
checked <- c(0, 0)
for (i in seq_len(nrow(golden))) {
  g <- golden[i, ]
  if (g$hypothesis != "superiority" || g$allocation != 1 || g$relative == 1 || g$sequential == 1 || g$alternative == "less" || g$effect == 0 || g$r2 > 0) next
  alt <- if (g$alternative == "greater") "one.sided" else "two.sided"
  p <- if (g$metric == "proportion")
    power.prop.test(g$n_control, g$baseline, g$baseline + g$effect, g$alpha, alternative = alt, strict = TRUE)$power
  else power.t.test(g$n_control, g$effect, sqrt(g$variance), g$alpha, alternative = alt, strict = TRUE)$power
  stopifnot(abs(p - g$power) < 1e-7)
  w <- 1 + (g$metric == "proportion"); checked[w] <- checked[w] + 1
}
stopifnot(checked > 0)
cat(checked[1], "means and", checked[2], "proportions agree;", R.version.string, "\n")
