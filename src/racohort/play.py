"""Another plan for the same data: widgets that choose it, and the main table of changes under it; no part of a report."""

from collections.abc import Sequence

import ipywidgets

from racohort import efficacy, tables
from racohort.absence import Absence, absent
from racohort.io import Study
from racohort.plan import Plan
from racohort.results import join_results
from racohort.tables.paper import Table

#: Levels to choose from, beside the one that the notebook begins with.
ALPHAS = (0.001, 0.01, 0.05, 0.1, 0.2)


def choose_plan(study: Study, plan: Plan) -> ipywidgets.interactive | Absence:
    """Widgets for alpha, the primary visit and the primary endpoints, with the main table of changes under what they say.

    Parameters
    ----------
    study : a run whose cleaning is finished
    plan : what the widgets say at first

    Returns
    -------
    The widgets; the table is made anew at each choice, and is their `result`. A sentence where nothing can have changed.
    """
    values = efficacy.select_values(study.adlb, study.adqs, study.adsl, plan, study.catalogue)
    endpoints = [(endpoint.label, endpoint.PARAMCD) for endpoint in efficacy.list_endpoints(values, plan, study.catalogue)]
    if not endpoints or not plan.follow_ups:
        return absent("This cohort has no efficacy value, or one visit only: there is no change to show.")

    def changes(alpha: float, primary_visit: str, primary: Sequence[str]) -> Table | Absence:
        return tabulate_plan(study, study.plan(alpha, primary, primary_visit)) if primary else absent("Choose an endpoint.")

    return ipywidgets.interactive(
        changes,
        {"auto_display": True},
        alpha=ipywidgets.SelectionSlider(options=sorted({*ALPHAS, plan.alpha}), value=plan.alpha, description="alpha"),
        primary_visit=_one_of([(visit.label, visit.AVISIT) for visit in plan.follow_ups], plan.primary_visit),
        primary=_some_of(endpoints, plan.primary),
    )


def _one_of(options: list[tuple[str, str]], chosen: str) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(options=options, value=chosen, description="Visit")


def _some_of(options: list[tuple[str, str]], chosen: Sequence[str]) -> ipywidgets.SelectMultiple:
    rows = min(len(options), 6)
    return ipywidgets.SelectMultiple(
        options=options, value=tuple(chosen), description="Endpoints", rows=rows, layout={"width": "24rem"}
    )


def tabulate_plan(study: Study, plan: Plan) -> Table | Absence:
    """The change of the primary endpoints of a plan by the mixed model, as the section on efficacy shows it.

    The other endpoints are left out before anything is estimated: the families that adjust the primary ones do not hold them.
    """
    everything = efficacy.select_values(study.adlb, study.adqs, study.adsl, plan, study.catalogue)
    values = everything[everything["PARAMCD"].isin(plan.primary)]
    endpoints = efficacy.list_endpoints(values, plan, study.catalogue)
    common = (values, study.adsl, plan, study.catalogue)
    found = join_results(efficacy.estimate_changes(*common), efficacy.estimate_models(*common))
    shown: Table | Absence = tables.tabulate_models(efficacy.adjust_families(found, endpoints, plan), endpoints, plan)
    return shown
