"""Starts each student's server: in a queue, as an own user, within limits.

Where the hub is root each student gets a user of the operating system, named as
`account` says, with a home that nobody else can read. Otherwise, for a trial, all
servers are the user's who started the hub, each with a home below its state folder.
"""

import asyncio
import contextlib
import os
import pwd
import resource
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from accounts import account, ensure_account, limit_disk, own_sockets
from jupyterhub.spawner import LocalProcessSpawner
from jupyterhub.utils import can_connect
from leftovers import end_leftovers
from traitlets import Float, Integer, Unicode


class ClassroomSpawner(LocalProcessSpawner):
    """A server a student, a few of them starting at a time."""

    homes = Unicode(help="The folder with a home for each student.").tag(config=True)
    processes = Integer(400, help="Processes of one student.").tag(config=True)
    disk_gb = Float(0, help="Disk of one student; 0 is no limit.").tag(config=True)
    at_once = Integer(3, help="Servers that may start at a time.").tag(config=True)

    starting: "asyncio.Semaphore | None" = None  # one for all students
    before_me: list[str] = []  # noqa: RUF012  names, in the order of the queue

    # --- The queue

    async def start(self) -> tuple[str, int]:
        """Wait for a place in the queue, start, and keep the place until it answers."""
        kind = ClassroomSpawner
        kind.starting = kind.starting or asyncio.Semaphore(self.at_once)
        name = self.user.name
        kind.before_me.append(name)
        try:
            async with kind.starting:
                lessons = self.environment.get("COURSE_LESSONS", "")
                if lost := await end_leftovers(self.server.base_url, lessons):
                    self.log.warning("Ended %d lost servers of %s", lost, name)
                address, port = await super().start()
                await self.until_it_answers(port)
        finally:
            kind.before_me.remove(name)
        return address, port

    async def until_it_answers(self, port: int) -> None:
        while await self.poll() is None and not can_connect("127.0.0.1", port):
            await asyncio.sleep(0.1)

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """What the page says while a student waits."""
        said = -1
        while self.user.name in self.before_me:
            before = max(0, self.before_me.index(self.user.name) + 1 - self.at_once)
            if before != said:
                said = before
                words = f"{before} others start before you." if before > 1 else ""
                words = "One other starts before you." if before == 1 else words
                yield {
                    "progress": 60 if not before else max(5, 50 - before),
                    "message": words or "Your server is starting.",
                }
            await asyncio.sleep(0.5)

    # --- An own user

    @property
    def user_home(self) -> Path:
        return Path(self.homes) / account(self.user.name)

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The variables of the student's user; none of the hub's secrets is in them."""
        name = account(self.user.name)
        env = {**env, "USER": name, "SHELL": "/bin/sh"}
        if os.geteuid() == 0:
            user = ensure_account(name, Path(self.homes))
            if self.disk_gb:
                limit_disk(name, Path(self.homes), self.disk_gb)
            env["JUPYTER_RUNTIME_DIR"] = str(own_sockets(user))
            env["COURSE_KERNEL_TRANSPORT"] = "ipc"
        else:
            self.user_home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {**env, "HOME": str(self.user_home)}

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """What the new process does before it becomes the student's server."""
        home, root = str(self.user_home), os.geteuid() == 0
        user = pwd.getpwnam(account(name)) if root else None
        memory, processes = int(self.mem_limit or 0), self.processes

        def prepare() -> None:
            os.umask(0o077)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            # When memory runs out the system ends the largest process of a student, and
            # nothing of the hub or of the machine.
            with contextlib.suppress(OSError):
                Path("/proc/self/oom_score_adj").write_text("500")
            if memory:
                resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
            if user:
                # It counts all processes of a user, so that it is a student's own only
                # where each has one.
                resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
                os.setgroups([])
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
            os.chdir(home)

        return prepare
