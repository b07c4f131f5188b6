"""HAQ-DI from items or from categories, and its response."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from racohort.columns import GUARD, Answer, Numbers, as_columns, as_words

HAQ_CATEGORIES = ("dressing", "arising", "eating", "walking", "hygiene", "reach", "grip", "activities")


def haq_di(
    items: Mapping[str, Sequence[float | None]],
    aids: Collection[str] | None = (),
    help: Collection[str] | None = (),
    min_cat: int = 6,
    use_aids: bool = True,
    complete_items: bool = False,
) -> float:
    """HAQ disability index of one patient, 0 to 3, from the items of the eight categories.

    Parameters
    ----------
    items : category -> item scores 0, 1, 2, 3 or None
    aids, help : categories for which a device or a person's help was ticked: a category scored 0 or 1 becomes 2;
        None as none ticked
    min_cat : categories that must be answered (6 is a convention, ARAMIS; CLINHAQ asks for 7)
    use_aids : False gives the alternative HAQ-DI, without raising
    complete_items : True leaves a category out when any of its items is missing (CLINHAQ)

    Returns
    -------
    The mean of the answered categories; NaN when too few, or when an item is impossible. Raises ValueError for an unknown
    category.

    >>> haq_di({name: [1, 0] for name in HAQ_CATEGORIES}, aids=["walking"])
    1.125
    """
    ticked = {*(aids or ()), *(help or ())}
    unknown = ({*items} | ticked) - {*HAQ_CATEGORIES}
    if unknown:
        raise ValueError(f"HAQ has no category {', '.join(sorted(unknown))}; its categories are {', '.join(HAQ_CATEGORIES)}")
    answers = [as_columns(items.get(name, []))[0] for name in HAQ_CATEGORIES]
    if any(not _possible(given).all() for given in answers):
        return float("nan")
    scores = [_category(given, complete_items) for given in answers]
    raised = [use_aids and name in ticked for name in HAQ_CATEGORIES]
    return float(haq_di_from_categories([scores], [raised], min_cat)[0])


def _category(given: NDArray[np.float64], complete_items: bool) -> float:
    answered = given[~np.isnan(given)]
    if not answered.size or (complete_items and answered.size < given.size):
        return float("nan")
    return float(answered.max())


def _possible(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.isnan(scores) | np.isin(scores, (0, 1, 2, 3))


def haq_di_from_categories(scores: Numbers, raised: Numbers = None, min_cat: int = 6) -> NDArray[np.float64]:
    """HAQ-DI of many patients from category scores.

    Parameters
    ----------
    scores : patients x 8 categories, in the order of `HAQ_CATEGORIES`, 0 to 3 or NaN
    raised : the same shape, true where a device or help was ticked (None: nowhere, or already in the scores)
    min_cat : categories that must be answered

    Returns
    -------
    One value a patient; NaN when fewer than `min_cat` categories are answered or a score is not 0, 1, 2 or 3.

    >>> haq_di_from_categories([[0, 1, 2, 3, 0, 1, None, None], [0, 1, 2, 3, 0, None, None, None]])
    array([1.16666667,        nan])
    """
    categories = np.atleast_2d(as_columns(scores)[0])
    helped = np.zeros(categories.shape, bool) if raised is None else np.atleast_2d(np.asarray(raised, bool))
    categories = np.where(helped & (categories < 2), 2.0, categories)
    answered = np.sum(~np.isnan(categories), axis=1)
    valid = (answered >= min_cat) & _possible(categories).all(axis=1)
    return np.where(valid, np.nansum(categories, axis=1) / np.maximum(answered, 1), np.nan)


def haq_response(haq_baseline: Numbers, haq_current: Numbers, mcid: float = 0.22) -> Answer:
    """Response in HAQ-DI: improved (fall of at least `mcid`), worsened (rise of at least `mcid`) or unchanged.

    A complete HAQ-DI moves in steps of 0.125, so that 0.22 means 0.25 in effect. Missing as `das28_state`.

    >>> haq_response([1.5, 1.5, 1.5], [1.25, 1.375, 1.75])
    array(['improved', 'unchanged', 'worsened'], dtype=object)
    """
    before, now = as_columns(haq_baseline, haq_current)
    improvement = np.round(before - now, 9)
    conditions = [improvement >= mcid - GUARD, improvement <= GUARD - mcid, np.isfinite(improvement)]
    return as_words(conditions, ["improved", "worsened", "unchanged"])
