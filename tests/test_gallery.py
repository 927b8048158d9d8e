"""The gallery of examples: every one runs, each item of the lecture documents is realised once, the page holds together."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from examples.gallery import Example, Outcome, examples, page, run
from examples.inventory import DOCUMENTS, ITEMS

EXAMPLES = examples()


def test_the_inventory_has_74_items() -> None:
    assert len(set(ITEMS)) == len(ITEMS) == 74
    assert [len(document.items) for document in DOCUMENTS] == [15, 21, 14, 7, 17]


def test_no_item_is_realised_twice_and_all_exist() -> None:
    realised = [item for example in EXAMPLES for item in example.items]
    assert len(set(realised)) == len(realised)
    assert set(realised) <= set(ITEMS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_documented_in_both_languages(example: Example) -> None:
    assert re.search("[a-z]", example.english)
    assert re.search("[\u4e00-\u9fff]", example.chinese)
    assert not re.search("[\u4e00-\u9fff]", example.english)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return {}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_runs(example: Example, tmp_path: Path, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[example.name] = run(example, tmp_path, quick=True)
    assert not outcome.failed, outcome.output
    assert outcome.output.strip() or outcome.pictures


def test_a_failure_is_seen(tmp_path: Path) -> None:
    broken = Example("examples.inventory", "Broken", "坏的", ("000-1",), "")  # has no main()
    outcome = run(broken, tmp_path, quick=True)
    assert outcome.failed
    assert "AttributeError" in outcome.output


class Checker(HTMLParser):
    """Balanced tags, unique ids, links that lead somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.languages: dict[str, int] = {"en": 0, "zh": 0}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [(values["href"] or "")[1:]] if tag == "a" else []
        if values.get("class") in self.languages:
            self.languages[values["class"] or ""] += 1
        if tag == "img":
            assert (values["src"] or "").startswith("data:image/")
            assert values["alt"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole(outcomes: dict[str, Outcome]) -> None:
    html = page(outcomes)
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert len(set(checker.ids)) == len(checker.ids)
    assert set(checker.links) <= set(checker.ids)
    assert checker.languages["en"] == checker.languages["zh"] > 74
    assert not re.search(r"""(src|href)="(?!data:|#)|url\(|@import""", html), "the page asks nobody for anything"
    assert all(item in html for item in ITEMS)
