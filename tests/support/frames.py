"""A small study made of random numbers, in the frames that cleaning promises, to try the sections against."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from racohort.io.criteria import add_criteria
from racohort.plan import Plan, Visit
from racohort.terms import ADAE, ADCM, ADSL, BDS

#: PARAMCD: label, unit, panel, domain, scale, direction, digits, efficacy, safety, component, possible range, reference range m/f
ANALYTES = {
    "WBC": ("Leucocytes", "10^9/L", "Blood count", "LB", "linear", "none", 1, 0, 1, 0, (0.1, 100), (4, 11, 4, 11), (6.8, 1.6)),
    "HGB": ("Haemoglobin", "g/L", "Blood count", "LB", "linear", "none", 0, 0, 1, 0, (30, 220), (140, 180, 120, 160), (136, 12)),
    "ALT": ("Alanine aminotransferase", "U/L", "Liver", "LB", "log", "none", 0, 0, 1, 0, (1, 5000), (10, 40, 10, 40), (22, 8)),
    "CREAT": ("Creatinine", "umol/L", "Kidney", "LB", "linear", "none", 0, 0, 1, 0, (5, 2000), (62, 115, 44, 97), (70, 12)),
    "IGG": ("Immunoglobulin G", "g/L", "Immunoglobulins", "LB", "log", "none", 1, 0, 1, 0, (0.5, 60), (8, 15, 8, 15), (12, 2)),
    "ESR": (
        "Erythrocyte sedimentation rate",
        "mm/h",
        "Acute phase",
        "LB",
        "log",
        "lower",
        0,
        1,
        0,
        1,
        (1, 200),
        (0, 15, 0, 20),
        (45, 20),
    ),
    "CRP": ("C-reactive protein", "mg/L", "Acute phase", "LB", "log", "lower", 1, 1, 0, 1, (0, 500), (0, 8, 0, 8), (18, 15)),
    "RF": (
        "Rheumatoid factor",
        "IU/mL",
        "Autoantibodies",
        "LB",
        "log",
        "lower",
        0,
        1,
        0,
        0,
        (0, 5000),
        (0, 20, 0, 20),
        (150, 120),
    ),
    "ACCP": ("Anti-CCP", "U/mL", "Autoantibodies", "LB", "log", "lower", 0, 1, 0, 0, (0, 10000), (0, 20, 0, 20), (220, 150)),
    "TJC28": ("Tender joints (28)", "joints", "Joint counts", "QS", "count", "lower", 0, 1, 0, 1, (0, 28), None, (8, 4)),
    "SJC28": ("Swollen joints (28)", "joints", "Joint counts", "QS", "count", "lower", 0, 1, 0, 1, (0, 28), None, (6, 3)),
    "PTGA": (
        "Patient global assessment",
        "mm",
        "Patient-reported",
        "QS",
        "linear",
        "lower",
        0,
        1,
        0,
        1,
        (0, 100),
        None,
        (52, 18),
    ),
    "HAQDI": ("HAQ-DI", "score", "Function", "QS", "linear", "lower", 3, 1, 0, 0, (0, 3), None, (1.1, 0.5)),
    "DAS28ESR": ("DAS28-ESR", "score", "Composite score", "QS", "linear", "lower", 2, 1, 0, 0, (0, 9.5), None, (5.2, 1.0)),
}


@dataclass(frozen=True)
class ExampleStudy:
    """The frames of one made-up study."""

    plan: Plan
    catalogue: pd.DataFrame
    adsl: pd.DataFrame
    adlb: pd.DataFrame
    adqs: pd.DataFrame
    adae: pd.DataFrame
    adcm: pd.DataFrame


def example_catalogue() -> pd.DataFrame:
    """The catalogue of the example study, index PARAMCD."""
    rows = []
    for code, (label, unit, panel, domain, scale, direction, digits, eff, safe, part, possible, ranges, _) in ANALYTES.items():
        low_m, high_m, low_f, high_f = ranges or (np.nan,) * 4
        rows.append(
            {
                "PARAMCD": code,
                "PARAM": label,
                "label_zh": "",
                "AVALU": unit,
                "PARCAT1": panel,
                "domain": domain,
                "scale": scale,
                "direction": direction,
                "digits": digits,
                "efficacy": bool(eff),
                "safety": bool(safe),
                "component": bool(part),
                "possible_low": possible[0],
                "possible_high": possible[1],
                "plausible_low": np.nan,
                "plausible_high": np.nan,
                "range_low_m": low_m,
                "range_high_m": high_m,
                "range_low_f": low_f,
                "range_high_f": high_f,
                "units": {},
            }
        )
    return add_criteria(pd.DataFrame(rows).set_index("PARAMCD"))


def example_plan(visits: tuple[str, ...] = ("BL", "Y1", "Y3"), **changes) -> Plan:
    """The plan of the example study; visits are named by their code."""
    days = {"BL": 0, "Y1": 365, "Y3": 1095} | {f"M{m}": m * 30.4375 for m in range(0, 61)}
    planned = tuple(Visit(code, i, code, float(days[code])) for i, code in enumerate(visits))
    settings = {
        "id": "example",
        "title": "Example",
        "synthetic": True,
        "treated": True,
        "visits": planned,
        "primary": ("DAS28ESR", "HAQDI"),
        "primary_visit": visits[1],
        "das28": "DAS28ESR",
    }
    return Plan(**(settings | changes))


def _blank(columns: tuple[str, ...], rows: list[dict], numbers: tuple[str, ...], dates: tuple[str, ...] = ()) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(dict.fromkeys([*columns, *(key for row in rows for key in row)])))
    for column in frame.columns:
        if column in numbers:
            frame[column] = pd.to_numeric(frame[column]).astype("float64")
        elif column in dates:
            frame[column] = pd.to_datetime(frame[column])
        else:
            frame[column] = frame[column].astype("str").where(frame[column].notna(), "")
    return frame


def bds(rows: list[dict]) -> pd.DataFrame:
    """ADLB or ADQS rows, typed as cleaning promises; what a row leaves out is missing."""
    numbers = ("AVISITN", "ADY", "AVAL", "BASE", "CHG", "PCHG", "ANRLO", "ANRHI", "limit", "line")
    return _blank(BDS, rows, numbers, ("ADT",))


def adae(rows: list[dict]) -> pd.DataFrame:
    """ADAE rows, typed as cleaning promises; without dates as if everybody had been treated once, on one day."""
    frame = _blank(ADAE, rows, ("ASTDY", "AENDY", "AETOXGR", "line"), ("ASTDT", "AENDT", "LDOSEDT"))
    start, day = pd.Timestamp("2014-01-01"), frame["ASTDY"]
    dated = start + pd.to_timedelta(day.where(day < 0, day - 1), unit="D")
    frame["ASTDT"] = frame["ASTDT"].fillna(dated)
    frame["LDOSEDT"] = frame["LDOSEDT"].fillna(pd.Series(start, index=frame.index).where(day > 0))
    return frame


def adsl(rows: list[dict]) -> pd.DataFrame:
    """ADSL rows, typed as cleaning promises; whose last treatment is not given was treated once, who has no gap at most twice."""
    frame = _blank(ADSL, rows, ("AGE", "DISDUR", "TRTGAP"), ("TRTSDT", "TRTEDT", "EOSDT", "LSTCNTDT", "DTHDT"))
    ended = frame["TRTEDT"].fillna(frame["TRTSDT"])
    between = (ended - frame["TRTSDT"]).dt.days
    return frame.assign(TRTEDT=ended, TRTGAP=frame["TRTGAP"].fillna(between.where(between > 0)))


def example_study(n: int = 64, seed: int = 1, visits: tuple[str, ...] = ("BL", "Y1", "Y3")) -> ExampleStudy:
    """A study of `n` patients: values fall by a fifth after baseline in efficacy parameters, a tenth of visits is missing."""
    rng = np.random.default_rng(seed)
    plan, catalogue = example_plan(visits), example_catalogue()
    start = pd.Timestamp("2014-01-01") + pd.to_timedelta(rng.integers(0, 400, n), unit="D")
    sex = rng.choice(["F", "M"], n, p=[0.8, 0.2])
    seen = np.ones((n, len(visits)), bool)
    for j in range(1, len(visits)):
        seen[:, j] = seen[:, j - 1] & (rng.random(n) > 0.08)
    people, values = [], []
    for i in range(n):
        last = int(seen[i].sum()) - 1
        done = last == len(visits) - 1
        people.append(
            dict(
                STUDYID="example",
                USUBJID=f"X{i + 1:03d}",
                SITEID="1",
                AGE=float(rng.integers(18, 65)),
                SEX=sex[i],
                ARM="A",
                DISDUR=float(rng.gamma(2, 3)),
                TRTSDT=start[i],
                FASFL="Y",
                SAFFL="Y",
                EFFFL="Y",
                EOSSTT="COMPLETED" if done else "DISCONTINUED",
                DCSREAS="" if done else "Lost to follow-up",
                DTHFL="N",
                SYNTHFL="Y",
                LSTCNTDT=start[i] + pd.Timedelta(days=plan.visits[last].day),
                EOSDT=start[i] + pd.Timedelta(days=plan.visits[last].day),
                **{visit.flag: "Y" if seen[i, j] else "N" for j, visit in enumerate(plan.visits)},
            )
        )
        for code, (label, unit, panel, domain, *_rest, ranges, (mean, sd)) in ANALYTES.items():
            trait = rng.normal(0, 0.7)
            base = np.nan
            for j, visit in enumerate(plan.visits):
                if not seen[i, j]:
                    continue
                low, high = catalogue.loc[code, ["possible_low", "possible_high"]]
                fall = 0.8 if j and catalogue.loc[code, "efficacy"] else 1.0
                aval = float(
                    np.clip(mean * fall + sd * (trait + rng.normal(0, 0.7)), max(low, 0.3 * mean if ranges else low), high)
                )
                aval = round(aval * 8) / 8 if code == "HAQDI" else round(aval) if code.endswith("JC28") else aval
                base = aval if j == 0 else base
                lo, hi = (
                    (ranges[0], ranges[1]) if ranges and sex[i] == "M" else (ranges[2], ranges[3]) if ranges else (np.nan,) * 2
                )
                state = "" if not ranges else "LOW" if aval < lo else "HIGH" if aval > hi else "NORMAL"
                first = state if j == 0 else first  # noqa: F821
                values.append(
                    {
                        "STUDYID": "example",
                        "USUBJID": f"X{i + 1:03d}",
                        "SITEID": "1",
                        "SEX": sex[i],
                        "PARAMCD": code,
                        "PARAM": label,
                        "PARCAT1": panel,
                        "AVISIT": visit.AVISIT,
                        "AVISITN": float(j),
                        "ADY": visit.day + 1,
                        "ADT": start[i] + pd.Timedelta(days=visit.day),
                        "AVAL": aval,
                        "AVALU": unit,
                        "BASE": base,
                        "CHG": aval - base if j else np.nan,
                        "PCHG": 100 * (aval - base) / base if j and base else np.nan,
                        "ANRLO": lo,
                        "ANRHI": hi,
                        "ANRIND": state,
                        "BNRIND": first,
                        "ABLFL": "Y" if j == 0 else "",
                        "ANL01FL": "Y",
                        "SYNTHFL": "Y",
                        "domain": domain,
                    }
                )
    both = bds(values)
    events = [
        {
            "STUDYID": "example",
            "USUBJID": f"X{i + 1:03d}",
            "AETERM": term,
            "AEDECOD": term,
            "AEBODSYS": system,
            "ASTDT": start[i] + pd.Timedelta(days=day),
            "ASTDTC": "",
            "ASTDY": day + 1,
            "AETOXGR": grade,
            "AESER": serious,
            "AEREL": related,
            "TRTEMFL": "Y",
            "AESDTH": "N",
            "SYNTHFL": "Y",
        }
        for i, term, system, day, grade, serious, related in [
            (0, "Pyrexia", "General disorders", 0, 1, "N", "RELATED"),
            (1, "Pyrexia", "General disorders", 0, 2, "N", "RELATED"),
            (1, "Pyrexia", "General disorders", 40, 1, "N", "NOT RELATED"),
            (2, "Pneumonia", "Infections", 200, 3, "Y", "NOT RELATED"),
            (4, "Nasopharyngitis", "Infections", 90, 1, "N", "NOT RELATED"),
        ]
        if i < n
    ]
    lb, qs = (both[both["domain"] == d].drop(columns="domain").reset_index(drop=True) for d in ("LB", "QS"))
    return ExampleStudy(
        plan, catalogue, adsl(people), lb, qs, adae(events), _blank(ADCM, [], ("CMDOSE", "ASTDY", "AENDY", "line"))
    )


@cache
def example_study_once(n: int = 40, visits: tuple[str, ...] = ("BL", "Y1", "Y3")) -> ExampleStudy:
    """The example study, made once for all tests that ask; no function of the package may change its input."""
    return example_study(n=n, visits=visits)


def rows_of(text: str) -> list[dict]:
    """The rows of a table drawn with `|` under a heading, every cell as text, `-` as missing."""
    head, *lines = ([cell.strip() for cell in line.split("|")] for line in text.strip().splitlines())
    return [{name: None if cell == "-" else cell for name, cell in zip(head, line, strict=True)} for line in lines]
