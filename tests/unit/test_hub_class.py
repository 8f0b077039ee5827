"""A small class on a real hub: three students run lesson 01.

The hub is a trial, as an ordinary user starts it; own users of the system and thirty
students are in `python -m benchmarks.class_load`, which root runs.
"""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.class_load import attend
from benchmarks.hub_running import Hub, running
from benchmarks.hub_student import Student, StudentError
from tests import hub_environment

pytestmark = pytest.mark.kernel
CLASS = ("anna", "ben", "chen")
LESSON = "cnn-course/notebooks/01_convolution.ipynb"
CELLS = 10
ORDINARY = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def missing(why: str) -> None:
    """Without a hub there is nothing to test, which must not go unseen in CI."""
    say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    say(f"no hub: {why}")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    if why := hub_environment.objection():
        missing(why)
    try:
        python = hub_environment.python()
    except subprocess.CalledProcessError as trouble:
        missing(f"{trouble}: {trouble.stderr[-500:]}")
    # Root's hub makes users of the system, and a test makes none.
    become = ORDINARY if os.geteuid() == 0 else []
    if become and subprocess.run([*become, "true"], check=False).returncode:
        pytest.skip("root cannot become an ordinary user here")
    command = [*become, str(python), str(hub_environment.PLACE / "run.py")]
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    state = tmp_path_factory.mktemp("hub")
    with running(
        command, state, port, lambda s: s.replace("places = 0", "places = 3")
    ) as made:
        made.sign_up([*CLASS, "late"])
        yield made


def test_a_class_runs_its_lesson_and_stays_apart(hub: Hub) -> None:
    students = [Student(name, hub.address) for name in CLASS]
    with ThreadPoolExecutor(len(students)) as pool:
        results = list(pool.map(lambda s: attend(s, LESSON, CELLS, 0), students))
    assert [r.failure for r in results] == [""] * len(CLASS)
    assert [len(r.cells) for r in results] == [CELLS] * len(CLASS)

    lessons = students[0].http.get(f"{hub.address}/user/{CLASS[0]}/lessons")
    assert lessons.url.endswith("/lab/tree/cnn-course/notebooks/00_start_here.ipynb")

    late = attend(Student("late", hub.address), LESSON, 1, 0)
    assert "All places on this hub are taken" in late.failure

    theirs = f"{hub.address}/user/{CLASS[1]}/api/contents/cnn-course"
    assert students[0].http.get(theirs).status_code == 403

    code = "x\tautofocus\ttabindex=0\tonfocus=alert(1)"
    for name in (code, "anna?", "anna#2", "%61nna", "..", "anna\n"):
        Student(name, hub.address).sign_up()
    stranger = Student("stranger", hub.address)
    stranger.sign_up()
    teacher = Student("teacher", hub.address)
    teacher.log_in()
    names = re.findall(
        r"<tr [^>]*?id=([^>]*)>", teacher.http.get(f"{hub.address}/hub/authorize").text
    )
    assert sorted(names) == sorted(["teacher", *CLASS, "late", "stranger"])
    picture = {"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors"}
    picture |= {"Sec-Fetch-Site": "same-origin"}
    elsewhere = {"Referer": f"{hub.address}/user/teacher/lab/tree/by_a_student.ipynb"}
    on_page = {"Referer": f"{hub.address}/hub/authorize"}
    for headers in (picture | elsewhere, elsewhere, {}, picture | on_page):
        approve = f"{hub.address}/hub/authorize/stranger"
        assert teacher.http.get(approve, headers=headers).status_code == 403
    with pytest.raises(StudentError, match="has not been authorized"):
        stranger.log_in()


def test_secrets_are_readable_by_the_hub_alone(hub: Hub) -> None:
    state = hub.log.parent
    for name in ("cookie_secret", "hub.sqlite", "proxy_token", "settings.toml"):
        assert (state / name).stat().st_mode & 0o077 == 0, name
    homes = state / "homes"
    assert {home.name for home in homes.iterdir()} == {f"cnn-{n}" for n in CLASS}
    assert all(home.stat().st_mode & 0o077 == 0 for home in homes.iterdir())
    lesson = Path(homes, f"cnn-{CLASS[0]}", LESSON)
    assert lesson.exists()


def test_no_student_has_what_the_hub_writes_to(hub: Hub) -> None:
    """Who has its terminal can stop it, and with it the hub; so with a log."""
    own = hub.log.parent / "homes" / f"cnn-{CLASS[0]}" / ".cnn-course.log"
    assert "ServerApp" in own.read_text()
    assert "ServerApp" not in hub.log.read_text()
