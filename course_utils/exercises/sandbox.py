"""Where a student's notebook runs: bubblewrap, a container, or, on request, nowhere.

Each way is a command, and a watchman over what it started.
"""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import course_utils
from course_utils.exercises import system_calls
from course_utils.exercises.clearing import remove_tree
from course_utils.exercises.watching import Limits, Running

PACKAGE = Path(course_utils.__file__).resolve().parent
ROOM = Path(__file__).resolve().parent.relative_to(PACKAGE)
# All of this room that a student's process needs. None of it knows an answer.
NEEDED = [
    *("as_data", "as_in_jupyter", "comparing", "diagnosis", "in_sandbox"),
    *("limits", "looking"),
    *("networks_alike", "networks_as_data", "networks_traced"),
    *("system_calls", "words"),
]
STUDENT = ("-m", "course_utils.exercises.in_sandbox")
IN_IMAGE = "/home/student/course"  # where the project's Dockerfile puts it
NOBODY = "65534"
# What Python and its libraries read there, beside a process' own.
OF_PROC = {
    *("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version"),
}
# What is shown of the system, and of a folder that Python is installed in. Beside these
# lies what is somebody's own: homes, passwords of package indexes and servers, rosters.
OF_USR = (
    *("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec", "share"),
    *("local/lib", "local/lib32", "local/lib64", "local/share/fonts"),
)
OF_PYTHON = ("lib", "lib32", "lib64", "pyvenv.cfg", "share/zoneinfo")
PYTHON = re.compile(r"python\d*(\.\d+)?")
OF_SYSTEM = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
# Of what the course needs, where it lies.
LIBRARIES = ("IPython", "PIL", "ipywidgets", "keras", "numpy", "scipy", "tensorflow")
WHERE = """
from importlib.util import find_spec
for name in {}:
    found = find_spec(name)
    print(found and found.origin)
"""
# Where memory runs out; inside, nothing of /proc can be written.
SAY = 'echo 1000 > /proc/self/oom_score_adj; exec "$@"'
FIRST_TO_GO = ("/bin/sh", "-c", SAY, "sh")
WARNING = "graded WITHOUT A SANDBOX: what this notebook ran could do anything you can"


@dataclass(frozen=True)
class Sandbox:
    """How notebooks are run.

    Attributes
    ----------
    kind : "bubblewrap", "docker", "podman" or "none"
    image : str
        The image of a container, built from the project's Dockerfile.
    hidden : path or None
        A folder that nobody in the sandbox may see, wherever it lies: the students'.
    """

    kind: str
    image: str = "cnn-course"
    hidden: Path | None = None

    def command(
        self, limits: Limits, room: Path, name: str, filter_: int | None
    ) -> list[str]:
        """What starts a student's process; `room` stands in place of `exercises`."""
        if self.kind == "none":
            return [sys.executable, *STUDENT]
        if self.kind == "bubblewrap":
            inner = [sys.executable, *STUDENT]
            rooms = (PACKAGE / ROOM, *_installed())
            hide = [("--ro-bind", str(room), str(path)) for path in rooms]
            command = _bubblewrap(limits, hide, self.hidden, filter_)
            return [*FIRST_TO_GO, *command, "--", *inner]
        return [
            *_container(self.kind, limits, room, name),
            self.image,
            *_inside(limits),
        ]

    def judge(self, limits: Limits, arguments: Sequence[str]) -> list[str]:
        """What starts the judge: in a sandbox too, where there is bubblewrap."""
        inner = [sys.executable, "-m", "course_utils.exercises.grade_one", *arguments]
        if self.kind != "bubblewrap":
            return inner
        command = _bubblewrap(limits, [], self.hidden, None)
        return [*FIRST_TO_GO, *command, "--", *inner]


def _inside(limits: Limits) -> list[str]:
    # Should the grader be killed, the container ends by itself.
    end = ["timeout", "--signal=KILL", f"{limits.seconds + 60:g}"]
    return [*end, f"{IN_IMAGE}/.venv/bin/python", *STUDENT]


def _bubblewrap(
    limits: Limits,
    over: list[tuple[str, str, str]],
    hidden: Path | None,
    filter_: int | None,
) -> list[str]:
    command = ["bwrap", "--unshare-all", "--unshare-user"]
    command += ["--disable-userns"] if filter_ is None else []
    command += ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
    command += ["--uid", NOBODY, "--gid", NOBODY, "--cap-drop", "ALL", "--clearenv"]
    for name, value in {**environment("/tmp"), "PATH": "/usr/bin:/bin"}.items():
        command += ["--setenv", name, value]
    # Not another version that is installed, too.
    command += ["--setenv", "PYTHONPATH", str(PACKAGE.parent)]
    for path in (*(Path("/", name) for name in OF_USR[:5]), *_system()):
        command += _shown(path)
    for name in ("ld.so.cache", "alternatives", "fonts", "localtime"):
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    # Before the course, which may lie in it.
    command += ["--size", str(limits.disk), "--tmpfs", "/tmp"]
    for path in _places():
        command += _shown(path)
    command += [*_environments_hidden(), *_links(), *_project_hidden()]
    for option in over:
        command += option
    if hidden and _seen(hidden):
        command += _emptied(hidden, [])
    command += ["--as-pid-1", "--proc", "/proc", "--dev", "/dev", *_covered()]
    # To map it is to have memory that is in no process.
    command += ["--dev-bind", "/dev/null", "/dev/zero"]
    command += ["--size", str(2**26), "--tmpfs", "/dev/shm"]
    # What is written to a terminal is worked on by the kernel, in nobody's time.
    command += ["--size", "4096", "--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts"]
    # A process' own files in /proc say, too, how urgent it is, and who goes first where
    # memory runs out.
    for name in ("/proc", "/dev", "/"):
        command += ["--remount-ro", name]
    command += ["--chdir", "/tmp"]
    return [*command, *(["--seccomp", str(filter_)] if filter_ is not None else [])]


