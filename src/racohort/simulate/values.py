"""Every value of every candidate at every visit, before anyone is selected, leaves or is missed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racohort.scores import das28_esr4
from racohort.simulate.latent import draw_latent
from racohort.simulate.shapes import healthy, joint_count, ordinal, skewed, visual_scale

Array = NDArray[np.float64]
Parameters = Mapping[str, Any]

#: Whose visits correlate as which group of `visit_r`; laboratory values name their own group.
GROUPS = {"TJC28": "activity", "SJC28": "activity", "PTGA": "activity", "PHGA": "activity", "PAIN": "activity",
          "ESR": "activity", "CRP": "activity", "HAQ": "function", "RF": "antibody", "ACCP": "antibody",
          "OTHER": "safety"}  # fmt: skip

#: The eight categories of the HAQ as columns.
HAQ = tuple(f"HAQ0{number}" for number in range(1, 9))


def spearman_pairs(parameters: Parameters) -> list[tuple[str, str, float]]:
    """All pairs of variables with their Spearman correlation within a visit."""
    return [(one, other, float(rho)) for group in parameters["spearman"].values() for one, other, rho in group]


def draw_values(parameters: Parameters, female: NDArray[np.bool_], rng: np.random.Generator) -> dict[str, Array]:
    """Values of an unselected population: variable -> (patients, visits), with DAS28ESR computed from its components.

    `female` says who is a woman (reference ranges differ by sex). Values are as precise as the clinic records them; assay
    limits are not applied yet. The order of the variables is that of the parameter file.
    """
    drawn = {code: row["r"] for code, row in parameters["laboratory"].items() if "r" in row}
    visit_r = {name: parameters["visit_r"][group] for name, group in {**GROUPS, **drawn}.items()}
    z = draw_latent(rng, len(female), spearman_pairs(parameters), visit_r)
    values = _activity(parameters, z) | _antibodies(parameters, z, rng) | _disability(parameters, z["HAQ"], rng)
    values |= _laboratory(parameters, z, female)
    values["DAS28ESR"] = das28_esr4(values["TJC28"], values["SJC28"], values["ESR"], values["PTGA"])
    return values


def _by_visit(shape: Any, z: Array, margin: Mapping[str, Sequence[float]]) -> Array:
    visits = zip(z.T, margin["mean"], margin["sd"], strict=True)
    return np.column_stack([shape(column, mean, sd) for column, mean, sd in visits])


def _activity(parameters: Parameters, z: Mapping[str, Array]) -> dict[str, Array]:
    values = {name: _by_visit(joint_count, z[name], margin) for name, margin in parameters["counts"].items()}
    values |= {name: _by_visit(visual_scale, z[name], margin) for name, margin in parameters["scales"].items()}
    values |= {name: _by_visit(skewed, z[name], margin) for name, margin in parameters["acute"].items()}
    esr = parameters["acute"]["ESR"]
    values["ESR"] = np.clip(np.round(values["ESR"]), esr["low"], esr["high"])
    values["CRP"] = np.round(values["CRP"], 1)
    return values


def _antibodies(parameters: Parameters, z: Mapping[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    r = parameters["serostatus_r"]
    first = rng.standard_normal(len(z["RF"]))
    status = {"RF": first, "ACCP": r * first + np.sqrt(1 - r**2) * rng.standard_normal(len(first))}
    return {name: _antibody(margin, z[name], status[name]) for name, margin in parameters["antibodies"].items()}


def _antibody(margin: Mapping[str, Any], z: Array, status: Array) -> Array:
    positive = ordinal(status, [1 - margin["positive"], margin["positive"]])[:, None] == 1
    high = np.array(margin["median"], dtype=float) * np.exp(margin["sdlog"] * z)
    low = margin["negative_median"] * np.exp(margin["negative_sdlog"] * z)
    return np.asarray(np.round(np.where(positive, high, low), 1), dtype=float)


def _disability(parameters: Parameters, shared: Array, rng: np.random.Generator) -> dict[str, Array]:
    haq = parameters["haq"]
    moved = shared + np.array(haq["shift"], dtype=float)
    r, weight = haq["specific_r"], haq["shared"]
    lasting = rng.standard_normal((len(HAQ), len(shared), 1))
    passing = rng.standard_normal((len(HAQ), *shared.shape))
    own = np.sqrt(r) * lasting + np.sqrt(1 - r) * passing
    latent = np.sqrt(weight) * moved + np.sqrt(1 - weight) * own + np.reshape(haq["harder"], (-1, 1, 1))
    return dict(zip(HAQ, ordinal(latent, haq["categories"]), strict=True))


def _laboratory(parameters: Parameters, z: Mapping[str, Array], female: NDArray[np.bool_]) -> dict[str, Array]:
    rows = parameters["laboratory"]
    values = {code: _analyte(row, z[code], female) for code, row in rows.items() if "r" in row}
    other = parameters["other_leucocytes"]
    rest = healthy(z["OTHER"], other["low"], other["high"], "lognormal")
    values["WBC"] = np.round(values["NEUT"] + values["LYM"] + rest, rows["WBC"]["digits"])
    values["PROT"] = np.round(values["ALB"] + values["GLOBUL"], rows["PROT"]["digits"])
    return values


def _analyte(row: Mapping[str, Any], z: Array, female: NDArray[np.bool_]) -> Array:
    low, high = np.where(female[:, None, None], row["female"], row["male"]).astype(float).transpose(2, 0, 1)
    shifted = z + np.array(row.get("shift", [0, 0, 0]), dtype=float)
    return np.round(healthy(shifted, low, high, row["shape"]), row["digits"])
