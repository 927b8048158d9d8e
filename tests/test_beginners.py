"""The mistakes that beginners make: what each message says, and that doing what it says makes the program work.

A row is a program with a mistake, what its message must say (the operation, the shapes or dtypes, the remedy), and
the program as it should be.
"""

from __future__ import annotations

import copy
import textwrap
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from nn import data, optim

SETTING = """
ag.manual_seed(0)
images = ag.rand(4, 1, 28, 28)
points = ag.rand(8, 2)
labels = ag.tensor([0, 2, 1, 2])
logits = ag.rand(4, 3, requires_grad=True)
w = ag.tensor([1., 2., 3.], requires_grad=True)
model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
"""


@dataclass(frozen=True)
class Mistake:
    """wrong raises `error` (a Warning: warns), saying all of `says`; right runs without either."""

    name: str
    error: type[Exception]
    wrong: str
    says: tuple[str, ...]
    right: str

    def __str__(self) -> str:
        return self.name


SHAPES = [
    Mistake("images not flattened", RuntimeError, "nn.Linear(784, 10)(images)",
            ("linear", "(4, 1, 28, 28)", "(10, 784)", "x.flatten(1)"), "nn.Linear(784, 10)(images.flatten(1))"),
    Mistake("wrong in_features", RuntimeError, "nn.Linear(3, 1)(points)",
            ("linear", "(8, 2)", "in_features (3)"), "nn.Linear(2, 1)(points)"),
    Mistake("a factor not transposed", RuntimeError, "points @ points",
            ("mm", "(8, 2)", ".mT"), "points @ points.mT"),
    Mistake("matrix times vector of another length", RuntimeError, "points @ w",
            ("mv", "(8, 2)", "(3,)", "must equal"), "points @ w[:2]"),
    Mistake("lengths that do not broadcast", RuntimeError, "points + ag.ones(8)",
            ("add", "(8, 2) and (8,)", ".unsqueeze"), "points + ag.ones(8).unsqueeze(1)"),
    Mistake("bmm of matrices", RuntimeError, "ag.bmm(points, points.mT)",
            ("bmm", "(8, 2)", "matmul"), "ag.matmul(points, points.mT)"),
    Mistake("view of a transposed tensor", RuntimeError, "points.t().view(16)",
            ("view", "(2, 8)", "not contiguous", ".reshape"), "points.t().reshape(16)"),
    Mistake("reshape to another number of elements", RuntimeError, "points.reshape(3, 5)",
            ("reshape", "[3, 5]", "16", "-1"), "points.reshape(2, -1)"),
    Mistake("two unknown sizes", RuntimeError, "points.reshape(-1, -1)",
            ("reshape", "[-1, -1]", "one of them may be -1"), "points.reshape(4, -1)"),
    Mistake("cat of different widths", RuntimeError, "ag.cat([points, ag.ones(8, 3)])",
            ("cat", "(8, 2)", "(8, 3)", "dimension 0"), "ag.cat([points, ag.ones(8, 3)], dim=1)"),
    Mistake("cat of numbers", RuntimeError, "ag.cat([w.sum(), w.mean()])",
            ("cat", "zero-dimensional", "stack"), "ag.stack([w.sum(), w.mean()])"),
    Mistake("stack of different lengths", RuntimeError, "ag.stack([ag.ones(2), ag.ones(3)])",
            ("stack", "(2,)", "(3,)", "pad_sequence"),
            "F.pad(ag.ones(2), (0, 1)); ag.stack([F.pad(ag.ones(2), (0, 1)), ag.ones(3)])"),
    Mistake("a dimension that is not there", IndexError, "points.sum(dim=2)",
            ("sum", "2 dimensions", "[-2, 1]"), "points.sum(dim=1)"),
    Mistake("permute with too few dims", RuntimeError, "images.permute(0, 2, 3)",
            ("permute", "(0, 2, 3)", "each of the 4 dimensions"), "images.permute(0, 2, 3, 1)"),
    Mistake("t() of a batch", RuntimeError, "images.t()", ("t", "(4, 1, 28, 28)", ".mT"), "images.mT"),
    Mistake("expand of a size that is not 1", RuntimeError, "points.expand(8, 4)",
            ("expand", "(8, 4)", "(8, 2)", "not 1"), "points[:, :1].expand(8, 4)"),
    Mistake("item of many", RuntimeError, "points.item()", ("16 elements", "tolist"), "points.tolist()"),
    Mistake("if on many", RuntimeError, "if points > 0: pass", ("16", "ambiguous", ".any() or .all()"),
            "if (points > 0).all(): pass"),
    Mistake("iterating over a number", TypeError, "for x in w.sum(): pass", ("0-d tensor",), "for x in w: pass"),
    Mistake("an index too large", IndexError, "labels[4]", ("index 4", "size 4", "(4,)", "-n to n - 1"), "labels[3]"),
    Mistake("too many indices", IndexError, "labels[0, 1]", ("too many indices", "(4,)", "at most 1"), "labels[0]"),
    Mistake("a mask of another shape", IndexError, "points[labels > 1]",
            ("boolean", "(8, 2)", "mask must have the shape"), "points[points > 0.5]"),
    Mistake("a float index", IndexError, "labels[ag.tensor([0., 1.])]",
            ("float32", "indices", ".long()"), "labels[ag.tensor([0., 1.]).long()]"),
    Mistake("assigning more than there is room for", RuntimeError, "ag.zeros(3)[:2] = ag.ones(3)",
            ("shape mismatch", "(3,)", "(2,)"), "ag.zeros(3)[:2] = ag.ones(2)"),
    Mistake("a ragged list", ValueError, "ag.tensor([[1., 2.], [3.]])",
            ("length", "pad"), "ag.tensor([[1., 2.], [3., 0.]])"),
    Mistake("a list in place of a tensor", TypeError, "ag.sum([1., 2.])", ("sum()", "list", "ag.tensor"),
            "ag.sum(ag.tensor([1., 2.]))"),
]  # fmt: skip

