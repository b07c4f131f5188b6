# Reference vectors computed by R: Rscript tests/reference/r/closed_forms.R REPEATS OUT.json
#
# Inputs are invented here (fixed seed, no patient). OUT has the format of tests/reference/vectors.json and is read by the same
# runner: python -m tests.vectors OUT.json. What the repository keeps was made with
#   Rscript tests/reference/r/closed_forms.R 8 tests/reference/r_closed_forms.json
# and several hundred of each kind were compared once with REPEATS 300. Packages: see `meta` in OUT.

suppressPackageStartupMessages({
  library(survival); library(coin); library(mice); library(metafor); library(effectsize)
})
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "common.R"))

# Paired measurements: continuous, whole numbers with ties, HAQ steps, some equal, some missing; 2 to 35 pairs, seldom many.
pairs_of <- function(i, least = 2) {
  n <- if (i %% 50 == 0) one(100, 250) else max(least, one(2, 3, 4, 5, 8, 12, 20, 35))
  x <- rnorm(n, 5, 1.2)
  y <- 0.6 * x + rnorm(n, one(0, 1, 2), one(0.3, 1))
  step <- one(0.01, 0.125, 1)
  x <- round(round(x / step) * step, 6); y <- round(round(y / step) * step, 6)
  if (i %% 5 == 0) y[sample(n, ceiling(n / 3))] <- x[sample(n, ceiling(n / 3))]
  list(x = x, y = y)
}
with_gaps <- function(x, i) { if (i %% 4 == 0 && length(x) > 5) x[sample(length(x), 1)] <- NA; x }
both <- function(p) { k <- !is.na(p$x) & !is.na(p$y); list(x = p$x[k], y = p$y[k]) }

# ---- several tests at once
for (method in c("holm", "BH")) kind(c(holm = "holm", BH = "benjamini_hochberg")[[method]], function(i) {
  p <- round(c(runif(one(1:12)), if (i %% 3 == 0) c(0, 1, 0.05, 0.05)), 5)
  if (i %% 5 == 0) p[sample(length(p), 1)] <- NA
  add(c(holm = "holm", BH = "benjamini_hochberg")[[method]], list(p = I(p)), I(p.adjust(p, method)), 1e-12)
})

# ---- counts
count_of <- function() { n <- one(1, 2, 3, 5, 20, 64, 118, 1000, 20000)
  list(x = one(0, n, min(1, n), max(n - 1, 0), sample(0:n, 1)), n = n) }
level <- function() one(0.8, 0.9, 0.95, 0.99)
kind("clopper_pearson", function(i) { k <- count_of(); conf <- level()
  add("clopper_pearson", c(k, conf = conf), ends(binom.test(k$x, k$n, conf.level = conf)$conf.int), 1e-10) })
kind("upper_one_sided_cp", function(i) { k <- count_of(); conf <- level()
  add("upper_one_sided_cp", c(k, conf = conf), binom.test(k$x, k$n, alternative = "less", conf.level = conf)$conf.int[2],
    1e-10) })
kind("wilson", function(i) { k <- count_of(); conf <- level()
  add("wilson", c(k, conf = conf), ends(quiet(prop.test(k$x, k$n, conf.level = conf, correct = FALSE))$conf.int), 1e-10) })
kind("rule_of_three", function(i) { n <- one(1, 2, 3, 10, 64, 999, 20000)
  add("rule_of_three", list(n = n), list(approx = 3 / n,
    exact_one_sided_95 = binom.test(0, n, alternative = "less")$conf.int[2],
      cp_two_sided_95_upper = binom.test(0, n)$conf.int[2]), 1e-10) })
kind("exposure_adjusted_rate", function(i) {
  events <- one(0, 1, 2, 7, 40, 900); py <- round(one(0.5, 30, 180, 5000) * runif(1, 0.5, 1), 3); conf <- level()
  per <- one(1, 100)
  r <- poisson.test(events, py, conf.level = conf)
  add("exposure_adjusted_rate", list(events = events, person_years = py, per = per, conf = conf),
      list(rate = per * events / py, lower = per * r$conf.int[1], upper = per * r$conf.int[2]), 1e-9) })
