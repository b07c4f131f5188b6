"""The pages around the sections: complete, in step with the code, honest about where a number comes from."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pydata_sphinx_theme
import pytest
from ruamel.yaml import YAML

from racohort import terms
from racohort.book import _remove_unused, lay_out
from racohort.places import project_root
from racohort.tables.paper import table

ROOT = project_root()
BOOK = ROOT / "book"
PAGES = sorted(path for path in BOOK.rglob("*.md") if "_build" not in path.parts)
READ = [
    *PAGES,
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "data" / "README.md",
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
]
RESULTS_PAGE = BOOK / "reference" / "results.md"
DICTIONARY = BOOK / "reference" / "data-dictionary.md"
TOLD = [BOOK / f"{name}.md" for name in ("index", "abstract", "discussion", "conclusion")]

#: American spelling -> where it is meant: in names that belong to others it may stand.
AMERICAN = (
    r"analyz\w*|summariz\w*|randomiz\w*|organiz\w*|recogniz\w*|characteriz\w*|normaliz\w*|standardiz\w*|categoriz\w*|visualiz\w*"
    r"|initializ\w*|hematolog\w*|hemoglobin\w*|leukocyt\w*|anemi\w*|tumor\w*|edema\w*|color\w*|behavior\w*|favor\w*|center\w*|fiber\w*"
    r"|labeled|labeling|modeling|modeled|canceled|catalog\b|gray|judgment|pediatric\w*|estrogen\w*|diarrhea"
)
NAMES_OF_OTHERS = r"International Council for Harmonisation|initialize|text-align: center"

#: Abbreviations that need no entry: file formats, tools and names, not medicine or statistics.
EVERYDAY = {
    *re.findall(
        r"\S+",
        """
    CSV XLSX YAML JSON HTML SVG UTF-8 SHA-256 TeX MathML MathJax GPL GPL-3 WSL PDF JupyterLab NCT01547091 CLZ120GA23
    CITATION CONTRIBUTING LICENSE README SET RUN COHORT PYTHON SAS XPT XLS GB18030 UTF-16 NUL IGNORE REDCap RO-Crate
    CODECHECK HMAC-SHA-256""",
    )
}


#: Front matter, fenced blocks, directives and their options, formulas, roles and code.
NOT_WORDS = (
    r"^---\n.*?\n---\n", r"^(`{3,}).*?^\1$", r"^:::+\{[^\n]*\n", r"^\s*:[\w-]+:[^\n]*$",
    r"\$\$.*?\$\$", r"\$[^$\n]*\$", r"\{[\w:-]+\}`[^`]*`", r"`[^`]*`",
)  # fmt: skip


def words_of(page: Path) -> str:
    """The prose of a page without code, formulas, link targets, citations and glue."""
    text = page.read_text("utf-8")
    for pattern in NOT_WORDS:
        text = re.sub(pattern, " ", text, flags=re.S | re.M)
    return re.sub(r"\]\([^)]*\)", "]", text)


def links_of(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.S | re.M)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)


def rows_under(page: Path, heading: str) -> list[list[str]]:
    """The cells of the table under a heading of a page, without its head."""
    section = re.split(rf"^## {re.escape(heading)}.*$", page.read_text("utf-8"), flags=re.M)[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# --- the table of contents --------------------------------------------------------------------------------------------


def files_in_contents(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (str(node[key]) for key in ("root", "file", "glob") if key in node)
        for value in node.values():
            yield from files_in_contents(value)
    elif isinstance(node, list):
        for value in node:
            yield from files_in_contents(value)


def test_every_page_is_in_the_table_of_contents_and_every_entry_is_a_page():
    listed = set(files_in_contents(YAML(typ="safe").load(BOOK / "_toc.yml")))
    found = {page.relative_to(BOOK).with_suffix("").as_posix() for page in PAGES}
    sections = {f"notebooks/{number:02d}-{name}" for number, name in enumerate(terms.SECTIONS, start=1)}
    decisions = {page for page in found if re.match(r"decisions/0", page)}
    assert listed == (found - decisions) | sections


def test_the_order_is_that_of_the_paper():
    contents = [name.split("/")[-1] for name in files_in_contents(YAML(typ="safe").load(BOOK / "_toc.yml"))]
    paper = [
        "abstract",
        "introduction",
        "methods",
        "results",
        "discussion",
        "conclusion",
        "acknowledgments",
        "disclosure",
        "references",
    ]
    assert [name for name in contents if name in paper and name != "results"] == [name for name in paper if name != "results"]
    methods = re.findall(r"^## (.+)$", (BOOK / "methods.md").read_text("utf-8"), re.M)
    assert methods == ["Patients", "Cell product and treatment", "Assessments", "Statistics"]


def test_decisions_are_numbered_without_gaps_have_the_three_parts_and_stand_on_one_page():
    decisions = sorted((BOOK / "decisions").glob("0*.md"))
    included = re.findall(r"\{include\} (\S+)\n:heading-offset: 1\n", (BOOK / "decisions" / "index.md").read_text("utf-8"))
    assert included == [path.name for path in decisions]
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text("utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert re.findall(r"^## (.+)$", text, re.M) == ["Context", "Decision", "Consequences"], path.name


@pytest.mark.parametrize("page", READ, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page):
    for link in links_of(page):
        target = link.partition("#")[0]
        if target and not re.match(r"[a-z]+:", target) and page.suffix == ".md":
            there = BOOK / target.lstrip("/") if target.startswith("/") else page.parent / target
            if "notebooks" in target and BOOK in page.parents:
                there = ROOT / "notebooks" / Path(target).name
            assert there.exists(), f"{page.name} links to {link}"


# --- references -------------------------------------------------------------------------------------------------------


def entries() -> dict[str, dict[str, str]]:
    text = (BOOK / "references.bib").read_text("utf-8")
    found = re.findall(r"^@(\w+)\{(\w+),\n(.*?)^\}", text, re.M | re.S)
    return {key: {"kind": kind, **dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?$", body, re.M))} for kind, key, body in found}


def test_every_reference_is_cited_and_every_citation_has_a_reference():
    cited = {
        key for page in PAGES for keys in re.findall(r"\{cite\}`([^`]+)`", page.read_text("utf-8")) for key in keys.split(",")
    }
    assert cited == set(entries())


@pytest.mark.parametrize("key", entries())
def test_a_reference_is_complete(key):
    entry = entries()[key]
    where = {"article": {"journal", "volume", "pages"}, "techreport": {"institution", "number"}}[entry["kind"]]
    assert {"author", "title", "year"} | where <= set(entry)
    assert re.fullmatch(r"(?:19|20)\d\d", entry["year"])
    if entry["kind"] == "article" and key != "holm1979":
        assert re.fullmatch(r"10\.\d{4,5}/\S+", entry["doi"])


def test_the_paper_is_cited_as_it_was_published():
    paper = entries()["wang2019"]
    assert (paper["volume"], paper["pages"], paper["doi"]) == ("13", "4331--4340", "10.2147/DDDT.S225613")


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", READ, ids=lambda page: page.name)
def test_spelling_is_british(page):
    text = re.sub(NAMES_OF_OTHERS, "", page.read_text("utf-8"))
    assert not re.findall(rf"\b(?:{AMERICAN})\b", text, re.I)


@pytest.mark.parametrize("page", TOLD, ids=lambda page: page.name)
def test_no_number_is_typed_where_the_book_tells_its_results(page):
    typed = [line for line in words_of(page).splitlines() if re.search(r"(?<![A-Za-z\d-])\d", line)]
    assert not typed


@pytest.mark.parametrize("page", READ, ids=lambda page: page.name)
def test_nothing_is_called_safe_effective_or_significant_in_the_books_own_voice(page):
    text = re.sub(r"“[^”]*”", "", words_of(page) if page.suffix == ".md" else page.read_text("utf-8"))
    assert not re.findall(r"\b(?:is|are|was|were|be|proved|shown to be) (?:\w+ly )?(?:safe|effective|significant)\b", text)
    assert not re.findall(r"\beffects? of (?:the )?(?:cells|UC-MSC)", text)


def test_every_abbreviation_of_the_pages_is_in_the_glossary():
    glossary = (BOOK / "reference" / "glossary.md").read_text("utf-8")
    known = {word.strip() for line in re.findall(r"^(?! |:|#|\n)(.+)$", glossary, re.M) for word in line.split(",")}
    column = {*terms.ADSL, *terms.BDS, *terms.ADAE, *terms.ADCM, *terms.RESULTS, "ADSL", "ADLB", "ADQS", "ADAE", "ADCM"}
    pages = [page for page in PAGES if page.name != "glossary.md" and "decisions" not in page.parts]
    used = {word for page in pages for word in re.findall(r"\b[\w-]*[A-Z][\w-]*[A-Z][\w-]*\b", words_of(page))}
    used = {re.sub(r"(?<=[A-Z])s$", "", word) for word in used}
    explained = known | column | EVERYDAY | set(codes(DICTIONARY.read_text("utf-8")))
    assert not sorted(used - explained)


def test_what_is_printed_secondary_or_assumed_is_marked_so_where_it_is_stated():
    for name in ("introduction", "methods", "index"):
        text = (BOOK / f"{name}.md").read_text("utf-8")
        for kind in re.findall(r"\[(\w+)\]\{\.ra-tag \.ra-tag-(\w+)\}", text):
            assert kind[0] == kind[1]
    methods = (BOOK / "methods.md").read_text("utf-8")
    for part in methods.split("\n## ")[1:4]:
        assert "ra-tag-abstract" in part
        assert "ra-tag-assumed" in part


# --- reference pages in step with the code ----------------------------------------------------------------------------


def test_the_results_page_describes_every_column_of_the_spine_and_no_other():
    described = [code for row in rows_under(RESULTS_PAGE, "The columns") for code in codes(row[0])]
    assert sorted(described) == sorted(terms.RESULTS)


def test_the_form_of_a_result_id_is_that_of_the_code():
    form = re.search(r"```text\n(\S+)\n```", RESULTS_PAGE.read_text("utf-8"))[1]
    assert form == ".".join(terms.RESULT_ID) + "[.by.category]"
    examples = re.findall(r"^`([^`]+)`\n: ", RESULTS_PAGE.read_text("utf-8"), re.M)
    assert len(examples) >= 5
    for example in examples:
        assert len(example.split(".")) in {len(terms.RESULT_ID), len(terms.RESULT_ID) + 2}, example
        assert example.split(".")[0] in terms.SECTIONS


def test_the_results_page_names_every_statistic_that_outside_checks_read():
    rows = [row for row in rows_under(RESULTS_PAGE, "The statistics of efficacy") if len(row) == 3]
    named = {(statistic, method) for row in rows for statistic in codes(row[0]) for method in codes(row[1])}
    assert {
        ("n", "pairs"), ("mean", "pairs"), ("sd", "pairs"), ("median", "pairs"), ("mean_change", "paired_t"), ("t", "paired_t"),
        ("df", "paired_t"), ("w", "wilcoxon"), ("gmr", "paired_t_log"), ("mmrm_change", "mmrm_satterthwaite"),
        ("mmrm_change", "mmrm_kr"),
    } <= named  # fmt: skip
    assert {"hodges_lehmann", "dz", "gav", "glass_delta"} <= {statistic for statistic, _ in named}
    text = RESULTS_PAGE.read_text("utf-8")
    for code in re.findall(
        r"\S+", "available q1 q3 min max clopper_pearson ANRIND BNRIND>ANRIND NORMAL>HIGH events rate overview"
    ):
        assert f"`{code}`" in text, code


@pytest.mark.parametrize(
    ("heading", "columns"), [("ADSL", terms.ADSL), ("ADLB and ADQS", terms.BDS), ("ADAE", terms.ADAE), ("ADCM", terms.ADCM)]
)
def test_the_data_dictionary_has_every_column_of_a_data_set_and_no_other(heading, columns):
    described = [
        code for row in rows_under(DICTIONARY, heading) for code in codes(row[0]) if not code.endswith("1FL") or code == "ANL01FL"
    ]
    assert sorted(described) == sorted(columns)


def test_the_data_dictionary_and_the_catalogue_have_the_same_measurements():
    from racohort import io

    described = {row[0]: codes(row[1]) for row in rows_under(DICTIONARY, "The measurements")}
    catalogue = io.read_catalogue()
    panels = catalogue.groupby("PARCAT1", sort=False).groups
    assert {panel: sorted(listed) for panel, listed in described.items()} == {
        name: sorted(index) for name, index in panels.items()
    }


def test_the_example_of_a_cohort_is_one_that_the_program_accepts():
    from racohort.config import parse_cohort

    page = (BOOK / "reference" / "cohort-folder.md").read_text("utf-8")
    example = re.search(r"\{code-block\} yaml\n(.*?)```", page, re.S)[1]
    assert parse_cohort(example, "cohort-folder.md").id == "xian-2014"


def test_the_shapes_and_the_classes_of_faults_are_those_of_the_contract():
    page = BOOK / "reference" / "cohort-folder.md"
    assert [codes(row[0])[0] for row in rows_under(page, "What happens to a fault")] == list(reversed(terms.CLASSES))
    assert [codes(row[0])[0] for row in rows_under(page, "The shape of a file")] == ["subject", "visit", "long", "wide", "event"]


def test_the_parameters_page_explains_every_parameter_of_every_section():
    import ast

    import nbformat

    page = (BOOK / "reference" / "parameters.md").read_text("utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cell = next(cell for cell in nbformat.read(path, as_version=4).cells if "parameters" in cell.metadata.get("tags", []))
        for statement in ast.parse(cell.source).body:
            target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
            assert f"| `{target.id}` |" in page, f"{path.stem}: {target.id}"


# --- the build's own rules --------------------------------------------------------------------------------------------


def test_the_book_asks_no_other_host_and_runs_no_notebook():
    text = (BOOK / "_config.yml").read_text("utf-8")
    config = YAML(typ="safe").load(text)
    assert config["execute"]["execute_notebooks"] == "off"
    assert config["sphinx"]["config"]["html_math_renderer"] == "mathml"
    assert config["sphinx"]["config"]["html_copy_source"] is False
    assert not {"sphinx_thebe", "sphinx.ext.intersphinx"} & set(config["sphinx"]["config"]["extensions"])
    assert "mystnb" not in str(config["sphinx"]["config"]["suppress_warnings"]), "a missing number must fail the build"
    style = (BOOK / "_static" / "book.css").read_text("utf-8")
    assert not re.search(r"url\(\s*[\"']?(?:https?:)?//|@import", style)
    for font in re.findall(r"url\(\"([^\"]+)\"\)", style):
        assert (BOOK / "_static" / font).is_file(), font


def test_the_style_sheet_and_the_figures_share_their_colours():
    from racohort.figures.style import PALETTE

    style = (BOOK / "_static" / "book.css").read_text("utf-8")
    light, dark = (re.search(rf'html\[data-theme="{theme}"\] \{{(.*?)\n\}}', style, re.S)[1] for theme in ("light", "dark"))
    for variable, name in (("--ra-paper", "paper"), ("--ra-accent", "accent"), ("--ra-ink", "ink"), ("--ra-mark", "accent2")):
        assert f"{variable}: {PALETTE[name][0]};" in light
        assert f"{variable}: {PALETTE[name][1]};" in dark


def test_in_a_partial_report_links_lead_to_the_page_that_says_that_a_section_was_not_run(tmp_path):
    (tmp_path / "notebooks").mkdir()
    lay_out(tmp_path, ["06-concordance"], "")
    targets = {page.name: re.findall(r"\((?:\.\./)?(notebooks/\S+)\)", page.read_text("utf-8")) for page in tmp_path.glob("*.md")}
    assert targets["abstract.md"] == ["notebooks/06-concordance.md"]
    assert targets["index.md"] == ["notebooks/01-cleaning.ipynb"]
    assert "was not run" in (tmp_path / "notebooks" / "06-concordance.md").read_text("utf-8")


def test_what_is_folded_away_is_announced_in_plain_words(monkeypatch):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from wording import reword

    page = {"body": '<p class="collapsed admonition-title">Show source</p><p>Show source</p>'}
    reword(None, "page", "page.html", page, None)
    assert page["body"] == '<p class="collapsed admonition-title">Show the code</p><p>Show source</p>'


def test_apostrophes_are_those_of_print_but_in_code_and_in_names(monkeypatch):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from wording import keep_together

    typed = """<p title="it's">The patient's, patients&#x27; own, <code>x['a']</code> and 'so'.</p>"""
    assert keep_together(typed) == """<p title="it's">The patient’s, patients’ own, <code>x['a']</code> and 'so'.</p>"""


