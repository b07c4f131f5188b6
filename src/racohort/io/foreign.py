"""Files of programs whose data are not read here: what they are by their name, and how a table comes out of them."""

from pathlib import PurePath

_TABLE = "Ask for the table that it was made from, as CSV (UTF-8) or XLSX."
_DATABASE = "Export each of its tables as CSV (UTF-8) or XLSX."
_PICTURE = ("a picture", _TABLE)
_TEXT = ("a text document", "Copy its table into a spreadsheet, and save it as XLSX.")
_JSON = "Export the data as CSV; in Python, pandas.read_json(file).to_csv('table.csv', index=False)."
_FORMATS = "Name the data set (sas7bdat, XPT) instead; give the meaning of codes as `codes` in cohort.yml."
_PICKLE = ("a pickle of Python, which could run a program", "Save the table as Parquet or CSV.")
_ODS = ("an OpenDocument workbook (ODS)", "Open it in LibreOffice or Excel, and save it as XLSX.")
_R = "In R, write.csv(readRDS(file), 'table.csv', row.names = FALSE); of an RData file, load(file) first."
#: Ending -> what the file is, and what to do.
ENDINGS: dict[str, tuple[str, str]] = {
    **dict.fromkeys((".ods", ".fods"), _ODS),
    ".numbers": ("a workbook of Apple Numbers", "Open it in Numbers, and export it as XLSX."),
    ".xlsb": ("a binary workbook (XLSB)", "Open it in Excel, and save it as XLSX."),
    ".pdf": ("a PDF", _TABLE),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".heic"), _PICTURE),
    **dict.fromkeys((".doc", ".docx", ".odt", ".rtf"), _TEXT),
    **dict.fromkeys((".htm", ".html"), ("a web page (HTML)", "Open it in a spreadsheet program, and save it as XLSX.")),
    ".json": ("JSON", _JSON),
    ".xml": ("XML", "Export the data as CSV; programs for studies that write XML (ODM) offer it, too."),
    **dict.fromkeys((".rds", ".rdata", ".rda"), ("a file of R", _R)),
    **dict.fromkeys((".feather", ".arrow"), ("an Arrow file", "Save it as Parquet or CSV.")),
    **dict.fromkeys((".mdb", ".accdb", ".sqlite", ".sqlite3", ".db"), ("a database", _DATABASE)),
    ".sas7bcat": ("a catalogue of SAS formats", _FORMATS),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), _PICKLE),
}  # fmt: skip
_LEFT_OPEN = ("a mark that another program has the workbook open", "Close the program, and name the workbook itself.")
_SYSTEM = ("a file of the operating system", "Leave it out.")


def foreign(name: str, start: bytes) -> tuple[str, str] | None:
    """What a file is that is not read, and what to do; None for a file that may be data.

    >>> foreign("results.ods", b"PK")[0], foreign("~$visits.xlsx", b"")[0], foreign("visits.csv", b"id,visit")
    ('an OpenDocument workbook (ODS)', 'a mark that another program has the workbook open', None)
    """
    path = PurePath(name)
    if path.name.startswith(("~$", ".~lock.")):
        return _LEFT_OPEN
    if path.name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        return _SYSTEM
    if path.suffix.lower() == ".xls" and start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        return "a web page (HTML or XML) under the name of a workbook", "Open it in Excel or LibreOffice, and save it as XLSX."
    return ENDINGS.get(path.suffix.lower())
