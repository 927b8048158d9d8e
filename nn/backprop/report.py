"""A report in words and as a table in the terminal, in English and Chinese and in the report's notation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from math import isfinite
from typing import Any

from .compare import Check, Report
from .mistakes import Guess, Setting, formula, hidden, words
from .notation import Language

_SAID: dict[str, dict[Language, str]] = {
    "layer": {"en": "Layer", "zh": "第"},
    "right": {"en": "right", "zh": "正确"},
    "wrong": {"en": "WRONG", "zh": "错误"},
    "consistent": {"en": "consistent", "zh": "一致"},
    "not given": {"en": "–", "zh": "–"},
    "first": {"en": "first error, the layers above are right", "zh": "第一个错误，后面各层都正确"},
    "first of all": {"en": "first error", "zh": "第一个错误"},
    "another": {"en": "another error, judged with your own values", "zh": "另一个错误（按你自己的值判断）"},
    "equals": {"en": "your value equals {}", "zh": "你的值等于 {}"},
    "or": {"en": "; or, which this input cannot tell apart: ", "zh": "；或者（这组输入分辨不出）："},
    "element": {"en": "element ({}): yours {:.9g}, expected {:.9g}", "zh": "元素（{}）：你的值 {:.9g}，应为 {:.9g}"},
    "sample": {"en": "sample {}, unit {}", "zh": "样本 {}，单元 {}"},
    "weight": {"en": "unit {}, input {}", "zh": "单元 {}，输入 {}"},
    "unit": {"en": "unit {}", "zh": "单元 {}"},
    "follows": {"en": "consistent with your {} (will be right once {} is)", "zh": "与你的 {} 一致（改正 {} 后即正确）"},
    "inferred": {"en": "found from your gradients, as no delta was given", "zh": "由你的梯度推断（没有给出误差项）"},
    "all right": {"en": "Everything given is right.", "zh": "所给的结果全部正确。"},
    "per sample": {
        "en": "Your errors are of each sample's own cost; the mean is taken in the gradients.",
        "zh": "你的误差项是对单个样本的代价求的，平均放在梯度里。",
    },
    "shape": {"en": "shape {}, expected {}", "zh": "形状 {}，应为 {}"},
    "not finite": {"en": "contains NaN or infinity", "zh": "含有 NaN 或无穷大"},
    "factor": {"en": "your value is {:.6g} times the expected one", "zh": "你的值是应有值的 {:.6g} 倍"},
    "one element": {
        "en": "only this one element is wrong: a slip in copying or arithmetic?",
        "zh": "只有这一个元素错了：抄写或计算有误？",
    },
    "one row": {"en": "only one row or column is wrong", "zh": "只有一行或一列错了"},
    "unknown": {"en": "none of the known mistakes gives this value", "zh": "已知的错误都得不出这个值"},
}  # fmt: skip

_FAULTS_ZH = {
    "sum for mean": "求和而非平均", "mean for sum": "平均而非求和", "wrong sign": "符号错",
    "derivative missing": "缺少导数",
    "f'(a) for f'(z)": "导数取在 a 处", "f for f'": "用 f 代替 f'", "derivative twice": "导数乘了两次",
    "differentiated twice": "求了两次导", "differentiated twice, Jacobian": "又乘了雅可比矩阵",
    "diagonal of softmax": "只用 softmax 的对角线", "derivative one layer below": "用了前一层的导数",
    "derivative one layer above": "用了后一层的导数", "1/2 forgotten": "忘了 1/2", "factor 2 missing": "缺少因子 2",
    "mean over units": "多对单元取平均", "not over units": "没有对单元取平均", "target missing": "缺少目标值",
    "activation of the layer above": "用了后一层的激活函数", "W for W^T": "用 W 代替 W^T",
    "weights one layer below": "用了前一层的权重", "weights one layer above": "用了后一层的权重",
    "weights updated first": "先更新了权重", "error one layer above": "用了后一层的误差",
    "error one layer below": "用了前一层的误差", "not summed": "没有对样本求和", "first sample only": "只用第一个样本",
    "last sample only": "只用最后一个样本", "summed over units": "对单元求和", "L2 on the bias": "L2 加到偏置上",
    "dW transposed": "dW 转置了", "own output for input": "用本层输出代替输入",
    "input one layer below": "用了更前一层的输入",
    "z for a": "用 z 代替 a", "derivative again": "又乘了一次导数", "wrong sign before L2": "L2 以外符号错",
    "L2 forgotten": "忘了 L2", "L2 twice": "L2 多一倍", "L2 halved": "L2 少一半", "L2 with wrong sign": "L2 符号错",
    "L2 averaged": "L2 被平均", "ReLU'(0) = 1": "ReLU'(0) 取了 1",
}  # fmt: skip


def named(fault: str, lang: Language = "en") -> str:
    """A fault's short name."""
    return fault if lang == "en" else _FAULTS_ZH[fault]


