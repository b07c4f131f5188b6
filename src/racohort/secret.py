"""The secret from which pseudonyms are made: it lies with the user, outside every cohort and every report."""

import os
import secrets
from pathlib import Path

from racohort.places import UsageError


def secret_file() -> Path:
    """`$RACOHORT_SECRET` if set, else `racohort/secret` in the user's folder of settings."""
    given = os.environ.get("RACOHORT_SECRET")
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(given) if given else settings / "racohort" / "secret"


def read_secret() -> bytes:
    """The secret of this user, made at the first call and readable by nobody else; who loses it gets other pseudonyms.

    Raises UsageError where the file cannot be made, or is too short to keep anything secret.
    """
    path = secret_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
    except FileExistsError:
        pass
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}). Set RACOHORT_SECRET to a file where you may.") from None
    found = path.read_bytes().strip()
    if len(found) < 32:
        raise UsageError(f"{path} has fewer than 32 characters, too few for pseudonyms. Remove the file; another is made.")
    return found
