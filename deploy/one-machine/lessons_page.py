"""The page that a student sees where the lessons could not be brought, and why.

An extension of the student's server. Each time the page is loaded it tries anew, and
opens the first lesson when they are there.
"""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import lessons
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

PLACE = "lessons"
FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width">
<style>
  :root {{ color-scheme: light dark }}
  body {{ font: 1.1rem/1.6 sans-serif; max-width: 40rem; margin: 3rem auto;
    padding: 0 1rem }}
</style></head>
<body><h1>{title}</h1>{text}</body></html>
"""
FULL = """
<p>Lessons need {needed} MB to arrive, and {free} MB are free in your home folder. What
you wrote is safe, and nobody else notices.</p>
<ol>
<li><a href="{lab}">Open JupyterLab</a> and delete what you no longer need. In a
terminal there, <code>du -ah ~ | sort -h | tail</code> lists what is largest.</li>
<li>Then <a href="{here}">fetch the lessons</a>.</li>
</ol>
"""
OTHER = """
<p>Tell your teacher: the log of your server says why. What you wrote is safe.</p>
<p><a href="{here}">Try again</a>, or <a href="{lab}">open JupyterLab without
them</a>.</p>
"""


def page(trouble: str, base: str, free: int) -> str:
    """It as HTML.

    trouble : as `lessons.bring` tells it; base : of the server's addresses;
    free : bytes in the home.
    """
    title, text = "The lessons could not be fetched", OTHER
    if trouble == "full":
        title, text = "Your home folder is full", FULL
    links = {"lab": url_path_join(base, "lab"), "here": url_path_join(base, PLACE)}
    numbers = {"needed": lessons.ROOM // 1024**2, "free": free // 1024**2}
    return FRAME.format(title=title, text=text.format(**links, **numbers))


class LessonsPage(JupyterHandler):
    """Tries to bring them; two tabs take turns."""

    one_at_a_time = asyncio.Lock()

    @web.authenticated
    async def get(self) -> None:
        home = Path.home()
        async with self.one_at_a_time:
            source = os.environ["COURSE_LESSONS"]
            trouble = await asyncio.to_thread(lessons.bring, source, home)
        if trouble:
            free = shutil.disk_usage(home).free
            self.finish(page(trouble, self.base_url, free))
        else:
            self.redirect(url_path_join(self.base_url, "lab/tree", lessons.FIRST))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "lessons_page"}]


def _load_jupyter_server_extension(server: Any) -> None:
    place = url_path_join(server.base_url, PLACE)
    server.web_app.add_handlers(".*$", [(place, LessonsPage)])