def _covered() -> list[str]:
    """Empty folders and files over what in /proc belongs to the whole computer.

    Who is root outside owns the kernel's settings inside as well, whatever number the
    sandbox shows: bubblewrap alone leaves them writable.
    """
    command: list[str] = []
    for path in sorted(Path("/proc").iterdir()):
        if path.name.isdigit() or path.name in OF_PROC or path.is_symlink():
            continue
        if path.is_dir():
            command += ["--size", "4096", "--tmpfs", str(path)]
            command += ["--remount-ro", str(path)]
        else:
            command += ["--ro-bind", "/dev/null", str(path)]
    return command


def _shown(path: Path) -> list[str]:
    """To read it where it lies; a link as one, unless it leads out of its folder."""
    if not path.exists():
        return []
    inside = path.is_file() or path.resolve().is_relative_to(path.parent.resolve())
    if path.is_symlink() and inside:
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind", str(path), str(path)]


def _system() -> list[Path]:
    return [Path("/usr", name) for name in OF_USR]


def _prefixes() -> list[Path]:
    """Where Python and its packages are installed, each once, past all links."""
    named = (Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve())
    return list(dict.fromkeys(named))


def _places() -> list[Path]:
    """What is shown of Python and its packages, and the course, beside the system.

    What is hidden in them is hidden by that name: by another it would be seen.
    """
    called = Path(sys.executable)
    found = [called.parent.resolve() / called.name]
    for prefix in _prefixes():
        found += _of_python(prefix)
    return [
        path
        for path in dict.fromkeys([*found, PACKAGE])
        if not any(path.is_relative_to(place) for place in _system())
    ]


def _seen(path: Path) -> bool:
    return any(path.is_relative_to(place) for place in (*_system(), *_places()))


def _of_python(prefix: Path) -> list[Path]:
    programs = sorted((prefix / "bin").glob("python*"))
    found = [path for path in programs if PYTHON.fullmatch(path.name)]
    return [*found, *(prefix / name for name in OF_PYTHON)]


def _environments_hidden() -> list[str]:
    """Of one that lies in a folder that is shown, such as /usr/lib, what is needed."""
    command: list[str] = []
    for prefix in _prefixes():
        if _seen(prefix):
            command += _emptied(prefix, [*_of_python(prefix), *_places()])
    return command


def _links() -> list[str]:
    """Links where Python calls these places otherwise, and no link there is seen."""
    command: list[str] = []
    for path in dict.fromkeys((Path(sys.base_prefix), Path(sys.prefix))):
        if path != path.resolve() and not _seen(path):
            command += ["--symlink", str(path.resolve()), str(path)]
    return command


def _installed() -> list[Path]:
    """Rooms of exercises beside this one: the course may be installed, too."""
    where = f"lib*/python*/*-packages/{PACKAGE.name}/{ROOM.as_posix()}"
    tops = (Path("/usr"), Path("/usr/local"), *_prefixes())
    found = {path for top in tops for path in top.glob(where) if path.is_dir()}
    return sorted(found - {PACKAGE / ROOM})


def _emptied(folder: Path, but: list[Path]) -> list[str]:
    """An empty folder in place of one, with what is shown of it all the same."""
    command = ["--size", "4096", "--tmpfs", str(folder)]
    for path in dict.fromkeys(but):
        if path != folder and path.is_relative_to(folder):
            command += _shown(path)
    return [*command, "--remount-ro", str(folder)]


def _project_hidden() -> list[str]:
    """Of a project that lies in a folder that is shown, such as VENV/src, the package.

    Beside it are its tests, and with them right answers.
    """
    project, others = PACKAGE.parent, [path for path in _places() if path != PACKAGE]
    if project.name.endswith("-packages") or not any(
        project.is_relative_to(path) for path in (*_system(), *others)
    ):
        return []
    return _emptied(project, [*others, PACKAGE])


