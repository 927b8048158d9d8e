"""Check a derivation: hand-derived backpropagation against the documents' equations BP1-BP4, one by one.

>>> from nn.backprop import Net, backprop, compare
>>> net, x, t = Net.random([3, 4, 4, 2], seed=1), np.ones((2, 3)), np.eye(2)
>>> right = backprop(net, Loss.of("half"), x, t)
>>> mine = {3: right.delta[3], 2: right.delta[3] @ net.weights[2]}
>>> print(compare(net, "half", x, t, delta=mine).explain().splitlines()[1])  # doctest: +ELLIPSIS
Layer 2 BP2 delta^2 WRONG, rel ...: first error, the layers above are right; your value equals (W^3)^T delta^3:
    the factor f'(z^2) is missing; element (sample 0, unit 0): yours ..., expected ...

Layers are numbered and written in six notations (`NOTATIONS`), or as nn does; the command is
`python -m nn.backprop check|exercise|grade`.
"""

from .compare import Check, Report, compare
from .exercise import Exercise, Grades, grade, load_problem, make_exercise, save_problem
from .measure import Problem
from .notation import NOTATIONS, Notation
from .page import page
from .reference import Activation, Loss, Net, Pass, backprop, differences
from .report import as_dict, as_json, explain, table, worked

__all__ = [
    "NOTATIONS",
    "Activation",
    "Check",
    "Exercise",
    "Grades",
    "Loss",
    "Net",
    "Notation",
    "Pass",
    "Problem",
    "Report",
    "as_dict",
    "as_json",
    "backprop",
    "compare",
    "differences",
    "explain",
    "grade",
    "load_problem",
    "make_exercise",
    "page",
    "save_problem",
    "table",
    "worked",
]
