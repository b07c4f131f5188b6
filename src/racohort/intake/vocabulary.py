"""What hospitals call the columns that hold no analyte, and the words in them: English and Chinese names by role."""

import re

#: Role -> the names its column has, the surest first. A name is compared without case, spaces and punctuation.
NAMES: dict[str, list[str]] = {
    "USUBJID": ["usubjid", "patient id", "subject id", "patient identifier", "subject identifier", "patientid", "participant id",
                "record id", "study id", "prontuario", "subjid", "patient no", "patient number", "hospital number", "mrn",
                "住院号", "患者编号", "病人编号", "患者ID", "受试者编号", "病历号", "pid", "ptid", "patid",
                "pat id", "pat nr", "pat no",
                "patientennummer", "patienten id", "id", "patient", "subject", "participant", "编号"],
    "SITEID": ["siteid", "site id", "study site", "site", "centre", "center", "hospital", "zentrum",
               "klinik", "centro", "redcap data access group", "中心",
               "医院"],
    "SEX": ["sex", "gender", "geschlecht", "sexo", "sexe", "性别"],
    "AGE": ["age", "age at baseline", "age at enrolment", "age at enrollment", "age at inclusion", "age at entry", "age years",
            "alter", "idade", "edad", "年龄"],
    "BIRTHDT": ["birthdt", "date of birth", "birth date", "birthday", "dob", "birth", "born", "yob", "birthyear", "geburtsdatum",
                "geburtsjahr", "出生年份", "出生年",
                "data de nascimento", "fecha de nacimiento", "出生日期"],
    "ARM": ["arm", "treatment arm", "treatment group", "group", "trt01p", "actarm", "treatment", "trt", "treat", "therapy",
            "randomised group", "randomized group", "gruppe", "behandlungsgruppe",
            "grupo", "分组", "组别"],
    "DISDUR": ["disease duration", "duration of disease", "years ra", "years ill", "ra duration", "disdur", "krankheitsdauer",
               "erkrankungsdauer", "病程"],
    "TRTSDT": ["trtsdt", "infusion date", "date of infusion", "first infusion", "treatment start", "first dose date", "infusion",
               "treatment date", "输注日期", "首次输注日期", "治疗开始日期"],
    "EOSSTT": ["eosstt", "study status", "completion status", "status", "研究状态", "完成情况"],
    "EOSDT": ["eosdt", "end of study", "end of study date", "study end date", "结束日期", "出组日期"],
    "DCSREAS": ["dcsreas", "reason for withdrawal", "withdrawal reason", "reason", "退出原因"],
    "LSTCNTDT": ["lstcntdt", "last contact", "last contact date", "last follow up", "last follow up date", "last date",
                 "date last seen", "last seen", "date of last contact", "末次随访日期"],
    "DTHFL": ["dthfl", "died", "death", "死亡"],
    "DTHDT": ["dthdt", "date of death", "death date", "死亡日期"],
    "COVARIATE": ["bmi", "body mass index", "weight", "height", "ethnic", "ethnicity", "race", "edu", "education", "smoking",
                  "smoking status",
                  "smoker", "体重", "身高", "民族", "吸烟", "体重指数"],
    "AVISIT": ["avisit", "visit", "visit label", "visit name", "redcap event name", "event name", "timepoint", "time point",
               "month", "months",
               "week", "weeks", "visite", "visita", "随访", "访视", "随访时间", "月", "周"],
    "ADT": ["adt", "visit date", "date of visit", "sample date", "sampling date", "collection date", "measurement date",
            "assessment date", "date", "datum", "visitendatum", "untersuchungsdatum", "data", "fecha", "data da visita",
            "检验时间", "采集时间", "采样时间", "送检时间", "报告时间", "检测时间", "报告日期", "采集日期", "访视日期",
            "采样日期", "随访日期", "检验日期", "检查日期", "日期"],
    "PARAM": ["paramcd", "param", "parameter", "item", "test name", "test", "analyte", "measure", "measurement", "assay",
              "项目", "检验项目", "项目名称", "指标"],
    "AVAL": ["aval", "result", "value", "test result", "result value", "ergebnis", "messwert", "wert", "结果", "检验结果",
             "数值"],
    "AVALU": ["avalu", "unit", "units", "result unit", "result units", "einheit", "单位"],
    "ANRLO": ["anrlo", "lower limit", "reference low", "ref low", "range low", "normal low", "lower limit of normal", "lln",
              "low", "lower", "参考下限", "下限"],
    "ANRHI": ["anrhi", "upper limit", "reference high", "ref high", "range high", "normal high", "upper limit of normal", "uln",
              "high", "upper", "参考上限", "上限"],
    "LBSTNRC": ["lbstnrc", "reference range", "ref range", "normal range", "reference interval", "normal values", "reference",
                "range", "referenzbereich", "normbereich", "normalbereich", "valor de referencia", "valores de referencia",
                "参考范围", "参考值", "正常范围", "参考区间"],
    "AETERM": ["aeterm", "adverse event", "event term", "term", "event name", "evento adverso",
               "unerwünschtes ereignis", "ae term", "event", "reaction", "不良事件", "不良反应"],
    "AEDECOD": ["aedecod", "preferred term", "首选术语"],
    "AEBODSYS": ["aebodsys", "system organ class", "organ class", "soc", "系统器官分类"],
    "ASTDT": ["astdt", "start date", "date of onset", "onset date", "ae start date", "ae onset date", "ae start", "ae onset",
              "onset", "start", "date",
              "开始日期", "发生日期"],
    "AENDT": ["aendt", "end date", "stop date", "ae end date", "ae stop date", "resolution date", "resolved", "ae end",
              "ae stop", "end", "stop",
              "停止日期", "结束日期"],
    "AETOXGR": ["aetoxgr", "ctcae grade", "toxicity grade", "ae grade", "grade", "分级"],
    "AESER": ["aeser", "serious", "serious event", "ae serious", "sae", "严重", "是否严重"],
    "AEREL": ["aerel", "relationship", "ae related", "relation", "related", "causality", "与输注关系", "相关性", "因果关系"],
    "AEACN": ["aeacn", "action taken", "action", "采取措施"],
    "AEOUT": ["aeout", "outcome", "ae outcome", "转归"],
    "AESDTH": ["aesdth", "fatal", "致死"],
    "CMDECOD": ["cmdecod", "generic name", "medication name", "drug name", "medication", "drug", "medicine", "通用名", "药物",
                "药品名称"],
    "CMCLAS": ["cmclas", "drug class", "class", "类别", "药物类别"],
    "CMDOSE": ["cmdose", "dose", "剂量"],
    "CMDOSU": ["cmdosu", "dose unit", "剂量单位"],
    "CMACT": ["cmact", "change", "变更", "用药变更"],
    "IGNORE": ["phone", "telephone", "email", "address", "comment", "comments", "remarks", "flag", "abnormal flag",
               "result flag", "电话", "备注", "姓名", "地址", "条码号", "条码", "标本号", "样本号", "异常标志", "标志", "提示",
               "标本类型",
               "样本类型", "送检科室", "科室", "检验者", "审核者", "送检医生", "身份证号"],
}  # fmt: skip

