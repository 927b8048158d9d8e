"""Reading a student's answer: arrays, npz, CSV or pasted text; samples as rows or columns; W in either layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .notation import QUANTITIES, Notation, Quantity
from .reference import Array, Loss, Net

ROUNDING = 450  # times the unit roundoff of the answer's dtype: 1e-13 in float64


@dataclass
class Answers:
    """What a student gave: by quantity and layer l = 1..L, as given; and how exactly it is written."""

    given: dict[Quantity, dict[int, Array]] = field(default_factory=lambda: {q: {} for q in QUANTITIES})
    rtol: float = 1e-13

    def add(self, quantity: Quantity, l: int, values: Any, depth: int) -> None:
        """Take one array; None and empty ones are not given."""
        if values is None:
            return
        array = np.asarray(values.detach().numpy() if hasattr(values, "detach") else values)
        if array.dtype == object or array.dtype.kind not in "fiub":
            raise ValueError(f"{quantity} of layer {l}: not an array of real numbers but {type(values).__name__}")
        if not array.size:
            return
        if not 1 <= l <= depth:
            raise ValueError(f"{quantity}: there is no layer with that number (l = {l} of 1..{depth} counted from 1)")
        if array.dtype.kind == "f":
            self.rtol = max(self.rtol, ROUNDING * float(np.finfo(array.dtype).eps))
        self.given[quantity][l] = array.astype(np.float64)


def collect(
    net: Net, notation: Notation, delta: Any = None, dw: Any = None, db: Any = None, answers: Any = None
) -> Answers:
    """The answers from lists (layers 1..L, None where there is none), dicts by the notation's numbers, or a file."""
    out = Answers()
    for quantity, values in zip(QUANTITIES, (delta, dw, db), strict=True):
        _take(out, net, notation, quantity, values)
    if answers is not None:
        named, rtol = (answers, 1e-13) if isinstance(answers, Mapping) else read(answers)
        out.rtol = max(out.rtol, rtol)
        for name, values in named.items():
            found = _NAME.fullmatch(str(name).strip())
            known = _quantity(found["name"] if found else str(name))
            if known is None:
                raise ValueError(f"answer {name!r}: expected names such as delta2, dW2 or db2")
            if found is None:
                _take(out, net, notation, known, values)
            else:
                out.add(known, notation.layer(known, int(found["layer"])), values, net.depth)
    return out


def _take(out: Answers, net: Net, notation: Notation, quantity: Quantity, values: Any) -> None:
    if values is None:
        return
    if isinstance(values, Mapping):
        for number, value in values.items():
            out.add(quantity, notation.layer(quantity, int(number)), value, net.depth)
    elif net.depth == 1 and not isinstance(values, list | tuple):
        out.add(quantity, 1, values, 1)
    elif len(values) != net.depth:
        raise ValueError(
            f"{quantity}: {len(values)} arrays for {net.depth} layers; give one for each layer from the first on, "
            f"None where you have none, or a dict such as {{{notation.number(quantity, net.depth)}: array}}"
        )
    else:
        for l, value in enumerate(values, start=1):
            out.add(quantity, l, value, net.depth)


def from_function(net: Net, loss: Loss, function: Any, x: Any, t: Any, each: bool) -> dict[Quantity, Any]:
    """What a backprop function returns: a dict with delta, dW, db, or the pair of lists (nabla_b, nabla_w) or
    (dW, db). `each`: it is called sample by sample with columns, as Nielsen's, and its results are summed."""
    if not each:
        return _unpacked(net, function(x, t))
    n, k = t.shape
    parts = [_unpacked(net, function(x[i][:, None], t[i][:, None])) for i in range(n)]
    share = loss.scale(n, k)
    out: dict[Quantity, Any] = {}
    for quantity in parts[0]:
        layers = zip(*(part[quantity] for part in parts), strict=True)
        if quantity == "delta":
            out[quantity] = [np.array([np.ravel(d) for d in same]) * share for same in layers]
        else:
            out[quantity] = [sum(np.asarray(g) for g in same) * share for same in layers]
    return out


