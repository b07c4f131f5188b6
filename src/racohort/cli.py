"""What users type: the verbs of the `racohort` command, each the target of the same name in the Makefile."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click

from racohort import __version__
from racohort.failures import told
from racohort.places import UsageError, build_folder, cohort_folder, project_root
from racohort.schedule import THREADS, workers

DEFAULT = "wang2019-synthetic"
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def _examples(*lines: str) -> str:
    return "\b\nExamples:" + "".join(f"\n  {line}" for line in lines)


@click.group(context_settings=SETTINGS)
@click.version_option(__version__)
def main() -> None:
    """A report on one cohort of patients with rheumatoid arthritis, from its raw files to a book."""


def _cohort_option(verb: Callable[..., None]) -> Callable[..., None]:
    words = "A name in data/cohorts, or a folder."
    return click.option("--cohort", envvar="RC_COHORT", default=DEFAULT, show_default=True, help=words)(verb)


def _paper_option(verb: Callable[..., None]) -> Callable[..., None]:
    """The folder of another paper, handed on to whatever runs in this command's name."""

    def hand_on(_context: click.Context, _option: click.Parameter, folder: str) -> None:
        if folder:
            os.environ["RACOHORT_PAPER"] = str(Path(folder).resolve())

    words = "A folder with the claims.yml of another paper."
    return click.option("--paper", envvar="RC_PAPER", default="", callback=hand_on, expose_value=False, help=words)(verb)


@main.command(
    epilog=_examples("racohort report", "racohort report --cohort ../xian --run strict --set 'alpha=0.01 primary=DAS28,CRP'")
)
@_cohort_option
@click.option("--set", "settings", envvar="RC_SET", default="", help="Parameters, quoted as in a shell; a list is a,b.")
@click.option("--run", envvar="RC_RUN", default="", help="A name for this run, kept beside the unnamed one.")
@click.option("--only", envvar="RC_ONLY", default="", help="Sections to bring up to date, with what they need.")
@click.option("--force", envvar="RC_FORCE", is_flag=True, help="Run every section again.")
@click.option("--keep-going", envvar="RC_KEEP_GOING", is_flag=True, help="Publish a partial report where a section fails.")
@click.option("--formats", envvar="RC_FORMATS", default="", help="Beside the book also: pdf, docx.")
@click.option("--privacy", envvar="RC_PRIVACY", default="", help="share or publish: stricter than cohort.yml says.")
@click.option("--verbose", envvar="RC_VERBOSE", is_flag=True, help="Show the traceback of a section that failed.")
@_paper_option
@told
def report(
    cohort: str, settings: str, run: str, only: str, force: bool, keep_going: bool, formats: str, privacy: str, verbose: bool
) -> None:
    """Run the sections, build the book, publish it; the last line is the path of its first page."""
    from racohort import pipeline
    from racohort.parameters import read_formats

    prepared = pipeline.prepare(cohort, settings, run, privacy)
    prepared.formats = read_formats(formats)
    click.echo(f"{prepared.cohort['id']}{f' ({run})' if run else ''}: {prepared.cohort['title']}")
    if (settings or privacy) and not run:
        click.echo(f"  {'SET' if settings else 'PRIVACY'} without RUN: this run replaces the unnamed run; RUN=name keeps both.")
    page = pipeline.make_report(prepared, only.replace(",", " ").split(), force, click.echo, keep_going)
    click.echo(str(page))


@main.command(
    epilog=_examples("racohort reports --cohorts 'xian-2014 ../clinic/xian-2016'", "racohort reports --cohorts cuts.csv")
)
@click.option("--cohorts", envvar="RC_COHORTS", default="", help="Names and folders of cohorts, a folder of them, or a table.")
@click.option(
    "--scheduler", envvar="RC_SCHEDULER", default="", help="The address of a Dask scheduler, for more than one machine."
)
@_paper_option
@told
def reports(cohorts: str, scheduler: str) -> None:
    """Make many reports, several at a time; the last lines say what became of each."""
    from racohort.reports import make_reports, read_requests, summarise_reports

    done = make_reports(read_requests(cohorts, _words(cohorts, "COHORTS")), click.echo, scheduler)
    for line in summarise_reports(done):
        click.echo(line)
    sys.exit(0 if all(one.page for one in done) else 1)


@main.command(epilog=_examples("racohort compare --cohorts 'xian-2014 xian-2014--strict rapport'"))
@click.option("--cohorts", envvar="RC_COHORTS", default="", help="Finished runs: names in book/_build, or published folders.")
@told
def compare(cohorts: str) -> None:
    """Make a book about finished runs side by side; the last line is the path of its first page."""
    from racohort.comparing import compare_runs

    click.echo(str(compare_runs(_words(cohorts, "COHORTS"))))


