"""Reading, checking and cleaning a cohort, beside a typed read_csv of its file: `python -m benchmarks.cleaning [SIZE ...]`.

The cohort is plausible (constant sex, ages that fit the dates, few faults): n patients x 3 visits x 25 columns. Each run is a
process of its own, and the two take turns; medians are shown. The catalogue of analytes is read before the clock starts.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measured import in_child, measure

SIZES = (1_000, 10_000, 100_000)
RUNS = 3
#: Source column: PARAMCD, unit, median, log-scale SD, decimals.
LABORATORY = {
    "esr": ("ESR", "mm/h", 30, 0.6, 0), "crp": ("CRP", "mg/L", 12, 1.0, 1), "rf": ("RF", "IU/mL", 80, 1.0, 1),
    "ccp": ("ACCP", "U/mL", 100, 1.0, 1), "alt": ("ALT", "U/L", 20, 0.4, 0), "ast": ("AST", "U/L", 20, 0.3, 0),
    "alp": ("ALP", "U/L", 70, 0.3, 0), "bili": ("BILI", "umol/L", 10, 0.4, 1), "creat": ("CREAT", "umol/L", 65, 0.2, 0),
    "wbc": ("WBC", "10^9/L", 6.5, 0.3, 1), "hgb": ("HGB", "g/L", 125, 0.1, 0), "plt": ("PLAT", "10^9/L", 250, 0.25, 0),
    "alb": ("ALB", "g/L", 41, 0.1, 1), "igg": ("IGG", "g/L", 12, 0.25, 2), "iga": ("IGA", "g/L", 2.4, 0.3, 2),
    "igm": ("IGM", "g/L", 1.1, 0.3, 2),
}  # fmt: skip
COUNTS = {"tjc28": ("TJC28", 20), "sjc28": ("SJC28", 15), "ptga": ("PTGA", 100), "haq": ("HAQDI", 24)}
ROLES = {"id": "USUBJID", "visit": "AVISIT", "date": "ADT", "sex": "SEX", "age": "AGE"}


def lay_out(folder: Path, n: int) -> None:
    """A cohort folder with n patients; the same for the same n."""
    rng, rows, years = np.random.default_rng([20191219, n]), 3 * n, np.tile([0, 1, 3], n)
    start = np.repeat(np.datetime64("2014-01-01") + rng.integers(0, 300, n), 3)
    frame = pd.DataFrame({"id": np.repeat([f"P{i:07d}" for i in range(n)], 3), "visit": np.tile(["BL", "Y1", "Y3"], n)})
    frame["date"] = (start + 365 * years + np.where(years > 0, rng.integers(-20, 20, rows), 0)).astype(str)
    frame["sex"] = np.repeat(rng.choice(["M", "F"], n), 3)
    frame["age"] = np.repeat(rng.integers(20, 64, n), 3) + years
    for name, (_, top) in COUNTS.items():
        frame[name] = rng.integers(0, top, rows) / (8 if name == "haq" else 1)
    for name, (_, _, median, spread, digits) in LABORATORY.items():
        frame[name] = np.round(median * np.exp(spread * rng.standard_normal(rows)), digits)
    frame.to_csv(folder / "visits.csv", index=False)
    columns: dict[str, dict[str, str]] = {name: {"role": role} for name, role in ROLES.items()}
    columns |= {name: {"paramcd": code} for name, (code, _) in COUNTS.items()}
    columns |= {name: {"paramcd": code, "unit": unit} for name, (code, unit, *_) in LABORATORY.items()}
    visits = {code: {"day": day} for code, day in (("BL", 0), ("Y1", 365), ("Y3", 1095))}
    said = {"id": f"bench-{n}", "files": [{"path": "visits.csv", "shape": "visit"}], "columns": columns, "visits": visits}
    (folder / "cohort.yml").write_text(json.dumps(said), "utf-8")


def once(what: str, folder: str) -> dict[str, float]:
    """One measurement: `typed` read_csv, or `clean` (read_raw and clean_cohort); with the size of the text frame in MB."""
    from racohort.cleaning import clean_cohort
    from racohort.io import read_catalogue, read_raw

    path, catalogue = Path(folder) / "visits.csv", read_catalogue()
    text = {name: "str" if name in ("id", "visit", "date", "sex") else "float64" for name in pd.read_csv(path, nrows=1)}
    if what == "typed":
        return measure(lambda: pd.read_csv(path, dtype=text))  # type: ignore[arg-type]
    found = measure(lambda: clean_cohort(read_raw(folder), catalogue))
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    return found | {"frame": float(frame.memory_usage(deep=True).sum()) / 1024**2}


def compare(n: int) -> str:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder), n)
        runs = [[in_child("benchmarks.cleaning", "--once", what, folder) for what in ("typed", "clean")] for _ in range(RUNS)]
    typed, clean = ({name: statistics.median(run[i][name] for run in runs) for name in runs[0][i]} for i in (0, 1))
    wall, processor = clean["seconds"] / typed["seconds"], clean["processor"] / typed["processor"]
    times = f"{typed['seconds']:8.2f} {clean['seconds']:8.2f} {wall:6.1f} {processor:9.1f}"
    return f"{n:>9,} {times} {clean['memory']:9.0f} {clean['frame']:9.0f} {clean['memory'] / clean['frame']:6.1f}"


def main(arguments: list[str]) -> None:
    """Print the table for these numbers of patients."""
    if arguments[:1] == ["--once"]:
        print(json.dumps(once(*arguments[1:])))
        return
    print("Reading, checking and cleaning beside a typed read_csv: 3 visits, 25 columns; seconds, MB; medians of", RUNS)
    print(" patients    typed    clean  ratio processor memory +  text frame ratio")
    for n in map(int, arguments or SIZES):
        print(compare(int(n)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