def _unpacked(net: Net, result: Any) -> dict[Quantity, Any]:
    if isinstance(result, Mapping):
        named = {_quantity(str(name)): values for name, values in result.items()}
        if None in named:
            raise ValueError(f"backprop returned a dict with {list(result)}; expected delta, dW, db")
        return {q: named[q] for q in QUANTITIES if q in named}
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise ValueError(
            "backprop must return a dict with delta, dW, db, or a pair of lists such as (nabla_b, nabla_w)"
        )
    first = sum(np.size(g) for g in result[0])
    weights = sum(w.size for w in net.weights)
    return {"dW": result[0], "db": result[1]} if first == weights else {"db": result[0], "dW": result[1]}


# ---- Files and pasted text

_NAMES: dict[Quantity, str] = {
    "delta": r"delta|δ|J_z_grad|error",
    "dW": r"dW|dw|grad_?W|grad_?w|nabla_?w|d[JCEL]/d[Ww]|∂[JCEL𝓛]/∂[Ww]|J_W_grad",
    "db": r"db|grad_?b|nabla_?b|d[JCEL]/db|∂[JCEL𝓛]/∂b|dtheta|dθ|∂E/∂θ",
}
_NAME = re.compile(rf"(?P<name>{'|'.join(_NAMES.values())})\s*[\^_({{\[ ]*(?P<layer>\d+)[)}}\]]*")
_HEADING = re.compile(rf"^\s*{_NAME.pattern}\s*[:=,]?", re.MULTILINE)
_FLOAT = re.compile(r"[-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+−]?\d+)?|nan|inf")


def _quantity(name: str) -> Quantity | None:
    return next((q for q, pattern in _NAMES.items() if re.fullmatch(pattern, name.strip())), None)


def read(source: str | Path) -> tuple[dict[str, Array], float]:
    """Named arrays of an npz, CSV or text file, or of pasted text, and the tolerance that its digits allow.

    >>> arrays, rtol = read("delta2 = [[0.25, -0.5]]")
    >>> arrays, rtol > 1e-3
    ({'delta2': array([[ 0.25, -0.5 ]])}, True)
    """
    path = Path(source) if isinstance(source, Path) or ("\n" not in source and len(source) < 4096) else None
    if path is not None and path.suffix in (".npz", ".npy", ".csv", ".txt"):
        if not path.is_file():
            raise FileNotFoundError(f"answer {path}: there is no such file")
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}, 1e-13
        if path.suffix == ".npy":
            raise ValueError(f"answer {path}: an npy file does not say what it holds; save an npz with delta2=…, dW2=…")
        return parse(path.read_text(encoding="utf-8"))
    return parse(str(source))


def parse(text: str) -> tuple[dict[str, Array], float]:
    """Blocks of numbers, each under its name; rows by brackets, lines or semicolons. CSV as quantity,layer,row,column,
    value is understood too."""
    lines = text.strip().splitlines()
    if lines and lines[0].replace(" ", "").lower() == "quantity,layer,row,column,value":
        return _long(lines[1:])
    heads = list(_HEADING.finditer(text))
    if not heads:
        raise ValueError("answer: no name found; write each array under its name, such as  dW2 = [[0.1, 0.2]]")
    out: dict[str, Array] = {}
    rtol = 1e-13
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        body = text[head.end() : following.start() if following else len(text)]
        rows = re.findall(r"\[([^\[\]]*)\]", body) if body.count("[") > 1 else re.split(r"[;\n]", body)
        if body.count("[") > 1 and not re.search(r"\[\s*\[", body):
            rows = re.split(r"[;\n]", body.replace("[", " ").replace("]", " "))
        found = [numbers for row in rows if (numbers := _FLOAT.findall(row.replace("−", "-")))]
        name = f"{_quantity(head['name'])}{head['layer']}"
        if len({len(row) for row in found}) > 1:
            raise ValueError(f"answer {name}: rows of different lengths {[len(row) for row in found]}")
        array = np.array([[float(number) for number in row] for row in found])
        out[name] = array[0] if len(array) == 1 and body.count("[") <= 1 else array
        rtol = max(rtol, _precision([number for row in found for number in row], array))
    return out, rtol