def say(key: str, lang: Language, *values: object) -> str:
    """A phrase in that language."""
    return _SAID[key][lang].format(*values)


def explain(report: Report, lang: Language = "en") -> str:
    """What is right, what is wrong first and why, and what this input cannot reveal: a line for each equation.

    >>> from .reference import Net
    >>> from .compare import compare
    >>> net, x, t = Net.random([2, 3, 2], seed=3), np.array([[1.0, -2.0]]), np.array([[0.0, 1.0]])
    >>> print(explain(compare(net, "half", x, t, db=[None, [0.0, 0.0]])).splitlines()[0])
    Layer 2 BP3 db^2 WRONG, rel 1: first error; your value is 0 times the expected one;
        element (unit 0): yours 0, expected 0.00313877542
    """
    lines = [line(report, check, lang) for check in report.checks if check.status != "not given"]
    if report.ok:
        lines.append(say("all right", lang))
    if report.reading.per_sample:
        lines.append(say("per sample", lang))
    return "\n".join([*lines, *limits(report, lang)])


def heading(report: Report, check: Check, lang: Language = "en") -> str:
    """Layer, equation and symbol."""
    notation, number = report.notation, report.notation.number(check.quantity, check.layer)
    symbol = notation.grad(check.quantity, check.layer)
    return f"Layer {number} {check.equation} {symbol}" if lang == "en" else f"第 {number} 层 {check.equation} {symbol}"


def line(report: Report, check: Check, lang: Language = "en") -> str:
    """One verdict in a sentence."""
    head = heading(report, check, lang)
    if check.status == "right":
        off = f"{check.ulps:.0f} ulp" if report.rtol <= 1e-13 else f"rel {check.rel:.1e}"
        return f"{head} {say('right', lang)} ({off})"
    if check.status == "consistent":
        theirs = report.notation.delta(check.layer + (check.quantity == "delta"))
        return f"{head} {say('follows', lang, theirs, _culprit(report, check))}"
    first = report.first is check
    above = [other.status for other in report.checks if other.layer > check.layer]
    above_right = first and "right" in above and "wrong" not in above
    parts = [f"{head} {say('wrong', lang)}, rel {check.rel:.3g}: {_rank(first, above_right, lang)}"]
    if check.inferred:
        parts.append(say("inferred", lang))
    reason = why(report, check, lang)
    if reason:
        parts.append(reason)
    place = element(check, lang)
    if place:
        parts.append(place)
    return ("; " if lang == "en" else "；").join(parts)


def _rank(first: bool, above_right: bool, lang: Language) -> str:
    return say("first" if above_right else "first of all" if first else "another", lang)


def _culprit(report: Report, check: Check) -> str:
    """The wrong equation that this one follows from."""
    layers = [other for other in report.wrong if other.quantity == "delta" and other.layer >= check.layer]
    return f"{layers[-1].equation} ({report.notation.delta(layers[-1].layer)})" if layers else "BP2"


