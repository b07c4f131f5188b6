"""The hospital's exports: Chinese and English headings, numbers as text, `<` where the assay ends."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from racohort.simulate.histories import Row
from racohort.simulate.patients import Population

Parameters = Mapping[str, Any]
Table = list[dict[str, str]]

ID, VISIT, STARTED, STOPPED = "住院号 Patient ID", "随访 Visit", "开始日期 Start date", "停止日期 Stop date"
RESULT, ITEM, UNIT, SAMPLED = "结果 Result", "项目 Item", "单位 Unit", "采样日期 Sample date"
INFUSED, GRADE, EVENT = "输注日期 Infusion date", "分级 Grade", "不良事件 Adverse event"

#: The columns of the clinic's sheet that hold values: PARAMCD -> heading.
CLINIC = {
    "TJC28": "压痛关节数 TJC28", "SJC28": "肿胀关节数 SJC28", "PTGA": "患者总体评估 PtGA (mm)",
    "PHGA": "医生总体评估 PhGA (mm)", "PAIN": "疼痛 Pain (mm)", "HAQ01": "HAQ 穿衣 Dressing", "HAQ02": "HAQ 起身 Arising",
    "HAQ03": "HAQ 进食 Eating", "HAQ04": "HAQ 行走 Walking", "HAQ05": "HAQ 个人卫生 Hygiene", "HAQ06": "HAQ 取物 Reach",
    "HAQ07": "HAQ 握力 Grip", "HAQ08": "HAQ 日常活动 Activities",
}  # fmt: skip

#: How the clinic and the laboratory write the visits.
CLINIC_VISITS = ("基线", "1年", "3年")
LABORATORY_VISITS = ("基线 Baseline", "12个月", "36个月")

#: Words of the export for the words of the analysis.
WORDS = {
    "F": "女", "M": "男", "Y": "是", "N": "否", "COMPLETED": "完成 Completed", "DISCONTINUED": "退出 Withdrawn",
    "RELATED": "可能有关 Possibly related", "NOT RELATED": "无关 Not related", "RECOVERED": "痊愈 Recovered",
    "NOT RECOVERED": "未愈 Not recovered", "BASELINE": "基线用药 Baseline", "START": "新加 Start", "STOP": "停用 Stop",
    "INCREASE": "加量 Increase", "DECREASE": "减量 Decrease",
}  # fmt: skip


def export_tables(parameters: Parameters, population: Population, medication: list[Row], events: list[Row]) -> dict[str, Table]:
    """The five tables, name -> rows of heading -> text, before anybody mistypes anything."""
    return {
        "demographics": [_patient(patient) for patient in population.patients.to_dict("records")],
        "visits": _clinic(population),
        "laboratory": _laboratory(parameters, population),
        "adverse_events": [_event(row) for row in events],
        "medication": [_drug(row) for row in medication],
    }


def day_text(date: Any, form: str = "%Y-%m-%d") -> str:
    """A date as the export writes it, "" for none.

    >>> day_text(pd.Timestamp("2014-05-03")), day_text(pd.NaT)
    ('2014-05-03', '')
    """
    return "" if pd.isna(date) else pd.Timestamp(date).strftime(form)


def number_text(value: float, digits: int = 0) -> str:
    """A number as the export writes it, "" for a missing one.

    >>> number_text(12.345, 1), number_text(float("nan"))
    ('12.3', '')
    """
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def result_text(value: float, digits: int, floor: float = -np.inf, ceiling: float = np.inf) -> str:
    """A laboratory result; beyond the limits of its assay the limit with `<` or `>`.

    >>> result_text(0.3, 1, floor=0.5), result_text(1203.0, 1, ceiling=1000), result_text(0.5, 1, floor=0.5)
    ('<0.5', '>1000', '0.5')
    """
    if value < floor:
        return f"<{floor:g}"
    return f">{ceiling:g}" if value > ceiling else number_text(value, digits)


def _patient(patient: Mapping[Any, Any]) -> dict[str, str]:
    return {ID: patient["USUBJID"], "性别 Sex": WORDS[patient["SEX"]], "年龄 Age (years)": number_text(patient["AGE"]),
            "病程 Disease duration (years)": number_text(patient["DISDUR"], 1), "BMI": number_text(patient["BMI"], 1),
            INFUSED: day_text(patient["TRTSDT"]), "研究状态 Status": WORDS[patient["EOSSTT"]],
            "结束日期 End of study": day_text(patient["EOSDT"]), "退出原因 Reason": patient["DCSREAS"]}  # fmt: skip


def _clinic(population: Population) -> Table:
    rows = []
    for who, visit in zip(*np.nonzero(population.seen), strict=True):
        row = {ID: population.patients["USUBJID"][who], VISIT: CLINIC_VISITS[visit]}
        row["访视日期 Visit date"] = day_text(population.dates[who, visit])
        rows.append(row | {heading: number_text(population.values[code][who, visit]) for code, heading in CLINIC.items()})
    return rows


def _laboratory(parameters: Parameters, population: Population) -> Table:
    rows = []
    for who, visit in zip(*np.nonzero(population.seen), strict=True):
        patient = population.patients.iloc[who]
        for code, analyte in parameters["laboratory"].items():
            value = population.values[code][who, visit]
            if not np.isnan(value):
                limits = analyte["female" if patient["SEX"] == "F" else "male"]
                result = result_text(value, analyte["digits"], analyte.get("floor", -np.inf), analyte.get("ceiling", np.inf))
                sampled = day_text(population.dates[who, visit], "%Y/%m/%d")
                rows.append({ID: patient["USUBJID"], VISIT: LABORATORY_VISITS[visit], SAMPLED: sampled, ITEM: analyte["item"],
                             RESULT: result, UNIT: analyte["unit"], "参考下限 Low": f"{limits[0]:g}",
                             "参考上限 High": f"{limits[1]:g}"})  # fmt: skip
    return rows


def _event(row: Mapping[str, Any]) -> dict[str, str]:
    return {ID: row["USUBJID"], EVENT: row["AETERM"], "首选术语 Preferred term": row["AEDECOD"],
            "系统器官分类 System organ class": row["AEBODSYS"], STARTED: day_text(row["ASTDT"]), STOPPED: day_text(row["AENDT"]),
            GRADE: str(row["AETOXGR"]), "严重 Serious": WORDS[row["AESER"]], "与输注关系 Relationship": WORDS[row["AEREL"]],
            "转归 Outcome": WORDS[row["AEOUT"]]}  # fmt: skip


def _drug(row: Mapping[str, Any]) -> dict[str, str]:
    return {ID: row["USUBJID"], "药物 Drug": row["CMTRT"], "通用名 Generic name": row["CMDECOD"], "类别 Class": row["CMCLAS"],
            "剂量 Dose": f"{row['CMDOSE']:g}", "剂量单位 Dose unit": row["CMDOSU"], STARTED: day_text(row["ASTDT"]),
            STOPPED: day_text(row["AENDT"]), "变更 Change": WORDS[row["CMACT"]]}  # fmt: skip
