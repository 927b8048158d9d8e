"""Worker processes: batches are made elsewhere, ahead of time, and arrive in the order in which they were asked for.

A pipe joins the main process with each worker. Down go indices; up come, in the same order, batches, which travel by
pickling: a tensor is copied, its memory is not shared. The main process waits for the worker whose turn it is, and for
that worker's end. It needs no queue, no lock and no thread, so there is nothing that a killed worker could leave locked
or that a later `fork` could copy half-done. The two threads of a worker keep both directions flowing while it computes.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import signal
import time
import traceback
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

import autograd_core as ag
from autograd_core import Tensor

from .dataset import IterableDataset
from .fetch import WorkerInfo, become, fetcher, indices_of, together, warn_if_too_many

if TYPE_CHECKING:
    from collections.abc import Callable

    from .loader import DataLoader

__all__ = ["Workers"]

_PATIENCE = 5.0  # seconds between two looks at whether a process lives, and until one that should end is ended


_ours: weakref.WeakSet[Any] = weakref.WeakSet()  # the main process's ends of all pipes


class _Job(NamedTuple):
    """What a worker does."""

    dataset: Any
    batched: bool
    collate: Callable[[Any], Any]
    drop_last: bool
    init: Callable[[int], None] | None
    base_seed: int
    id: int
    num_workers: int


class _Caught(NamedTuple):
    """An exception of a worker, on its way to the main process."""

    kind: type[BaseException]
    text: str

    def reraise(self) -> NoReturn:
        if self.kind is KeyError:
            raise KeyError(_Text(self.text))
        if getattr(self.kind, "message", None):  # such classes take it by name
            raise self.kind(message=self.text)  # type: ignore[call-arg]
        try:
            error = self.kind(self.text)
        except Exception:  # noqa: BLE001  # whatever a class does with one argument that it does not expect
            raise RuntimeError(self.text) from None
        raise error


class _Text(str):
    """A text that KeyError shows as it is, not as repr does."""

    __slots__ = ()
    __repr__ = str.__str__


def _packed(what: str, content: Any = None) -> Any:
    """A message: "fetch" and "resume" go down, "batch", "error", "end" and "resumed" come up."""
    return ForkingPickler.dumps((what, content), pickle.HIGHEST_PROTOCOL)


_END, _RESUMED = bytes(_packed("end")), bytes(_packed("resumed"))
_NONE_LEFT: Any = object()


def _reduced(tensor: Tensor) -> Any:
    if not tensor.is_leaf:
        raise RuntimeError(
            "DataLoader: a tensor that requires grad cannot travel between processes with its graph; make items with "
            "no_grad() or .detach() them, or use num_workers=0"
        )
    return tensor.__reduce_ex__(pickle.HIGHEST_PROTOCOL)


ForkingPickler.register(Tensor, _reduced)


# ---------------------------------------------------------------- in a worker


def _work(job: _Job, connection: Any) -> None:
    """Make batches until the main process closes the pipe, or is no more."""
    closed, interrupted = Event(), Event()

    def interrupt(*_: Any) -> None:  # Ctrl+C reaches all processes: the main one decides what comes of it
        interrupted.set()
        if closed.is_set():
            os._exit(1)

    signal.signal(signal.SIGINT, interrupt)
    for end in list(_ours):  # inherited by fork: while we hold it, its worker would not see it closed
        end.close()
    seed = job.base_seed + job.id
    random.seed(seed)
    ag.manual_seed(seed)
    words = (job.id, job.base_seed % 2**32, job.base_seed >> 32, 0)  # as PyTorch: not the stream that `random` has
    np.random.seed(np.random.SeedSequence(words).generate_state(4))  # what data sets draw from
    become(WorkerInfo(job.id, job.num_workers, seed, job.dataset))

    tasks: SimpleQueue[bytes] = SimpleQueue()
    results: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_receive, args=(connection, tasks, closed, interrupted), daemon=True).start()
    Thread(target=_send, args=(connection, results), daemon=True).start()

    def caught(error: Exception) -> Any:
        text = "".join(traceback.format_exception(error))
        text = f"Caught {type(error).__name__} in DataLoader worker process {job.id}.\nOriginal {text}"
        try:
            return _packed("error", _Caught(type(error), text))
        except Exception:  # noqa: BLE001  # a class that only this process knows
            return _packed("error", _Caught(RuntimeError, text))

    fetch, stillborn, ended = None, None, False
    try:
        if job.init is not None:
            job.init(job.id)
    except Exception as error:  # noqa: BLE001  # raised by the main process
        stillborn = caught(error)
    while (task := tasks.get()) and not closed.is_set():
        try:
            what, indices = pickle.loads(task)
            if what == "resume":
                fetch, ended, message = None, False, _RESUMED
            elif ended:
                continue
            elif stillborn is not None:
                message = stillborn
            else:
                fetch = fetch or fetcher(job.dataset, job.batched, job.collate, job.drop_last)
                message = _packed("batch", fetch(indices))
        except Exception as error:  # noqa: BLE001  # raised by the main process
            ended = isinstance(error, StopIteration) and isinstance(job.dataset, IterableDataset)
            message = _packed("end") if ended else caught(error)
        results.put(message)


def _receive(connection: Any, tasks: SimpleQueue[bytes], closed: Event, interrupted: Event) -> None:
    """Take tasks out of the pipe at once, so that the main process never waits to write."""
    parent = os.getppid()
    try:
        while True:
            if connection.poll(_PATIENCE):
                tasks.put(message := connection.recv_bytes())
                if not message:
                    break
            elif os.getppid() != parent:  # it was killed, while other processes that it forked hold the pipe open
                break
    except (EOFError, OSError):
        pass
    closed.set()
    if interrupted.is_set():
        os._exit(1)
    tasks.put(b"")


def _send(connection: Any, results: SimpleQueue[Any]) -> None:
    """Write results while the next ones are being made: the pipe holds little, and the main process may be busy."""
    try:
        while True:
            connection.send_bytes(results.get())
    except OSError:
        pass  # nobody reads: `_receive` sees it too


# ---------------------------------------------------------------- in the main process


class _Worker:
    """A worker process, as the main process sees it."""

    def __init__(self, context: Any, job: _Job) -> None:
        self.connection, there = context.Pipe()
        _ours.add(self.connection)
        self.process = context.Process(target=_work, args=(job, there), name=f"DataLoader worker {job.id}", daemon=True)
        self.active = True  # its stream has not ended
        try:
            self.process.start()
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            self.connection.close()
            error.add_note(
                "DataLoader: unless worker processes are forked, they are sent the data set, collate_fn and "
                "worker_init_fn by pickling: define these at the top of a module, without lambdas; or, where the system "
                "has it, pass multiprocessing_context='fork'."
            )
            raise
        finally:
            there.close()

    def close(self) -> None:
        """Tell it to end. (Closing the pipe may not do it: other processes that were forked may hold it open.)"""
        with suppress(OSError):
            self.connection.send_bytes(b"")
        self.connection.close()

    def end(self) -> str:
        """How it died."""
        self.process.join(_PATIENCE)
        code, name = self.process.exitcode, f"DataLoader worker (pid {self.process.pid})"
        if code is not None and code < 0:
            return f"{name} is killed by signal: {signal.strsignal(-code)}."
        return (
            f"{name} exited unexpectedly with exit code {code}. Details are lost due to multiprocessing. Rerunning with "
            "num_workers=0 may give better error trace."
        )


def _stop(workers: list[_Worker], owner: int) -> None:
    """End the processes; by force, if they do not end in time."""
    if os.getpid() != owner:  # a fork of the main process, which forgets what it inherited
        return
    for worker in workers:
        worker.close()
    deadline = time.monotonic() + _PATIENCE
    for worker in workers:
        worker.process.join(max(0, deadline - time.monotonic()))
    for worker in workers:
        for end in (worker.process.terminate, worker.process.kill):
            if worker.process.is_alive():
                end()
                worker.process.join(_PATIENCE)
    workers.clear()


class Workers(Iterator[Any]):
    """The batches of an epoch, made by worker processes; if they are persistent, of one epoch after the other.

    When it is exhausted or dropped, and at exit, the processes end.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        if not loader.prefetch_factor or loader.prefetch_factor < 0:
            raise AssertionError(f"DataLoader: prefetch_factor must be positive, but got {loader.prefetch_factor}")
        batched, collate = loader.batch_sampler is not None, loader.collate_fn
        self._dataset, self._timeout, self._persistent = loader.dataset, loader.timeout, loader.persistent_workers
        self._in_order, self._most = loader.in_order, loader.prefetch_factor * loader.num_workers
        self._sampler = loader.index_sampler
        self._as_arrays = together(loader.dataset, batched, collate) is not None
        indices_of(self._sampler, self._as_arrays)  # PyTorch does so too: a sampler that draws in __iter__ shows it
        seed = loader.base_seed()
        self.failure: str | None = None  # why these workers can do no more
        self._workers: list[_Worker] = []
        self._stop = weakref.finalize(self, _stop, self._workers, os.getpid())
        for i in range(loader.num_workers):
            job = _Job(
                self._dataset, batched, collate, loader.drop_last, loader.worker_init_fn, seed, i, loader.num_workers
            )
            self._workers.append(_Worker(loader.multiprocessing_context or multiprocessing, job))
        self._start(loader.promised)

    def _start(self, promised: int | None) -> None:
        self._promised, self._made = promised, 0
        self._indices = indices_of(self._sampler, self._as_arrays)
        self._turns = cycle(self._workers)
        self._asked: list[_Worker] = []  # who makes the next batches
        for worker in self._workers:
            worker.active = True
        for _ in range(self._most):
            self._ask()

    def restart(self, promised: int | None) -> None:
        """Begin another epoch with the same processes, whose random streams go on."""
        for worker in self._workers:
            self._write(worker, "resume")
        for worker in self._workers:
            while self._read(worker) != _RESUMED:
                pass  # what was left of the last epoch
        self._start(promised)

    def __len__(self) -> int:
        return len(self._sampler)

    def __next__(self) -> Any:
        if self.failure is not None:
            raise RuntimeError(self.failure)
        while self._asked:
            worker = self._asked[0] if self._in_order else self._first(self._asked)
            message = self._read(worker)
            self._asked.remove(worker)
            if message == _END:
                worker.active = False
                self._asked = [other for other in self._asked if other is not worker]
            self._ask()
            if message != _END:
                what, content = pickle.loads(message)
                if what == "error":
                    content.reraise()
                self._made += 1
                warn_if_too_many(self._dataset, self._promised, self._made, among_workers=True)
                return content
        if not self._persistent:
            self._stop()
        raise StopIteration

    def _ask(self) -> None:
        """Ask for one more batch: the workers in turn, without those whose stream has ended."""
        indices = next(self._indices, _NONE_LEFT)
        active = [worker for worker in self._workers if worker.active]
        if indices is _NONE_LEFT or not active:
            return
        share = self._most // len(active)
        for worker in self._turns:
            if worker.active and (self._in_order or self._asked.count(worker) < share):
                self._write(worker, "fetch", indices)
                self._asked.append(worker)
                return

    def _first(self, workers: list[_Worker]) -> _Worker:
        """The first of these workers from which there is something to read, or which has died."""
        ends = {end: worker for worker in workers for end in (worker.connection, worker.process.sentinel)}
        deadline = time.monotonic() + (self._timeout or float("inf"))
        while (left := deadline - time.monotonic()) > 0:
            for end in wait(list(ends), min(left, _PATIENCE)):
                return ends[end]
            for worker in workers:
                if not worker.process.is_alive():  # where a process of its own keeps both open
                    return worker
        raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")

    def _read(self, worker: _Worker) -> bytes:
        self._first([worker])
        with self._whole(worker):
            if worker.process.exitcode is not None and not worker.connection.poll():
                raise EOFError
            message: bytes = worker.connection.recv_bytes()
            return message

    def _write(self, worker: _Worker, what: str, indices: Any = None) -> None:
        message = _packed(what, indices)
        with self._whole(worker):
            worker.connection.send_bytes(message)

    @contextmanager
    def _whole(self, worker: _Worker) -> Iterator[None]:
        """For reading or writing a message. After half a message nothing can follow."""
        try:
            yield
        except (EOFError, OSError) as error:
            self.failure = worker.end()
            self._stop()
            raise RuntimeError(self.failure) from error
        except BaseException:
            self.failure = "DataLoader: it was interrupted while it talked to a worker; start another epoch"
            self._stop()
            raise
