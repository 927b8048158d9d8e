"""Ask PyTorch all questions and store its answers: ``python -m tests.golden``. Needs PyTorch, and pytest."""

from __future__ import annotations

import platform
import re
import warnings
from pathlib import Path

from tests.golden.questions import questions
from tests.golden.store import FILE, Answer, write


def processor() -> str:
    facts = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", facts.read_text()) if facts.exists() else None
    return found[1] if found else platform.processor()


def ask_pytorch() -> tuple[dict[str, Answer], dict[str, str]]:
    import torch

    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = {question.name: question.answer(torch) for question in questions()}
    capability = torch.backends.cpu.get_cpu_capability()
    return answers, {"torch": torch.__version__, "processor": processor(), "capability": capability}


if __name__ == "__main__":
    answers, made = ask_pytorch()
    write(answers, made)
    print(f"{FILE}: {len(answers)} answers, {FILE.stat().st_size:,} bytes, made with {made}")
