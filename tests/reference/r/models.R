# Reference vectors of models computed by R: Rscript tests/reference/r/models.R REPEATS OUT.json
#
# Mixed models for repeated measures (nlme::gls; lmerTest and pbkrtest for compound symmetry) and cumulative incidence (cmprsk,
# survival). Inputs are invented here. Format and use as closed_forms.R; what the repository keeps was made with
#   Rscript tests/reference/r/models.R 6 tests/reference/r_models.json

suppressPackageStartupMessages({ library(nlme); library(lmerTest); library(pbkrtest); library(numDeriv); library(survival)
  library(cmprsk) })
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "common.R"))

# Patients x visits, correlated, unevenly spread, with drop-out and gaps.
patients <- function(i) {
  v <- one(2, 3, 3, 3, 4); n <- one(v + 3, 12, 20, 40)
  root <- matrix(rnorm(v * v), v) + diag(v); data <- matrix(rnorm(n * v), n) %*% t(root) / 2 + rep(seq(5, 4, length = v),
    each = n)
  if (i %% 3 == 0) data <- rnorm(n, 5) + matrix(rnorm(n * v, 0, 0.7), n)
  if (i %% 4 != 1) { out <- sample(seq_len(v + 2), n, replace = TRUE); data[col(data) > pmax(out, 1) & out < v] <- NA }
  if (i %% 5 == 0) data[sample(length(data), ceiling(length(data) / 8))] <- NA
  round(data[rowSums(!is.na(data)) > 0, ], 3)
}
long_of <- function(data) { k <- which(!is.na(data), arr.ind = TRUE)
  d <- data.frame(id = factor(k[, 1]), visit = k[, 2], y = data[k]); d[order(d$id, d$visit), ] }
enough <- function(data) { s <- !is.na(data); min(crossprod(s)) >= 4 && all(colSums(s) >= 4) }

# Minus the restricted log-likelihood of Sigma, patient by patient, and what Kenward and Roger need of it.
by_patient <- function(data, S) {
  v <- ncol(data); A <- matrix(0, v, v); b <- numeric(v); parts <- list()
  for (i in seq_len(nrow(data))) { k <- which(!is.na(data[i, ])); X <- diag(v)[k, , drop = FALSE]
    V <- S[k, k, drop = FALSE]; W <- solve(V)
    A <- A + t(X) %*% W %*% X; b <- b + t(X) %*% W %*% data[i, k]
    parts[[i]] <- list(k = k, X = X, V = V, W = W, y = data[i, k]) }
  means <- solve(A, b); total <- as.numeric(determinant(A)$modulus)
  for (p in parts) { r <- p$y - p$X %*% means; total <- total + as.numeric(determinant(p$V)$modulus) + t(r) %*% p$W %*% r }
  list(loss = as.numeric(total + (sum(!is.na(data)) - v) * log(2 * pi)) / 2, means = as.numeric(means), C = solve(A),
    parts = parts)
}
# Two ways to write a covariance: linear (vech) for Kenward and Roger, and free of bounds, in which numerical derivatives are
# safe: log-Cholesky, or logarithms of the SDs and Fisher's z of the correlation. Satterthwaite's df does not depend on the
# choice.
vech <- function(theta, v) { S <- matrix(0, v, v); S[lower.tri(S, diag = TRUE)] <- theta; S + t(S) - diag(diag(S), v) }
cholesky <- function(theta, v) { L <- matrix(0, v, v); L[lower.tri(L, diag = TRUE)] <- theta; diag(L) <- exp(diag(L))
  L %*% t(L) }
to_cholesky <- function(S) { L <- t(chol(S)); diag(L) <- log(diag(L)); L[lower.tri(L, diag = TRUE)] }
heterogeneous <- function(theta, v) { s <- exp(theta[1:v]); R <- matrix(tanh(theta[v + 1]), v, v); diag(R) <- 1; outer(s, s) * R }

contrasts_of <- function(v) { k <- which(upper.tri(diag(v)), arr.ind = TRUE)
  setNames(lapply(seq_len(nrow(k)), function(m) { l <- numeric(v); l[k[m, 2]] <- 1; l[k[m, 1]] <- -1
    l }), sprintf("v%d_minus_v%d", k[, 2], k[, 1])) }