#: Names of analytes that are usual in headers and not in the catalogue.
SHORT = {
    "das": "DAS28", "das28": "DAS28", "glb": "GLOBUL", "lymph": "LYM", "lymphocytes": "LYM", "neutrophil": "NEUT", "pga": "PHGA",
    "physician global assessment": "PHGA", "patient global assessment": "PTGA", "医生总体评估": "PHGA", "疼痛": "PAIN",
    "bsg": "ESR", "bks": "ESR", "hämoglobin": "HGB", "leukozyten": "WBC", "thrombozyten": "PLAT", "kreatinin": "CREAT",
    "pt global": "PTGA", "patient global": "PTGA", "physician global": "PHGA", "evaluator global": "PHGA",
    "rheumafaktor": "RF", "druckschmerzhafte gelenke": "TJC28", "geschwollene gelenke": "SJC28",
    "vhs": "ESR", "vsg": "ESR", "pcr": "CRP", "fator reumatoide": "RF", "factor reumatoide": "RF", "hemoglobina": "HGB",
    "tgp": "ALT", "tgo": "AST", "leucocitos": "WBC", "leucócitos": "WBC", "plaquetas": "PLAT", "creatinina": "CREAT",
    "albumina": "ALB", "articulacoes dolorosas": "TJC28", "articulações dolorosas": "TJC28", "articulaciones dolorosas": "TJC28",
    "articulacoes edemaciadas": "SJC28", "articulações edemaciadas": "SJC28", "articulaciones inflamadas": "SJC28",
    "sodium": "SODIUM", "na": "SODIUM", "血清钠": "SODIUM", "ccp": "ACCP", "vas": "",
}  # fmt: skip

