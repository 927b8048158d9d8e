"""Worker processes of a DataLoader: their batches, their errors, their deaths, and that nothing of them stays."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from nn import data
from nn.data import workers

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the data sets of these tests are local: they need fork"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
]
ROOT = Path(ag.__file__).parent.parent
WORKER_STREAMS = [
    [0, 900450186894289455, 0.7821398973464966, 0.21315340548154382, 0.8371640508861415],
    [1, 900450186894289456, 0.6938178539276123, 0.7733861492043289, 0.6702704958690073],
]


class Items(data.Dataset[Any]):
    """Item i is `function(i)`."""

    def __init__(self, n: int, function: Callable[[int], Any]) -> None:
        self.n, self.function = n, function

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Any:
        return self.function(index)


class Stream(data.IterableDataset[Any]):
    """The items of `function()`."""

    def __init__(self, function: Callable[[], Iterator[Any]]) -> None:
        self.function = function

    def __iter__(self) -> Iterator[Any]:
        return self.function()


def loader(dataset: Any, *args: Any, **options: Any) -> data.DataLoader[Any]:
    return data.DataLoader(dataset, *args, **{"num_workers": 2, "multiprocessing_context": "fork", **options})


def info() -> Any:
    found = data.get_worker_info()
    assert found is not None
    return found


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pids: Any, within: float = 5.0) -> bool:
    """Whether these processes have ended, after a while at the latest."""
    deadline = time.monotonic() + within
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(alive, pids))


# ---------------------------------------------------------------- batches


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("prefetch", [1, 3])
@pytest.mark.parametrize("count", [1, 3])
def test_the_batches_of_one_process(count: int, prefetch: int, persistent: bool) -> None:
    def item(i: int) -> Any:
        time.sleep(random.random() / 200)  # whoever is first, the order stays
        return {"index": i, "x": np.full((2, 3), i, np.float32), "name": str(i), "t": (ag.arange(i, i + 2), 0.5 * i)}

    results = []
    elsewhere = {"num_workers": count, "prefetch_factor": prefetch, "persistent_workers": persistent}
    for options in ({"num_workers": 0, "multiprocessing_context": None}, elsewhere):
        order = data.RandomSampler(range(17), generator=ag.Generator().manual_seed(3))
        batches = loader(Items(17, item), 3, sampler=order, **options)
        results.append([repr(batch) for _ in range(2) for batch in batches])
    assert results[0] == results[1]


def test_a_tensor_data_set() -> None:
    points = data.TensorDataset(ag.arange(20.0).reshape(10, 2), ag.arange(10))
    for x, y in loader(points, 4):
        assert x.tolist() == [[2 * i, 2 * i + 1] for i in y.tolist()]
        x += 1  # in memory of its own
    assert points.tensors[0].tolist() == ag.arange(20.0).reshape(10, 2).tolist()


def test_what_travels() -> None:
    """A batch arrives as it was sent: dtypes, empty and 0-d tensors, strides, requires_grad, Python's values."""
    sent = [
        ag.arange(6).reshape(2, 3).T, ag.zeros(0, 3, dtype=np.float16), ag.tensor(True), ag.ones(2, requires_grad=True),
        {"a": (None, "text", b"bytes", 1 << 70)}, np.arange(3, dtype=np.uint16), range(3),
    ]  # fmt: skip
    for arrived in loader(Items(2, lambda i: sent), None, collate_fn=lambda batch: batch):
        assert repr(arrived) == repr(sent)
        assert arrived[0].dtype == np.int64
        assert arrived[1].dtype == np.float16
        arrived[0][0, 0] = 5  # writable
    with pytest.raises(RuntimeError, match="requires grad cannot travel"):
        list(loader(Items(1, lambda i: ag.ones(2, requires_grad=True) * 2), 1))


