"""The hub of a class: what guards its secrets, and what its files say.

The hub itself runs in an environment of its own; `python -m benchmarks.class_load`
tries it with students.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.launched import Fake
from tools.launcher import hub
from tools.launcher.machine import LauncherError

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "deploy" / "one-machine"


def load(name: str) -> ModuleType:
    """A file of deploy/one-machine, which is no package."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(f"hub_{name}", PLACE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


posix = pytest.mark.skipif(sys.platform == "win32", reason="no hub on Windows")
state = load("state")


# --- Settings -------------------------------------------------------------------------


def test_the_example_is_complete_and_safe() -> None:
    settings = state.checked({})
    assert settings["hub"]["address"] == "127.0.0.1"
    assert settings["people"]["authenticator"] == "native"


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"hubs": {}}, r"\[hubs\] is none of"),
        ({"hub": {"adress": "x"}}, "address, port.*no adress"),
        ({"hub": {"port": "8000"}}, "port is '8000'"),
        ({"hub": {"port": True}}, "port is True"),
        ({"people": {"admins": []}}, "admins"),
        ({"hub": {"address": ""}}, "in the open"),
        ({"hub": {"address": "0.0.0.0"}}, "in the open"),
        ({"hub": {"certificate": "a.pem"}}, "belong together"),
    ],
)
def test_a_wrong_line_is_named(given_: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        state.checked(given_)


def test_an_open_address_needs_a_certificate() -> None:
    with_tls = {"address": "", "certificate": "hub.pem", "key": "hub.key"}
    assert state.checked({"hub": with_tls})["hub"]["address"] == ""


@posix
def test_secrets_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    state.prepare(folder)
    token = (folder / "proxy_token").read_text()
    assert len(token) == 64
    for name in ("proxy_token", "settings.toml"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0o011  # passed through, not listed
    (folder / "settings.toml").write_text("[hub]\nport = 9000\n")
    state.prepare(folder)
    assert (folder / "proxy_token").read_text() == token
    assert state.settings(folder)["hub"]["port"] == 9000
    (folder / "settings.toml").chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        state.prepare(folder)


def test_places_leave_memory_to_the_machine() -> None:
    assert state.places(24 * state.GIB) == 40
    assert state.places(state.GIB) == 1


@posix
def test_a_closed_folder_on_the_way_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            assert state.closed_to_others(inner) is not None
            return
    assert state.closed_to_others(inner) is None
    inner.parent.chmod(0o700)
    assert state.closed_to_others(inner) == inner.parent


# --- The lessons that are handed out --------------------------------------------------


@posix
def test_what_students_pull_is_the_lessons_and_changes_when_they_do(
    tmp_path: Path,
) -> None:
    course, folder = tmp_path / "course", tmp_path / "state"
    for name in ("notebooks/01.ipynb", "imgs/a.svg", "imgs/draw.py", "tests/secret.py"):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text(name)
    (course / "LICENSE").write_text("free")
    folder.mkdir()
    first = state.publish(folder, course)
    assert state.publish(folder, course) == first
    (course / "notebooks/01.ipynb").write_text("better")
    assert state.publish(folder, course) != first
    clone = ["git", "clone", "--quiet", str(folder / "lessons"), str(tmp_path / "mine")]
    subprocess.run(clone, check=True)
    files = {
        str(p.relative_to(tmp_path / "mine"))
        for p in (tmp_path / "mine").rglob("*")
        if p.is_file() and ".git" not in p.parts
    }
    assert files == {"LICENSE", "imgs/a.svg", "notebooks/01.ipynb"}
    assert (tmp_path / "mine/notebooks/01.ipynb").read_text() == "better"
    closed = [
        p for p in (folder / "lessons").rglob("*") if not p.stat().st_mode & 0o004
    ]
    assert closed == []  # every student reads it


# --- Accounts -------------------------------------------------------------------------


@posix
@given(st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True))
def test_accounts_are_valid_and_different(names: list[str]) -> None:
    account = load("accounts").account
    made = [account(name) for name in names]
    assert len(set(made)) == len(names)
    assert all(re.fullmatch(r"cnn-[a-z0-9-]{1,27}", name) for name in made)


@posix
@given(st.text(min_size=1))
def test_nobody_is_called_like_the_account_of_another(name: str) -> None:
    accounts = load("accounts")
    taken = accounts.account(name)
    called = taken.removeprefix("cnn-")
    assert called == name or accounts.account(called) != taken
    assert called == name or accounts.DIGITS * 4 >= 64  # bits, against trying names


@posix
@pytest.mark.parametrize("name", ["anna", "jo-ann", "student07"])
def test_plain_names_stay_readable(name: str) -> None:
    assert load("accounts").account(name) == f"cnn-{name}"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
def test_a_server_that_a_killed_hub_lost_is_ended(tmp_path: Path) -> None:
    script = tmp_path / "start_student.py"
    script.write_text("print(flush=True)\nimport time\ntime.sleep(600)\n")
    started = [
        subprocess.Popen(
            [sys.executable, str(script)],
            env={"JUPYTERHUB_SERVICE_PREFIX": f"/user/{name}/", "COURSE_LESSONS": hub_},
            stdout=subprocess.PIPE,
        )
        for name, hub_ in (("anna", "ours"), ("anna", "theirs"), ("ben", "ours"))
    ]
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        end = load("leftovers").end_leftovers
        assert asyncio.run(end("/user/anna/", "ours")) == 1
        assert asyncio.run(end("/user/anna/", "ours")) == 0
        assert started[0].wait(60) == -signal.SIGTERM
        assert [process.poll() for process in started[1:]] == [None, None]
    finally:
        for process in started:
            process.kill()
            process.communicate()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
def test_of_what_a_process_says_of_itself_little_is_read() -> None:
    """Where it lies says the process itself: terabytes, if a student likes."""
    said = {f"N{i}": "x" * 100_000 for i in range(15)}
    asleep = [sys.executable, "-c", "print(flush=True); import time; time.sleep(600)"]
    with subprocess.Popen(asleep, env=said, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            leftovers = load("leftovers")
            own = Path(f"/proc/{process.pid}/environ")
            assert len(leftovers.said(own)) == leftovers.MOST < 1_500_000
        finally:
            process.kill()


@posix
def test_what_becomes_a_students_knows_no_secret_of_the_hub(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONFIGPROXY_AUTH_TOKEN", "secret")
    told = tmp_path / "told"
    write = f"import os; open({str(told)!r}, 'w').write(' '.join(os.environ)); print(7)"
    become = [sys.executable, "-c", write]
    assert asyncio.run(load("leftovers").end_leftovers("/user/a/", "ours", become)) == 7
    assert "PATH" in told.read_text()
    assert "CONFIGPROXY" not in told.read_text()


@posix
def test_a_port_is_held_until_a_server_has_it() -> None:
    alone = load("alone")
    with alone.own_port() as one, alone.own_port() as other:
        port = one.getsockname()[1]
        assert port != other.getsockname()[1]
        assert port < 1024 or os.geteuid() != 0
        assert not alone.is_free("127.0.0.1", port)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)


# --- The launcher ---------------------------------------------------------------------


@pytest.fixture
def grade(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What grades the hub's students."""
    monkeypatch.syspath_prepend(str(PLACE))
    return load("grade")


@posix
def test_what_runs_as_a_student_has_nothing_of_roots_terminal(
    grade: ModuleType,
) -> None:
    import pwd

    look = "import os, stat; print(os.getsid(0) == os.getpid(), os.read(0, 9))"
    look += "; print(stat.S_ISFIFO(os.fstat(0).st_mode))"
    user = pwd.getpwuid(os.getuid())
    assert grade.read_as(user, sys.executable, "-c", look) == b"True b''\nTrue\n"


@posix
def test_nobody_can_stop_what_root_waits_for(
    grade: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a program has begun, and when it does not hear that it is killed."""
    import pwd

    given: dict[str, Any] = {}

    class Deaf(subprocess.Popen["bytes"]):
        def __init__(self, command: list[str], **options: Any) -> None:
            given.update(options)
            super().__init__(command, **options)

        def wait(self, timeout: float | None = None) -> int:
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)

    monkeypatch.setattr(grade.subprocess, "Popen", Deaf)
    monkeypatch.setattr(grade, "SECONDS", 0.2)
    with pytest.raises(subprocess.TimeoutExpired):
        grade.read_as(pwd.getpwuid(os.getuid()), "sleep", "1")
    assert not given.keys() & {"user", "group", "extra_groups", "preexec_fn"}


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root becomes another"
)
def test_root_becomes_another_who_starts_a_program(grade: ModuleType) -> None:
    import pwd

    fields = ("cnn-nobody", "x", 64_999, 64_999, "", "/", "/bin/sh")
    look = "id -u; id -g; id -G; pwd; umask"
    said = grade.read_as(pwd.struct_passwd(fields), "sh", "-c", look)
    assert said.split() == [b"64999", b"64999", b"64999", b"/", b"0077"]


@posix
def test_of_what_a_student_prints_no_more_is_kept_than_a_notebook_may_have(
    grade: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pwd

    user = pwd.getpwuid(os.getuid())
    monkeypatch.setattr(grade, "LARGEST", 1000)
    assert len(grade.read_as(user, "cat", "/dev/zero")) == 1001
    with pytest.raises(subprocess.CalledProcessError):
        grade.read_as(user, "cat", "/there/is/no/such/file")
    monkeypatch.setattr(grade, "SECONDS", 0.2)
    with pytest.raises(subprocess.TimeoutExpired):
        grade.read_as(user, "sleep", "60")
    drop = "import os, time\nwhile True: os.write(1, b'.'); time.sleep(0.01)"
    with pytest.raises(subprocess.TimeoutExpired):  # one byte after the other
        grade.read_as(user, sys.executable, "-c", drop)


def test_what_is_missing_is_named() -> None:
    machine = Fake()
    machine.programs = ["git"]
    with pytest.raises(LauncherError, match="also needs node and npm"):
        hub.command(machine, [])
    machine.programs = ["git", "node", "npm"]
    machine.answers["node --version"] = "v12.22.9\n"
    with pytest.raises(LauncherError, match=r"18 or newer; here it is v12\.22\.9"):
        hub.command(machine, [])
    with pytest.raises(LauncherError, match="not run on Windows"):
        hub.command(Fake("win32"), [])


def test_the_lock_of_the_hub_agrees_with_the_courses() -> None:
    ours = pins(ROOT / "requirements.lock")
    hubs = pins(PLACE / "requirements.lock")
    assert {"jupyterhub", "nbgitpuller", "oauthenticator"} <= set(hubs)
    assert {n: v for n, v in hubs.items() if n in ours and ours[n] != v} == {}


def pins(lock: Path) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", lock.read_text(), re.M)
    return dict(found)


def test_the_proxy_is_pinned_with_hashes() -> None:
    packages = json.loads((PLACE / "package-lock.json").read_text())["packages"]
    wanted = json.loads((PLACE / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert all("integrity" in p for path, p in packages.items() if path)
