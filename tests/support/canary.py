"""A cohort with a canary in every kind of field: names, numbers, days and words that occur nowhere else in the world."""

import csv
from pathlib import Path

import numpy as np

COHORT = """\
id: canary
title: A cohort with canaries
synthetic: true
privacy: {privacy}
files:
  - {{path: patients.csv, shape: subject}}
  - {{path: visits.csv, shape: visit}}
  - {{path: events.csv, shape: event}}
columns:
  case_no: {{role: USUBJID}}
  sex: {{role: SEX}}
  age: {{role: AGE}}
  start: {{role: TRTSDT, format: "%Y-%m-%d"}}
  why_left: {{role: DCSREAS}}
  status: {{role: EOSSTT, codes: {{done: COMPLETED, left: DISCONTINUED}}}}
  end: {{role: EOSDT, format: "%Y-%m-%d"}}
  visit: {{role: AVISIT}}
  day: {{role: ADT, format: "%Y-%m-%d"}}
  das28: {{paramcd: DAS28ESR}}
  haq: {{paramcd: HAQDI}}
  crp: {{paramcd: CRP, unit: mg/L}}
  alt: {{paramcd: ALT, unit: U/L}}
  told: {{role: AETERM}}
  term: {{role: AEDECOD}}
  class: {{role: AEBODSYS}}
  begun: {{role: ASTDT, format: "%Y-%m-%d"}}
  serious: {{role: AESER, codes: {{"yes": "Y", "no": "N"}}}}
  grade: {{role: AETOXGR}}
  nurse: {{role: IGNORE}}
visits:
  BL: {{labels: [first], day: 0, window: [-30, 0]}}
  Y1: {{labels: [year], day: 365, window: [305, 425]}}
treatment_start: {{from: column}}
"""
#: Kind of field -> a canary that is planted in it.
CANARIES = {
    "identifier": "QX-70017", "name": "Ottokar Pfefferkorn", "Chinese name": "欧阳翡翠", "telephone": "13876540917",
    "free text": "lives above the lighthouse", "day": "2013-02-17", "reason": "married a zookeeper",
    "reported event": "kitchen knife slipped", "term": "Gastric volvulus",
}  # fmt: skip
PATIENTS = 43


def write_canaries(folder: Path, privacy: str) -> Path:
    """Write the cohort: forty-three patients, the seventeenth with a canary in every field."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cohort.yml").write_text(COHORT.format(privacy=privacy), "utf-8")
    draw = np.random.default_rng(4711)
    patients, visits, events = [], [], []
    for number in range(1, PATIENTS + 1):
        marked, case = number == 17, f"QX-{70000 + number}"
        left = number % 5 == 0
        reason = CANARIES["reason"] if marked else "moved away" if left else ""
        names = [CANARIES["name"], CANARIES["Chinese name"], CANARIES["telephone"], CANARIES["free text"]] if marked else [
            f"Person {number:03d}", "", f"0000-{number:03d}", ""]  # fmt: skip
        patients.append([case, "F" if number % 3 else "M", 40 + number % 30, f"2013-03-{number % 28 + 1:02d}", reason,
                         "left" if left or marked else "done", "2014-06-01", *names])  # fmt: skip
        for visit, shift in (("first", 0.0), ("year", -1.0)):
            if visit == "first" or not left:
                year = 2013 if visit == "first" else 2014
                day = CANARIES["day"] if marked and year == 2013 else f"{year}-03-{number % 28 + 1:02d}"
                das, haq = 5.2 + shift + draw.normal(0, 0.8), max(0.0, 8 * round(1.2 + shift / 2 + draw.normal(0, 0.3)) / 8)
                crp, alt = f"{draw.lognormal(2.5, 0.7):.1f}", f"{draw.lognormal(3, 0.3):.0f}"
                visits.append([case, visit, day, f"{das:.2f}", haq, crp, alt])
        if number % 2 or marked:
            told, term = (CANARIES["reported event"], CANARIES["term"]) if marked else ("cold", "Nasopharyngitis")
            grave = ["yes", 3, CANARIES["name"]] if marked else ["no", 1, ""]
            events.append([case, told, term, "Infections and infestations", f"2013-0{number % 5 + 4}-11", *grave])
    heads = (["case_no", "sex", "age", "start", "why_left", "status", "end", "name", "name_zh", "phone", "remark"],
             ["case_no", "visit", "day", "das28", "haq", "crp", "alt"],
             ["case_no", "told", "term", "class", "begun", "serious", "grade", "nurse"])  # fmt: skip
    for name, head, lines in zip(("patients", "visits", "events"), heads, (patients, visits, events), strict=True):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *lines])
    return folder
