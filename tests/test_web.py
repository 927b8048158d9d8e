"""The recogniser on the web: what it reads, what it refuses, many visitors at once, and a real browser."""

from __future__ import annotations

import base64
import math
import shutil
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_core as ag
from examples.digits import load_data, trained
from examples.strip import cut, draw_strip, find_digits
from examples.web.__main__ import main, png
from examples.web.reader import Reader, decoded
from examples.web.server import MOST_BYTES, create_app

pil = pytest.importorskip("PIL.Image")
pytest.importorskip("flask")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    _, side, model = trained(tmp_path_factory.mktemp("network"))
    return Reader(model, side)


@pytest.fixture(scope="module")
def app(reader: Reader) -> Any:
    return create_app(reader)


@pytest.fixture
def client(app: Any) -> Any:
    return app.test_client()


def held_back() -> tuple[Any, list[int]]:
    images, labels = load_data(None, 0, quick=False)[1].tensors
    return images.numpy(), labels.tolist()


def picture(digit: int, ink: float = 0.1, paper: float = 0.95) -> np.ndarray[Any, Any]:
    """A held-back digit as a photograph of 120 x 120."""
    images, labels = held_back()
    return paper + (ink - paper) * (draw_strip([images[labels.index(digit)]], [0]) - 0.95) / -0.85


# ---- reading


def test_most_digits_are_read(client: Any) -> None:
    answers = [client.post("/read", data=png(picture(digit))).get_json()["digits"][0] for digit in range(10)]
    assert sum(answer["digit"] == digit for digit, answer in enumerate(answers)) >= 9
    for answer in answers:
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
        assert answer["digit"] == int(np.argmax(answer["probabilities"]))
        for name in ("seen", "gradient"):
            data = base64.b64decode(answer[name].removeprefix("data:image/png;base64,"))
            assert pil.open(BytesIO(data)).size == (8, 8)


def test_colour_of_the_paper_and_a_form_make_no_difference(client: Any) -> None:
    plain = client.post("/read", data=png(picture(3))).get_json()
    inverted = client.post("/read", data=png(picture(3, ink=0.95, paper=0.1))).get_json()
    assert inverted["digits"][0]["digit"] == plain["digits"][0]["digit"]
    form = {"picture": (BytesIO(png(picture(3))), "three.png")}
    assert client.post("/read", data=form, content_type="multipart/form-data").get_json() == plain


def test_the_gradient_is_that_of_the_answers_score(reader: Reader) -> None:
    seen = np.random.default_rng(0).random((8, 8))
    (answer,) = reader.answers([seen], [None])

    def score(image: np.ndarray[Any, Any]) -> float:
        return reader.model(ag.tensor(image[None], dtype=ag.float32))[0, answer.digit].item()

    for place in ((0, 3), (4, 4), (7, 2)):
        moved = seen.copy()
        moved[place] += 0.01
        assert (score(moved) - score(seen)) / 0.01 == pytest.approx(answer.gradient[place], abs=0.02)
    assert all(parameter.grad is None for parameter in reader.model.parameters())


def test_a_strip_is_cut_up_from_left_to_right(client: Any) -> None:
    images, labels = held_back()
    wanted = [5, 0, 4, 1, 9, 2]
    strip = draw_strip([images[labels.index(digit)] for digit in wanted], [0, 6, -6, 4, -4, 0])
    read = client.post("/read?strip=1", data=png(strip)).get_json()["digits"]
    assert len(read) == 6
    assert sum(answer["digit"] == digit for answer, digit in zip(read, wanted, strict=True)) >= 5
    lefts = [answer["box"][0] for answer in read]
    assert lefts == sorted(lefts)


def test_pieces_of_one_digit_are_joined_and_specks_left_out() -> None:
    strip = np.full((60, 120), 0.9)
    strip[10:14, 10:30] = strip[20:50, 14:26] = strip[10:50, 60:64] = 0.1  # a five whose bar is apart, and a one
    strip[5:7, 90:92] = 0.1
    ink, boxes = find_digits(strip)
    assert [(x.start, x.stop) for _, x in boxes] == [(10, 30), (60, 64)]
    assert cut(ink, boxes[0]).shape == (48, 28)


