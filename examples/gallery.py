"""The gallery: which example realises which item, running them, and one page that shows it all.

An example is a module with ``main(arguments)`` whose docstring has a first line in English and Chinese and a line
``Items: 000-1, 000-2``.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import importlib
import io
import re
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from examples.inventory import DOCUMENTS, ITEMS, Document

HERE = Path(__file__).parent
CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Example:
    """A module, its titles, the items that it realises, and the rest of its docstring."""

    module: str
    english: str
    chinese: str
    items: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """The module's name below `examples`."""
        return self.module.removeprefix("examples.").removesuffix(".__main__")


def read(path: Path) -> Example | None:
    """The example in a file, or None; nothing is imported."""
    documentation = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    listed = re.search(r"^Items: ([\d\-, \n]+)", documentation, re.M)
    if listed is None:
        return None
    title, _, text = documentation.partition("\n")
    start = CHINESE.search(title)
    english, chinese = (title, title) if start is None else (title[: start.start()], title[start.start() :])
    module = ".".join(("examples", *path.relative_to(HERE).with_suffix("").parts))
    return Example(module, english.strip(" ."), chinese.strip(" 。"), tuple(re.findall(r"\d{3}-\d+", listed[1])), text)


def examples() -> list[Example]:
    """All examples, in the order of the first item that each realises."""
    found = [example for path in sorted(HERE.rglob("*.py")) if (example := read(path)) is not None]
    return sorted(found, key=lambda example: min(ITEMS.index(item) for item in example.items))


@dataclass
class Outcome:
    """What an example printed and drew."""

    output: str = ""
    pictures: list[Path] = field(default_factory=list)
    seconds: float = 0.0
    failed: bool = False


def run(example: Example, out: Path, quick: bool) -> Outcome:
    """Run an example in this process; its pictures go to a folder of their own."""
    folder = out / example.name
    folder.mkdir(parents=True, exist_ok=True)
    printed, outcome, start = io.StringIO(), Outcome(), time.perf_counter()
    arguments = ["--out", str(folder), *(["--quick"] if quick else [])]
    try:
        with contextlib.redirect_stdout(printed):
            importlib.import_module(example.module).main(arguments)
    except (Exception, SystemExit):  # noqa: BLE001 - whatever it was, the page shows it
        outcome.failed = True
        printed.write("\n" + traceback.format_exc())
    outcome.seconds, outcome.output = time.perf_counter() - start, printed.getvalue()
    outcome.pictures = sorted(path for path in folder.iterdir() if path.suffix in (".svg", ".png"))
    return outcome


# ---------------------------------------------------------------- the page


def both(english: str, chinese: str) -> str:
    """Text in two languages, of which the page shows one."""
    return f'<span class="en">{escape(english)}</span><span class="zh" lang="zh">{escape(chinese)}</span>'


def picture(path: Path) -> str:
    """An image inside the page."""
    kind = "svg+xml" if path.suffix == ".svg" else "png"
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img loading="lazy" alt="{escape(path.stem)}" src="data:image/{kind};base64,{data}">'


def paragraphs(text: str) -> str:
    """A docstring as HTML: blank lines and list items begin a paragraph, what is indented by four is a listing."""
    blocks: list[tuple[str, list[str]]] = []
    before = ""
    for line in text.strip("\n").splitlines():
        listing = line.startswith("    ") and (not before.strip() or bool(blocks and blocks[-1][0] == "pre"))
        if listing:
            if not blocks or blocks[-1][0] != "pre":
                blocks.append(("pre", []))
            blocks[-1][1].append(line[4:])
        elif line.strip():
            if not before.strip() or re.match(r"(\d+\.|-) ", line):
                blocks.append(("p", []))
            blocks[-1][1].append(line.strip())
        before = line
    joined = {"p": " ".join, "pre": "\n".join}
    return "\n".join(f"<{tag}>{escape(joined[tag](lines))}</{tag}>" for tag, lines in blocks)


def card(example: Example, outcome: Outcome) -> str:
    """An example: what it is about, what it printed, what it drew."""
    text = paragraphs(re.sub(r"^Items: [\d\-, \n]+\.?", "", example.text, flags=re.M))
    pictures = "\n".join(map(picture, outcome.pictures))
    failed = ' class="failed"' if outcome.failed else ""
    return f"""<article id="{example.name}"{failed}>
<h3>{both(example.english, example.chinese)}</h3>
<p class="where">{", ".join(example.items)} · <code>python -m examples.{example.name}</code> · {outcome.seconds:.1f} s</p>
{text}
<div class="pictures">{pictures}</div>
<details{"" if pictures else " open"}><summary>{both("What it prints", "输出")}</summary><pre>{escape(outcome.output)}</pre></details>
</article>"""


def section(
    document: Document, where: dict[str, Example], outcomes: dict[str, Outcome], shown: set[str]
) -> Iterator[str]:
    """A document's items in order; an example stands at the first of its items, others refer to it."""
    yield f'<section id="d{document.number}"><h2>{document.number} · {both(document.english, document.chinese)}</h2>'
    for item, titles in zip(document.names(), document.items, strict=True):
        example = where.get(item)
        heading = f'<span class="number">{item}</span> {both(*titles)}'
        if example is None or example.name not in outcomes:
            yield f'<p class="item">{heading}</p>'
        elif example.name in shown:
            link = f'<a href="#{example.name}">{both(example.english, example.chinese)}</a>'
            yield f'<p class="item" id="{item}">{heading} → {link}</p>'
        else:
            shown.add(example.name)
            yield f'<p class="item" id="{item}">{heading}</p>\n{card(example, outcomes[example.name])}'
    yield "</section>"


STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
body.zh .en, body:not(.zh) .zh { display: none; }
header { align-items: baseline; display: flex; gap: 1rem; justify-content: space-between; }
nav ol { columns: 2; } h2 { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1rem; }
.item { font-weight: 600; margin: 1.5rem 0 .5rem; } .number { color: #888; font-variant-numeric: tabular-nums; font-weight: 400; }
article { border: 1px solid var(--line); border-radius: 8px; padding: 0 1rem 1rem; } article.failed { border-color: #d33; }
.where { color: #888; font-size: .85rem; margin-top: -.6rem; }
pre { background: var(--soft); border-radius: 6px; font-size: .8rem; overflow-x: auto; padding: .6rem; }
article p { margin: .4rem 0; }
.pictures { display: flex; flex-wrap: wrap; gap: .6rem; } img { background: #fff; border-radius: 6px; max-width: 100%; }
summary { cursor: pointer; } button { font: inherit; }
"""
SCRIPT = """
const body = document.body, chinese = navigator.language.startsWith("zh");
body.classList.toggle("zh", chinese);
document.getElementById("language").onclick = () => body.classList.toggle("zh");
"""


def page(outcomes: dict[str, Outcome]) -> str:
    """All that was run, as one file that needs no other."""
    where = {item: example for example in examples() for item in example.items}
    shown: set[str] = set()
    sections = [line for document in DOCUMENTS for line in section(document, where, outcomes, shown)]
    contents = "\n".join(
        f'<li><a href="#d{document.number}">{both(document.english, document.chinese)}</a></li>'
        for document in DOCUMENTS
    )
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Backpropagation, five lectures alive</title><style>{STYLE}</style><body>",
            f"<header><h1>{both('Five lectures on backpropagation, alive', '五份反向传播讲义，可运行版')}</h1>",
            '<button id="language">English / 中文</button></header>',
            f"<nav><ul>{contents}</ul></nav>",
            *sections,
            f"<script>{SCRIPT}</script></body></html>\n",
        ]
    )