GRADIENTS = [
    Mistake("backward twice", RuntimeError, "loss = (w ** 2).sum(); loss.backward(); loss.backward()",
            ("second time", "pow", "anew", ".detach()", "retain_graph=True"),
            "for _ in range(2): (w ** 2).sum().backward()"),
    Mistake("state carried into the next step", RuntimeError, """
            state = ag.zeros(3)
            for step in range(2):
                state = (state + w).tanh()
                state.sum().backward()
            """, ("second time", "tanh", ".detach()"), """
            state = ag.zeros(3)
            for step in range(2):
                state = (state.detach() + w).tanh()
                state.sum().backward()
            """),
    Mistake("backward of many", RuntimeError, "(w ** 2).backward()",
            ("backward", "scalar", "(3,)", ".sum() or .mean()"), "(w ** 2).sum().backward()"),
    Mistake("an update that is recorded", RuntimeError, "w.sum().backward(); w -= 0.1 * w.grad",
            ("sub_", "leaf", "with ag.no_grad()"), """
            w.sum().backward()
            with ag.no_grad():
                w -= 0.1 * w.grad
            """),
    Mistake("writing to an element of a parameter", RuntimeError, "w[0] = 5.",
            ("leaf", "with ag.no_grad()"), """
            with ag.no_grad():
                w[0] = 5.
            """),
    Mistake("a loss without its graph", RuntimeError, "ag.tensor((w ** 2).sum().item()).backward()",
            ("backward", "does not require grad", ".item()", "requires_grad=True"), "(w ** 2).sum().backward()"),
    Mistake("forward inside no_grad", RuntimeError, """
            with ag.no_grad():
                loss = (w ** 2).sum()
            loss.backward()
            """, ("backward", "no_grad()"), "(w ** 2).sum().backward()"),
    Mistake("numpy of a tensor that requires grad", RuntimeError, "w.numpy()",
            ("numpy()", "requires grad", ".detach().numpy()"), "w.detach().numpy()"),
    Mistake("plotting a tensor that requires grad", RuntimeError, "np.asarray(w * 2)",
            ("requires grad", ".detach().numpy()"), "np.asarray((w * 2).detach().numpy())"),
    Mistake("a whole number that requires grad", RuntimeError, "ag.tensor([1, 2], requires_grad=True)",
            ("int64", "floating point", "1."), "ag.tensor([1., 2.], requires_grad=True)"),
    Mistake("an argmax in the loss", RuntimeError, "(logits.argmax(1) - labels).float().mean().backward()",
            ("backward", "does not require grad"), "F.cross_entropy(logits, labels).backward()"),
    Mistake("an input that was not used", RuntimeError, "ag.grad((w ** 2).sum(), [w, logits])",
            ("input 1", "(4, 3)", "not have been used", "allow_unused=True"),
            "ag.grad((w ** 2).sum(), [w, logits], allow_unused=True)"),
    Mistake("grad of a constant", RuntimeError, "x = ag.ones(2); ag.grad((x ** 2).sum(), x)",
            ("does not require grad", "requires_grad=True"),
            "x = ag.ones(2, requires_grad=True); ag.grad((x ** 2).sum(), x)"),
    Mistake("a second derivative without create_graph", RuntimeError,
            "(slope,) = ag.grad((w ** 3).sum(), w); ag.grad(slope.sum(), w)",
            ("does not require grad", "create_graph=True"),
            "(slope,) = ag.grad((w ** 3).sum(), w, create_graph=True); ag.grad(slope.sum(), w)"),
    Mistake("the gradient of an intermediate", UserWarning, "h = w * 2; h.sum().backward(); h.grad",
            ("not a leaf", "retain_grad()"), "h = w * 2; h.retain_grad(); h.sum().backward(); h.grad"),
    Mistake("an in-place change of what backward needs", RuntimeError, "y = w.exp(); y += 1; y.sum().backward()",
            ("inplace operation", "exp", "(3,)", "x = x + y", ".clone()"), "y = w.exp(); y = y + 1; y.sum().backward()"),
    Mistake("an array changed before backward", RuntimeError, """
            array = np.ones(3, np.float32)
            loss = (w * ag.from_numpy(array)).sum()
            array[0] = 7
            loss.backward()
            """, ("mul", "NumPy array that shares its memory", "ag.tensor(array)"), """
            array = np.ones(3, np.float32)
            loss = (w * ag.tensor(array)).sum()
            array[0] = 7
            loss.backward()
            """),
    Mistake("a tensor of results", UserWarning, "ag.tensor([w.sum(), w.mean()])",
            ("graph is not kept", "stack"), "ag.stack([w.sum(), w.mean()])"),
    Mistake("a gradient of another shape", RuntimeError, "(w * 2).backward(ag.ones(2))",
            ("(2,)", "(3,)"), "(w * 2).backward(ag.ones(3))"),
    Mistake("setting a .grad of another shape", RuntimeError, "w.grad = ag.zeros(2)", ("(2,)", "(3,)"),
            "w.grad = ag.zeros(3)"),
    Mistake("copying a result", RuntimeError, "copy.deepcopy(w * 2)", ("leaves", ".detach().clone()"),
            "copy.deepcopy((w * 2).detach().clone())"),
    Mistake("a hook on a constant", RuntimeError, "ag.ones(2).register_hook(print)",
            ("hook", "doesn't require grad"), "ag.ones(2, requires_grad=True).register_hook(print)"),
    Mistake("array += tensor", TypeError, "array = np.zeros(3); array += w",
            ("add", "array = array + tensor", "detach"), "array = np.zeros(3); array = array + w"),
]  # fmt: skip