def why(report: Report, check: Check, lang: Language = "en") -> str:
    """The mistake by name, or what is known of it."""
    if not check.guesses:
        return say(check.note, lang, *check.about) if check.note else ""
    told = [words(report.notation, report.setting, check.equation, check.layer, g, lang) for g in check.guesses]
    equals = say("equals", lang, formula(report.notation, check.equation, check.layer, check.guesses[0], lang))
    return f"{equals}: {told[0]}" + "".join(say("or", lang) + other for other in dict.fromkeys(told[1:]))


def element(check: Check, lang: Language = "en") -> str:
    """The first wrong element."""
    if check.element is None or check.yours is None:
        return ""
    kind = "unit" if len(check.element) == 1 else "sample" if check.quantity == "delta" else "weight"
    place = say(kind, lang, *check.element)
    return say("element", lang, place, check.yours[check.element], check.expected[check.element])


def worked(report: Report, check: Check, element: tuple[int, ...] | None = None) -> str:
    """One element by numbers, as the reference has it: the chosen one, the first wrong one, or the first.

    >>> from .reference import Net
    >>> from .compare import compare
    >>> net, x, t = Net.random([1, 2, 1]), np.array([[1.0]]), np.array([[0.0]])
    >>> report = compare(net, "half", x, t, notation="jason", db=[[0.0, 0.0], [0.0]])
    >>> worked(report, report.check("BP1", 2))
    "δ_1^2 = (O_1^2 − t_1) σ'(x_1^2) = (0.834509 − 0) × 0.138104 = 0.115248967"
    """
    at = element or check.element or (0, 0)
    unit = at[0] if check.quantity == "dW" else at[-1]
    below, sample = (at[-1], 0) if check.quantity == "dW" else (0, at[0])
    return report.notation.worked(
        report.net, report.loss, report.reference, report.setting.t, check.equation, check.layer, unit, below, sample
    )


def worked_lines(report: Report) -> list[str]:
    """The first wrong element by numbers; without one, an element of each equation."""
    if report.first is not None:
        return [worked(report, report.first)]
    return [worked(report, check) for check in report.checks if check.layer in (1, report.net.depth)]


# ---- What the input cannot reveal


def limits(report: Report, lang: Language = "en") -> list[str]:
    """What this input cannot reveal: mistakes that change nothing here, and mistakes that look alike.

    Only the equations that were given are looked at, with the right values before them.
    """
    p, notation, each = report.reference, report.notation, report.reading.per_sample
    delta = {l: d * len(d) if each else d for l, d in p.delta.items()}
    s = replace(report.setting, delta=delta, dW=p.dW)
    unseen: dict[str, list[str]] = {}
    twins: dict[tuple[str, str], list[str]] = {}
    for check in report.checks:
        if check.status == "not given":
            continue
        place = f"{check.equation} {notation.grad(check.quantity, check.layer)}"
        faults, pairs = hidden(s, check.equation, check.layer)
        for fault in faults:
            unseen.setdefault(fault, []).append(place)
        for pair in pairs:
            twins.setdefault(pair, []).append(place)
    lines = [_about_batch(s, lang)] if s.n == 1 else []
    square = [notation.W(l) for l, w in enumerate(s.net.weights, start=1) if w.shape[0] == w.shape[1] > 1]
    if square:
        listed = ", ".join(square)
        lines.append(
            f"{listed} square: the shapes cannot show a transposed matrix, only the numbers can"
            if lang == "en"
            else f"{listed} 是方阵：形状看不出转置，只有数值能看出"
        )
    if s.loss.average == "elements" and s.t.shape[1] == 2 and s.loss.kind == "squared" and not s.loss.half:
        lines.append("2/n_out = 1: the 2 of the square and the mean over two units cancel" if lang == "en"
                     else "2/n_out = 1：平方的 2 与对两个单元的平均抵消")  # fmt: skip
    if s.n == 1:  # said once, above
        unseen = {k: v for k, v in unseen.items() if k not in _BATCH}
    lines += [_listed(f"“{named(fault, lang)}”", places, lang) for fault, places in unseen.items()]
    for (one, other), places in twins.items():
        where = ", ".join(places)
        lines.append(f"“{one}” and “{other}” look alike in {where}" if lang == "en"
                     else f"“{named(one, lang)}”与“{named(other, lang)}”在 {where} 中给出同样的值")  # fmt: skip
    head = "This input cannot reveal: " if lang == "en" else "这组输入看不出："
    return [head + each for each in lines]