square <- function(i) { top <- one(1, 4, 12, 40, 400); v <- sample(0:top, 4, replace = TRUE)
  if (i %% 6 == 0) v[sample(4, one(1:3))] <- 0
  if (sum(v) == 0) v[4] <- 3; list(a_yes_yes = v[1], b_yes_no = v[2], c_no_yes = v[3], d_no_no = v[4]) }
kind("mcnemar", function(i) {
  s <- square(i); b <- s$b_yes_no; c <- s$c_no_yes; m <- min(b, c)
  if (b + c == 0) return(add("mcnemar", s, list(p_exact = 1, p_mid = 1, chi2 = 0, p_asym = 1)))
  table <- matrix(unlist(s), 2, byrow = TRUE)
  plain <- mcnemar.test(table, correct = FALSE); corrected <- mcnemar.test(table)
  # R corrects |b - c| = 0 to 1; 0 is corrected to 0 here, so that equal counts give p = 1
  exact <- binom.test(b, b + c)$p.value
  expected <- list(p_exact = exact, p_mid = if (b == c) 1 - dbinom(b, b + c, 0.5) / 2 else exact - dbinom(m, b + c, 0.5),
                   chi2 = unname(plain$statistic), p_asym = plain$p.value)
  if (b != c) expected <- c(expected, chi2_cc = unname(corrected$statistic), p_asym_cc = corrected$p.value)
  add("mcnemar", s, expected, 1e-10) })
kind("newcombe_paired", function(i) {
  s <- square(i); a <- s$a_yes_yes; b <- s$b_yes_no; c <- s$c_no_yes; d <- s$d_no_no; n <- a + b + c + d; conf <- level()
  w <- function(x) quiet(prop.test(x, n, conf.level = conf, correct = FALSE))$conf.int
  p1 <- (a + b) / n; p2 <- (a + c) / n; w1 <- w(a + b); w2 <- w(a + c); e <- a * d - b * c
  root <- sqrt(as.numeric(a + b) * (c + d) * (a + c) * (b + d))
  phi <- if (root == 0) 0 else if (e > n / 2) (e - n / 2) / root else if (e >= 0) 0 else e / root
  delta <- sqrt((p1 - w1[1])^2 - 2 * phi * (p1 - w1[1]) * (w2[2] - p2) + (w2[2] - p2)^2)
  epsilon <- sqrt((p2 - w2[1])^2 - 2 * phi * (p2 - w2[1]) * (w1[2] - p1) + (w1[2] - p1)^2)
  add("newcombe_paired", c(s, conf = conf), list(p_pre = p1, p_post = p2, diff_pre_minus_post = p1 - p2,
      ci = ends(c(p1 - p2 - delta, p1 - p2 + epsilon))), 1e-9) })

# ---- tolerance, power
kind("normal_tolerance_k_one_sided", function(i) { n <- one(2:8, 20, 64, 200); content <- one(0.8, 0.9, 0.95, 0.99)
  conf <- level()
  k <- uniroot(function(k) quiet(pt(k * sqrt(n), n - 1, qnorm(content) * sqrt(n))) - conf, c(-2, 400), tol = 1e-13)$root
  add("normal_tolerance_k_one_sided", list(n = n, content = content, conf = conf), k, 1e-7) })
kind("normal_tolerance_k_two_sided_howe", function(i) { n <- one(2:8, 20, 64, 5000); content <- one(0.8, 0.9, 0.95, 0.99)
  conf <- level()
  chi <- qchisq(1 - conf, n - 1)
  k <- qnorm((1 + content) / 2) * sqrt((n - 1) * (1 + 1 / n) / chi) * sqrt(1 + (n - 3 - chi) / (2 * (n + 1)^2))
  add("normal_tolerance_k_two_sided_howe", list(n = n, content = content, conf = conf), k, 1e-9) })
kind("np_tolerance_content", function(i) { n <- one(2:8, 46, 64, 118, 5000); conf <- level()
  b <- uniroot(function(b) n * b^(n - 1) - (n - 1) * b^n - (1 - conf), c(0, 1), tol = 1e-15)$root
  add("np_tolerance_content", list(n = n, conf = conf), b, 1e-9) })
kind("np_tolerance_min_n", function(i) { content <- one(0.5, 0.8, 0.9, 0.95, 0.99); conf <- level(); sides <- one(1, 2)
  covered <- function(n) if (sides == 1) content^n else n * content^(n - 1) - (n - 1) * content^n
  n <- sides; while (covered(n) > 1 - conf + 1e-15) n <- n + 1
  add("np_tolerance_min_n", list(content = content, sides = sides, conf = conf), n, 0) })
