"""The command: `python -m nn.backprop check|exercise|grade|measure`.

    python -m nn.backprop exercise hw1 --seed 3 --notation nielsen    makes hw1/exercise.npz, wrong.npz, key.json
    python -m nn.backprop check hw1/exercise.npz hw1/wrong.npz        judges one answer; --html page.html, --json
    python -m nn.backprop grade hw1                                   judges every answer in the folder
    python -m nn.backprop measure                                     how many planted mistakes are named

Exit codes: 0 all right, 1 something is wrong, 2 something cannot be read.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import measure
from .compare import compare
from .exercise import grade, load_problem, make_exercise
from .notation import NOTATIONS
from .page import page
from .report import as_json, explain, table, worked_lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    doc = __doc__ or ""
    parser = argparse.ArgumentParser("python -m nn.backprop", description=doc.partition("\n")[0])
    commands = parser.add_subparsers(required=True)

    check = commands.add_parser("check", help="judge one answer to a problem")
    check.add_argument("problem", type=Path, help="npz with W1, b1, …, x, t, activations, loss")
    check.add_argument("answer", type=Path, help="npz, csv or txt with delta2, dW2, db2, …")
    check.add_argument("--html", type=Path, metavar="FILE", help="write the page here")
    check.add_argument("--no-colour", action="store_true")
    check.set_defaults(run=_check)

    exercise = commands.add_parser("exercise", help="make an exercise")
    exercise.add_argument("folder", type=Path)
    exercise.add_argument("--seed", type=int, default=0)
    exercise.add_argument("--mistakes", type=int, default=1, choices=(1, 2))
    exercise.set_defaults(run=_exercise)

    grading = commands.add_parser("grade", help="judge every answer beside exercise.npz")
    grading.add_argument("folder", type=Path)
    grading.add_argument("--html", type=Path, metavar="FOLDER", help="write a page for each student here")
    grading.set_defaults(run=_grade)

    measuring = commands.add_parser("measure", help="plant mistakes and count how many are named")
    for name, number in (("singles", 1000), ("doubles", 300), ("right", 500), ("seed", 0), ("shown", 30)):
        measuring.add_argument(f"--{name}", type=int, default=number)
    measuring.set_defaults(run=lambda o: measure.main(o.singles, o.doubles, o.right, o.seed, o.shown))

    for each in (check, exercise, grading):
        each.add_argument("--lang", choices=("en", "zh"), default="en")
    for each in (check, exercise):
        each.add_argument("--notation", choices=tuple(NOTATIONS), help="default: the problem's own, or nn")
    for each in (check, grading):
        each.add_argument("--json", action="store_true")
    return parser


def _check(options: argparse.Namespace) -> int:
    problem, style = load_problem(options.problem)
    style = options.notation or style
    report = compare(
        problem.net, problem.loss, problem.x, problem.t, answers=options.answer, notation=style, inputs="rows"
    )
    if options.html:
        options.html.write_text(page(report, options.lang), encoding="utf-8")
    if options.json:
        print(as_json(report))
    else:
        coloured = not options.no_colour and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        parts = [table(report, coloured, options.lang), explain(report, options.lang), *worked_lines(report)]
        print("\n\n".join(parts if not report.ok else parts[:2]))
    return int(not report.ok)


def _exercise(options: argparse.Namespace) -> int:
    exercise = make_exercise(options.seed, options.mistakes, options.notation)
    exercise.save(options.folder, options.lang)
    print(exercise.text(options.lang))
    return 0


def _grade(options: argparse.Namespace) -> int:
    grades = grade(options.folder)
    if options.html:
        options.html.mkdir(parents=True, exist_ok=True)
        for name, report in grades.reports.items():
            (options.html / f"{name}.html").write_text(page(report, options.lang), encoding="utf-8")
    print(json.dumps(grades.as_dict(), ensure_ascii=False, indent=2) if options.json else grades.summary(options.lang))
    return grades.exit_code


if __name__ == "__main__":
    sys.exit(main())
