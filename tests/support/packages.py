"""One small study written three times: as plain tables, as an ADaM package and as an SDTM package."""

import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

VISITS = {"BL": ("Baseline", 0), "W12": ("Week 12", 84), "W24": ("Week 24", 168)}
#: PARAMCD here: code and label in the standards, unit of the trial, factor to our unit, decimals, mean and SD in our unit.
TESTS = {
    "ALT": ("ALT", "Alanine Aminotransferase", "U/L", 1.0, 0, 25.0, 8.0),
    "HGB": ("HGB", "Hemoglobin", "g/dL", 10.0, 1, 130.0, 12.0),
    "CREAT": ("CREAT", "Creatinine", "umol/L", 1.0, 0, 70.0, 12.0),
    "WBC": ("WBC", "Leukocytes", "10^9/L", 1.0, 1, 7.0, 1.5),
    "CRP": ("CRP", "C Reactive Protein", "mg/dL", 10.0, 2, 20.0, 8.0),
}
RANGES = {"ALT": ("10", "40"), "HGB": ("12", "17"), "CREAT": ("44", "97"), "WBC": ("4", "11"), "CRP": ("0", "0.8")}


class Trial:
    """The study as frames of text: `patients`, `values` (one row a measurement, in the trial's units) and `events`."""

    def __init__(self, seed: int, n: int = 8) -> None:
        draw = np.random.default_rng(seed)
        ids = [f"RA-01-{number:03d}" for number in range(1, n + 1)]
        starts = [datetime.date(2014, 1, 6) + datetime.timedelta(int(day)) for day in draw.integers(0, 90, n)]
        arms = ["Cells", "Control"] * (n // 2)
        self.patients = pd.DataFrame(
            {"id": ids, "sex": draw.choice(["M", "F"], n), "age": draw.integers(20, 75, n).astype(str), "arm": arms,
             "start": [day.isoformat() for day in starts]}
        )  # fmt: skip
        rows = [self._value(one, start, visit, code, draw) for one, start in zip(ids, starts, strict=True) for visit in VISITS
                for code in TESTS if draw.random() > 0.08 or visit == "BL"]  # fmt: skip
        self.values = pd.DataFrame(rows)
        self.events = pd.DataFrame(
            [(one, term, "Infections and infestations", grade, serious, (start + datetime.timedelta(day)).isoformat())
             for one, start, term, grade, serious, day in zip(
                 ids[:4], starts, ["Influenza", "Pneumonia", "Influenza", "Cystitis"], "1321", "NYNN", (3, 40, 100, 9),
                 strict=False)],
            columns=["id", "term", "soc", "grade", "serious", "start"],
        )  # fmt: skip

    @staticmethod
    def _value(one: str, start: datetime.date, visit: str, code: str, draw: np.random.Generator) -> dict[str, str]:
        _, _, unit, factor, digits, mean, spread = TESTS[code]
        value = max(mean + spread * draw.standard_normal(), mean / 5) / factor
        text = f"{value:.{digits}f}" if code != "CRP" or value > 1.2 else "<1.2"
        day = start + datetime.timedelta(VISITS[visit][1])
        return {"id": one, "visit": visit, "date": day.isoformat(), "code": code, "value": text, "unit": unit}


def plain(trial: Trial, folder: Path, **more: Any) -> str:
    """The study as a list of patients, a long table and a table of events."""
    files = {"patients.csv": trial.patients, "values.csv": trial.values, "events.csv": trial.events}
    columns = {
        "id": {"role": "USUBJID"}, "sex": {"role": "SEX"}, "age": {"role": "AGE"}, "arm": {"role": "ARM"},
        "visit": {"role": "AVISIT"}, "date": {"role": "ADT"}, "code": {"role": "PARAM"}, "value": {"role": "AVAL"},
        "unit": {"role": "AVALU"}, "term": {"role": "AEDECOD"}, "soc": {"role": "AEBODSYS"}, "grade": {"role": "AETOXGR"},
        "serious": {"role": "AESER"},
    }  # fmt: skip
    own = {"patients.csv": {"start": {"role": "TRTSDT"}}, "events.csv": {"start": {"role": "ASTDT"}}}
    shapes = {"patients.csv": "subject", "values.csv": "long", "events.csv": "event"}
    return _write(folder, files, shapes, {"columns": columns} | more, own)


def adam(trial: Trial, folder: Path, kind: str = "csv", **more: Any) -> str:
    """The study as ADSL, ADLB and ADAE, with what such data sets hold besides: flags, derived rows, other parameters."""
    start = trial.patients.set_index("id")["start"]
    adsl = pd.DataFrame({
        "STUDYID": "S1", "USUBJID": trial.patients["id"], "SUBJID": trial.patients["id"].str[-3:], "AGE": trial.patients["age"],
        "AGEU": "YEARS", "SEX": trial.patients["sex"], "TRT01P": trial.patients["arm"], "TRT01A": trial.patients["arm"],
        "SAFFL": "Y", "TRTSDT": trial.patients["start"],
    })  # fmt: skip
    said = trial.values
    adlb = pd.DataFrame({
        "STUDYID": "S1", "USUBJID": said["id"], "TRTA": said["id"].map(trial.patients.set_index("id")["arm"]),
        "PARAMCD": said["code"].map(lambda code: TESTS[code][0]),
        "PARAM": said["code"].map(lambda code: f"{TESTS[code][1]} ({TESTS[code][2]})"),
        "AVISIT": said["visit"].map(lambda visit: VISITS[visit][0]), "ADT": said["date"],
        "AVAL": said["value"].str.removeprefix("<"), "AVALC": said["value"],
        "ANRLO": said["code"].map(lambda code: RANGES[code][0]), "ANRHI": said["code"].map(lambda code: RANGES[code][1]),
        "ABLFL": np.where(said["visit"] == "BL", "Y", ""), "ANL01FL": "Y", "DTYPE": "",
    })  # fmt: skip
    baseline = adlb["AVISIT"] == "Baseline"
    adlb.loc[baseline & (adlb["PARAMCD"] == "ALT"), "AVISIT"] = "Screening"
    carried = adlb[adlb["AVISIT"] == "Week 12"].assign(AVISIT="Week 24", DTYPE="LOCF")
    beside = adlb[adlb["AVISIT"] == "Week 24"].head(3).assign(AVAL="99", AVALC="99", ANL01FL="")
    other = adlb.head(2).assign(PARAMCD="XYZ", PARAM="Unknown test (1)")
    adlb = pd.concat([adlb, carried, beside, other], ignore_index=True)
    adae = pd.DataFrame({
        "STUDYID": "S1", "USUBJID": trial.events["id"], "AEDECOD": trial.events["term"], "AEBODSYS": trial.events["soc"],
        "AETOXGR": trial.events["grade"], "AESER": trial.events["serious"], "ASTDT": trial.events["start"],
        "TRTEMFL": "Y", "TRTSDT": trial.events["id"].map(start),
    })  # fmt: skip
    return _package(folder, {"adsl": adsl, "adlb": adlb, "adae": adae}, "adam", kind, more)


def sdtm(trial: Trial, folder: Path, kind: str = "csv", **more: Any) -> str:
    """The study as DM, EX, LB and AE, with times, original results, tests not done and urine beside blood."""
    people = trial.patients
    dm = pd.DataFrame({
        "STUDYID": "S1", "DOMAIN": "DM", "USUBJID": people["id"], "RFSTDTC": "", "SEX": people["sex"], "AGE": people["age"],
        "AGEU": "YEARS", "ARMCD": people["arm"].str[:4].str.upper(), "ARM": people["arm"],
    })  # fmt: skip
    later = people.assign(start=(pd.to_datetime(people["start"]) + pd.Timedelta(84, "D")).dt.strftime("%Y-%m-%d"))
    doses = pd.concat([later, people], ignore_index=True)
    ex = pd.DataFrame({"STUDYID": "S1", "DOMAIN": "EX", "USUBJID": doses["id"], "EXTRT": "CELLS", "EXSTDTC": doses["start"]})
    said = trial.values
    number = said["value"].where(~said["value"].str.startswith("<"), "")
    lb = pd.DataFrame({
        "STUDYID": "S1", "DOMAIN": "LB", "USUBJID": said["id"], "LBTESTCD": said["code"].map(lambda code: TESTS[code][0]),
        "LBTEST": said["code"].map(lambda code: TESTS[code][1]), "LBORRES": said["value"], "LBORRESU": said["unit"],
        "LBSTRESC": said["value"], "LBSTRESN": number, "LBSTRESU": said["unit"],
        "LBSTNRLO": said["code"].map(lambda code: RANGES[code][0]), "LBSTNRHI": said["code"].map(lambda code: RANGES[code][1]),
        "LBSTAT": "", "LBSPEC": "BLOOD", "VISITNUM": said["visit"].map(list(VISITS).index) + 1,
        "VISIT": said["visit"].map(lambda visit: VISITS[visit][0].upper()), "LBDTC": said["date"] + "T08:30",
    })  # fmt: skip
    blank = {"LBORRES": "", "LBSTRESC": "", "LBSTRESN": "", "LBSTAT": "NOT DONE", "LBTESTCD": "GGT", "LBTEST": "GGT"}
    urine = {"LBTESTCD": "GLUC", "LBTEST": "Glucose", "LBSPEC": "URINE", "LBSTRESU": "mmol/L", "LBORRESU": "mmol/L"}
    lb = pd.concat([lb, lb.head(2).assign(**blank), lb.head(2).assign(**urine)], ignore_index=True)
    ae = pd.DataFrame({
        "STUDYID": "S1", "DOMAIN": "AE", "USUBJID": trial.events["id"], "AETERM": trial.events["term"].str.lower(),
        "AEDECOD": trial.events["term"], "AEBODSYS": trial.events["soc"], "AETOXGR": trial.events["grade"],
        "AESER": trial.events["serious"], "AESTDTC": trial.events["start"],
    })  # fmt: skip
    return _package(folder, {"dm": dm, "ex": ex, "lb": lb, "ae": ae}, "sdtm", kind, more)


def _package(folder: Path, frames: dict[str, pd.DataFrame], shape: str, kind: str, more: dict[str, Any]) -> str:
    files = {f"{name}.{kind}": frame for name, frame in frames.items()}
    return _write(folder, files, dict.fromkeys(files, shape), more, {})


def _write(
    folder: Path, files: dict[str, pd.DataFrame], shapes: dict[str, str], more: dict[str, Any], own: dict[str, Any]
) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in files.items():
        _frame(folder / name, frame.astype(str))
    listed = [{"path": name, "shape": shapes[name], "columns": own.get(name, {})} for name in files]
    visits = {code: {"labels": [label, label.upper()], "day": day} for code, (label, day) in VISITS.items()}
    start = {"treatment_start": {"from": "column", "column": "start"}}
    (folder / "cohort.yml").write_text(json.dumps({"id": "trial", "files": listed, "visits": visits} | start | more), "utf-8")
    return str(folder)


def _frame(path: Path, frame: pd.DataFrame) -> None:
    if path.suffix == ".xpt":
        pyreadstat.write_xport(frame, path, table_name=path.stem.upper(), file_format_version=5)
    else:
        frame.to_csv(path, index=False)
