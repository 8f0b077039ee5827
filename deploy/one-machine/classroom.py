"""Starts each student's server: in a queue, as an own user, within limits.

Where the hub is root each student gets a user of the operating system, named as
`account` says, with a home that nobody else can read. Otherwise, for a trial, all
servers are the user's who started the hub, each with a home below its state folder.
"""

import asyncio
import contextlib
import os
import resource
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from accounts import account, ensure_account, limit_disk, own_sockets
from alone import own_port
from become import becoming
from jupyterhub.spawner import LocalProcessSpawner
from leftovers import end_leftovers
from traitlets import Float, Integer, Unicode


async def answers(port: int) -> bool:
    """Whether a server takes connections; who lets them wait keeps no other waiting."""
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        asked = asyncio.open_connection("127.0.0.1", port)
        _, connection = await asyncio.wait_for(asked, 1)
        connection.close()
        return True
    return False


class ClassroomSpawner(LocalProcessSpawner):
    """A server a student, a few of them starting at a time."""

    homes = Unicode(help="The folder with a home for each student.").tag(config=True)
    processes = Integer(400, help="Processes of one student.").tag(config=True)
    disk_gb = Float(0, help="Disk of one student; 0 is no limit.").tag(config=True)
    at_once = Integer(3, help="Servers that may start at a time.").tag(config=True)

    held = -1  # the socket of the server that starts, for it to listen at
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
                as_them, base = self.becoming(), self.server.base_url
                if lost := await end_leftovers(base, lessons, as_them):
                    self.log.warning("Ended %d lost servers of %s", lost, name)
                address, port = await self.begun(as_them)
                await self.until_it_answers(port)
        finally:
            kind.before_me.remove(name)
        return address, port

    async def begun(self, as_them: list[str]) -> tuple[str, int]:
        """Start the server as the student, with a port that nobody else can have."""
        command: list[str] = self.cmd  # type: ignore[has-type]
        options: dict[str, Any] = self.popen_kwargs  # type: ignore[has-type]
        with own_port() as held:
            self.port, self.held = held.getsockname()[1], held.fileno()
            self.cmd = [*as_them, *command]
            self.popen_kwargs = {**options, "pass_fds": [self.held]}
            try:
                return await super().start()
            finally:
                self.cmd, self.popen_kwargs = command, options

    async def until_it_answers(self, port: int) -> None:
        """No longer than the hub waits then: a student can keep the server from it."""
        end = time.monotonic() + self.http_timeout
        while await self.poll() is None and not await answers(port):
            if time.monotonic() > end:
                break
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

    def becoming(self) -> list[str]:
        """What stands in front of a command that is to run as the student."""
        if os.geteuid() != 0:
            return []
        user = ensure_account(account(self.user.name), Path(self.homes))
        return becoming(user.pw_uid, user.pw_gid, str(self.user_home))

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
        return {**env, "HOME": str(self.user_home), "COURSE_SOCKET": str(self.held)}

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """What the new process does before it becomes the student's: see `becoming`."""
        home = None if os.geteuid() == 0 else str(self.user_home)
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
            if home:
                os.chdir(home)
            else:
                # It counts all processes of a user, so that it is a student's own only
                # where each has one.
                resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))

        return prepare