satterthwaite <- function(data, theta, Sigma) {
  v <- ncol(data); at <- by_patient(data, Sigma(theta, v)); H <- hessian(function(x) by_patient(data, Sigma(x, v))$loss, theta)
  lapply(contrasts_of(v), function(l) { var <- as.numeric(l %*% at$C %*% l)
    g <- grad(function(x) as.numeric(l %*% by_patient(data, Sigma(x, v))$C %*% l), theta)
    list(estimate = sum(l * at$means), se = sqrt(var), df_satterthwaite = 2 * var^2 / as.numeric(g %*% solve(H) %*% g)) })
}
kenward_roger <- function(data, S) {
  v <- ncol(data); at <- by_patient(data, S); q <- v * (v + 1) / 2
  D <- lapply(seq_len(q), function(a) vech(as.numeric(seq_len(q) == a), v))
  P <- lapply(seq_len(q), function(a) matrix(0, v, v)); Q <- list(); I <- matrix(0, q, q)
  for (p in at$parts) for (a in seq_len(q)) P[[a]] <- P[[a]] - t(p$X) %*% p$W %*% D[[a]][p$k, p$k] %*% p$W %*% p$X
  for (a in seq_len(q)) for (b in seq_len(q)) { Qab <- matrix(0, v, v); tr <- 0
    for (p in at$parts) { M <- p$W %*% D[[a]][p$k, p$k] %*% p$W %*% D[[b]][p$k, p$k]; tr <- tr + sum(diag(M))
      Qab <- Qab + t(p$X) %*% M %*% p$W %*% p$X }
    Q[[paste(a, b)]] <- Qab; I[a, b] <- (tr - 2 * sum(diag(at$C %*% Qab)) + sum(diag(at$C %*% P[[a]] %*% at$C %*% P[[b]]))) / 2 }
  W <- solve(I); L <- matrix(0, v, v)
  for (a in seq_len(q)) for (b in seq_len(q)) L <- L + W[a, b] * (Q[[paste(a, b)]] - P[[a]] %*% at$C %*% P[[b]])
  CA <- at$C + 2 * at$C %*% L %*% at$C
  lapply(contrasts_of(v), function(l) { var <- as.numeric(l %*% at$C %*% l)
    g <- vapply(P, function(p) -as.numeric(l %*% at$C %*% p %*% at$C %*% l), 0)
    list(se_kr = sqrt(as.numeric(l %*% CA %*% l)), df_kr = 2 * var^2 / as.numeric(g %*% W %*% g)) })
}
control <- glsControl(tolerance = 1e-10, msTol = 1e-12, maxIter = 500, msMaxIter = 500, opt = "nlminb")
polished <- function(data, theta, Sigma) { f <- function(x) by_patient(data, Sigma(x, ncol(data)))$loss
  for (r in 1:3) theta <- theta - solve(hessian(f, theta), grad(f, theta)); theta }
fitted <- function(data, correlation) { long <- long_of(data)
  tryCatch(gls(y ~ factor(visit), long, correlation(form = ~ visit | id), varIdent(form = ~ 1 | visit), method = "REML",
    control = control), error = function(e) NULL) }
spreads <- function(fit, v) fit$sigma * coef(fit$modelStruct$varStruct, unconstrained = FALSE,
  allCoef = TRUE)[as.character(seq_len(v))]
# the polished maximum must be that of gls
agreed <- function(fit, at, i) { same <- abs(as.numeric(logLik(fit)) + at$loss) < 1e-4
  if (!same) cat("gls found another maximum at", i, "\n"); same }