# ---- refusing


def bomb() -> bytes:
    """A PNG of 50,000 x 50,000 pixels in a few hundred bytes: its header says so."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def wide() -> bytes:
    return _encoded(pil.new("L", (30_000, 1_000), 255))


def _encoded(image: Any, kind: str = "png") -> bytes:
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


REFUSED: dict[str, tuple[Any, int, str]] = {
    "nothing": (lambda: b"", 400, "empty"),
    "a web page": (lambda: b"<!DOCTYPE html><p>hello", 415, "format"),
    "a program": (lambda: b"\x7fELF" + bytes(100), 415, "format"),
    "100 MB": (lambda: bytes(100 * 2**20), 413, "large"),
    "just too long": (lambda: bytes(MOST_BYTES + 1), 413, "large"),
    "50,000 x 50,000 pixels": (bomb, 413, "large"),
    "30 million pixels": (wide, 413, "large"),
    "cut off": (lambda: png(picture(5))[:300], 400, "damaged"),
    "a JPEG cut off": (lambda: _encoded(pil.new("L", (300, 300), 90), "jpeg")[:700], 400, "damaged"),
    "a blank page": (lambda: _encoded(pil.new("L", (100, 100), 255)), 422, "blank"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("strip", ["0", "1"])
def test_what_is_refused(client: Any, name: str, strip: str) -> None:
    make, status, key = REFUSED[name]
    response = client.post(f"/read?strip={strip}", data=make())
    assert (response.status_code, response.get_json()["error"]) == (status, key)
    assert len(response.get_json()["message"]) > 8


def test_the_wrong_address_or_method(client: Any) -> None:
    assert client.get("/read").status_code == 405
    assert client.get("/static/../server.py").status_code == 404
    assert client.get("/digits.pt").status_code == 404


def test_too_many_pieces(client: Any) -> None:
    dots = np.full((100, 1000), 0.9)
    for i in range(60):
        dots[40:60, 10 + 16 * i : 18 + 16 * i] = 0.1
    response = client.post("/read?strip=1", data=png(dots))
    assert (response.status_code, response.get_json()["error"]) == (422, "many")


def test_a_transparent_and_a_turned_picture_can_be_decoded() -> None:
    clear = pil.new("RGBA", (20, 10), (0, 0, 0, 0))
    assert (decoded(_encoded(clear)) == 1).all()


# ---- many at once


def test_fifty_visitors_at_once_get_their_own_answers(app: Any) -> None:
    pictures = [png(picture(digit)) for digit in range(10)]
    alone = [app.test_client().post("/read", data=data).get_json() for data in pictures]
    start = threading.Barrier(50)

    def visit(number: int) -> Any:
        client = app.test_client()
        start.wait()
        return [client.post("/read", data=pictures[(number + i) % 10]).get_json() for i in range(4)]

    with ThreadPoolExecutor(50) as pool:
        for number, answers in enumerate(pool.map(visit, range(50))):
            assert answers == [alone[(number + i) % 10] for i in range(4)]


# ---- the page


def test_the_page_asks_nobody_else(client: Any) -> None:
    for name in ("", "static/page.js", "static/style.css"):
        with client.get(f"/{name}") as response:
            assert response.status_code == 200
            assert "default-src 'self'" in response.headers["Content-Security-Policy"]
            assert b"http" not in response.data


def test_the_example_draws_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--out", str(tmp_path), "--quick"])
    assert "is read as" in capsys.readouterr().out
    assert (tmp_path / "answer.svg").stat().st_size > 1000


# ---- a real browser


@pytest.fixture(scope="module")
def address(app: Any) -> Iterator[str]:
    serving = pytest.importorskip("werkzeug.serving")
    server = serving.make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs Chromium and its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("profile")
    for flag in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "lang=en-US", f"user-data-dir={profile}", "window-size=1100,900",
    ):  # fmt: skip
        options.add_argument(f"--{flag}")
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    browser.implicitly_wait(5)
    yield browser
    browser.quit()


def element(browser: Any, css: str) -> Any:
    return browser.find_element("css selector", css)


def wait_for(browser: Any, condition: Any) -> Any:
    return pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait(browser, 20).until(condition)


def number(browser: Any) -> str:
    return str(wait_for(browser, lambda b: element(b, "#number").text))


def draw(browser: Any, points: list[tuple[float, float]], kind: str = "mouse") -> None:
    """A stroke on the paper, in fractions of its width and height from the middle."""
    chains = pytest.importorskip("selenium.webdriver.common.action_chains")
    inputs = pytest.importorskip("selenium.webdriver.common.actions.pointer_input")
    builder = pytest.importorskip("selenium.webdriver.common.actions.action_builder")
    paper = element(browser, "#paper")
    width, height = paper.size["width"], paper.size["height"]
    actions = chains.ActionChains(browser)
    actions.w3c_actions = builder.ActionBuilder(browser, mouse=inputs.PointerInput(kind, kind), duration=5)
    pointer = actions.w3c_actions.pointer_action
    for i, (x, y) in enumerate(points):
        pointer.move_to(paper, int(x * width), int(y * height))
        if i == 0:
            pointer.pointer_down()
    pointer.pointer_up()
    actions.w3c_actions.perform()


RING = [(0.2 * math.sin(2 * math.pi * i / 24), -0.32 * math.cos(2 * math.pi * i / 24)) for i in range(25)]


@pytest.mark.parametrize("kind", ["mouse", "touch"])
def test_a_digit_drawn_in_the_browser_is_read(browser: Any, address: str, kind: str) -> None:
    browser.get(address)
    draw(browser, RING, kind)
    assert number(browser) == "0"
    assert len(browser.find_elements("css selector", ".bars li")) == 10
    assert element(browser, ".bars .best").text.startswith("0")
    seen = element(browser, ".seen")
    assert (seen.get_property("naturalWidth"), seen.get_property("complete")) == (8, True)
    element(browser, "#clear").click()
    assert element(browser, "#number").text == ""


def test_a_digit_drawn_by_keyboard_is_read(browser: Any, address: str) -> None:
    keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
    browser.get(address)
    paper = element(browser, "#paper")
    browser.execute_script("arguments[0].focus()", paper)
    paper.send_keys(*[keys.ARROW_UP] * 11, keys.SPACE, *[keys.ARROW_DOWN] * 22, keys.ENTER)
    assert number(browser) == "1"
    paper.send_keys(keys.ESCAPE)
    assert element(browser, "#number").text == ""


def test_a_strip_drawn_in_the_browser_is_read(browser: Any, address: str) -> None:
    browser.get(address)
    element(browser, "[value=strip]").click()
    for middle in (-0.35, 0.0, 0.35):
        draw(browser, [(middle + x / 4, y) for x, y in RING])
    wait_for(browser, lambda b: element(b, "#number").text == "000")
    assert len(browser.find_elements("css selector", "article")) == 3


def test_a_file_and_a_bad_file(browser: Any, address: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "four.png", tmp_path / "page.png"
    good.write_bytes(png(picture(4)))
    bad.write_text("<p>no picture</p>", encoding="utf-8")
    browser.get(address)
    element(browser, "#file").send_keys(str(good))
    assert number(browser) == "4"
    element(browser, "#file").send_keys(str(bad))
    assert wait_for(browser, lambda b: element(b, "#error").text) == "This file is not a picture."
    element(browser, "#language").click()
    assert element(browser, "#error").text == "这个文件不是图片。"
    assert element(browser, "h1").text == "这是哪个数字？"
    assert element(browser, "html").get_attribute("lang") == "zh-CN"
    element(browser, "#read").click()


def test_reading_an_empty_paper(browser: Any, address: str) -> None:
    browser.get(address)
    element(browser, "#read").click()
    assert "no digit" in wait_for(browser, lambda b: element(b, "#error").text)


def test_both_languages_have_all_texts(browser: Any, address: str) -> None:
    browser.get(address)
    lacking = browser.execute_script(
        "const [a, b] = [TEXTS.en, TEXTS.zh].map(t => Object.keys(t).sort()); return JSON.stringify(a) !== JSON.stringify(b)"
    )
    assert lacking is False
    assert [entry for entry in browser.get_log("browser") if entry["source"] in ("javascript", "rendering")] == []
