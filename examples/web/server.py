"""The server: a page, and one address that reads pictures and answers in JSON."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from examples import extra
from examples.web.reader import Answer, Reader, Refused

HERE = Path(__file__).parent
MOST_BYTES = 8 * 2**20
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(reader: Reader) -> Any:
    """The Flask application around a reader."""
    flask = extra("flask")
    app = flask.Flask(__name__, static_folder=str(HERE / "static"))
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES

    def page() -> Any:
        return app.send_static_file("index.html")

    def read() -> Any:
        """A picture as the body, or as the field `picture` of a form; ``?strip=1`` reads several digits."""
        sent = flask.request.files.get("picture")
        data = sent.read() if sent else flask.request.get_data()
        answers = reader.read(data, strip=flask.request.args.get("strip") == "1")
        return {"digits": [described(answer) for answer in answers]}

    def refused(error: Refused) -> Any:
        return {"error": error.key, "message": str(error)}, error.status

    def too_long(_: Any) -> Any:
        return {"error": "large", "message": f"more than {MOST_BYTES // 2**20} MB"}, 413

    def guarded(response: Any) -> Any:
        response.headers.update(HEADERS)
        return response

    app.add_url_rule("/", view_func=page)
    app.add_url_rule("/read", view_func=read, methods=["POST"])
    app.register_error_handler(Refused, refused)
    app.register_error_handler(413, too_long)
    app.after_request(guarded)
    return app


def described(answer: Answer) -> dict[str, Any]:
    """An answer as JSON; pictures as data addresses."""
    box = None
    if answer.box is not None:
        y, x = answer.box
        box = [x.start, y.start, x.stop, y.stop]
    return {
        "digit": answer.digit,
        "probabilities": [round(p, 6) for p in answer.probabilities],
        "seen": png(np.repeat(255 * (1 - answer.seen)[..., None], 3, -1)),
        "gradient": png(coloured(answer.gradient)),
        "box": box,
    }


def coloured(gradient: Any) -> Any:
    """Red where more ink would raise the answer's score, blue where it would lower it; white is 0."""
    strength = np.clip(gradient / max(float(np.abs(gradient).max()), 1e-30), -1, 1)
    red, blue = np.array([200.0, 30, 45]), np.array([30.0, 80, 200])
    colour = np.where(strength[..., None] > 0, red, blue)
    return 255 + (colour - 255) * np.abs(strength)[..., None]


def png(pixels: Any) -> str:
    """An (h, w, 3) array as a data address."""
    file = BytesIO()
    extra("PIL.Image").fromarray(np.asarray(pixels).round().astype(np.uint8)).save(file, "png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
