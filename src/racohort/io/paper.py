"""A paper's claims, read from its folder; and their answers, written beside the results of a run."""

from pathlib import Path

import pandas as pd

from racohort.io.studies import Study
from racohort.io.tables import write_frame
from racohort.places import project_root
from racohort.printed import ClaimsError, Paper, parse_claims


def read_claims(folder: str = "") -> Paper:
    """The claims of a paper.

    Parameters
    ----------
    folder : a folder that holds `claims.yml`; empty for the paper of this project, `data/paper`.

    Raises
    ------
    ClaimsError where the file is missing, is not UTF-8 or does not fit the schema; one line for each fault.
    """
    path = (Path(folder) if folder else project_root() / "data" / "paper") / "claims.yml"
    try:
        return parse_claims(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        fault = type(error).__name__
        raise ClaimsError(f"{path.name}: cannot be read ({fault}). Give a folder that holds a claims.yml.") from None


def write_claims(study: Study, ledger: pd.DataFrame) -> None:
    """Write the claim ledger (`claims.claims_frame`) as `claims.csv`."""
    write_frame(study.folder / "results" / "claims", ledger, ("csv",))