kind("power_paired_t", function(i) { n <- one(2:6, 20, 64, 300); dz <- one(0, 0.05, 0.2, 0.5, 1, 2); alpha <- one(0.01, 0.05, 0.1)
  power <- if (dz == 0) alpha else power.t.test(n, dz, sd = 1, sig.level = alpha, type = "paired", strict = TRUE)$power
  add("power_paired_t", list(dz = dz, n = n, alpha = alpha), power, 1e-8) })
kind("n_paired_t", function(i) { dz <- round(runif(1, 0.1, 2.5), 2); power <- one(0.5, 0.8, 0.9, 0.95); alpha <- one(0.01, 0.05)
  reached <- function(n) pt(qt(alpha / 2, n - 1), n - 1, dz * sqrt(n)) + pt(qt(alpha / 2, n - 1, lower = FALSE), n - 1,
    dz * sqrt(n), lower = FALSE)
  n <- 2; while (reached(n) < power) n <- n + 1
  add("n_paired_t", list(dz = dz, power = power, alpha = alpha), n, 0) })
kind("detectable_dz", function(i) { n <- one(3:6, 20, 64, 300); power <- one(0.5, 0.8, 0.9, 0.95); alpha <- one(0.01, 0.05)
  gap <- function(dz) power.t.test(n, dz, sd = 1, sig.level = alpha, type = "paired", strict = TRUE)$power - power
  dz <- quiet(uniroot(gap, c(1e-3, 36 / sqrt(n)), tol = 1e-13)$root)
  add("detectable_dz", list(n = n, power = power, alpha = alpha), dz, 1e-7) })

# ---- pairs
kind("paired_t", function(i) {
  p <- pairs_of(i); p$x <- with_gaps(p$x, i); conf <- level(); k <- both(p); d <- k$x - k$y
  if (length(d) < 2 || sd(d) < 1e-9) return(NULL)
  r <- t.test(k$x, k$y, paired = TRUE, conf.level = conf)
  add("paired_t", c(p, conf = conf), list(mean_diff = mean(d), sd_diff = sd(d), t = unname(r$statistic), df = unname(r$parameter),
      p = r$p.value, ci = ends(r$conf.int)), 1e-9) })
kind("geometric_mean_ratio", function(i) {
  n <- one(2, 3, 5, 8, 20); before <- round(exp(rnorm(n, 3, 1)), 2) + 0.1
  after <- round(before * exp(rnorm(n, -0.3, 0.5)), 2) + 0.1
  before <- with_gaps(before, i); conf <- level(); k <- !is.na(before); d <- log(after[k]) - log(before[k])
  r <- t.test(d, conf.level = conf)
  add("geometric_mean_ratio", list(baseline = before, followup = after, conf = conf),
    list(gmr = exp(mean(d)), ci = ends(exp(r$conf.int)),
      p = r$p.value, pct_change = 100 * (exp(mean(d)) - 1), gcv_ratio = sqrt(exp(var(d)) - 1)), 1e-8) })
kind("wilcoxon_signed_rank", function(i) {
  p <- pairs_of(i); p$x <- with_gaps(p$x, i); k <- both(p); d <- round(k$x - k$y, 10)
  if (!any(d != 0)) return(NULL)
  zero <- one("pratt", "wilcox"); correction <- one(TRUE, FALSE)
  free <- !any(d == 0) && !any(duplicated(abs(d)))
  if (i %% 2 == 0 && length(d) <= 50) {
    r <- wilcoxsign_test(d ~ rep(0, length(d)), distribution = "exact",
      zero.method = c(pratt = "Pratt", wilcox = "Wilcoxon")[[zero]])
    add("wilcoxon_signed_rank", c(p, zero_method = zero, method = "exact"), list(p = as.numeric(pvalue(r))), 1e-9)
  } else if (zero == "wilcox") {
    r <- quiet(wilcox.test(d, exact = FALSE, correct = correction))
    e <- d[d != 0]
    add("wilcoxon_signed_rank", c(p, zero_method = zero, method = "asymptotic", correction = correction),
        list(W_plus = sum(rank(abs(e))[e > 0]), W_minus = sum(rank(abs(e))[e < 0]), n_eff = length(e),
          p = if (is.nan(r$p.value)) NA else r$p.value), 1e-9)
  } else {
    r <- wilcoxsign_test(d ~ rep(0, length(d)), distribution = "asymptotic", zero.method = "Pratt")
    add("wilcoxon_signed_rank", c(p, zero_method = zero, method = "asymptotic"), list(W_plus = sum(rank(abs(d))[d > 0]),
        W_minus = sum(rank(abs(d))[d < 0]), n_eff = sum(d != 0), z = as.numeric(statistic(r)), p = as.numeric(pvalue(r))), 1e-9)
  }
  if (free && length(d) < 50) {
    r <- wilcox.test(d, exact = TRUE)
    add("wilcoxon_signed_rank", p, list(W_plus = unname(r$statistic), p = r$p.value, method = "exact"), 1e-10)
  } })
