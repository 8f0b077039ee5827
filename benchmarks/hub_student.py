"""A student of a hub as a program: signs up, logs in, opens a lesson, runs it."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
import websocket

PASSWORD = "correct horse battery"
POLL = 0.25  # seconds between two looks at whether something is there


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

    def approve(self, names: list[str]) -> None:
        """As an admin: let them in."""
        for name in names:
            page = self.http.get(f"{self.hub}/hub/authorize/{name}", timeout=120)
            if not page.ok:
                raise StudentError(f"authorize {name}: {page.status_code}")

    def start_server(self, seconds: float = 900) -> float:
        """Open the hub's page and wait for the own server: seconds until it answers."""
        begun = time.monotonic()
        page = self.http.get(f"{self.hub}/hub/spawn/{self.name}", timeout=120)
        if not page.ok:
            raise StudentError(f"spawn: {page.status_code} {words(page.text)}")
        ready = f"{self.hub}/user/{self.name}/api/status"
        while time.monotonic() - begun < seconds:
            answer = self.http.get(ready, timeout=120)
            if answer.status_code == 200 and "kernels" in answer.text:
                return time.monotonic() - begun
            pending = f"{self.hub}/hub/spawn-pending/{self.name}"
            if "failed" in words(self.http.get(pending, timeout=120).text):
                raise StudentError("spawn failed")
            self.open_lab()
            time.sleep(POLL)
        raise StudentError(f"no server after {seconds:.0f} s")

    def open_lab(self) -> requests.Response:
        """The page of JupyterLab: its detour gives the cookie of the own server."""
        return self.http.get(f"{self.hub}/user/{self.name}/lab", timeout=120)

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
        path = f"{self.hub}/user/{self.name}/api/kernels/{self.kernel}/channels"
        cookies = "; ".join(
            f"{c.name}={c.value}"
            for c in self.http.cookies
            if c.path in (None, "/", f"/user/{self.name}/")
        )
        line = websocket.create_connection(
            path.replace("http", "ws", 1), cookie=cookies, timeout=600
        )
        try:
            for source in cells:
                time.sleep(pace)
                begun = time.monotonic()
                line.send(json.dumps(request(source)))
                wait_for_end(line)
                yield time.monotonic() - begun
        finally:
            line.close()


def request(source: str) -> dict[str, Any]:
    """The message that runs a cell."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request"}
    header |= {
        "username": "",
        "session": uuid.uuid4().hex,
        "version": "5.3",
        "date": "",
    }
    content = {"code": source, "silent": False, "store_history": True}
    content |= {"user_expressions": {}, "allow_stdin": False, "stop_on_error": True}
    parts = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    return {**parts, "channel": "shell", "buffers": []}


def wait_for_end(line: websocket.WebSocket) -> None:
    """Read messages until the cell has ended."""
    while True:
        text = line.recv()
        if not isinstance(text, str):  # what carries buffers, of a widget
            continue
        message = json.loads(text)
        if message["msg_type"] == "execute_reply":
            if message["content"]["status"] != "ok":
                raise StudentError(message["content"].get("evalue", "stopped"))
            return


def words(page: str) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"(?s)<(script|style|head).*?</\1>", " ", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip()[:300]