def test_a_p_value_stays_on_one_line_however_the_paper_writes_it(monkeypatch):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from wording import keep_together

    assert keep_together("<p>lower, P &lt; 0.05</p>") == "<p>lower, P\u00a0&lt;\u00a00.05</p>"


def test_pages_go_without_scripts_and_typefaces_that_nothing_uses_and_that_of_the_search_alone_has_its_index(tmp_path):
    page, static = tmp_path / "index.html", tmp_path / "_static"
    for name in ("scripts/fontawesome.js", "design-tabs.js", "scripts/other.js", "other.js.map", "logo.svg", "one.css",
                 "two.png", "vendor/fa/webfonts/fa-brands-400.woff2", "vendor/fa/webfonts/fa-solid-900.woff2"):  # fmt: skip
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).touch()
    (static / "one.css").write_text("p { background: url(two.png) }")
    other = '<link href="_static/one.css"><script defer src="_static/scripts/other.js?digest=5"></script>'
    icons, index = (
        '<script defer src="_static/scripts/fontawesome.js?digest=5"></script><script data-x="y" src="design-tabs.js"></script>',
        '<script src="searchindex.js"></script>',
    )
    for path in (page, tmp_path / "search.html"):
        path.write_text(f"<head>\n{icons}{other}\n{index}</head>")
    _remove_unused(tmp_path)
    assert page.read_text() == f"<head>{other}</head>"
    assert (tmp_path / "search.html").read_text() == f"<head>{other}\n{index}</head>"
    assert sorted(path.name for path in static.rglob("*.*")) == ["fa-solid-900.woff2", "one.css", "other.js", "two.png"]


