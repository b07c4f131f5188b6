"""What needs which, what is up to date, what runs, and when a finished run takes the place of the earlier one."""

import shutil
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from racohort import fingerprints, shelf
from racohort.fingerprints import read_json, write_json
from racohort.hashes import file_hash, key
from racohort.manifests import DATA, read_manifest, sentinel, withdraw
from racohort.parameters import Value, code_of, declared_parameters, read_settings, resolve_parameters
from racohort.places import UsageError, cohort_folder, paper_folder, project_root, report_folder, run_name, work_folder
from racohort.publish import hold, new_folder, recover, replace
from racohort.reach import reached
from racohort.schedule import Job, Schedule, workers
from racohort.secret import read_secret
from racohort.terms import NEEDS, PRIVACY, SECTIONS

#: What the last section writes from the results of all.
JOINED = ("results/results.csv", "results/results.parquet", "results/claims.csv")
STEMS = {section: f"{number:02d}-{section}" for number, section in enumerate(SECTIONS, start=1)}

Say = Callable[[str], None]


class Refused(Exception):
    """A cohort that cannot be reported on; the command ends with status 1."""

    exit_code = 1


@dataclass
class Run:
    """One run: its cohort, its parameters, what they were hashed to, and what is known of earlier work in its folder."""

    cohort: dict[str, Any]
    folder: Path
    run: str
    code: dict[str, str]
    inputs: dict[str, str]
    declared: dict[str, dict[str, Value]]
    values: dict[str, Value]
    sources: dict[str, str]
    formats: tuple[str, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """The folder in which the run is made."""
        return work_folder(self.cohort["id"], self.run)

    @property
    def published(self) -> Path:
        """The folder that holds the run once it is finished."""
        return report_folder(self.cohort["id"], self.run)

    @property
    def origin(self) -> str:
        """The cohort's folder as the state file remembers it: inside the project without the project's own path."""
        root = project_root()
        return self.folder.relative_to(root).as_posix() if self.folder.is_relative_to(root) else str(self.folder)

    @property
    def rests_on(self) -> dict[str, str]:
        """The hashes of what the cohort's `cohort.yml` says and of the files it names, as the sections' manifests have them."""
        return {"cohort.yml": self.cohort["mapping"], **{name: self.inputs[name] for name in self.cohort["files"]}}

    def notebook(self, section: str) -> Path:
        """The executed notebook of a section."""
        return self.work / "notebooks" / f"{STEMS[section]}.ipynb"

    def given(self, section: str) -> dict[str, Value]:
        """The parameters to inject: those the notebook declares and whose value differs from its own literal."""
        wanted = {"cohort": self.cohort["id"], "run": self.run, **self.values}
        return {name: wanted[name] for name, literal in self.declared[section].items() if wanted[name] != literal}

    def section_key(self, section: str, modules: Collection[str]) -> str:
        """The key of everything the section's results rest on, these modules of the package among it."""
        values = {name: self.values[name] for name in self.declared[section] if name in self.values}
        before = {name: self.outputs(name) for name in NEEDS[section]}
        cohort = [self.cohort["mapping"], self.cohort["privacy"], self.run, self.inputs]
        cohort += [key(read_secret().hex())] if self.cohort["deidentify"] else []
        return key([fingerprints.code_key(self.code, modules), file_hash(source_notebook(section)), values, cohort, before])

    def outputs(self, section: str) -> dict[str, str]:
        """The hashes of what the section wrote, by path in the work folder."""
        work, written = self.work, [f"results/{section}.parquet", f"manifests/{section}.json"]
        if section == "cleaning":
            written.append(f"manifests/{DATA}.json")
            kept = (path for name in ("data", "records") for path in fingerprints.files_in(work / name))
            written += [path.relative_to(work).as_posix() for path in kept]
        if section == "concordance":
            written += [name for name in JOINED if (work / name).is_file()]
        return {name: file_hash(work / name) for name in sorted(written)}

    def is_fresh(self, section: str) -> bool:
        """Whether the section's last results still stand, and are all there."""
        known = self.state.get("sections", {}).get(section, {})
        if not self.notebook(section).is_file() or known.get("outputs") != self.outputs(section):
            return False
        return bool(known["key"] == self.section_key(section, known.get("modules", [])))

    def book_key(self) -> str:
        """The key of everything the book rests on."""
        sections = {section: self.state.get("sections", {}).get(section) for section in SECTIONS if self.is_fresh(section)}
        pages = fingerprints.folder_hashes(project_root() / "book", ["_build"])
        said = [self.cohort[name] for name in ("title", "synthetic", "privacy")]
        return key([sections, pages, fingerprints.code_key(self.code), said, self.values, self.sources])

    def is_published(self) -> bool:
        """Whether the published folder holds just this run."""
        record = self.published / "run.json"
        wanted = ["html/index.html", *(f"report.{form}" for form in self.formats)]
        return all((self.published / name).is_file() for name in wanted) and self.state.get("book") == [
            self.book_key(),
            file_hash(record),
        ]

    def remember(self) -> None:
        """Write what is known of the run's work, for the next run."""
        write_json(self.work / "state.json", self.state)


def source_notebook(section: str) -> Path:
    """The notebook of a section, as authored."""
    return project_root() / "notebooks" / f"{STEMS[section]}.ipynb"


def modules_of(section: str) -> list[str]:
    """The modules that a section's results rest on: those its notebook reaches, and those that run it.

    The last section says of every function that computed a number what it does, and so rests on the modules of all.
    """
    told = SECTIONS if section == SECTIONS[-1] else (section,)
    return sorted(reached("\n".join(["import racohort.engine", *map(code_of, map(source_notebook, told))])))


def prepare(cohort: str, settings: str = "", run: str = "", privacy: str = "") -> Run:
    """A run, from what the user typed; nothing is written but a note of what `cohort.yml` says.

    Raises UsageError for a name or parameter that cannot be used, CohortError for a faulty `cohort.yml`, ClaimsError for a
    faulty `claims.yml` of another paper, Refused for a missing file or an id that another folder has taken.
    """
    folder = cohort_folder(cohort)
    asked = read_settings(settings)
    code = fingerprints.code_hashes()
    facts = fingerprints.describe_cohort(folder, fingerprints.code_key(code))
    facts = facts | {"privacy": chosen_privacy(privacy, facts["privacy"])}
    run_name(facts["id"], run)
    declared = {section: declared_parameters(source_notebook(section)) for section in SECTIONS}
    literals = {name: value for section in reversed(SECTIONS) for name, value in declared[section].items()}
    values, sources = resolve_parameters(literals, facts["parameters"], asked)
    inputs = _input_hashes(folder, facts["files"]) | _paper_hash()
    prepared = Run(facts, folder, run, code, inputs, declared, values, sources)
    prepared.state = read_json(prepared.work / "state.json")
    _check_origin(prepared)
    return prepared


def chosen_privacy(asked: str, said: str) -> str:
    """Who may see a report: as `cohort.yml` says, or as the command asks where that is not looser.

    >>> chosen_privacy("", "internal"), chosen_privacy("publish", "share")
    ('internal', 'publish')
    """
    if asked and asked not in PRIVACY:
        raise UsageError(f"PRIVACY={asked!r} is not known. There are: {', '.join(PRIVACY)}.")
    if asked and PRIVACY.index(asked) < PRIVACY.index(said):
        why = f"PRIVACY={asked} would tell more than cohort.yml allows, which says privacy: {said}."
        raise UsageError(f"{why} Only a stricter one can be asked for here; who may loosen it changes cohort.yml.")
    return asked or said


def _input_hashes(folder: Path, files: Sequence[str]) -> dict[str, str]:
    hashes = {name: file_hash(folder / name) for name in files}
    missing = [name for name, value in hashes.items() if not value]
    if missing:
        raise Refused(f"cohort.yml, files: there is no file {missing[0]!r}. Put it there, or correct its path in cohort.yml.")
    return hashes


def _paper_hash() -> dict[str, str]:
    """The claims of another paper as one more file that the run reads; those of this project belong to its code."""
    path = paper_folder() / "claims.yml"
    if path.parent == project_root() / "data" / "paper":
        return {}
    from racohort.printed import parse_claims

    parse_claims(path.read_text("utf-8", errors="replace"), path.name)
    return {str(path): file_hash(path)}


def _check_origin(run: Run) -> None:
    known = run.state.get("origin", run.origin)
    taken = known != run.origin and (project_root() / known / "cohort.yml").is_file()
    if taken or run.state.get("run", run.run) != run.run:
        taken_by = f"the id {run.cohort['id']!r} already names the cohort in {known}."
        raise Refused(f"{taken_by} Give this one another id in its cohort.yml.")


def chosen_sections(only: Sequence[str]) -> list[str]:
    """The sections to bring up to date, in order: all of them, or those asked for with what they need.

    >>> chosen_sections(["safety"])
    ['cleaning', 'safety']
    """
    names = {stem: section for section, stem in STEMS.items()} | {section: section for section in SECTIONS}
    unknown = [name for name in only if name not in names]
    if unknown:
        raise UsageError(f"ONLY: there is no section {unknown[0]!r}. There are: {', '.join(SECTIONS)}.")
    asked = {names[name] for name in only} or set(SECTIONS)
    return [section for section in SECTIONS if section in asked or any(section in NEEDS[name] for name in asked)]


def make_report(run: Run, only: Sequence[str] = (), force: bool = False, say: Say = print, keep_going: bool = False) -> Path:
    """Bring a run's sections and its book up to date, publish it, and return the path of its first page.

    With `keep_going` a section that fails is left out of a partial book, which is published before the failure is raised.
    Raises Busy where another run holds the folder, SectionFailed or BookFailed with the earlier book left as it was.
    """
    sections = chosen_sections(only)
    with hold(run.published):
        recover(run.published)
        run.state = read_json(run.work / "state.json")
        if not force and all(map(run.is_fresh, sections)) and run.is_published():
            say("Nothing has changed since the last run; nothing was done.")
        else:
            _bring_up_to_date(run, sections, force, say, keep_going)
    return run.published / "html" / "index.html"


def _bring_up_to_date(run: Run, sections: Sequence[str], force: bool, say: Say, keep_going: bool) -> None:
    started = time.time()
    _check_room(run)
    if force or not all(map(run.is_fresh, sections)):
        from racohort import warm

        warm.start()  # what the sections' kernels import is imported beside everything that follows
    from racohort import record

    run.state.update(origin=run.origin, run=run.run)
    run.state.setdefault("sections", {})
    run.remember()
    write_json(run.work / "run.json", record.before(run))
    failures = _run_sections(run, sections, force, say, keep_going)
    if failures and not keep_going:
        raise failures[0]
    if not failures and (stale := [section for section in sections if not run.is_fresh(section)]):
        told = f"The notebook of {stale[0]}, or what it wrote, was changed while the report was made."
        raise Refused(f"{told} Run it again; an earlier report stands as it was.")
    say(f"  {'book':<14} {_publish(run, started):5.1f} s")
    if failures:
        raise failures[0]


def _check_room(run: Run) -> None:
    """Nothing begins on a disk that cannot hold it: a report, with the earlier one beside it, takes some ten times its files."""
    needed = 200_000_000 + 10 * sum((run.folder / name).stat().st_size for name in run.cohort["files"])
    free = shutil.disk_usage(run.published.parent).free
    if free < needed:
        told = f"{run.published.parent} lies on a disk with {free / 1e6:,.0f} MB free; this report needs {needed / 1e6:,.0f} MB."
        raise Refused(f"{told} Free some, or name a folder on another disk: RACOHORT_BUILD=/path make report.")


def _run_sections(run: Run, sections: Sequence[str], force: bool, say: Say, keep_going: bool) -> list[Exception]:
    """Run what is not up to date, each section as soon as what it needs is there; returns the failures, in their order."""
    failures: list[Exception] = []
    bases: dict[str, dict[str, Any]] = {}

    def prepare_section(section: str) -> Job | None:
        return None if not force and run.is_fresh(section) else _section_job(run, section, bases)

    schedule = Schedule(sections, NEEDS, prepare_section, workers(), stop_sections)
    for section, ended in schedule:
        if ended is None:
            say(f"  {section:<14} up to date")
            continue
        try:
            say(f"  {section:<14} {_settle(run, section, bases[section], ended.result()):5.1f} s")
        except Exception as failure:
            failures.append(failure)
            say(f"  {section:<14} failed")
            if not keep_going:
                schedule.stop()
    return failures


def stop_sections() -> None:
    """End every section that is at work."""
    from racohort.kernels import stop_kernels

    stop_kernels()


def _section_job(run: Run, section: str, bases: dict[str, dict[str, Any]]) -> Job:
    from racohort.engine import run_section

    run.state["sections"].pop(section, None)
    run.remember()
    for stage in (DATA, section) if section == "cleaning" else (section,):
        withdraw(run.work, stage)
    for name in ("data", "records") if section == "cleaning" else ():
        shutil.rmtree(run.work / name, ignore_errors=True)
    (run.work / "results" / f"{section}.parquet").unlink(missing_ok=True)
    modules = modules_of(section)
    bases[section] = {"key": run.section_key(section, modules), "modules": modules}
    given = {"RACOHORT_ROOT": str(project_root()), "RACOHORT_WORK": str(run.work)}
    given |= {"RACOHORT_ID": run.cohort["id"], "RACOHORT_FOLDER": str(run.folder)}
    given |= {"RACOHORT_PRIVACY": run.cohort["privacy"], "RACOHORT_PREFIX": sys.prefix}
    paths = source_notebook(section), run.notebook(section)
    ending = sentinel(section, run_name(run.cohort["id"], run.run), run.rests_on)
    return partial(run_section, section, *paths, run.given(section), given, run.cohort["limits"], ending)


def _settle(run: Run, section: str, basis: dict[str, Any], seconds: float) -> float:
    """Remember a section that ran; raises SectionFailed where it wrote no results."""
    from racohort.engine import SectionFailed

    if read_manifest(run.work, section) is None:
        raise SectionFailed(section, "its last cell did not write its results", None, run.notebook(section))
    facts = {
        **basis,
        "outputs": run.outputs(section),
        "seconds": round(seconds, 2),
        "ended": fingerprints.clock(time.time()),
    }
    run.state["sections"][section] = facts
    run.remember()
    return seconds


def _publish(run: Run, started: float) -> float:
    from racohort import codecheck, crate, record

    begun = time.monotonic()
    fresh = new_folder(run.published)
    included = [section for section in SECTIONS if run.is_fresh(section)]
    warnings = record.fill(run, fresh, included, started)
    traces = record.traces_of(run)
    write_json(fresh / "run.json", record.after(run, fresh, started, warnings, time.monotonic() - begun, traces))
    crate.write_crate(fresh)
    codecheck.write_codecheck(fresh)
    record.check_paths(run, fresh)
    if traces is not None:
        from racohort import leaks

        leaks.check_folder(fresh, traces)
    replace(run.published, fresh)
    shelf.write_shelf(run.published.parent)
    run.state["book"] = [run.book_key(), file_hash(run.published / "run.json")]
    run.remember()
    return time.monotonic() - begun
