# A report on one cohort of patients with rheumatoid arthritis. `make` lists the commands.
# Variables reach the programs through the environment, as they were typed: never expanded, never on a shell line.
MAKEOVERRIDES =
unexport $(foreach name,$(.VARIABLES),$(if $(filter command%,$(origin $(name))),$(name)))
export RC_COHORT := $(value COHORT)
export RC_COHORTS := $(value COHORTS)
export RC_SCHEDULER := $(value SCHEDULER)
export RC_SET := $(value SET)
export RC_RUN := $(value RUN)
export RC_ONLY := $(value ONLY)
export RC_FORMATS := $(value FORMATS)
export RC_PRIVACY := $(value PRIVACY)
export RC_FORCE := $(value FORCE)
export RC_KEEP_GOING := $(value KEEP_GOING)
export RC_VERBOSE := $(value VERBOSE)
export RC_PAPER := $(value PAPER)
export RC_OUT := $(value OUT)
export RC_PARAMETERS := $(value PARAMETERS)
export RC_SEED := $(value SEED)
export RC_NAME := $(value NAME)
export RC_FROM := $(value FROM)
export RC_COPY := $(value COPY)
export RC_PART := $(value PART)
export RC_SCENARIOS := $(value SCENARIOS)
export RC_REPS := $(value REPS)
export RC_COUNT := $(value COUNT)
export RC_MINUTES := $(value MINUTES)
export RC_ARGS := $(value ARGS)
export RC_PYTHON := $(or $(value PYTHON),python3)
export PYTHONPATH := $(CURDIR)/src
# Otherwise every process would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE
GIVEN := $(filter command% environment%,$(origin PYTHON))
VENV := .venv
RACOHORT := $(VENV)/bin/python -m racohort
SETUP := "$$RC_PYTHON" -I src/racohort/environment.py
MADE_HERE := $(findstring <$(CURDIR)>,<$(shell head -n 1 $(VENV)/ready 2>/dev/null)>)

.PHONY: help report reports test bench power torture lint lab check compare verify cohort synthesise doctor clean distclean always
.SUFFIXES:

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s%s\n", $$1, $$2 }'

report: $(VENV)/ready ## the report on a cohort: COHORT=name-or-folder SET="k=v" RUN=name FORMATS="pdf docx" PRIVACY=publish PAPER=folder ONLY= FORCE=1
	@$(RACOHORT) report
reports: $(VENV)/ready ## many reports: COHORTS="names", a folder of cohorts, or a table of runs; SCHEDULER=address of Dask
	@$(RACOHORT) reports
test: $(VENV)/ready ## the whole test suite: ARGS="-k safety"
	@$(RACOHORT) test
bench: $(VENV)/ready ## how long cleaning, the mixed model, notebooks and a whole report take: ARGS="cleaning"
	@$(RACOHORT) bench
power: $(VENV)/ready ## trials simulated: error, power, bias, coverage, and how many patients: SCENARIOS=table REPS= SCHEDULER=
	@$(RACOHORT) power
torture: $(VENV)/ready ## the long runs of faulty files, kills and failing writes: PART=name COUNT= SEED= MINUTES=
	@$(RACOHORT) torture
lint: $(VENV)/ready ## style, types, who imports whom
	@$(RACOHORT) lint
lab: $(VENV)/ready ## JupyterLab on the notebooks
	@$(RACOHORT) lab
check: $(VENV)/ready ## read and clean a cohort only, and print the findings: COHORT= OUT=folder
	@$(RACOHORT) check
compare: $(VENV)/ready ## a book about finished runs side by side: COHORTS="a b a--run"
	@$(RACOHORT) compare
verify: $(VENV)/ready ## make a finished run again elsewhere, and compare: COHORT= RUN=
	@$(RACOHORT) verify
cohort: $(VENV)/ready ## describe files of a new cohort as far as they tell: NAME=name FROM="file 'a file'" COPY=1
	@$(RACOHORT) cohort
synthesise: $(VENV)/ready ## make a synthetic cohort: PARAMETERS=file SEED=number OUT=folder
	@$(RACOHORT) synthesise
doctor: ## what is installed, what is missing, how to get it
	@$(SETUP) doctor
clean: ## remove what runs made; never anything under data/
	@$(SETUP) clean
distclean: ## the same, and the environment .venv
	@$(SETUP) distclean

$(VENV)/ready: requirements.lock pyproject.toml $(if $(GIVEN),always,$(if $(MADE_HERE),,always))
	@$(SETUP) $(if $(GIVEN),set-up,set-up-keeping)