_BATCH = {"sum for mean", "mean for sum", "not summed", "first sample only", "last sample only", "L2 averaged"}


def _about_batch(s: Setting, lang: Language) -> str:
    return ("a batch of one: sum and mean, a bias that is not summed, a single sample used" if lang == "en"
            else "只有一个样本：求和还是平均、偏置是否对样本求和、是否只用了一个样本")  # fmt: skip


def _listed(fault: str, places: Iterable[str], lang: Language) -> str:
    where = ", ".join(places)
    return f"{fault}: changes nothing in {where}" if lang == "en" else f"{fault}：在 {where} 中不改变结果"


# ---- The table

_COLOURS = {"right": "32", "consistent": "33", "wrong": "31;1", "not given": "90"}
_SIGNS = {"right": "●", "consistent": "◐", "wrong": "✗", "not given": "–"}


def table(report: Report, colour: bool = True, lang: Language = "en") -> str:
    """Layers by equations as traffic lights: ● right, ◐ consistent with an error above, ✗ wrong, – not given.

    >>> from .reference import Net
    >>> from .compare import compare
    >>> net, x, t = Net.random([2, 3, 2], seed=3), np.array([[1.0, -2.0]]), np.array([[0.0, 1.0]])
    >>> print(table(compare(net, "half", x, t, db=[None, [0.0, 0.0]]), colour=False))
    layer   BP1/BP2             BP3                 BP4
    2       – delta^2           ✗ db^2  rel 1       – dW^2
    1       – delta^1           – db^1              – dW^1
    """
    heads = ("layer" if lang == "en" else "层", "BP1/BP2", "BP3", "BP4")
    rows = ["".join(_pad(head, width) for head, width in zip(heads, _WIDTHS, strict=True))]
    for l in range(report.net.depth, 0, -1):
        cells = [_pad(str(report.notation.number("delta", l)), _WIDTHS[0])]
        checks = {
            check.equation if check.equation != "BP1" else "BP2": check for check in report.checks if check.layer == l
        }
        for equation in ("BP2", "BP3", "BP4"):
            check = checks.get(equation)
            text = "" if check is None else f"{_SIGNS[check.status]} {report.notation.grad(check.quantity, l)}"
            if check is not None and check.status == "wrong":
                text += f"  rel {check.rel:.2g}"
            padded = _pad(text, _WIDTHS[1])
            cells.append(f"\033[{_COLOURS[check.status]}m{padded}\033[0m" if colour and check is not None else padded)
        rows.append("".join(cells))
    return "\n".join(row.rstrip() for row in rows)


_WIDTHS = (8, 20, 20, 20)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - sum(2 if ord(c) > 0x2E7F else 1 for c in text))


# ---- For programs


def as_dict(report: Report) -> dict[str, Any]:
    """The report for JSON."""
    notation = report.notation
    return {
        "ok": report.ok,
        "notation": notation.name,
        "first": None if report.first is None else [report.first.equation, report.first.layer],
        "per_sample": report.reading.per_sample,
        "checks": [
            {
                "equation": check.equation,
                "layer": check.layer,
                "symbol": notation.grad(check.quantity, check.layer),
                "status": check.status,
                "rel": check.rel if isfinite(check.rel) else None,
                "ulps": check.ulps if isfinite(check.ulps) else None,
                "element": check.element,
                "mistakes": [list(guess.names) for guess in check.guesses],
                "why": why(report, check) if check.status == "wrong" else "",
            }
            for check in report.checks
        ],
        "cannot_reveal": limits(report),
    }


def as_json(report: Report) -> str:
    """The report as JSON text."""
    return json.dumps(as_dict(report), ensure_ascii=False, indent=2)


__all__ = [
    "Guess",
    "as_dict",
    "as_json",
    "element",
    "explain",
    "heading",
    "limits",
    "line",
    "table",
    "why",
    "worked",
    "worked_lines",
]