@main.command(epilog=_examples("racohort power", "racohort power --scenarios plan.csv --reps 10000"))
@click.option(
    "--scenarios", envvar="RC_SCENARIOS", default="", help="A table of scenarios, CSV [default: data/power/scenarios.csv]."
)
@click.option("--reps", envvar="RC_REPS", type=int, default=500, show_default=True, help="Trials of each scenario.")
@click.option("--seed", envvar="RC_SEED", type=int, default=20191219, show_default=True, help="The seed of the trials.")
@click.option("--scheduler", envvar="RC_SCHEDULER", default="", help="The address of a Dask scheduler.")
@told
def power(scenarios: str, reps: int, seed: int, scheduler: str) -> None:
    """Simulate trials: errors, power, bias and coverage of each method, and how many patients a trial needs."""
    from racohort.powering import make_power

    for line in make_power(scenarios, reps, seed, scheduler, click.echo):
        click.echo(line)


@main.command(epilog=_examples("racohort verify", "racohort verify --cohort xian-2014 --run strict"))
@_cohort_option
@click.option("--run", envvar="RC_RUN", default="", help="The name of the run; empty for the unnamed one.")
@_paper_option
@told
def verify(cohort: str, run: str) -> None:
    """Make a finished run again elsewhere, and compare it with what was recorded, row by row."""
    from racohort.verification import verify_run

    click.echo(verify_run(cohort, run, click.echo))


@main.command(epilog=_examples("racohort check --cohort xian-2014", "racohort check --cohort ../clinic/xian --out checked"))
@_cohort_option
@click.option("--out", envvar="RC_OUT", default="", help="A folder for the data sets, ledger, quarantine and findings.")
@told
def check(cohort: str, out: str) -> None:
    """Read and clean a cohort only, and print what was found."""
    from racohort.checking import check_cohort

    folder = Path(out) if out else build_folder() / ".check" / cohort_folder(cohort).name
    for line in check_cohort(cohort, folder):
        click.echo(line)


@main.command("check-summary", epilog=_examples("racohort check-summary table1.csv"))
@click.argument("file")
@told
def check_summary(file: str) -> None:
    """Check a table of printed summaries: can these means, SDs, percentages and p values be right?"""
    from racohort.checking import check_printed

    for line in check_printed(file):
        click.echo(line)


@main.command(
    epilog=_examples(
        "racohort cohort --name xian-2014 visits.csv patients.xlsx", "racohort cohort --name xian-2014 --copy 'my visits.csv'"
    )
)
@click.option("--name", envvar="RC_NAME", default="", help="The new cohort's name: its folder in data/cohorts.")
@click.option("--copy", envvar="RC_COPY", is_flag=True, help="Copy the files into the cohort's folder raw/.")
@click.argument("files", nargs=-1)
@told
def cohort(name: str, copy: bool, files: tuple[str, ...]) -> None:
    """Look at files, and write a first cohort.yml: what was guessed says from what, the rest is a marked blank."""
    from racohort.scaffolding import make_cohort

    for line in make_cohort(name, files or _words(os.environ.get("RC_FROM", ""), "FROM"), copy):
        click.echo(line)


@main.command(epilog=_examples("racohort synthesise --seed 7 --out /tmp/cohort"))
@click.option("--parameters", envvar="RC_PARAMETERS", default="", help="A parameter file [default: that of the default cohort].")
@click.option("--seed", envvar="RC_SEED", type=int, default=None, help="A seed other than the parameter file's.")
@click.option("--out", envvar="RC_OUT", default="", help="The folder to write [default: data/cohorts/wang2019-synthetic].")
@told
def synthesise(parameters: str, seed: int | None, out: str) -> None:
    """Make a synthetic cohort from a parameter file and a seed."""
    from racohort.checking import synthesise_cohort

    default = project_root() / "data" / "cohorts" / DEFAULT
    source = Path(parameters) if parameters else default / "parameters.yml"
    if (seed is not None or parameters) and not out:
        raise UsageError(
            "parameters or a seed of your own need a folder of their own: OUT=folder. The default cohort keeps its own."
        )
    folder = Path(out) if out else default
    if (folder / "cohort.yml").exists() and not (folder / "parameters.yml").exists():
        raise UsageError(f"{folder} holds a cohort that was not made by this command. Choose another folder with OUT=.")
    click.echo(synthesise_cohort(source, seed, folder))


