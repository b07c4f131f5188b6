"""Standard deviations that cannot be, or that say a distribution is skewed."""

from math import exp, log, log1p, nan, sqrt

from scipy import stats

from racohort.columns import is_missing
from racohort.consistency.rounding import Printed, as_number, rounding_interval


def _ends(printed: Printed) -> tuple[float, float]:
    """The smallest and largest value that a printed text stands for; a number proper stands for itself."""
    if not isinstance(printed, str):
        return as_number(printed), as_number(printed)
    lower, upper, _ = rounding_interval(printed)
    return float(lower), float(upper)


def sd_positivity(mean: Printed, sd: Printed, n: int) -> dict[str, float | bool]:
    """What mean and SD say about a marker that cannot be negative.

    Returns
    -------
    `ratio` (mean / SD), `mean_minus_2sd`, `p_negative_if_normal`, `max_sd_nonneg` (mean sqrt(n), all but one value zero),
    `sigma_log_if_lognormal`, `median_if_lognormal`, `flag_skew` (mean - 2 SD below zero: a t test on the raw scale is out of
    place) and `impossible` (SD above its maximum, or a negative mean, for every value that rounds to what was printed as
    text). NaN where a part cannot be computed.

    >>> result = sd_positivity("12.3", "15.1", n=64)
    >>> result["flag_skew"], result["impossible"], round(result["p_negative_if_normal"], 3)
    (True, False, 0.208)
    """
    centre, spread = as_number(mean), as_number(sd)
    most = centre * sqrt(n) if centre >= 0 and as_number(n) >= 1 else nan
    variance = log1p((spread / centre) ** 2) if centre > 0 else nan
    return {
        "ratio": centre / spread if spread > 0 else nan,
        "mean_minus_2sd": centre - 2 * spread,
        "p_negative_if_normal": float(stats.norm.cdf(-centre / spread)) if spread > 0 else float(centre < 0),
        "max_sd_nonneg": most,
        "sigma_log_if_lognormal": sqrt(variance),
        "median_if_lognormal": exp(log(centre) - variance / 2) if centre > 0 else nan,
        "flag_skew": centre - 2 * spread < 0,
        "impossible": _cannot_be(mean, sd, n),
    }


def _cannot_be(mean: Printed, sd: Printed, n: int) -> bool:
    """Whether no values from zero up have such a mean and SD, however the two were rounded."""
    highest, (least, greatest) = _ends(mean)[1], _ends(sd)
    return bool(highest < 0 or greatest < 0 or (as_number(n) >= 1 and least > highest * sqrt(n) * (1 + 1e-12)))


def bounded_sd_possible(mean: Printed, sd: Printed, n: int, low: float, high: float) -> bool | None:
    """Whether an SD is possible for values between two bounds: SD^2 <= (mean - low) (high - mean) n / (n - 1).

    Text stands for every value that rounds to it. None without a mean or SD, or for n < 2.

    >>> bounded_sd_possible("1.5", "1.6", 64, low=0, high=3), bounded_sd_possible("1.5", "1.2", 64, low=0, high=3)
    (False, True)
    """
    if is_missing(mean, sd, n) or n < 2:
        return None
    (first, last), (least, greatest) = _ends(mean), _ends(sd)
    centre = min(max((low + high) / 2, first), last)
    inside = first <= high and last >= low and greatest >= 0
    most = (centre - low) * (high - centre) * n / (n - 1)
    return inside and max(least, 0.0) ** 2 <= max(most, 0.0) * (1 + 1e-12)