def test_random_streams() -> None:
    """Each worker seeds this library's, Python's and NumPy's streams as PyTorch 2.13 does (its numbers)."""
    ag.manual_seed(0)
    items = Items(2, lambda i: (info().id, info().seed, ag.rand(1).item(), random.random(), np.random.rand()))
    seen = list(loader(items, None))
    assert seen == WORKER_STREAMS


def test_batches_in_the_order_of_completion() -> None:
    def item(i: int) -> int:
        time.sleep(0.5 * (i == 0))
        return i

    order = [batch.item() for batch in loader(Items(6, item), 1, in_order=False)]
    assert order[:2] == [1, 3] and order.index(0) > 2  # the first worker has two batches to make, the other the rest
    assert sorted(order) == list(range(6))
    assert [batch.item() for batch in loader(Items(6, item), 1)] == list(range(6))


def test_many_indices_and_large_batches() -> None:
    """More than a pipe holds in both directions at once."""
    sampler = [list(range(100_000))] * 6
    batches = loader(
        Items(1, lambda i: i), batch_sampler=sampler, collate_fn=lambda items: np.zeros(500_000), prefetch_factor=3
    )
    assert sum(len(batch) for batch in batches) == 3_000_000


def test_streams_that_end_at_different_times() -> None:
    stream = Stream(lambda: iter(range(info().id, 9, 3) if info().id else [0]))
    for persistent in (False, True):
        batches = loader(stream, 1, num_workers=3, persistent_workers=persistent)
        for _ in range(2):
            assert [batch.item() for batch in batches] == [0, 1, 2, 4, 5, 7, 8]


def test_a_longer_stream_than_it_said() -> None:
    class Short(Stream):
        def __len__(self) -> int:
            return 3

    batches = loader(Short(lambda: iter(range(3))), 1)
    assert len(batches) == 3
    with pytest.warns(UserWarning, match=r"was reported to be 3.*get_worker_info"):
        assert len(list(batches)) == 6


# ---------------------------------------------------------------- persistent workers


def test_persistent_workers_live_on() -> None:
    started: list[int] = []

    def item(i: int) -> Any:
        started.append(i)
        return os.getpid(), len(started)

    batches = loader(Items(4, item), None, persistent_workers=True)
    first, second = list(batches), list(batches)
    assert {pid for pid, _ in first} == {pid for pid, _ in second}
    assert [count for _, count in second] == [3, 3, 4, 4]
    next(iter(batches))  # leaves off within an epoch
    assert [pid for pid, _ in batches] == [pid for pid, _ in first]
    pids = {pid for pid, _ in first}
    assert all(map(alive, pids))
    del batches
    assert gone(pids)


def test_persistent_workers_are_replaced_after_a_death() -> None:
    batches = loader(Items(4, lambda i: os.getpid()), None, persistent_workers=True)
    first = list(batches)
    os.kill(first[0], signal.SIGKILL)
    with pytest.raises(RuntimeError, match="is killed by signal: Killed"):
        list(batches)
    second = list(batches)
    assert len(set(second)) == 2
    assert not set(first) & set(second)


# ---------------------------------------------------------------- errors


class TwoArguments(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__(first, second)


def fails(error: Exception) -> Callable[[int], Any]:
    def function_of_mine(i: int) -> int:
        if i == 2:
            raise error
        return i

    return function_of_mine


class Local:
    class Error(Exception):
        pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("what is wrong"), ValueError), (KeyError("what is wrong"), KeyError),
        (IndexError("what is wrong"), IndexError), (Local.Error("what is wrong"), Local.Error),
        (TwoArguments(1, 2), RuntimeError), (type("Made", (Exception,), {})("what is wrong"), RuntimeError),
        (UnicodeDecodeError("utf-8", b"a", 0, 1, "what is wrong"), RuntimeError), (NotImplementedError(), NotImplementedError),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_an_error_of_an_item(error: Exception, kind: type[Exception]) -> None:
    batches = iter(loader(Items(5, fails(error)), 1))
    assert [next(batches).item(), next(batches).item()] == [0, 1]
    with pytest.raises(kind) as caught:
        next(batches)
    assert type(caught.value) is kind
    text = str(caught.value)
    assert text.startswith(
        f"Caught {type(error).__name__} in DataLoader worker process 0.\nOriginal Traceback (most recent"
    )
    assert "in function_of_mine\n    raise error" in text
    assert str(error) in text
    assert [batch.item() for batch in batches] == [3, 4]  # one batch failed, not the loader