kind("hodges_lehmann_paired", function(i) {
  p <- pairs_of(i); p$x <- with_gaps(p$x, i); conf <- level(); k <- both(p); d <- round(k$x - k$y, 10); n <- length(d)
  if (n == 0) return(NULL)
  walsh <- sort((outer(d, d, "+") / 2)[lower.tri(diag(n), diag = TRUE)]); q <- max(1, qsignrank((1 - conf) / 2, n))
  add("hodges_lehmann_paired", c(p, conf = conf),
    list(estimate = median(walsh), ci = ends(c(walsh[q], walsh[n * (n + 1) / 2 + 1 - q])),
      achieved_conf = 1 - 2 * psignrank(q - 1, n)), 1e-9)
  if (!any(d == 0) && !any(duplicated(abs(d))) && n > 5 && n < 50) {
    r <- quiet(wilcox.test(d, conf.int = TRUE, conf.level = conf, exact = TRUE))
    add("hodges_lehmann_paired", c(p, conf = conf), list(estimate = unname(r$estimate), ci = ends(r$conf.int)), 1e-9)
  } })
kind("rank_biserial_paired", function(i) {
  p <- pairs_of(i); conf <- level(); d <- round(p$x - p$y, 10); d <- d[d != 0]
  if (length(d) < 2) return(NULL)
  r <- quiet(rank_biserial(d, mu = 0, ci = conf))
  add("rank_biserial_paired", c(p, conf = conf), list(rbc = r$r_rank_biserial, ci = ends(c(r$CI_low, r$CI_high))), 1e-8) })
kind("effect_sizes_paired", function(i) {
  p <- pairs_of(i, 3); d <- p$x - p$y; n <- length(d); r <- quiet(cor(p$x, p$y))
  if (sd(d) < 1e-9 || is.na(r)) return(NULL)
  dz <- cohens_d(d, mu = 0)$Cohens_d; gz <- hedges_g(d, mu = 0)$Hedges_g; dav <- mean(d) / sqrt((var(p$x) + var(p$y)) / 2)
  add("effect_sizes_paired", p, list(cohen_dz = dz, hedges_gz_exact = if (n > 2) gz else NA, cohen_dav = dav,
      hedges_gav_approx_df_nminus1 = dav * (1 - 3 / (4 * (n - 1) - 1)), hedges_gav_pingouin = dav * (1 - 3 / (4 * 2 * n - 9)),
      cohen_drm = dz * sqrt(2 * (1 - r)), glass_delta_pre = mean(d) / sd(p$x), r = r), 1e-8) })
kind("cohen_dz_ci_noncentral_t", function(i) {
  n <- one(2:6, 12, 64, 118); dz <- round(rnorm(1, 0, 1), 3); conf <- level(); t <- dz * sqrt(n); tail <- (1 - conf) / 2
  limit <- function(p) uniroot(function(ncp) quiet(pt(t, n - 1, ncp)) - p, t + c(-1, 1) * (6 + abs(t) * (1 + 9 / sqrt(n))),
    tol = 1e-12, extendInt = "downX")$root
  lims <- quiet(c(limit(1 - tail), limit(tail)))
  if (max(abs(lims)) > 37) return(NULL)
  add("cohen_dz_ci_noncentral_t", list(dz = dz, n = n, conf = conf), ends(lims / sqrt(n)), 1e-6) })