TYPES = [
    Mistake("float64 data into a float32 layer", RuntimeError, "model(ag.from_numpy(np.ones((8, 2))))",
            ("linear", "float64", "float32", ".to(dtype)"), "model(ag.from_numpy(np.ones((8, 2))).float())"),
    Mistake("the mean of whole numbers", RuntimeError, "labels.mean()", ("mean", "int64", ".float()"),
            "labels.float().mean()"),
    Mistake("whole numbers in a layer", RuntimeError, "nn.Linear(4, 2)(labels)", ("linear", "int64", "float32"),
            "nn.Linear(4, 2)(labels.float())"),
    Mistake("adding a fraction to whole numbers in place", RuntimeError, "labels += 0.5",
            ("add_", "float32", "int64"), "labels = labels + 0.5"),
    Mistake("whole numbers divided by zero", RuntimeError, "labels // 0", ("floor_divide", "division by zero"),
            "labels // 1"),
    Mistake("float class numbers", RuntimeError, "F.cross_entropy(logits, labels.float())",
            ("cross_entropy", "int64", "float32", ".long()"), "F.cross_entropy(logits, labels.float().long())"),
    Mistake("int32 class numbers", RuntimeError, "F.cross_entropy(logits, labels.int())",
            ("cross_entropy", "int64", "int32", ".long()"), "F.cross_entropy(logits, labels.int().long())"),
    Mistake("class numbers in a column", RuntimeError, "F.cross_entropy(logits, labels.unsqueeze(1))",
            ("cross_entropy", "(4, 3)", "(4, 1)", "(4,)"), "F.cross_entropy(logits, labels)"),
    Mistake("a class that is not there", IndexError, "F.cross_entropy(logits, labels + 1)",
            ("cross_entropy", "Target 3", "[0, 2]"), "F.cross_entropy(logits, labels)"),
    Mistake("fewer labels than predictions", ValueError, "F.cross_entropy(logits, labels[:3])",
            ("cross_entropy", "(4, 3)", "(3,)"), "F.cross_entropy(logits[:3], labels[:3])"),
    Mistake("targets in a row, predictions in a column", UserWarning, "F.mse_loss(model(points), ag.ones(8))",
            ("mse_loss", "(8,)", "(8, 1)", "unsqueeze(1)"), "F.mse_loss(model(points), ag.ones(8).unsqueeze(1))"),
    Mistake("logits where probabilities are meant", RuntimeError, "F.binary_cross_entropy(logits * 5, ag.ones(4, 3))",
            ("binary_cross_entropy", "between 0 and 1", "sigmoid", "with_logits"),
            "F.binary_cross_entropy_with_logits(logits * 5, ag.ones(4, 3))"),
    Mistake("a loss module called with data", RuntimeError, "nn.CrossEntropyLoss(logits, labels)",
            ("CrossEntropyLoss", "nn.CrossEntropyLoss()(input, target)"), "nn.CrossEntropyLoss()(logits, labels)"),
    Mistake("softmax without dim", TypeError, "ag.softmax(logits)", ("softmax", "dim=1"), "ag.softmax(logits, dim=1)"),
    Mistake("a word number too large", IndexError, "F.embedding(labels, ag.rand(2, 5))",
            ("embedding", "out of range", "2 rows"), "F.embedding(labels, ag.rand(3, 5))"),
    Mistake("words as floats", RuntimeError, "F.embedding(labels.float(), ag.rand(3, 5))",
            ("embedding", "float32", ".long()"), "F.embedding(labels, ag.rand(3, 5))"),
    Mistake("one_hot of floats", RuntimeError, "F.one_hot(labels.float())", ("one_hot", "float32", ".long()"),
            "F.one_hot(labels)"),
    Mistake("a dtype that tensors lack", TypeError, "ag.from_numpy(np.ones(2, np.uint32))",
            ("uint32", "int64"), "ag.from_numpy(np.ones(2, np.int64))"),
    Mistake("a list for from_numpy", TypeError, "ag.from_numpy([1., 2.])", ("from_numpy", "np.ndarray", "list"),
            "ag.from_numpy(np.array([1., 2.]))"),
    Mistake("no GPU here", RuntimeError, "points.cuda()", ("cuda",), "points.to('cuda' if ag.cuda.is_available() else 'cpu')"),
]  # fmt: skip