def _container(kind: str, limits: Limits, room: Path, name: str) -> list[str]:
    memory = str(limits.memory)
    command = [kind, "run", "--rm", "--interactive", "--name", name]
    command += ["--network", "none", "--read-only", "--cap-drop", "ALL"]
    command += ["--security-opt", "no-new-privileges", "--pids-limit", "512"]
    command += ["--memory", memory, "--memory-swap", memory, "--shm-size", str(2**26)]
    command += ["--ulimit", f"fsize={limits.file}", "--ulimit", "nofile=1024"]
    command += ["--ulimit", "core=1", "--workdir", "/tmp"]
    command += ["--tmpfs", f"/tmp:rw,size={limits.disk},mode=1777"]
    for name_, value in environment("/tmp").items():
        if name_ not in OF_SYSTEM:  # the image has its own
            command += ["--env", f"{name_}={value}"]
    target = f"{IN_IMAGE}/course_utils/{ROOM.as_posix()}"
    command += ["--volume", f"{room}:{target}:ro"]
    for hidden in ("tests", "notebooks", "docs", ".git"):
        command += ["--tmpfs", f"{IN_IMAGE}/{hidden}:ro,size=4k"]
    return command


def environment(folder: str) -> dict[str, str]:
    """No more of the instructor's environment than Python needs to start."""
    found = {name: os.environ[name] for name in OF_SYSTEM if name in os.environ}
    places = ("HOME", "COURSE_DATA_DIR", "IPYTHONDIR", "MPLCONFIGDIR", "KERAS_HOME")
    found |= dict.fromkeys((*places, "TMPDIR", "TEMP", "TMP"), folder)
    found |= {"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"}
    found |= {"PYTHONIOENCODING": "utf-8", "TF_CPP_MIN_LOG_LEVEL": "3"}
    # There is neither a network nor a cache; what is judged is the same.
    return found | {"USER": "student", "COURSE_SAMPLES_ONLY": "1"}


def bubblewrap_works() -> str:
    """Why bubblewrap cannot be used here, and what to do; "" where it can."""
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed. Install it"
    inner = [sys.executable, "-c", WHERE.format(LIBRARIES)]
    command = [*_bubblewrap(Limits(), [], None, None), "--", *inner]
    done = subprocess.run(command, capture_output=True, check=False)
    if not done.returncode:
        return _not_seen(done.stdout.decode(errors="replace").split("\n"))
    said = done.stderr.decode(errors="replace").strip().splitlines()
    last = said[-1].removeprefix("bwrap: ") if said else "?"
    if "unknown option" in last.lower():
        return f"bubblewrap is older than 0.8 ({last}). Install a newer one"
    return (
        f"bubblewrap does not work here: {last}. Most often the system keeps "
        "namespaces from ordinary users. Allow them"
    )


def _not_seen(places: list[str]) -> str:
    """Which library the sandbox does not see, or sees another of; "" where all are.

    They lie elsewhere after `pip install --user`, or by PYTHONPATH. Then each notebook
    would end at once, as if that were its student's fault.
    """
    for name, place in zip(LIBRARIES, places):
        found = find_spec(name)
        if found and found.origin != place:
            return (
                f"the sandbox does not see {name}, {found.origin}, which lies "
                "outside of Python's own folders. Install the course in an "
                "environment of its own, as `python course.py` does"
            )
    return ""


@contextlib.contextmanager
def room_without_answers() -> Iterator[Path]:
    """A folder with what a student's process needs of `exercises`, and nothing else."""
    with tempfile.TemporaryDirectory() as name:
        for module in NEEDED:
            shutil.copy(PACKAGE / ROOM / f"{module}.py", name)
        Path(name).chmod(0o755)  # whoever the sandbox runs as
        yield Path(name)


# --- Running ------------------------------------------------------------------------


def start(
    sandbox: Sandbox, limits: Limits, room: Path, **options: object
) -> "tuple[Running, Callable[[], None]]":
    """Start a student's process; what comes with it clears up behind it."""
    name = f"grading-{secrets.token_hex(8)}"
    folder = tempfile.mkdtemp() if sandbox.kind == "none" else None
    filter_: int | None = None
    passed: tuple[int, ...] = ()
    container: tuple[str, ...] = ()
    system_calls.no_huge_pages()
    code = system_calls.program() if sandbox.kind == "bubblewrap" else None
    if code:
        filter_, write = os.pipe()
        os.write(write, code)
        os.close(write)
        passed = (filter_,)
    if sandbox.kind in ("docker", "podman"):
        container = (sandbox.kind, "rm", "--force", name)
    if folder:
        options["cwd"] = folder
    if sandbox.kind != "bubblewrap":  # its files lie among others'
        limits = replace(limits, files=sys.maxsize)
    if sandbox.kind in ("bubblewrap", "none"):
        # bubblewrap's own environment can be read inside, at its process.
        options["env"] = environment(folder or "/tmp")
    try:
        command = sandbox.command(limits, room, name, filter_)
        running = Running(
            command, limits, container=container, pass_fds=passed, **options
        )
    finally:
        if filter_ is not None:
            os.close(filter_)

    def clear() -> None:
        if folder:
            remove_tree(Path(folder))

    return running, clear