kind("cohen_dav_ci_bonett", function(i) {
  m <- round(rnorm(2, 5, 2), 2); s <- round(runif(2, 0.2, 3), 2); r <- round(runif(1, -0.9, 0.99), 2)
  n <- one(2:6, 16, 64, 500); conf <- level()
  df <- n - 1; v <- s^2; pooled <- mean(v); d <- (m[1] - m[2]) / sqrt(pooled)
  vd <- v[1] + v[2] - 2 * r * s[1] * s[2]
  se <- sqrt(d^2 * (v[1]^2 + v[2]^2 + 2 * r^2 * v[1] * v[2]) / (8 * df * pooled^2) + vd / (df * pooled))
  add("cohen_dav_ci_bonett", list(m1 = m[1], m2 = m[2], sd1 = s[1], sd2 = s[2], r = r, n = n, conf = conf),
      list(d_av = d, d_av_adj = sqrt((n - 2) / df) * d, se = se, ci = ends(d + c(-1, 1) * qnorm((1 + conf) / 2) * se)), 1e-9) })
kind("jzs_bf10_paired", function(i) {
  t <- round(one(0, rnorm(1, 0, 2), 8), 3); n <- one(2:5, 20, 64, 118, 500); r <- one(0.5, sqrt(0.5), 1); nu <- n - 1
  # over the logarithm of g, the mixing variance of the Cauchy prior (Rouder 2009, eq. 1)
  f <- function(u) { g <- exp(u); s <- 1 + n * g * r^2
    exp(-0.5 * log(s) + (nu + 1) / 2 * (log1p(t^2 / nu) - log1p(t^2 / (s * nu))) - 0.5 * log(2 * pi) - u / 2 - 1 / (2 * g)) }
  bf <- sum(mapply(function(a, b) integrate(f, a, b, rel.tol = 1e-11, subdivisions = 1000)$value, c(-8, -2, 2, 6, 12, 25),
    c(-2, 2, 6, 12, 25, 60)))
  add("jzs_bf10_paired", list(t = t, n = n, r = round(r, 12)), bf, 1e-5) })

# ---- several visits
visits_of <- function(i, k = one(2:5)) {
  n <- one(3:6, 10, 20); step <- one(0.01, 0.125, 1)
  data <- matrix(rnorm(n * k), n) + rnorm(n) + rep(seq(0, one(0, 1), length = k), each = n)
  data <- round(round(data / step) * step, 6); if (i %% 4 == 0 && n > 4) data[1, k] <- NA
  data
}
kind("friedman", function(i) {
  data <- visits_of(i); whole <- data[complete.cases(data), , drop = FALSE]
  if (nrow(whole) < 2 || all(apply(whole, 1, function(x) diff(range(x)) == 0))) return(NULL)
  r <- friedman.test(whole); q <- unname(r$statistic)
  add("friedman", list(data = data), list(Q = q, df = unname(r$parameter), p = r$p.value,
    kendall_w = q / (nrow(whole) * (ncol(whole) - 1))), 1e-8) })
kind("rm_anova_oneway", function(i) {
  data <- visits_of(i); whole <- data[complete.cases(data), , drop = FALSE]; n <- nrow(whole); k <- ncol(whole)
  long <- data.frame(y = c(whole), id = factor(rep(seq_len(n), k)), visit = factor(rep(seq_len(k), each = n)))
  a <- summary(aov(y ~ visit + Error(id / visit), long)); w <- a[["Error: id:visit"]][[1]]; between <- a[["Error: id"]][[1]]
  ss <- w[["Sum Sq"]]; if (ss[2] < 1e-9) return(NULL)
  f <- w[["F value"]][1]; df <- w[["Df"]]
  expected <- list(F = f, df1 = df[1], df2 = df[2], p = w[["Pr(>F)"]][1], np2 = ss[1] / sum(ss),
    ng2 = ss[1] / (sum(ss) + between[["Sum Sq"]][1]))
  if (k > 2 && n > k) {
    fit <- lm(whole ~ 1); r <- anova(fit, X = ~1, test = "Spherical")
    eps <- as.numeric(sub(".*: *", "", grep("epsilon", attr(r, "heading"), value = TRUE)))
    S <- crossprod(contr.helmert(k) %*% diag(1 / sqrt(colSums(contr.helmert(k)^2))),
      cov(whole)) %*% (contr.helmert(k) %*% diag(1 / sqrt(colSums(contr.helmert(k)^2))))
    gg <- sum(diag(S))^2 / ((k - 1) * sum(S^2)); hf <- min(1, (n * (k - 1) * gg - 2) / ((k - 1) * (n - 1 - (k - 1) * gg)))
    stopifnot(abs(eps[1] - gg) < 1e-3)
    expected <- c(expected, eps_gg = gg, p_gg = r[["G-G Pr"]][1], eps_hf = hf,
      p_hf = pf(f, df[1] * hf, df[2] * hf, lower = FALSE),
                  mauchly_W = unname(mauchly.test(fit, X = ~1)$statistic))
  }
  add("rm_anova_oneway", list(data = data), expected, 1e-8) })

