"""What the cohort folder says about itself: `cohort.yml` for the program, `README.md` for people."""

import hashlib
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np

from racohort.simulate.calibration import haq_di
from racohort.simulate.exports import (
    CLINIC,
    CLINIC_VISITS,
    EVENT,
    GRADE,
    ID,
    INFUSED,
    ITEM,
    LABORATORY_VISITS,
    RESULT,
    SAMPLED,
    STARTED,
    STOPPED,
    UNIT,
    VISIT,
    WORDS,
    Table,
)
from racohort.simulate.patients import Population
from racohort.simulate.values import HAQ

Parameters = Mapping[str, Any]

#: Raw file -> shape and encoding; the sheet of the workbook is named.
FILES = {
    "demographics": ("raw/demographics.xlsx", "subject", "sheet: 病人信息"),
    "visits": ("raw/visits.csv", "visit", "encoding: utf-8-sig"),
    "laboratory": ("raw/laboratory.csv", "long", "encoding: gb18030"),
    "adverse_events": ("raw/adverse_events.csv", "event", "encoding: utf-8"),
    "medication": ("raw/medication.csv", "event", "encoding: utf-8"),
}

_YES_NO = ("Y", "N")
#: Heading -> role, and the words of the export that stand for words of the analysis.
ROLES: dict[str, tuple[str, Sequence[str]]] = {
    ID: ("USUBJID", ()), "性别 Sex": ("SEX", ("F", "M")), "年龄 Age (years)": ("AGE", ()),
    "病程 Disease duration (years)": ("DISDUR", ()), "BMI": ("COVARIATE", ()), INFUSED: ("TRTSDT", ()),
    "研究状态 Status": ("EOSSTT", ("COMPLETED", "DISCONTINUED")), "结束日期 End of study": ("EOSDT", ()),
    "退出原因 Reason": ("DCSREAS", ()), VISIT: ("AVISIT", ()), "访视日期 Visit date": ("ADT", ()), SAMPLED: ("ADT", ()),
    ITEM: ("PARAM", ()), RESULT: ("AVAL", ()), UNIT: ("AVALU", ()), "参考下限 Low": ("ANRLO", ()), "参考上限 High": ("ANRHI", ()),
    EVENT: ("AETERM", ()), "首选术语 Preferred term": ("AEDECOD", ()), "系统器官分类 System organ class": ("AEBODSYS", ()),
    STARTED: ("ASTDT", ()), STOPPED: ("AENDT", ()), GRADE: ("AETOXGR", ()), "严重 Serious": ("AESER", _YES_NO),
    "与输注关系 Relationship": ("AEREL", ("RELATED", "NOT RELATED")), "转归 Outcome": ("AEOUT", ("RECOVERED", "NOT RECOVERED")),
    "药物 Drug": ("IGNORE", ()), "通用名 Generic name": ("CMDECOD", ()), "类别 Class": ("CMCLAS", ()),
    "剂量 Dose": ("CMDOSE", ()),
    "剂量单位 Dose unit": ("CMDOSU", ()), "变更 Change": ("CMACT", ("BASELINE", "START", "STOP", "INCREASE", "DECREASE")),
}  # fmt: skip


def describe_cohort(parameters: Parameters, seed: int, files: Mapping[str, bytes], tables: Mapping[str, Table]) -> str:
    """The text of `cohort.yml`; `files` holds the raw files by path, `tables` their rows; a table without rows has no file.

    A cohort from a seed that is not the parameter file's own has the seed in its id, so that two cohorts never share one.
    """
    name = parameters["id"] if seed == parameters["seed"] else f"{parameters['id']}-{seed}"
    lines = [f"id: {name}", f"title: {_quoted(parameters['title'])}", "synthetic: true", "privacy: internal", "files:"]
    lines += [_file(table, files, len(rows)) for table, rows in tables.items() if rows]
    headings = {heading for rows in tables.values() for heading in (rows[0] if rows else ())} - {ITEM, SAMPLED}
    lines += ["columns:", *(_role(heading) for heading in ROLES if heading in headings), _sampled()]
    lines += _items(parameters)
    lines += [f"  {_quoted(heading)}: {{paramcd: {code}{_unit(code)}}}" for code, heading in CLINIC.items()]
    lines += ["visits:", *_visits(parameters)]
    lines.append(f"treatment_start: {{from: column, column: {_quoted(INFUSED)}}}")
    lines.append('missing: ["", "-", 未查]')
    last = parameters["visits"]["study_end"]
    lines.append(f"study: {{start: {parameters['visits']['study_start']}, end: {last}, timezone: Asia/Shanghai}}")
    lines.append("das28_variant: ESR4")
    analysis = parameters["analysis_seed"]
    lines.append(f"parameters: {{alpha: 0.05, primary_visit: Y1, primary: [DAS28, HAQDI], seed: {analysis}}}")
    return "\n".join(lines) + "\n"


def _file(table: str, files: Mapping[str, bytes], rows: int) -> str:
    path, shape, extra = FILES[table]
    digest = hashlib.sha256(files[path]).hexdigest()
    return f"  - {{path: {path}, shape: {shape}, {extra}, expected_rows: {rows},\n     sha256: {digest}}}"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _role(heading: str) -> str:
    role, words = ROLES[heading]
    letters = {"F": "F", "M": "M"} if role == "SEX" else {}
    codes = {WORDS[word]: word for word in words} | letters
    said = ", codes: {" + ", ".join(f"{_quoted(text)}: {_quoted(word)}" for text, word in codes.items()) + "}" if codes else ""
    form = ', format: "%Y-%m-%d"' if role in ("ADT", "TRTSDT", "EOSDT", "ASTDT", "AENDT") else ""
    return f"  {_quoted(heading)}: {{role: {role}{form}{said}}}"


