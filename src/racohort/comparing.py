"""What the verb `compare` does: a book of its own about finished runs side by side."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from racohort import book, comparison, io
from racohort.figures.comparison import plot_baselines, plot_cohort_events, plot_cohorts
from racohort.io.runs import read_finished
from racohort.io.tables import write_frame
from racohort.labels import label_of
from racohort.places import UsageError, build_folder, project_root
from racohort.publish import hold, new_folder, recover, replace
from racohort.report.comparison import say_cohorts, say_comparable, say_definitions, say_pooled
from racohort.results import join_results
from racohort.shelf import COMPARISON, write_shelf
from racohort.tables.comparison import (
    tabulate_baselines,
    tabulate_changes,
    tabulate_definitions,
    tabulate_differences,
    tabulate_events,
    tabulate_runs,
    tabulate_times,
    tabulate_verdicts,
)

#: What the pages need of the report's own book.
SHARED = ("_static", "_ext", "_templates", "references.bib", "reference/glossary.md")
#: The pages of the book, in their order, by name.
TITLES = {
    "index": "Cohorts side by side", "baselines": "Baselines", "changes": "Changes from baseline", "safety": "Adverse events",
    "claims": "Claims of the paper",
}  # fmt: skip

Runs = Sequence[comparison.Finished]


def compare_runs(names: Sequence[str]) -> Path:
    """Make the book about these finished runs, publish it, and return the path of its first page.

    Raises UsageError for fewer than two runs, one named twice, or one that is not there; Busy, BookFailed.
    """
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(
            'COHORTS names fewer than two finished runs, or one twice. Write COHORTS="a b", or COHORTS="a a--strict".'
        )
    runs = [read_finished(name) for name in names]
    check_apart(runs)
    target = build_folder() / COMPARISON
    with hold(target):
        recover(target)
        fresh = new_folder(target)
        _fill(runs, fresh, build_folder() / ".work" / COMPARISON)
        replace(target, fresh)
    write_shelf(build_folder())
    return target / "html" / "index.html"


def check_apart(runs: Runs) -> None:
    """Raises UsageError where two reports to publish are about the same patients: their differences may be about very few."""
    known: dict[str, str] = {}
    for run in (run for run in runs if run.privacy == "publish"):
        for patients in {run.id, *run.inputs}:
            if patients in known:
                why = "patients who are in one of them only could be told by the difference"
                raise UsageError(
                    f"{known[patients]!r} and {run.name!r} are two reports to publish on the same patients: {why}. Compare "
                    "their internal reports, and publish one of the two."
                )
            known[patients] = run.name


def _fill(runs: Runs, fresh: Path, work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    times = comparison.match_times(runs)
    changes = comparison.select_changes(runs, times)
    rows = [comparison.compare_baselines(runs), comparison.pool_changes(changes, runs)]
    write_frame(fresh / "results" / "comparison", join_results(*rows), ("csv",))
    write_frame(fresh / "results" / "changes", changes, ("csv",))
    _lay_out(work / "book", _pages(runs, times, changes, *rows), _announced(runs))
    book.build_book(work / "book", fresh / "html", work / "book.log")
    shutil.rmtree(work / "book")


def _pages(runs: Runs, times: list[comparison.Time], changes, differences, pooled) -> dict[str, list[str]]:  # type: ignore[no-untyped-def]
    """The pages of the book by name: paragraphs, tables and figures as HTML."""
    catalogue, definitions = io.read_catalogue(), comparison.compare_definitions(runs)
    synthetic = all(run.synthetic for run in runs)
    names = {
        endpoint: endpoint if endpoint == "DAS28" else label_of(endpoint, catalogue) for endpoint in changes["endpoint"].unique()
    }
    forests = [plot_cohorts(changes, pooled, endpoint, label, synthetic).html() for endpoint, label in names.items()]
    shown = [say_cohorts(runs), say_definitions(definitions), say_comparable(differences, runs), say_pooled(pooled)]
    first, differ, alike, together = (text._repr_html_() for text in shown)
    drawn = [plot_baselines(differences, runs, catalogue, synthetic), plot_cohort_events(runs, synthetic)]
    balance, events = ([figure.html()] if figure is not None else [] for figure in drawn)
    listed = [tabulate_definitions(definitions).html(), tabulate_times(times, runs).html()]
    apart = [tabulate_baselines(runs, catalogue).html(), tabulate_differences(differences, runs, catalogue).html()]
    return {
        "index": [first, tabulate_runs(runs).html(), differ, *listed, alike, together],
        "baselines": [alike, *balance, *apart],
        "changes": [together, *forests, tabulate_changes(changes, pooled, catalogue).html()],
        "safety": [*events, tabulate_events(runs).html()],
        "claims": [tabulate_verdicts(runs).html()],
    }


def _announced(runs: Runs) -> str:
    """What stands above every page: for whom it is, and that some of the patients do not exist."""
    made = [run.synthetic for run in runs]
    inside = any(run.privacy == "internal" and not run.synthetic for run in runs)
    told = ["For internal use: made from internal reports, it tells exact numbers of real patients."] if inside else []
    whose = "All of these cohorts are" if all(made) else "Some of these cohorts are"
    told += [f"{whose} synthetic: made by a program, they say nothing about the therapy."] if any(made) else []
    return " ".join(told)


def _lay_out(pages: Path, contents: Mapping[str, list[str]], announced: str) -> None:
    """Lay out the sources of the book: the pages, and what they share with the report's own book."""
    source = project_root() / "book"
    for name in SHARED:
        copy = shutil.copytree if (source / name).is_dir() else shutil.copyfile
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        copy(source / name, pages / name)
    for name, parts in contents.items():
        blocks = "\n\n".join(f"```{{raw}} html\n{part}\n```" for part in parts)
        (pages / f"{name}.md").write_text(f"# {TITLES[name]}\n\n{blocks}\n", "utf-8")
    yaml = YAML()
    config = yaml.load(source / "_config.yml")
    config["title"] = TITLES["index"]
    config["sphinx"]["config"]["html_theme_options"]["announcement"] = announced
    yaml.dump(config, pages / "_config.yml")
    chapters = [{"file": name} for name in [*list(contents)[1:], "reference/glossary"]]
    yaml.dump({"format": "jb-book", "root": "index", "chapters": chapters}, pages / "_toc.yml")
