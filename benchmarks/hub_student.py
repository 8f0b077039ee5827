"""A student of a hub as a program: signs up, logs in, opens a lesson, runs it."""

import contextlib
import html
import json
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
import websocket

PASSWORD = "correct horse battery"
AWAY = (502, 503, 504)  # what the proxy says while there is no hub behind it
BROKEN = (OSError, websocket.WebSocketException)  # of a line to the kernel


class StudentError(Exception):
    """What the student would have seen instead."""


@dataclass
class Student:
    """One browser with its cookies.

    name : of the account; hub : address of the hub, without a slash at its end.
    """

    name: str
    hub: str
    http: requests.Session = field(default_factory=requests.Session)
    kernel: str = ""
    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    line: websocket.WebSocket | None = None

    def token(self, address: str) -> str:
        """The form token of a page."""
        page = self.http.get(address, timeout=120)
        found = re.search(r'name="_xsrf"\s+value="([^"]*)"', page.text)
        if not found:
            raise StudentError(f"{address}: {page.status_code} {words(page.text)}")
        return found[1]

    def sign_up(self) -> str:
        """Ask for an account; what the page answers."""
        address = f"{self.hub}/hub/signup"
        form = {
            "_xsrf": self.token(address),
            "username": self.name,
            "signup_password": PASSWORD,
            "signup_password_confirmation": PASSWORD,
        }
        return words(self.http.post(address, data=form, timeout=120).text)

    def log_in(self) -> None:
        """Log in; StudentError with what the page says where that is refused."""
        address = f"{self.hub}/hub/login"
        form = {"_xsrf": self.token(address), "username": self.name}
        form["password"] = PASSWORD
        # Not followed: the next page is the one that starts the server.
        answer = self.http.post(address, data=form, allow_redirects=False, timeout=120)
        if answer.status_code != 302:
            raise StudentError(f"login: {answer.status_code} {words(answer.text)}")

    def approve(self, names: Sequence[str]) -> None:
        """As an admin: let them in."""
        on_page = {"Referer": f"{self.hub}/hub/authorize"}
        for name in names:
            address = f"{self.hub}/hub/authorize/{name}"
            page = self.http.get(address, headers=on_page, timeout=120)
            if not page.ok:
                raise StudentError(f"authorize {name}: {page.status_code}")

    def start_server(self, seconds: float = 900) -> float:
        """Open the hub's page and wait as its browser does, until JupyterLab is there.

        Returns the seconds that took; StudentError with what the page says otherwise.
        """
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            page = self.load(f"{self.hub}/hub/spawn/{self.name}")
            if not page.ok:
                raise StudentError(f"spawn: {page.status_code} {words(page.text)}")
            waits = re.search(r'new EventSource\("([^"]+)"\)', page.text)
            ready = self.is_ready(html.unescape(waits[1])) if waits else True
            if ready and self.open_lab().ok:
                return time.monotonic() - begun
        raise StudentError(f"no server after {seconds:.0f} s")

    def load(self, address: str, tries: int = 60) -> requests.Response:
        """A page, asked for again while the hub or its proxy is being started anew."""
        for _ in range(tries):
            with contextlib.suppress(requests.ConnectionError):
                page = self.http.get(address, timeout=120)
                if page.status_code not in AWAY:
                    return page
            time.sleep(1)
        raise StudentError(f"{address} does not answer")

    def is_ready(self, stream: str) -> bool:
        """Read what the hub says meanwhile; whether it ended with a server."""
        said: dict[str, Any] = {}
        with contextlib.suppress(requests.RequestException):  # the page reloads
            answer = self.http.get(self.hub + stream, stream=True, timeout=30)
            for line in answer.iter_lines(chunk_size=1):
                if line.startswith(b"data: "):
                    said = json.loads(line[6:])
        if said.get("failed"):
            raise StudentError(str(said.get("message")))
        return bool(said.get("ready"))

    def open_lab(self) -> requests.Response:
        """The page of JupyterLab: its detour gives the cookie of the own server."""
        return self.load(f"{self.hub}/user/{self.name}/lab")

    def api(self, method: str, path: str, **keywords: Any) -> Any:
        """Ask the own server."""
        address = f"{self.hub}/user/{self.name}/api/{path}"
        cookies = [
            c.value
            for c in self.http.cookies
            if c.name == "_xsrf" and self.name in c.path
        ]
        headers = {"X-XSRFToken": cookies[0] or ""} if cookies else {}
        answer = self.http.request(
            method, address, headers=headers, timeout=120, **keywords
        )
        if not answer.ok:
            raise StudentError(
                f"{method} {path}: {answer.status_code} {words(answer.text)}"
            )
        return answer.json() if answer.text else None

    def open_lesson(self, path: str) -> list[str]:
        """Read a notebook and start its kernel: the code of its cells."""
        book = self.api("GET", f"contents/{path}")["content"]
        kernel = {"name": "python3"}
        asked = {"path": path, "name": path, "type": "notebook", "kernel": kernel}
        session = self.api("POST", "sessions", data=json.dumps(asked))
        self.kernel = session["kernel"]["id"]
        return [c["source"] for c in book["cells"] if c["cell_type"] == "code"]

    def run(self, cells: list[str], pace: float = 0) -> Iterator[float]:
        """Run cells one after the other, thinking `pace` seconds before each.

        Yields the seconds of each cell; StudentError at the first that raises.
        """
        for source in cells:
            time.sleep(pace)
            begun = time.monotonic()
            message = request(source, self.session)
            self.send(json.dumps(message))
            self.wait_for_end(message["header"]["msg_id"])
            yield time.monotonic() - begun
        self.leave()

    def send(self, text: str) -> None:
        with contextlib.suppress(*BROKEN):
            self.connected().send(text)
            return
        self.leave()
        self.connected().send(text)

    def connected(self, tries: int = 60) -> websocket.WebSocket:
        """The line to the kernel, connected again where it broke, as JupyterLab does.

        With the same session each time: the server has kept what was said meanwhile.
        """
        path = f"{self.hub}/user/{self.name}/api/kernels/{self.kernel}/channels"
        path = f"{path.replace('http', 'ws', 1)}?session_id={self.session}"
        cookies = "; ".join(
            f"{c.name}={c.value}"
            for c in self.http.cookies
            if c.path in (None, "/", f"/user/{self.name}/")
        )
        for _ in range(tries if self.line is None else 0):
            with contextlib.suppress(*BROKEN):
                self.line = websocket.create_connection(
                    path, cookie=cookies, timeout=600
                )
                break
            time.sleep(1)
        if self.line is None:
            raise StudentError("no connection to the kernel")
        return self.line

    def leave(self) -> None:
        """Close the line to the kernel, which goes on."""
        if self.line is not None:
            self.line.close()
        self.line = None

    def wait_for_end(self, asked: str) -> None:
        """Read messages until the cell has ended."""
        while True:
            try:
                text = self.connected().recv()
            except BROKEN:
                self.leave()
                continue
            if not isinstance(text, str) or not text:  # buffers, of a widget
                continue
            message = json.loads(text)
            ours = message["parent_header"].get("msg_id") == asked
            if ours and message["msg_type"] == "execute_reply":
                if message["content"]["status"] != "ok":
                    raise StudentError(message["content"].get("evalue", "stopped"))
                return


def request(source: str, session: str) -> dict[str, Any]:
    """The message that runs a cell."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request"}
    header |= {"username": "", "session": session, "version": "5.3", "date": ""}
    content = {"code": source, "silent": False, "store_history": True}
    content |= {"user_expressions": {}, "allow_stdin": False, "stop_on_error": True}
    parts = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    return {**parts, "channel": "shell", "buffers": []}


def words(page: str) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"(?s)<(script|style|head|noscript).*?</\1>", " ", page)
    text = html.unescape(re.sub(r"<[^>]*>", " ", body))
    return re.sub(r"\s+", " ", text).strip()[:300]