def _sampled() -> str:
    return f'  {_quoted(SAMPLED)}: {{role: ADT, format: "%Y/%m/%d"}}'


def _items(parameters: Parameters) -> list[str]:
    analytes = parameters["laboratory"].items()
    names = [f"      {_quoted(analyte['item'])}: {code}" for code, analyte in analytes]
    return [f"  {_quoted(ITEM)}:", "    role: PARAM", "    codes:", *names]


def _unit(code: str) -> str:
    return "" if code in ("TJC28", "SJC28", *HAQ) else ", unit: mm"


def _visits(parameters: Parameters) -> list[str]:
    visits = parameters["visits"]
    columns = ("labels", "days", "lower_windows", "upper_windows")
    rows = zip(*(visits[column] for column in columns), CLINIC_VISITS, LABORATORY_VISITS, strict=True)
    return [f"  {code}: {{labels: [{_quoted(clinic)}, {_quoted(lab)}], day: {day}, window: [{low}, {high}]}}"
            for code, day, low, high, clinic, lab in rows]  # fmt: skip


def describe_for_people(parameters: Parameters, seed: int, population: Population, faults: Sequence[Mapping[str, str]]) -> str:
    """The text of the folder's README: what it is, how it was made, what is in it, in numbers computed from it."""
    search = parameters["seed_search"] if seed == parameters["seed"] else UNSEARCHED
    labels = parameters["visits"]["labels"]
    came = ", ".join(f"{label} {count}" for label, count in zip(labels, population.seen.sum(axis=0), strict=True))
    return README.format(
        title=parameters["title"], seed=seed, n=len(population.patients), came=came, faults=len(faults),
        threshold=parameters["patients"]["selection_das28"], search=fill(search + AFTER_SEARCH, 130), header=" | ".join(labels),
        rule="|".join(["---"] * (len(labels) + 1)), table="\n".join(_summary(population)),
    )  # fmt: skip


def _summary(population: Population) -> list[str]:
    values = {**population.values, "HAQDI": haq_di(population.values)}
    shown = {"DAS28ESR": 2, "HAQDI": 2, "ESR": 1, "CRP": 1, "RF": 1, "ACCP": 1, "TJC28": 1, "SJC28": 1, "PTGA": 1}
    cells = {code: " | ".join(_cell(column, digits) for column in values[code].T) for code, digits in shown.items()}
    return [f"| {code} | {row} |" for code, row in cells.items()]


def _cell(column: Any, digits: int) -> str:
    there = column[~np.isnan(column)]
    if len(there) < 2:
        return f"– ({len(there)})"
    return f"{there.mean():.{digits}f} ± {there.std(ddof=1):.{digits}f} ({np.median(there):.{digits}f}; {len(there)})"


#: What the README says where the seed is not the parameter file's own, and what it says after either.
UNSEARCHED = "This seed was given by whoever made the cohort; nobody looked for one with which the abstract's pattern holds."
AFTER_SEARCH = (
    " A cohort from another seed may well miss part of the pattern or show more of it. Whether the pattern holds here is"
    " therefore no result, and no p-value of this cohort may be quoted as a finding."
)

README = """# {title}

{n} patients who do not exist. The paper (Wang 2019, doi:10.2147/DDDT.S225613) shares no patient data, and of the
paper only the abstract is known to this project. This cohort was made by a program so that there is something to run
the analysis on. It is no evidence about any treatment, and everything made from it carries the mark "synthetic
cohort".

## How it was made

`racohort synthesise` reads `parameters.yml` and the seed {seed}, and writes everything else in this folder; the same
file and seed give the same bytes. Each number in `parameters.yml` says what it rests on: `abstract`, `external
anchor` (with its source) or `assumption`. Most are assumptions.

- Latent normal variables, correlated between variables and between visits, are turned into counts, scales and
  laboratory values.
- DAS28 is never drawn: it is computed from joint counts, ESR and the patient's global assessment.
- Candidates are enrolled only when their observed baseline DAS28-ESR is above {threshold}, so that regression to the
  mean is in the data, as in every trial that enrols active patients.
- The follow-up values were set to be lower, after the abstract. There is no treatment effect in the sense of a cause:
  there are no cells, no control arm, and no disease.
- Laboratory values outside the acute phase are those of healthy people, so about one value in twenty lies outside its
  range. A cohort without any would be a data-quality finding.
- Leaving the study depends on the DAS28 of the visit before. Patients seen: {came}.

## The seed

{search}

## What the calibration shows

As drawn, before the typing errors and before the limits of the assays: mean ± SD (median; patients).

| | {header} |
|{rule}|
{table}

`tests/test_simulate.py` checks this cohort (the pattern, the ranges, the files byte by byte) and the generator
(margins, correlations, bounds) on other seeds.

## What is in the folder

| file | what it is |
|---|---|
| `parameters.yml` | every number the cohort is made from, with its ground; edit this one to make another cohort |
| `cohort.yml` | what the columns mean, as for a real cohort |
| `raw/demographics.xlsx` | one row a patient |
| `raw/visits.csv` | the clinic's sheet: joint counts, scales and the eight HAQ categories, one row a visit |
| `raw/laboratory.csv` | the laboratory's export (GB18030), one row a result, with the laboratory's own ranges |
| `raw/adverse_events.csv`, `raw/medication.csv` | events and medication with its changes |
| `faults.csv` | the {faults} errors put into the raw files: where, what stood there, what cleaning should do |
"""