@main.command(epilog=_examples("racohort lab"))
@told
def lab() -> None:
    """Open JupyterLab on the notebooks, at a short guide to them."""
    options = {
        "ServerApp.root_dir": project_root() / "notebooks",
        "ServerApp.ip": "127.0.0.1",
        "LabApp.default_url": "/lab/tree/extras/start.ipynb",
        "LabApp.app_settings_dir": project_root() / "notebooks" / "extras" / ".lab",  # where it is told not to ask for news
        "LabApp.news_url": "None",  # it asks no address outside this machine for news, versions or extensions
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    sys.exit(subprocess.call([sys.executable, "-m", "jupyterlab", *given]))


@main.command(epilog=_examples("racohort test", "racohort test --args '-k safety'"))
@click.option("--args", "arguments", envvar="RC_ARGS", default="", help="More arguments for pytest, quoted as in a shell.")
@told
def test(arguments: str) -> None:
    """Run the tests; without arguments all of them, and where Python counts lines cheaply coverage must reach its mark."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of some hundred processes compiles the package anew
    os.environ.update(dict.fromkeys(THREADS, "1"))  # each core has a process already
    counted = ["--cov", "--cov-report=term:skip-covered"] if sys.version_info >= (3, 12) else []
    whole = [*counted, f"--numprocesses={workers()}", "--dist=loadfile", "--no-loadscope-reorder"]
    sys.exit(1 if _called("pytest", *(_words(arguments) or whole)) else 0)


@main.command(epilog=_examples("racohort torture --minutes 60", "racohort torture --part mutation --seed 4711 --count 1"))
@click.option("--part", envvar="RC_PART", default="", help="corruption, mutation, dirty, kill, write, mixed_model [default: all]")
@click.option("--count", envvar="RC_COUNT", type=int, default=None, help="Cases of a part [default: as many as it shall reach].")
@click.option("--seed", envvar="RC_SEED", type=int, default=0, show_default=True, help="The number of the first case.")
@click.option("--minutes", envvar="RC_MINUTES", type=float, default=120, show_default=True, help="A part stops after this time.")
@told
def torture(part: str, count: int | None, seed: int, minutes: float) -> None:
    """Try thousands of faulty cohorts, files, machines and mixed models; what was reached is written to book/_build/.torture."""
    asked = {"part": part, "count": count, "seed": seed, "minutes": minutes}
    given = [f"--{name}={value}" for name, value in asked.items() if value not in ("", None)]
    sys.exit(1 if _called("tests.torture", *given) else 0)


@main.command(epilog=_examples("racohort bench", "racohort bench --args cleaning"))
@click.option("--args", "arguments", envvar="RC_ARGS", default="", help="The parts wanted [default: all of them].")
@told
def bench(arguments: str) -> None:
    """Measure the speed claims, each beside its comparison; the tables are written to book/_build/.bench."""
    sys.exit(1 if _called("benchmarks", *_words(arguments)) else 0)


@main.command(epilog=_examples("racohort lint", "racohort lint --args --fix"))
@click.option("--args", "arguments", envvar="RC_ARGS", default="", help="More arguments for ruff, quoted as in a shell.")
@told
def lint(arguments: str) -> None:
    """Check the style, the types and who imports whom."""
    contracts = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    style = [_called("ruff", "check", *_words(arguments)), _called("ruff", "format", "--check", "--quiet")]
    results = [*style, _called("mypy"), _run([sys.executable, "-c", contracts])]
    sys.exit(1 if any(results) else 0)


def _called(module: str, *arguments: str) -> int:
    return _run([sys.executable, "-m", module, *arguments])


def _run(command: list[str]) -> int:
    return subprocess.call(command, cwd=project_root())


def _words(text: str, variable: str = "ARGS") -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{variable}={text!r} cannot be read: {error}. Close every quotation mark.") from None


@main.command(epilog=_examples("racohort doctor"))
def doctor() -> None:
    """Say what is installed, what is missing, and how to get it."""
    from racohort import environment

    sys.exit(environment.doctor(project_root()))


@main.command(epilog=_examples("racohort clean"))
@told
def clean() -> None:
    """Remove what runs made; never anything under data/."""
    from racohort import environment

    environment.clean(project_root())


@main.command(epilog=_examples("racohort distclean"))
@told
def distclean() -> None:
    """Remove what runs made, and the environment .venv as well."""
    from racohort import environment

    environment.clean(project_root())
    shutil.rmtree(project_root() / ".venv", ignore_errors=True)