#: Words that change nothing about what a column holds.
FILLERS = {
    "at", "of", "the", "in", "for", "patient", "subject", "baseline", "value", "level", "serum", "plasma", "blood", "lab",
    "score", "total", "s",
}  # fmt: skip
#: The same for columns that hold no analyte.
ROLE_FILLERS = frozenset(FILLERS | {"years", "year", "yrs", "yr", "y", "date", "name", "code"})

#: Sets of sex codes with one meaning; any other set can be read in two ways.
SEXES = [
    {"m": "M", "f": "F"}, {"m": "M", "w": "F"}, {"h": "M", "f": "F"}, {"男": "M", "女": "F"}, {"male": "M", "female": "F"},
    {"man": "M", "woman": "F"}, {"男性": "M", "女性": "F"}, {"männlich": "M", "weiblich": "F"}, {"homme": "M", "femme": "F"},
    {"hombre": "M", "mujer": "F"},
]  # fmt: skip

#: The words for yes and no.
YES = {"y": "Y", "yes": "Y", "true": "Y", "是": "Y", "有": "Y", "n": "N", "no": "N", "false": "N", "否": "N", "无": "N"}
#: Role -> word -> meaning, for roles whose words are few; the longest word that stands in a cell decides.
WORDS: dict[str, dict[str, str]] = {
    "AESER": YES, "DTHFL": YES, "AESDTH": YES,
    "EOSSTT": {"completed": "COMPLETED", "complete": "COMPLETED", "finished": "COMPLETED", "完成": "COMPLETED",
               "discontinued": "DISCONTINUED", "withdrawn": "DISCONTINUED", "退出": "DISCONTINUED", "脱落": "DISCONTINUED",
               "ongoing": "ONGOING", "进行中": "ONGOING"},
    "AEREL": {"not related": "NOT RELATED", "unrelated": "NOT RELATED", "无关": "NOT RELATED", "related": "RELATED",
              "possibly related": "RELATED", "probably related": "RELATED", "possible": "RELATED", "可能有关": "RELATED",
              "有关": "RELATED"},
    "AETOXGR": {"1": "1", "mild": "1", "轻度": "1", "2": "2", "moderate": "2", "中度": "2", "3": "3", "severe": "3", "重度": "3",
                "4": "4", "life threatening": "4", "5": "5", "death": "5", "fatal": "5"},
    "AEOUT": {"recovered": "RECOVERED", "痊愈": "RECOVERED", "not recovered": "NOT RECOVERED", "未愈": "NOT RECOVERED",
              "fatal": "FATAL", "死亡": "FATAL"},
    "CMCLAS": {"csdmard": "csDMARD", "bdmard": "bDMARD", "tsdmard": "tsDMARD", "gc": "GC", "other": "OTHER"},
    "CMACT": {"baseline": "BASELINE", "基线用药": "BASELINE", "start": "START", "新加": "START", "stop": "STOP", "停用": "STOP",
              "increase": "INCREASE", "加量": "INCREASE", "decrease": "DECREASE", "减量": "DECREASE"},
}  # fmt: skip
#: A word that is a result, and never means that there is no value: negative, 弱阳性, trace, ++.
RESULT = re.compile(r"(?:\b(?:neg|pos|trace))|[阴阳]性|微量|[±+]", re.IGNORECASE)