# ---- states of the same patients
kind("cochran_q", function(i) {
  k <- one(2:5); data <- matrix(rbinom(one(4, 12, 40) * k, 1, runif(1, 0.1, 0.9)), ncol = k); shown <- data
  if (i %% 3 == 0) shown[1, 1] <- NA
  whole <- data[complete.cases(shown), ]; r <- friedman.test(whole)
  add("cochran_q", list(data = shown), if (is.nan(r$statistic)) list(Q = 0, p = 1) else list(Q = unname(r$statistic),
    df = unname(r$parameter), p = r$p.value), 1e-9) })
kind("stuart_maxwell", function(i) {
  k <- one(2:4); table <- matrix(sample(0:one(2, 9, 30), k * k, replace = TRUE), k)
  moved <- rowSums(table) + colSums(table) - 2 * diag(table) > 0
  if (sum(moved) == k) {   # each patient a stratum with a visit before and one after: the generalised Mantel-Haenszel test
    before <- rep(row(table), table); after <- rep(col(table), table); n <- length(before)
    r <- mantelhaen.test(factor(c(before, after), seq_len(k)), rep(c("before", "after"), each = n),
      factor(rep(seq_len(n), 2)), correct = FALSE)
    add("stuart_maxwell", list(table = table),
      list(chi2 = unname(r$statistic), df = unname(r$parameter), p = r$p.value, n = n), 1e-8)
  }
  if (all((table + t(table))[upper.tri(table)] > 0)) { r <- mcnemar.test(table, correct = FALSE)
    add("bowker", list(table = table), list(chi2 = unname(r$statistic), df = unname(r$parameter), p = r$p.value), 1e-9) } })

# ---- summaries held against each other: data made to have exactly these means, SDs and correlation
exactly <- function(n, m1, s1, m2, s2, r) { z <- scale(MASS::mvrnorm(n, c(0, 0), matrix(c(1, r, r, 1), 2),
  empirical = TRUE)); cbind(m1 + s1 * z[, 1], m2 + s2 * z[, 2]) }
summary_of <- function() list(m1 = round(rnorm(1, 5, 2), 2), sd1 = round(runif(1, 0.3, 2), 2),
  m2 = round(rnorm(1, 5, 2), 2), sd2 = round(runif(1, 0.3, 2), 2))
kind("paired_t_from_summary", function(i) {
  s <- summary_of(); n <- one(3:6, 20, 64, 300); r <- round(runif(1, -0.95, 0.95), 2)
  y <- do.call(exactly, unname(c(n, s, r))); q <- t.test(y[, 1], y[, 2], paired = TRUE)
  add("paired_t_from_summary", c(s, n = n, r = r),
    list(sd_diff = sd(y[, 1] - y[, 2]), t = unname(q$statistic), p = q$p.value, d_z = unname(q$statistic) / sqrt(n)), 1e-9)
  add("implied_r_from_t", c(s, n = n, t = unname(q$statistic)), r, 1e-7)
  if (q$p.value > 1e-12 && s$m1 != s$m2) add("implied_r_from_p", c(s, n = n, p_two_sided = q$p.value), r, 1e-6) })
kind("p_bounds_paired", function(i) {
  s <- summary_of(); n <- one(2:6, 20, 64, 300)
  t <- function(r) (s$m1 - s$m2) / sqrt((s$sd1^2 + s$sd2^2 - 2 * r * s$sd1 * s$sd2) / n)
  p <- function(r) 2 * pt(-abs(t(r)), n - 1)
  add("p_bounds_paired", c(s, n = n), list(p_at_rmin = p(-1), t_at_rmin = t(-1), p_at_r0 = p(0), p_at_r05 = p(0.5)), 1e-9) })
