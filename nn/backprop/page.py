"""A report as one self-contained HTML page: layer x equation traffic lights, then the findings. No scripts."""

from __future__ import annotations

import re
from html import escape

from .compare import Check, Report
from .notation import Language
from .report import heading, limits, line, say, worked_lines

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2330; --paper: #fff; --rule: #d7dbe3; --soft: #f4f5f8;
  --right: #1a7f4b; --consistent: #b26a00; --wrong: #c62828; --none: #8a93a3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #14171d; --rule: #343a46; --soft: #1d222b;
  --right: #4cc38a; --consistent: #f0b450; --wrong: #ff7b72; --none: #7d8696; } }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1.2rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .2rem } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
.about { color: var(--none); margin: 0 0 1.4rem }
.verdict { border-left: .35rem solid; padding: .6rem 1rem; background: var(--soft); border-radius: 0 .3rem .3rem 0 }
table { border-collapse: separate; border-spacing: .4rem; width: 100%; table-layout: fixed }
th { text-align: left; font-weight: 600; font-size: .9rem } th:first-child { width: 4.5rem }
td { border: 1px solid var(--rule); border-radius: .4rem; padding: .55rem .7rem; background: var(--soft);
  vertical-align: top; overflow-wrap: anywhere }
td.blank { border: 0; background: none }
.light { display: inline-block; width: .8rem; height: .8rem; border-radius: 50%; margin-right: .45rem;
  background: currentColor; vertical-align: -.05rem }
.right { color: var(--right) } .consistent { color: var(--consistent) } .wrong { color: var(--wrong) }
.none { color: var(--none) } .none .light { background: none; border: 2px solid; box-sizing: border-box }
td.wrong { border-color: currentColor; border-width: 2px }
.symbol { color: var(--ink); font-family: "STIX Two Math", "Cambria Math", "DejaVu Serif", serif }
.status { display: block; font-size: .85rem }
sup, sub { font-size: .72em; line-height: 0 } li { margin: .35rem 0 } ul { padding-left: 1.2rem }
li.right::marker, li.consistent::marker, li.wrong::marker { color: inherit }
.findings li { color: var(--ink) } .findings li.wrong { font-weight: 600 }
pre { background: var(--soft); border: 1px solid var(--rule); border-radius: .4rem; padding: .8rem 1rem;
  overflow-x: auto; white-space: pre-wrap; font-size: .9rem }
@media (max-width: 34rem) { td { padding: .4rem; font-size: .85rem } th:first-child { width: 2.6rem } }
"""
_TITLES = {
    "en": {
        "title": "Check of a derivation", "findings": "Equation by equation", "equations": "The equations",
        "worked": "One element by numbers", "limits": "What this input cannot reveal", "layer": "Layer",
        "weights": "weights", "ok": "Everything given is right.",
    },
    "zh": {
        "title": "推导检查", "findings": "逐个方程", "equations": "方程", "worked": "一个元素的数值计算",
        "limits": "这组输入看不出什么", "layer": "层", "weights": "权重", "ok": "所给的结果全部正确。",
    },
}  # fmt: skip


def page(report: Report, lang: Language = "en") -> str:
    """The page as text."""
    told = _TITLES[lang]
    first = report.first
    verdict = ("right", told["ok"]) if first is None else ("wrong", line(report, first, lang))
    net = report.net
    names = ", ".join(f.name for f in net.activations)
    about = f"{'-'.join(map(str, net.sizes))} ({names}) · {report.notation.title[lang]}"
    findings = "".join(
        f'<li class="{check.status}">{_raised(line(report, check, lang))}</li>'
        for check in report.checks
        if check.status != "not given"
    )
    hidden = [each.split(": " if lang == "en" else "：", 1)[1] for each in limits(report, lang)]
    blocks = [
        f"<h1>{told['title']}</h1><p class=about>{escape(about)}</p>",
        f'<p class="verdict {verdict[0]}">{_raised(verdict[1])}</p>',
        _lights(report, lang),
        f"<h2>{told['findings']}</h2><ul class=findings>{findings}</ul>",
        f"<h2>{told['equations']}</h2><pre>{_raised(chr(10).join(report.notation.equations(lang)))}</pre>",
        f"<h2>{told['worked']}</h2><pre>{_raised(chr(10).join(worked_lines(report)))}</pre>",
    ]
    if hidden:
        listed = "".join(f"<li>{_raised(each)}</li>" for each in hidden)
        blocks.append(f"<h2>{told['limits']}</h2><ul>{listed}</ul>")
    return (
        f'<!doctype html>\n<html lang="{"en" if lang == "en" else "zh-CN"}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{told['title']}</title><style>{_STYLE}</style></head>\n<body>{chr(10).join(blocks)}</body></html>\n"
    )


def _raised(text: str) -> str:
    """Escaped, with layer numbers and transposes as superscripts and indices as subscripts."""
    raised = re.sub(r"\^(\([^()]*\)|[A-Za-z0-9]+)", r"<sup>\1</sup>", escape(text))
    return re.sub(r"_(\{[^{}]*\}|[A-Za-z0-9]{1,2}\b)", lambda m: f"<sub>{m[1].strip('{}')}</sub>", raised)


def _lights(report: Report, lang: Language) -> str:
    rows = ["<tr><th></th><th>BP1, BP2</th><th>BP3</th><th>BP4</th></tr>"]
    for l in range(report.net.depth, 0, -1):
        by_column = {("BP2" if c.equation == "BP1" else c.equation): c for c in report.checks if c.layer == l}
        cells = "".join(_cell(report, by_column.get(eq), lang) for eq in ("BP2", "BP3", "BP4"))
        number = report.notation.number("delta", l)
        rows.append(f"<tr><th>{_TITLES[lang]['layer']} {number}</th>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _cell(report: Report, check: Check | None, lang: Language) -> str:
    if check is None:
        return "<td class=blank></td>"
    symbol = report.notation.grad(check.quantity, check.layer)
    kind = "none" if check.status == "not given" else check.status
    status = say(check.status, lang) + (f", rel {check.rel:.2g}" if check.status == "wrong" else "")
    title = escape(heading(report, check, lang), quote=True)
    return (
        f'<td class="{kind}" title="{title}"><span class=light></span><span class=symbol>{_raised(symbol)}</span>'
        f"<span class=status>{escape(status)}</span></td>"
    )