def _long(lines: Sequence[str]) -> tuple[dict[str, Array], float]:
    cells: dict[str, dict[tuple[int, int], str]] = {}
    for line in filter(str.strip, lines):
        quantity, layer, row, column, number = (part.strip() for part in line.split(","))
        cells.setdefault(f"{quantity}{layer}", {})[int(row), int(column)] = number
    out: dict[str, Array] = {}
    rtol = 1e-13
    for name, entries in cells.items():
        array = np.full((max(i for i, _ in entries) + 1, max(j for _, j in entries) + 1), np.nan)
        for at, number in entries.items():
            array[at] = float(number)
        out[name] = array
        rtol = max(rtol, _precision(list(entries.values()), array))
    return out, rtol


def _precision(numbers: Sequence[str], array: Array) -> float:
    """Four times half a unit in the last place written, relative to the array: printed numbers are rounded."""
    last = min((_last_place(number) for number in numbers if "." in number), default=-400)
    size = float(np.linalg.norm(array))
    return 0.0 if not np.isfinite(size) or not size else 4 * 0.5 * 10.0**last * float(np.sqrt(array.size)) / size


def _last_place(number: str) -> int:
    mantissa, _, exponent = number.lower().partition("e")
    return int(exponent or 0) - len(mantissa.partition(".")[2])


# ---- Shapes


@dataclass(frozen=True)
class Reading:
    """How the arrays are taken: samples as rows or columns, W as out x in or in x out, delta with or without 1/n."""

    columns: bool = False
    in_out: bool = False
    per_sample: bool = False


@dataclass
class Taken:
    """The answers as rows and out x in; `misshapen` has those whose shapes do not fit."""

    delta: dict[int, Array] = field(default_factory=dict)
    dW: dict[int, Array] = field(default_factory=dict)  # noqa: N815 - the field's name for it
    db: dict[int, Array] = field(default_factory=dict)
    misshapen: dict[tuple[Quantity, int], Array] = field(default_factory=dict)


def take(answers: Answers, net: Net, n: int, reading: Reading) -> Taken:
    """The answers under one reading."""
    out = Taken()
    for l in range(1, net.depth + 1):
        fan_out, fan_in = net.weights[l - 1].shape
        delta, dw, db = (answers.given[q].get(l) for q in QUANTITIES)
        if delta is not None:
            rows = _rows(delta, n, fan_out, reading.columns)
            if rows is None:
                out.misshapen["delta", l] = delta
            else:
                out.delta[l] = rows
        if dw is not None:
            if dw.ndim == 1 and 1 in (fan_out, fan_in) and dw.size == fan_out * fan_in:
                dw = dw.reshape((fan_in, fan_out) if reading.in_out else (fan_out, fan_in))
            dw = dw.T if reading.in_out else dw
            if db is None and net.biases[l - 1] is not None and dw.shape == (fan_out, fan_in + 1):
                dw, db = dw[:, :-1], dw[:, -1]  # 002's column of ones comes last
            if dw.shape != (fan_out, fan_in):
                out.misshapen["dW", l] = dw
            else:
                out.dW[l] = dw
        if db is not None and net.biases[l - 1] is not None:
            if db.size == fan_out and max(db.shape, default=1) == fan_out:
                out.db[l] = db.reshape(fan_out)
            elif (rows := _rows(db, n, fan_out, reading.columns)) is not None:
                out.db[l] = rows
            elif db.shape in ((n,), (n, 1), (1, n)):
                out.db[l] = db.reshape(n)
            else:
                out.misshapen["db", l] = db
    return out


def _rows(array: Array, n: int, width: int, columns: bool) -> Array | None:
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 1 and (n == 1 or width == 1) and array.size == n * width:
        return array.reshape(n, width)
    array = array.T if columns else array
    return array if array.shape == (n, width) else None
