"""Run the gallery: every example on its setting, and one page with what they print and draw.

python -m examples                     run them all, write gallery/index.html
python -m examples --list              which example realises which item
python -m examples --quick             small settings
python -m examples vectors digits      only these
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from examples import extra
from examples.gallery import Example, Outcome, examples, page, run


def show(found: list[Example]) -> None:
    for example in found:
        print(f"{example.name:34} {', '.join(example.items)}\n    {example.english}\n    {example.chinese}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="examples, such as vectors (all of them)")
    parser.add_argument("--list", action="store_true", help="list them and stop")
    parser.add_argument("--quick", action="store_true", help="small settings, a minute or two in all")
    parser.add_argument("--out", type=Path, default=Path("gallery"), help="folder to write to (gallery)")
    chosen = parser.parse_args(arguments)
    known = examples()
    found = [example for example in known if not chosen.names or example.name in chosen.names]
    if unknown := set(chosen.names) - {example.name for example in known}:
        parser.error(f"no example {', '.join(sorted(unknown))}; --list shows all")
    if chosen.list:
        show(found)
        return 0
    outcomes: dict[str, Outcome] = {}
    progress = extra("tqdm").tqdm(found, file=sys.stderr, unit="example")
    for example in progress:
        progress.set_postfix_str(example.name)
        outcomes[example.name] = run(example, chosen.out, chosen.quick)
    path = chosen.out / "index.html"
    path.write_text(page(outcomes), encoding="utf-8")
    failed = [name for name, outcome in outcomes.items() if outcome.failed]
    print(f"{len(outcomes)} examples, {len(failed)} failed{': ' if failed else ''}{', '.join(failed)}: {path}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