def test_errors_at_other_places() -> None:
    def raises(*_: Any) -> Any:
        raise ZeroDivisionError("here")

    for make in (
        lambda: loader(Items(3, int), 1, worker_init_fn=raises),
        lambda: loader(Items(3, int), 1, collate_fn=raises),
        lambda: loader(Stream(raises), 1),
        lambda: loader(Stream(lambda: (raises() for _ in range(2))), 1),
    ):
        with pytest.raises(ZeroDivisionError, match="in DataLoader worker process 0"):
            list(make())
    with pytest.raises((AttributeError, TypeError), match=r"in DataLoader worker process 0(?s:.*)pickle"):
        list(loader(Items(3, lambda i: lambda: i), None))
    with pytest.raises(ZeroDivisionError, match=r"^here$"):
        list(loader(Items(3, int), 1, sampler=(raises() for _ in range(2))))


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "is killed by signal: Killed"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "is killed by signal: Terminated"),
        (lambda: os._exit(3), "exited unexpectedly with exit code 3"),
        (lambda: sys.exit(4), "exited unexpectedly with exit code 4"),
    ],
)
@pytest.mark.parametrize("in_order", [True, False])
def test_a_worker_that_dies(end: Callable[[], Any], says: str, in_order: bool) -> None:
    def item(i: int) -> int:
        return i if i != 2 else end()

    started = time.monotonic()
    batches = iter(loader(Items(8, item), 1, in_order=in_order))
    with pytest.raises(RuntimeError, match=rf"DataLoader worker \(pid \d+\) {says}"):
        list(batches)
    with pytest.raises(RuntimeError, match=says):  # not a shorter epoch
        next(batches)
    assert time.monotonic() - started < 5


def test_workers_killed_at_any_moment() -> None:
    """Whatever a worker does when it is killed, the batches are all there, or there is an error; WORKER_KILLS times."""
    chance, errors = random.Random(0), 0

    def item(i: int) -> Any:
        time.sleep(random.random() / 500)
        return i, np.ones(random.choice([1, 1000, 100_000]))

    for _ in range(int(os.environ.get("WORKER_KILLS", "8"))):
        batches: Any = iter(loader(Items(40, item), None, num_workers=3, in_order=chance.random() < 0.6))
        victim = chance.choice([worker.process for worker in batches._workers])
        killer = threading.Timer(chance.uniform(0, 0.05), victim.kill)
        killer.start()
        try:
            assert sorted(i for i, _ in batches) == list(range(40))
        except RuntimeError as error:
            assert "is killed by signal: Killed" in str(error)  # others end in time
            errors += 1
        killer.cancel()
        killer.join()
    assert errors


def test_a_worker_that_dies_and_leaves_a_child_with_its_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PATIENCE", 0.2)

    def item(i: int) -> int:
        if os.fork() == 0:
            time.sleep(5)
        os.kill(os.getpid(), signal.SIGKILL)
        return i

    batches = iter(loader(Items(1, item), 1, num_workers=1, timeout=30))
    with pytest.raises(RuntimeError, match="killed by signal"):
        next(batches)


def test_a_worker_that_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PATIENCE", 0.2)
    started = time.monotonic()
    batches = loader(Items(2, lambda i: time.sleep(0.1 + 100 * i)), None, timeout=0.5)
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.5 seconds"):
        list(batches)
    assert 0.5 < time.monotonic() - started < 5