def test_the_theme_measures_nothing_that_is_folded(tmp_path):
    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static" / "scripts"
    script = tmp_path / "_static" / "scripts" / "pydata-sphinx-theme.js"
    script.parent.mkdir(parents=True)
    script.write_bytes((theme / script.name).read_bytes())
    (tmp_path / "index.html").write_text(f'<script src="{script.name}"></script>')
    assert ".cell_output" in script.read_text("utf-8")
    _remove_unused(tmp_path)
    assert ".cell_output" not in script.read_text("utf-8")
    assert "scrollWidth" in script.read_text("utf-8")


def test_an_abbreviation_is_explained_where_a_page_first_uses_it_and_nowhere_else(monkeypatch):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from tips import explain, read_glossary

    meanings = read_glossary((BOOK / "reference" / "glossary.md").read_text("utf-8"))
    assert meanings["DMARD"].startswith("Disease-modifying")
    assert "baseline" not in meanings
    made = explain('<h2>ESR</h2><p title="ESR"><code>ESR</code> DMARDs, ESR, DAS28-ESR and ESR.</p>', meanings)
    marked = re.sub(r' title="[^"]{20,}"', "", made)
    assert marked == (
        '<h2>ESR</h2><p title="ESR"><code>ESR</code> <abbr>DMARD</abbr>s, <abbr>ESR</abbr>, <abbr>DAS28-ESR</abbr> and ESR.</p>'
    )


