# What the scripts beside this one share: reading their arguments, drawing, collecting vectors, writing them as JSON.

arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) < 2) stop("usage: Rscript SCRIPT.R REPEATS OUT.json [FUNCTION,FUNCTION]")
repeats <- as.integer(arguments[1])
wanted <- if (length(arguments) > 2) strsplit(arguments[3], ",")[[1]] else NULL
set.seed(20191219)
vectors <- list()

# One vector: named inputs, what R answers, and how far an answer may be off (absolutely or relatively).
add <- function(name, inputs, expected, tol = 1e-8) {
  same <- sum(vapply(vectors, function(v) v$`function` == name, TRUE))
  id <- sprintf("r-%s-%03d", name, same + 1)
  vectors[[length(vectors) + 1]] <<- list(id = id, `function` = name, inputs = inputs, expected = expected, tol = tol)
}
kind <- function(name, draw) if (is.null(wanted) || name %in% wanted) for (i in seq_len(repeats)) draw(i)
one <- function(...) sample(c(...), 1)
quiet <- function(x) suppressWarnings(suppressMessages(x))
ends <- function(x) I(as.numeric(x))

write_vectors <- function(made_with, packages) {
  versions <- sapply(packages, function(p) as.character(packageVersion(p)))
  meta <- list(made_with = made_with, R = as.character(getRversion()), packages = as.list(versions))
  lines <- vapply(vectors, jsonlite::toJSON, "", auto_unbox = TRUE, digits = NA, na = "null")
  head <- paste0('{"meta": ', jsonlite::toJSON(meta, auto_unbox = TRUE), ",")
  writeLines(c(head, '"vectors": [', paste(lines, collapse = ",\n"), "]}"), arguments[2])
}