kind("mmrm_unstructured", function(i) {
  data <- patients(i); v <- ncol(data); if (!enough(data) || is.null(fit <- fitted(data, corSymm))) return(NULL)
  R <- diag(v); R[lower.tri(R)] <- coef(fit$modelStruct$corStruct, unconstrained = FALSE); R <- R + t(R) - diag(v)
  s <- spreads(fit, v)
  if (min(eigen(R)$values) < 1e-3) return(NULL)
  theta <- polished(data, to_cholesky(R * outer(s, s)), cholesky); S <- cholesky(theta, v); at <- by_patient(data, S)
  if (!agreed(fit, at, i)) return(NULL)
  tests <- Map(c, satterthwaite(data, theta, cholesky), kenward_roger(data, S))
  add("mmrm_unstructured", list(data = data), c(list(means = at$means, Sigma = S, reml_loglik = -at$loss), tests), 1e-6) })
kind("mmrm_heterogeneous", function(i) {
  data <- patients(i); v <- ncol(data); if (!enough(data) || is.null(fit <- fitted(data, corCompSymm))) return(NULL)
  theta <- polished(data, c(log(spreads(fit, v)), atanh(coef(fit$modelStruct$corStruct, unconstrained = FALSE))),
    heterogeneous); at <- by_patient(data, heterogeneous(theta, v))
  if (min(eigen(cov2cor(heterogeneous(theta, v)))$values) < 0.1 || !agreed(fit, at,
    i)) return(NULL)   # near the edge numerical derivatives fail
  add("mmrm_heterogeneous", list(data = data),
    c(list(means = at$means, reml_loglik = -at$loss), satterthwaite(data, theta, heterogeneous)), 1e-6) })

kind("mmrm_compound_symmetry", function(i) {
  data <- patients(3 * i); v <- ncol(data); if (!enough(data)) return(NULL); long <- long_of(data)
  long$visit <- factor(long$visit)
  fit <- quiet(lmer(y ~ visit + (1 | id), long, control = lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-14))))
  if (isSingular(fit, tol = 1e-3)) return(NULL)
  answer <- list(reml_loglik = as.numeric(logLik(fit)))
  for (j in 2:v) { l <- as.numeric(seq_len(v) == j); s <- contest1D(fit, l, ddf = "Satterthwaite")
    k <- contest1D(fit, l, ddf = "Kenward-Roger")
    answer[[paste0("v", j, "_minus_v1")]] <- list(estimate = s$Estimate, se = s$`Std. Error`, df_satterthwaite = s$df,
      se_kr = k$`Std. Error`, df_kr = k$df) }
  add("mmrm_compound_symmetry", list(data = data), answer, 1e-4) })

# Days to a first event (1), to death before one (2), or to the end of follow-up (0).
kind("cumulative_incidence", function(i) {
  n <- one(3:6, 20, 64); days <- sample(one(5, 40, 1100), n, replace = TRUE)
  status <- sample(0:2, n, replace = TRUE, prob = list(c(6, 3, 1), c(1, 1, 0), c(1, 1, 1))[[i %% 3 + 1]])
  if (!any(status == 1)) return(NULL)
  day <- max(1, sample(max(days), 1))
  s <- summary(survfit(Surv(days, factor(status, 0:2)) ~ 1), times = day, extend = TRUE); value <- s$pstate[1, 2]
  stopifnot(abs(value - timepoints(cuminc(days, status), day)$est[paste(1, 1), 1]) < 1e-9)
  # variance of Marubini and Valsecchi (1995)
  times <- sort(unique(days[days <= day])); left <- 1; total <- 0; I <- S <- n <- d1 <- d <- numeric(0)
  for (t in times) { n <- c(n, sum(days >= t)); d1 <- c(d1, sum(days == t & status == 1))
    d <- c(d, sum(days == t & status > 0)); k <- length(n)
    S <- c(S, left); total <- total + left * d1[k] / n[k]; I <- c(I, total); left <- left * (1 - d[k] / n[k]) }
  rest <- value - I; first <- ifelse(rest == 0, 0, rest^2 * d / (n * (n - d)))
  se <- sqrt(sum(first) + sum(S^2 * (n - d1) * d1 / n^3) - 2 * sum(rest * S * d1 / n^2))
  add("cumulative_incidence", list(days = days, status = status, day = day),
    c(list(value = value), if (se > 1e-6) list(se = se)), 1e-8) })

write_vectors("tests/reference/r/models.R", c("nlme", "lme4", "lmerTest", "pbkrtest", "numDeriv", "survival", "cmprsk"))