def test_the_cell_tagged_opening_is_lifted_below_the_first_paragraph_of_its_page(monkeypatch):
    from docutils import nodes

    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from openings import lift

    page = nodes.section(
        "", nodes.title(text="Safety"), nodes.paragraph(text="Was there harm?"), nodes.section("", nodes.container())
    )
    page[2] += nodes.container(classes=["cell", "tag_opening"])
    lift(None, page)
    assert [part.get("classes", []) for part in page[1:3]] == [[], ["cell", "tag_opening"]]
    assert len(page[3]) == 1


def test_the_search_keeps_the_text_of_each_section_without_that_of_those_within_it_and_without_code(monkeypatch):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from snippets import read_texts

    inner = '<section id="b"><h2>B</h2><table><tr><td>Two,</td><td><b>thr</b>ee.</td></tr></table></section>'
    code = '<div class="cell_input"><pre>study = io.open_study(cohort)</pre></div>'
    term = '<dl><dt id="term-VAS">VAS</dt><dd><p>Visual analogue scale.</p></dd></dl>'
    page = f'<section id="a"><h1>A</h1><p>One.</p>{code}{term}{inner}</section>'
    told = "VAS Visual analogue scale."
    assert read_texts(page) == [("a", f"One. {told}"), ("b", "Two, three."), ("term-VAS", told)]


