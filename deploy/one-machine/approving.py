"""Students are approved on the hub's page and nowhere else.

NativeAuthenticator approves, or shuts out again, whoever is named in an address that an
admin's browser loads, and JupyterHub asks no token of what the hub's own pages load: a
picture in a student's notebook, which the teacher opens there, would be enough.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from nativeauthenticator import handlers
from tornado import web

PAGE = "authorize"
NAMES = r"\w[\w.@+-]*\Z"


def asked_on(page: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser was led by a link of this page, by what it says itself."""
    as_page = headers.get("Sec-Fetch-Dest", "document") == "document"
    return as_page and urlsplit(headers.get("Referer", "")).path == page


def only_on_the_page() -> None:
    """Refuse what approves, shuts out or discards anywhere else."""
    for kind in (handlers.ToggleAuthorizationHandler, handlers.DiscardHandler):
        kind.prepare = _careful(kind.prepare)


def _careful(before: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Any]:
    async def prepare(self: Any) -> None:
        await before(self)
        if not asked_on(f"{self.hub.base_url}{PAGE}", self.request.headers):
            raise web.HTTPError(403, f"Only the page /hub/{PAGE} does that.")

    return prepare