TRAINING = [
    Mistake("no parameters: layers in a list", ValueError, """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layers = [nn.Linear(2, 2)]
            optim.SGD(Net().parameters(), lr=0.1)
            """, ("empty parameter list", "nn.ModuleList"), """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layers = nn.ModuleList([nn.Linear(2, 2)])
            optim.SGD(Net().parameters(), lr=0.1)
            """),
    Mistake("the model in place of its parameters", TypeError, "optim.SGD(model, lr=0.1)",
            ("model.parameters()",), "optim.SGD(model.parameters(), lr=0.1)"),
    Mistake("one tensor in place of a list", TypeError, "optim.SGD(w, lr=0.1)", ("a list: [parameter]",),
            "optim.SGD([w], lr=0.1)"),
    Mistake("an optimiser of a result", ValueError, "optim.SGD([w * 2], lr=0.1)", ("non-leaf",), "optim.SGD([w], lr=0.1)"),
    Mistake("a negative learning rate", ValueError, "optim.SGD([w], lr=-0.1)", ("-0.1",), "optim.SGD([w], lr=0.1)"),
    Mistake("super().__init__() forgotten", AttributeError, """
            class Net(nn.Module):
                def __init__(self):
                    self.layer = nn.Linear(2, 2)
            Net()
            """, ("super().__init__()",), """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layer = nn.Linear(2, 2)
            Net()
            """),
    Mistake("forward forgotten", NotImplementedError, """
            class Net(nn.Module):
                pass
            Net()(points)
            """, ("Net", "forward"), """
            class Net(nn.Module):
                def forward(self, x):
                    return x
            Net()(points)
            """),
    Mistake("a tensor in place of a parameter", TypeError, "layer = nn.Linear(2, 2); layer.weight = ag.zeros(2, 2)",
            ("weight", "Parameter"), "layer = nn.Linear(2, 2); layer.weight = nn.Parameter(ag.zeros(2, 2))"),
    Mistake("weights of another model", RuntimeError, "nn.Linear(2, 1).load_state_dict(nn.Linear(3, 1).state_dict())",
            ("size mismatch", "weight", "[1, 3]", "[1, 2]"), "nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())"),
    Mistake("weights with other names", RuntimeError, "model.load_state_dict({'weight': ag.zeros(1)})",
            ("Missing key", "Unexpected key", "weight", "strict=False"),
            "model.load_state_dict({'weight': ag.zeros(1)}, strict=False)"),
    Mistake("samples of different lengths", RuntimeError,
            "list(data.DataLoader([ag.ones(2), ag.ones(3)], batch_size=2))",
            ("(2,)", "(3,)", "collate_fn"),
            "list(data.DataLoader([ag.ones(2), ag.ones(3)], batch_size=2, collate_fn=list))"),
    Mistake("inputs and labels of different numbers", AssertionError, "data.TensorDataset(points, labels)",
            ("[8, 4]",), "data.TensorDataset(points[:4], labels)"),
    Mistake("a batch size of 0", ValueError, "data.DataLoader(labels, batch_size=0)", ("batch_size", "positive"),
            "data.DataLoader(labels, batch_size=1)"),
    Mistake("dropout of more than all", ValueError, "nn.Dropout(50)", ("dropout", "between 0 and 1", "50"),
            "nn.Dropout(0.5)"),
    Mistake("zero_grad forgotten", UserWarning, """
            optimizer = optim.SGD(model.parameters(), lr=0.1)
            for step in range(3):
                F.mse_loss(model(points), ag.ones(8, 1)).backward()
                optimizer.step()
            """, ("zero_grad()", "added"), """
            optimizer = optim.SGD(model.parameters(), lr=0.1)
            for step in range(3):
                optimizer.zero_grad()
                F.mse_loss(model(points), ag.ones(8, 1)).backward()
                optimizer.step()
            """),
]  # fmt: skip

MISTAKES = [*SHAPES, *GRADIENTS, *TYPES, *TRAINING]


def run(program: str) -> None:
    names: dict[str, Any] = {"ag": ag, "nn": nn, "F": F, "np": np, "optim": optim, "data": data, "copy": copy}
    exec(SETTING + textwrap.dedent(program), names)


def test_there_are_at_least_sixty() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES) >= 60


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_explained(mistake: Mistake) -> None:
    if issubclass(mistake.error, Warning):
        with pytest.warns(mistake.error) as warned:
            run(mistake.wrong)
        (first, *_) = warned
        message = str(first.message)
    else:
        with pytest.raises(mistake.error) as raised:
            run(mistake.wrong)
        message = str(raised.value)
    for part in mistake.says:
        assert part in message, f"{part!r} is not in: {message}"


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_the_remedy_works(mistake: Mistake) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(mistake.right)