def test_options() -> None:
    with pytest.raises(ValueError, match="expected one of"):
        loader([1], multiprocessing_context="thread")
    with pytest.raises(TypeError, match="should be a valid context"):
        loader([1], multiprocessing_context=3)
    with pytest.raises(ValueError, match="num_workers > 0"):
        data.DataLoader([1], multiprocessing_context="fork")
    with pytest.raises(AssertionError, match="prefetch_factor"):
        iter(loader([1], prefetch_factor=0))
    with pytest.raises(AssertionError, match="timeout"):
        iter(data.DataLoader([1], timeout=3))
    with pytest.raises(ValueError, match="should not be set"):
        loader([1]).persistent_workers = True
    with pytest.warns(UserWarning, match="will create 5000 worker processes"):
        assert loader([1], num_workers=5000).prefetch_factor == 2


# ---------------------------------------------------------------- nothing stays


def test_dropped_iterators_end_their_workers() -> None:
    batches = iter(loader(Items(100, lambda i: os.getpid()), None))
    pids = {next(batches), next(batches)}
    assert len(pids) == 2
    del batches
    assert not any(map(alive, pids))
    for batch in loader(Items(100, lambda i: os.getpid()), None):
        pid = batch
        break
    assert not alive(pid)


def test_epochs_leave_no_files_open() -> None:
    batches = loader(Items(4, int), 2)
    list(batches)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        list(batches)
        next(iter(batches))
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_fork_of_the_main_process_leaves_the_workers_alone() -> None:
    batches = iter(loader(Items(20, lambda i: i), 1, prefetch_factor=1))
    assert next(batches).item() == 0
    if (pid := os.fork()) == 0:
        del batches  # would end the workers
        os._exit(0)
    os.waitpid(pid, 0)
    assert [batch.item() for batch in batches] == list(range(1, 20))


PROGRAM = """
import os, signal, sys, time
import numpy as np
import autograd_core as ag
from nn import data

class Items(data.Dataset):
    def __init__(self, pause): self.pause = pause
    def __len__(self): return 1000
    def __getitem__(self, i):
        time.sleep(self.pause * (i > 3))
        return os.getpid(), ag.tensor([i]), np.ones(100_000)

def main(context, pause, then):
    batches = iter(data.DataLoader(Items(pause), None, num_workers=2, multiprocessing_context=context))
    pids = sorted({next(batches)[0] for _ in range(4)})
    assert len(pids) == 2
    print(*pids, flush=True)
    globals()["kept"] = batches
    exec(then)

if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
"""


def program(tmp_path: Path, context: str, pause: float, then: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that has taken four batches of its loader, keeps its iterator and does something; its workers."""
    (tmp_path / "program.py").write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py"), context, str(pause), then],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored, if the tests run in the background
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return process, [int(pid) for pid in line.split()]


@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_an_iterator_alive_at_exit(tmp_path: Path, context: str) -> None:
    process, pids = program(tmp_path, context, 0, "")
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0
    assert gone(pids)


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_the_main_process_is_killed(tmp_path: Path, context: str) -> None:
    process, pids = program(tmp_path, context, 0, "os.kill(os.getpid(), signal.SIGKILL)")
    process.communicate(timeout=30)
    assert gone(pids)


@pytest.mark.parametrize("pause", [0, 100])  # items are quick: it waits elsewhere; slow: it waits for a batch
def test_ctrl_c(tmp_path: Path, pause: int) -> None:
    process, pids = program(tmp_path, "fork", pause, "next(kept)\nnext(kept)\ntime.sleep(100)")
    time.sleep(0.3)
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all
    _, errors = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert time.monotonic() - started < 4
    assert gone(pids)


def test_what_cannot_be_sent_to_a_spawned_worker() -> None:
    with pytest.raises((AttributeError, TypeError)) as caught:
        iter(loader(Items(2, lambda i: i), 1, multiprocessing_context="spawn"))
    assert "multiprocessing_context='fork'" in caught.value.__notes__[0]
