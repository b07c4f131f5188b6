"""Every rule that cleaning applies: its class, its severity, what it is called, and what a reader can do about it.

The class is what happens: `reject` stops before any analysis; `quarantine` keeps a cell, row or patient out; `warn` keeps the
value and shows the doubt; `normalise` writes the same value in the usual form. A file's class is the strongest of its findings.
"""

from typing import NamedTuple

#: How far a result would be off had nobody noticed, the gravest first.
SEVERITIES = ("critical", "high", "medium", "low")


class Rule(NamedTuple):
    """A rule of cleaning."""

    cls: str
    severity: str
    title: str
    remedy: str


def _reject(severity: str, title: str, remedy: str) -> Rule:
    return Rule("reject", severity, title, remedy)


def _hold(severity: str, title: str, remedy: str) -> Rule:
    return Rule("quarantine", severity, title, remedy)


def _warn(severity: str, title: str, remedy: str) -> Rule:
    return Rule("warn", severity, title, remedy)


def _same(severity: str, title: str, remedy: str = "Nothing needs to be done.") -> Rule:
    return Rule("normalise", severity, title, remedy)


_EXPORT = "Export the file again from its source."
_CORRECT = "Correct the value in the source file, or leave it out."

RULES = {
    # the cohort's description, and files
    "cohort_yml": _reject("critical", "cohort.yml cannot be used", "Correct cohort.yml; data/README.md shows every key."),
    "file_missing": _reject("critical", "A file is missing or cannot be opened",
        "Put the file where cohort.yml says, or correct its path."),
    "file_outside": _reject("critical", "A file's path cannot be used", "Give the path of a file, not an address on a network."),
    "file_empty": _reject("high", "A file is empty", _EXPORT),
    "no_rows": _reject("high", "A file has a header but no rows", _EXPORT),
    "file_kind": _reject("medium", "A file is not what its name says",
        "Give the file the ending of what it is, or save it in the format of its ending."),
    "file_unsupported": _reject("medium", "A file is of a kind that is not read", "Save it as CSV (UTF-8) or XLSX."),
    "file_size": _reject("critical", "A file is too large to be what it should be",
        "Check where the file comes from; split it if it is real."),
    "file_corrupt": _reject("high", "A file is damaged or is not the one declared",
        "Get the file again, and correct sha256 in cohort.yml if it was changed on purpose."),
    "row_count": _reject("critical", "A file has another number of rows than declared",
        "Export the whole file again, or correct expected_rows."),
    "truncated": _reject("critical", "A file ends in the middle of a line", "Export or copy the file again; its end is missing."),
    "end_doubtful": _warn("high", "A file may have been cut behind its last delimiter",
        "See that the file is complete; expected_rows or sha256 in cohort.yml tell for certain."),
    "encoding": _reject("high", "A file's text encoding cannot be told",
        "Save the file as UTF-8, or give its `encoding` in cohort.yml."),
    "nul_bytes": _reject("medium", "A file holds NUL bytes", _EXPORT),
    "quoting": _reject("high", "A quotation mark is not closed",
        "Close the quotation mark in the line named, or export the file again."),
    "too_many_fields": _reject("critical", "A row has more fields than the header",
        "Put cells with a comma in quotation marks, and see that the header names every column."),
    "header_not_first": _reject("high", "Text stands above the header",
        "Remove the lines above the column names, or give header_line in cohort.yml."),
    "column_missing": _reject("critical", "A declared column is not in the files",
        "Correct the column's name in cohort.yml, or remove it there if the cohort has none."),
    "column_twice": _reject("high", "Two columns have one name", "Rename or remove one of the columns."),
    "wrong_shape": _reject("high", "A file has another shape than declared", "Correct the file's shape in cohort.yml."),
    "sheet_missing": _reject("high", "A sheet is missing", "Correct the sheet's name or number in cohort.yml."),
    "unit_unknown": _reject("critical", "A unit cannot be converted",
        "Write the unit as the catalogue knows it, or add its factor under analytes in cohort.yml."),
    "column_unusable": _reject("critical", "A column has no usable value",
        "Give `codes` for its values in cohort.yml, or export the file again with the right encoding."),
    "analyte_unknown": _reject("high", "An analyte is not in the catalogue",
        "Use a PARAMCD of data/catalogue/analytes.yml, or declare it under analytes in cohort.yml."),
    "date_format_unknown": _reject("critical", "A date column has another format than declared",
        "Give the column's `format` in cohort.yml, e.g. %d/%m/%Y."),
    "id_damaged": _reject("critical", "Identifiers were turned into rounded numbers", "Export the identifiers as text."),
    "nobody_left": _reject("critical", "No row of the cohort can be used",
        "Look into the findings that keep the rows out; two columns may be exchanged."),
    "score_contradicts": _reject("critical", "A score contradicts its components throughout the file",
        "See that the columns are not exchanged, and that the score is the variant declared."),
    "header_absent": _reject("critical", "A file has no header", "Add a first line with the names of the columns."),
    "header_changes": _reject("critical", "The header changes among the rows",
        "Save each table as a file of its own, and list both in cohort.yml."),
    "short_row": _hold("high", "A row has fewer fields than the header", "Complete the row in the source file."),
    "totals_row": _hold("medium", "A row holds totals or a note", "Remove the row from the file."),
    "bom": _same("medium", "A byte order mark stood before the header"),
    "encoding_read": _same("medium", "A file in another encoding than UTF-8 was read"),
    "delimiter": _same("medium", "A file with another delimiter than the comma was read"),
    "filled_down": _same("medium", "A blank cell means what stands above it, as cohort.yml says"),
    "header_repeated": _same("medium", "The header was repeated among the rows"),
    "header_spelling": _same("low", "A column name was spelled differently"),
    "header_unit": _same("critical", "A column came in another unit than declared"),
    "name_cut": _same("medium", "A column name may have been cut to 8 characters"),
    "row_numbers": _same("low", "A column of row numbers was left out"),
    "blank_rows": _same("low", "Rows without any value were left out"),
    "column_undeclared": _warn("low", "A column is not declared and was not read",
        "Declare it in cohort.yml, or give it the role IGNORE."),
    "workbook_comment": _warn("medium", "Cells carry comments, which are not read",
        "Write what a comment says into a column of its own."),
    "workbook_struck": _warn("medium", "Cells are struck through, and were read all the same",
        "Remove what does not count from the sheet, or the line through it."),
    "workbook_formula": _warn("medium", "Formulas have no stored value",
        "Open the workbook in a spreadsheet program, let it calculate, and save it again."),
    "workbook_hidden": _warn("medium", "A workbook has hidden or further sheets, rows or columns",
        "See that what is hidden belongs to the data."),
    "special_missing": _same("low", "A value that the file itself declares missing was read as missing"),
    # trial packages, and the choice of patients
    "row_derived": _same("medium", "A derived row of an ADaM data set was left out"),
    "row_unflagged": _same("medium", "A row beside the one flagged for analysis was left out"),
    "baseline_flag": _same("medium", "A record flagged as baseline was taken as the baseline visit"),
    "specimen": _hold("high", "A test was not done in blood", "Nothing needs to be done, unless the specimen is wrong."),
    "unit_row_unknown": _hold("high", "A row's unit cannot be converted",
        "Add the unit's factor under analytes in cohort.yml, if the row is of that analyte."),
    "unit_label": _warn("high", "A name or label says another unit than was read",
        "See which unit the values are in, and declare it, or correct the label."),
    "unit_assumed": _warn("high", "Rows have no unit, and the catalogue's was taken",
        "See that the values are in the unit named, or give AVALU."),
    "dataset_unread": _warn("medium", "A data set of a kind that is not read",
        "Remove the file from cohort.yml if it is not needed."),
    "rows_unread": _warn("high", "Rows of a file are of no kind that is read",
        "List the file once more in cohort.yml, with the `rows` that are missing."),
    "filter_unknown": _reject("critical", "The filter names a column or value that is not there",
        "Correct `filter` in cohort.yml."),
    # cells
    "missing_code": _same("low", "A missing code was read as missing"),
    "spaces": _same("low", "Spaces, line breaks or invisible characters were removed"),
    "number_spelling": _same("medium", "A number was spelled differently"),
    "decimal_comma": _same("medium", "A decimal comma was read as a point"),
    "text_formula": _same("low", "A text that a spreadsheet's formula protects was read"),
    "unit_in_cell": _same("medium", "A unit in the cell was read"),
    "laboratory_flag": _same("low", "A laboratory flag beside the value was removed"),
    "censored": _same("medium", "A value beyond an assay limit keeps its side and limit"),
    "score_rounded": _same("low", "Single-precision noise was rounded away (6 decimals)"),
    "code_mapped": _same("low", "A code was translated as declared"),
    "code_spelling": _same("medium", "A word was spelled differently"),
    "id_spelling": _same("high", "An identifier was spelled differently"),
    "date_spelling": _same("low", "A date was spelled differently, without doubt about its day"),
    "number_unreadable": _hold("high", "A cell in a number column is no number", _CORRECT),
    "number_ambiguous": _hold("high", "A number can be read in two ways",
        "Write the number without a thousands mark and with a decimal point."),
    "cell_too_long": _hold("high", "A cell is longer than any value", _CORRECT),
    "impossible": _hold("high", "A value is impossible",
        "Correct the value or its unit in the source file; `ranges` in cohort.yml can widen what is possible."),
    "joint_fraction": _hold("medium", "A count is not a whole number", _CORRECT),
    "implausible": _warn("medium", "A value is possible but doubtful, and was kept",
        "Compare it with the source, and its unit where it has one."),
    "off_grid": _warn("medium", "A score is not on its grid, and was kept", "Compare it with the source questionnaire."),
    "code_unknown": _hold("high", "A value is none of the codes declared", "Add it to the column's `codes`, or correct it."),
    "date_unreadable": _hold("high", "A date is impossible or in another format", "Write the date in the declared format."),
    "date_partial": _hold("medium", "A date has no day",
        "Complete the date if the source has its day; the value beside it is used without a date."),
    "date_outside": _hold("high", "A date lies outside the study", "Correct the date, or the study dates in cohort.yml."),
    "item_left_out": _same("low", "Rows of an item that cohort.yml leaves out"),
    "param_unknown": _hold("high", "A row holds an analyte that is not declared",
        "Add its name to the `codes` of the PARAM column, with a PARAMCD or IGNORE."),
    # columns
    "mostly_missing": _warn("high", "Most values of a column are missing", "See that the export is complete."),
    "constant": _warn("medium", "A column has one and the same value in every row", "See that the export is right."),
    "unit_doubt": _warn("high", "A column's values suggest another unit", "Ask which unit the values are in, and declare it."),
    "unit_doubt_site": _warn("high", "A site's values suggest another unit than elsewhere",
        "Ask the site which unit it uses, and convert its values."),
    "unit_doubt_visit": _warn("high", "From one visit on, values suggest another unit than before",
        "Ask whether the laboratory changed its unit, and convert the values."),
    "limits_unread": _warn("medium", "Reference limits cannot be read, and the catalogue's range was used",
        "Write both limits as numbers, or the range as 4-10, <5 or >60."),
    "columns_equal": _warn("high", "Two columns or items hold the same values",
        "See which is right; one may have been pasted over the other."),
    "small_site": _warn("medium", "A site has one patient", "Show no table by site."),
    # patients and visits
    "id_missing": _hold("critical", "A row has no identifier", "Complete the identifier."),
    "id_damaged_row": _hold("critical", "An identifier was turned into a rounded number", "Export the identifiers as text."),
    "id_zeros": _hold("critical", "One identifier with and without leading zeros",
        "Write identifiers as text, with their zeros, in every row."),
    "id_float": _hold("high", "An identifier was turned into a decimal number", "Export the identifiers as text."),
    "id_two_sites": _hold("critical", "One identifier at two sites",
        "Give every patient an identifier of their own; a number that each site counts anew has the role SUBJID."),
    "id_unknown": _hold("high", "An identifier is not among the patients",
        "Correct the identifier, or add the patient to the other files."),
    "same_person": _warn("high", "Two identifiers carry the same values",
        "See whether they are one person, and remove one of them."),
    "subject_changes": _hold("high", "A fact about a patient differs between rows", "Correct the row that is wrong."),
    "age_jumps": _hold("high", "An age does not fit the dates and the other ages", "Correct the age."),
    "fact_missing": _warn("medium", "A patient's sex or arm is missing in every row", "Complete the value."),
    "covariate_missing": _warn("low", "Some patients lack a covariate",
        "Complete the values; an analysis that adjusts for the covariate leaves these patients out."),
    "arm_changes": _warn("high", "A patient changes arm", "See which arm is right; the first is used."),
    "visit_unknown": _hold("high", "A visit label is not declared", "Add the label to the visit's `labels`."),
    "visit_nowhere": _hold("high", "A visit has neither a label nor a date", "Add the label or the date."),
    "visit_empty": _warn("medium", "A visit has a row but no value", "See whether the visit took place, and complete its row."),
    "visit_absent": _warn("medium", "A planned visit of some patients has no row",
        "Complete the rows, or see that the patients were not seen."),
    "visit_unscheduled": _warn("low", "An unscheduled visit, kept apart from the planned ones", "Nothing needs to be done."),
    "visit_unlabelled": _warn("medium", "A visit has a date but no label",
        "Add the label; the date puts it into a planned visit's window."),
    "visit_several": _warn("medium", "Several rows on different days for one visit",
        "Nothing needs to be done; `records` in cohort.yml says which of them represents the visit."),
    "visit_samples": _warn("low", "Several samples of one day for one visit",
        "Nothing needs to be done; for laboratory values of safety `records: {safety: worst}` takes the one furthest out."),
    "visit_untold": _warn("high", "Rows have a date, and nothing tells the visit they belong to",
        "Give the visits a `window` of days in cohort.yml ([-30, 30], [305, 425]), or declare the visit's column."),
    "visit_undated": _warn("medium", "A visit has a label but no date", "Add the date."),
    "visit_window": _warn("medium", "A visit lies outside its window",
        "Compare the date with the source; widen the window if it is right."),
    "visit_contradiction": _hold("critical", "A visit's label and date contradict each other", "Correct the label or the date."),
    "visit_order": _hold("critical", "Visits are dated in another order than planned", "Correct the dates or the labels."),
    "visit_twice": _hold("critical", "Several rows for one visit, with different values", "Keep the right row."),
    "row_twice": _same("medium", "A row occurred twice"),
    "no_baseline": _hold("high", "Follow-up without a baseline", "Add the baseline row."),
    "copied_visit": _warn("medium", "A visit repeats the values of the visit before", "Compare it with the source."),
    # consistency
    "score_differs": _hold("high", "A score does not follow from its components", "Correct the score or the component."),
    "category_differs": _warn("high", "A category in the file contradicts its value",
        "Ask what the label means; the value is used, the label is not."),
    "exchanged": _hold("high", "Two values of one row look exchanged", "Put the two values in their columns."),
    "score_variant": _same("low", "The variant of a shipped score was told from its components"),
    "parts_exceed": _warn("medium", "Parts do not add up to their whole", "Compare the values with the source."),
    # events
    "event_unknown_patient": _hold("high", "An event of nobody in the cohort", "Correct the identifier."),
    "event_ends_first": _hold("high", "An event ends before it starts", "Correct the dates."),
    "event_before": _warn("high", "An event started before baseline or treatment: it is not treatment-emergent",
        "Nothing needs to be done if the date is right."),
    "event_undated": _warn("high", "An event has no start date: it counts as treatment-emergent", "Add the date."),
    "event_unnamed": _hold("high", "An event has no term, or says that there was none", "Add the term, or remove the row."),
    "event_ungraded": _warn("medium", "An event has no grade, or no mark of seriousness", "Add what is missing."),
    "event_unclear": _warn("medium", "A judgement of an event cannot be understood",
        "Say under `codes` of the column what the word means: RELATED or NOT RELATED, DRUG WITHDRAWN or DOSE NOT CHANGED."),
    "event_sex": _warn("high", "An event does not fit the patient's sex",
        "Correct the sex, the term or the patient's identifier."),
    "event_repeated": _warn("high", "One event is listed twice, with differences",
        "Keep the right row, or see that they are two events."),
    "event_grade": _hold("high", "A grade outside 1 to 5", "Correct the grade."),
    "event_term": _same("medium", "An event's term was spelled differently"),
    "event_twice": _same("medium", "An event was listed twice"),
    "event_overlaps": _warn("medium", "An event overlaps the same event of the same patient",
        "Correct the dates, or join the two rows."),
    "event_ends_late": _warn("medium", "An event ends after the study", "Correct the date, or the study's end in cohort.yml."),
    "event_fatal": _warn("critical", "Term, grade, mark and outcome disagree on whether an event was fatal",
        "Correct the grade, the mark or the outcome; a fatal event has grade 5."),
    "event_death": _warn("critical", "A fatal event and the patient's later visits or events contradict each other",
        "Correct the outcome or the dates."),
}  # fmt: skip
