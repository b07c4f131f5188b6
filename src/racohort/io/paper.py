"""A paper's claims, read from its folder, and the summaries it prints; the answers, written beside the results of a run."""

from pathlib import Path

import pandas as pd

from racohort.io.studies import Study
from racohort.io.tables import write_frame
from racohort.places import UsageError, paper_folder
from racohort.printed import ClaimsError, Paper, parse_claims


def read_claims(folder: str = "") -> Paper:
    """The claims of a paper.

    Parameters
    ----------
    folder : a folder that holds `claims.yml`; empty for that of the run, by default `data/paper`.

    Raises
    ------
    ClaimsError where the file is missing, is not UTF-8 or does not fit the schema; one line for each fault.
    """
    path = (Path(folder) if folder else paper_folder()) / "claims.yml"
    try:
        return parse_claims(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        fault = type(error).__name__
        raise ClaimsError(f"{path.name}: cannot be read ({fault}). Give a folder that holds a claims.yml.") from None


def read_summary(path: str) -> pd.DataFrame:
    """A table of printed summaries (`consistency.check_summary`) from a CSV file, every cell as the text it is.

    Raises UsageError where the file is missing, or is not a CSV table in UTF-8.
    """
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except (OSError, ValueError) as error:
        fault = "there is no such file" if isinstance(error, FileNotFoundError) else str(error).splitlines()[0]
        raise UsageError(f"{Path(path).name}: cannot be read: {fault}. Give a CSV file in UTF-8, one row a summary.") from None


def write_claims(study: Study, ledger: pd.DataFrame) -> None:
    """Write the claim ledger (`claims.claims_frame`) as `claims.csv`."""
    write_frame(study.folder / "results" / "claims", ledger, ("csv",))