def test_a_formula_becomes_mathml_with_upright_names(monkeypatch):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from mathml import to_mathml

    made = to_mathml(r"\mathrm{ESR} = \ln(x)")
    assert made.startswith("<math")
    assert '<mi mathvariant="normal">ln</mi>' in made
    assert "<mi>x</mi>" in made


def test_words_of_a_table_stand_left_in_jupyterlab_and_the_book_goes_without_that_style(monkeypatch):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    from furnish import furnish

    shown = table(pd.DataFrame({"Analyte": ["ALT"]}), "labs", "Values.")
    bundle = shown._repr_mimebundle_()["text/html"]
    assert ".jp-RenderedHTMLCommon .ra-table :is(th, td, caption) { text-align: left; }" in bundle
    config = SimpleNamespace(racohort_made="", html_title="", project="")
    app = SimpleNamespace(config=config, builder=SimpleNamespace(name="singlehtml"))
    furnish(app, "page", "page.html", context := {"body": f"<p>Before</p>{bundle}"}, None)
    assert context["body"] == f"<p>Before</p>{shown.html()}"


def test_the_page_on_time_and_memory_tells_what_was_measured():
    told = " ".join((BOOK / "reference" / "performance.md").read_text("utf-8").split())
    measured = pd.read_csv(BOOK / "reference" / "growth.csv")
    seconds, memory = (measured.groupby("patients")[name].agg(how) for name, how in (("processor", "sum"), ("memory", "max")))
    assert f"took {seconds[100_000]:.0f} seconds of a processor, and {memory[100_000]:,} megabytes at most" in told
    times = f"{seconds[1_000_000]:,.0f} seconds ({seconds[1_000_000] / seconds[100_000]:.1f} times as many)"
    assert f"one on a million patients, measured after it in the same run, {times} and {memory[1_000_000]:,} megabytes" in told


def test_the_reviewers_guide_counts_what_is_there():
    told = (BOOK / "reference" / "reviewers-guide.md").read_text("utf-8")
    corpora = {path.stem: json.loads(path.read_text("utf-8")) for path in (ROOT / "tests" / "reference").glob("*.json")}
    values = sum(len(corpus["vectors"]) for corpus in corpora.values() if "vectors" in corpus)
    dirty, more = (len(corpora[name]["cases"]) for name in ("dirty_cases", "more_dirty_cases"))
    assert f"| {values} reference values" in told
    assert f"| {dirty} and {more:,} further files" in told
