"""How much is compared with PyTorch, by dtype and order of derivative: ``python -m tests.parity.count``.

A sample is a result of a call of the table of operations, a gradient of it, or a gradient of that.
"""

from __future__ import annotations

import warnings
from collections import Counter

from tests.op_table import ROWS
from tests.parity.test_operations_parity import NEAR, compare_derivatives, compare_values


def main() -> None:
    warnings.simplefilter("ignore")
    wrong = []
    for dtype in NEAR:
        compared: Counter[int] = Counter()
        for row in ROWS:
            for compare in (compare_values, compare_derivatives):
                if compare is compare_values or row.has_derivative:
                    try:
                        compared += compare(row, dtype)
                    except AssertionError:
                        wrong.append(f"{row}, {dtype}")
        values, first, second = (compared[order] for order in range(3))
        print(f"{dtype}: {values} results, {first} first and {second} second derivatives agree")
    print("differ:", ", ".join(wrong) or "none")


if __name__ == "__main__":
    main()