kind("indep_t_from_summary", function(i) {
  s <- summary_of(); n <- c(one(3:6, 20, 64), one(3:6, 20, 64)); welch <- one(TRUE, FALSE)
  x <- s$m1 + s$sd1 * as.numeric(scale(rnorm(n[1]))); y <- s$m2 + s$sd2 * as.numeric(scale(rnorm(n[2])))
  q <- t.test(x, y, var.equal = !welch)
  add("indep_t_from_summary", list(m1 = s$m1, sd1 = s$sd1, n1 = n[1], m2 = s$m2, sd2 = s$sd2, n2 = n[2], welch = welch),
      list(t = unname(q$statistic), df = unname(q$parameter), p = q$p.value), 1e-9) })
kind("stouffer", function(i) { p <- round(runif(one(1:8)), 4); z <- sum(qnorm(p, lower = FALSE)) / sqrt(length(p))
  add("stouffer", list(p = I(p)), list(z = z, p = pnorm(z, lower = FALSE)), 1e-10) })
kind("sd_positivity", function(i) { m <- round(runif(1, 0.1, 30), 1); s <- round(runif(1, 0.1, 40), 1); n <- one(2, 5, 64)
  sl <- sqrt(log(1 + (s / m)^2))
  add("sd_positivity", list(mean = m, sd = s, n = n),
    list(ratio = m / s, mean_minus_2sd = m - 2 * s, p_negative_if_normal = pnorm(0, m, s),
      max_sd_nonneg = sd(c(m * n, rep(0, n - 1))), sigma_log_if_lognormal = sl,
        median_if_lognormal = qlnorm(0.5, log(m) - sl^2 / 2, sl)), 1e-9) })

# ---- missing follow-up
kind("rubin_pool", function(i) {
  m <- one(2:5, 20, 50); q <- round(rnorm(m, -0.4, one(0.05, 0.5, 2)), 4); u <- round(runif(m, 0.005, 0.05), 5)
  dfcom <- one(3, 20, 63, 1000); conf <- level()
  r <- pool.scalar(q, u, n = dfcom + 1, k = 1); half <- quiet(qt((1 + conf) / 2, r$df)) * sqrt(r$t)
  if (r$df < 0.1) return(NULL)   # quantiles of t with so few degrees of freedom are beyond floating point
  lambda <- (1 + 1 / m) * r$b / r$t
  add("rubin_pool", list(q = q, u = u, df_complete = dfcom, conf = conf), list(qbar = r$qbar, ubar = r$ubar, B = r$b, T = r$t,
      lambda_ = lambda, df_old = (m - 1) / lambda^2, df = r$df, ci = ends(r$qbar + c(-1, 1) * half),
        p = 2 * pt(-abs(r$qbar) / sqrt(r$t), r$df)), 1e-8) })
kind("delta_adjusted_mean", function(i) {
  m <- round(rnorm(1, -1, 1), 2); s <- round(runif(1, 0.3, 2), 2); no <- one(2:5, 30, 64); nm <- one(0, 1, 14, 60)
  delta <- round(runif(1, 0, 3), 2); conf <- level()
  r <- t.test(m + delta * nm / (no + nm) + s * as.numeric(scale(rnorm(no))), conf.level = conf)
  add("delta_adjusted_mean", list(mean_obs = m, sd_obs = s, n_obs = no, n_missing = nm, delta = delta, conf = conf),
      list(estimate = unname(r$estimate), ci = ends(r$conf.int), p = r$p.value), 1e-9)
  if (nm > 0) { half <- qt(0.975, no - 1) * s / sqrt(no); f <- nm / (no + nm)
    add("tipping_point_delta", list(mean_obs = -abs(m), sd_obs = s, n_obs = no, n_missing = nm, alpha = 0.05),
      -(-abs(m) + half) / f, 1e-9) } })
kind("censored_lognormal_mle", function(i) {
  n <- one(2:6, 12, 40); below <- one(0, 1, 3, n); lod <- 10; x <- round(lod + exp(rnorm(n, 3, 1)), 1)
  if (length(unique(x)) < 2) return(NULL)
  v <- c(x, rep(lod, below)); event <- c(rep(1, n), rep(0, below))
  r <- quiet(survreg(Surv(v, event, type = "left") ~ 1, dist = "lognormal",
    control = survreg.control(rel.tolerance = 1e-13, maxiter = 200)))
  add("censored_lognormal_mle", list(observed = x, n_below_lod = below, lod = lod),
    list(mu_log = unname(coef(r)), sigma_log = r$scale, gm = exp(unname(coef(r)))), 1e-6) })

# ---- regression to the mean, truncation: by integration
kind("regression_to_mean", function(i) {
  mu <- round(runif(1, 3, 6), 1); sigma <- round(runif(1, 0.5, 2), 1); rho <- one(0, 0.5, 0.7, 0.85, 1)
  cutoff <- round(mu + sigma * runif(1, -3, 3), 2); side <- one("above", "below")
  range <- if (side == "above") c(cutoff, max(cutoff, mu) + 12 * sigma) else c(min(cutoff, mu) - 12 * sigma, cutoff)
  w <- function(f) integrate(function(x) f(x) * dnorm(x, mu, sigma), range[1], range[2], rel.tol = 1e-12)$value
  base <- w(identity) / w(function(x) x * 0 + 1); later <- w(function(x) mu + rho * (x - mu)) / w(function(x) x * 0 + 1)
  add("regression_to_mean", list(mu = mu, sigma = sigma, rho = rho, cutoff = cutoff, direction = side),
      list(mean_selected_baseline = base, mean_followup_no_effect = later, rtm = abs(base - later)), 1e-8)
  low <- if (i %% 3 == 0) NA else round(mu - sigma * runif(1, 0.1, 3), 2); high <- round(mu + sigma * runif(1, 0.1, 4), 2)
  from <- if (is.na(low)) mu - 12 * sigma else low
  m <- function(f) integrate(function(x) f(x) * dnorm(x, mu, sigma), from, high, rel.tol = 1e-12)$value
  mean <- m(identity) / m(function(x) x * 0 + 1)
  add("truncnorm_moments", list(mu = mu, sigma = sigma, low = low, high = high),
    list(mean = mean, sd = sqrt(m(function(x) (x - mean)^2) / m(function(x) x * 0 + 1))), 1e-8) })
kind("regression_to_mean_m_baselines", function(i) {
  mu <- 5; sigma <- round(runif(1, 0.5, 2), 1); rho <- one(0.2, 0.5, 0.7, 0.85, 1); m <- one(1:4)
  cutoff <- round(mu + sigma * runif(1, -2, 2), 2)
  s <- sigma * sqrt(rho + (1 - rho) / m); w <- function(f) integrate(function(x) f(x) * dnorm(x, mu, s), cutoff,
    cutoff + 14 * sigma + 10, rel.tol = 1e-12)$value
  slope <- rho * sigma^2 / s^2   # of a later single value on the mean of m
  add("regression_to_mean_m_baselines", list(mu = mu, sigma = sigma, rho = rho, cutoff = cutoff, m = m),
    w(function(x) (1 - slope) * (x - mu)) / w(function(x) x * 0 + 1), 1e-8) })

# ---- studies pooled (metafor)
kind("pool_random_effects", function(i) {
  k <- one(2:5, 9, 20); se <- round(runif(k, 0.05, 0.6), 3)
  y <- round(rnorm(k, -0.5, one(0, 0.2, 1)) + rnorm(k, 0, se), 3); conf <- level()
  r <- tryCatch(quiet(rma(yi = y, sei = se, method = "REML", test = "knha", level = 100 * conf,
    control = list(threshold = 1e-12, maxiter = 10000))), error = function(e) NULL)
  if (is.null(r)) return(NULL)
  away <- if (k > 2) qt((1 + conf) / 2, k - 2) * sqrt(r$tau2 + r$se^2) else NA   # Higgins: k - 2, where predict() takes k - 1
  add("pool_random_effects", list(estimates = y, errors = se, level = conf),
    list(value = unname(r$beta[1]), se = r$se, lower = r$ci.lb, upper = r$ci.ub,
      p_value = r$pval, tau2 = r$tau2, i2 = r$I2 / 100, q = r$QE, q_p = r$QEp, prediction_lower = unname(r$beta[1]) - away,
        prediction_upper = unname(r$beta[1]) + away), 1e-5) })

write_vectors("tests/reference/r/closed_forms.R", c("metafor", "coin", "mice", "effectsize", "survival", "MASS"))
