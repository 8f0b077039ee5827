"""What a student's server does first: fetch the lessons, then become JupyterLab.

nbgitpuller brings what is new and never overwrites what the student wrote. Whatever
goes wrong there, the server starts: yesterday's lessons are better than none.
"""

import contextlib
import os
import sys
from pathlib import Path

LESSONS = "cnn-course"


def fetch(source: str, home: Path) -> None:
    """Bring the lessons in `home`/cnn-course up to date; prints what git says.

    Parameters
    ----------
    source : str
        Folder of the git repository that the hub keeps, or address of another.
    home : Path
        The student's.

    Raises
    ------
    OSError, subprocess.CalledProcessError, RuntimeError
        Where that does not go, such as on a full disk.
    """
    from nbgitpuller.pull import GitPuller  # type: ignore[import-not-found]

    folder = home / LESSONS
    with contextlib.suppress(OSError):
        folder.rmdir()  # empty, of a first start that failed: git would not fill it
    before = os.environ.get("GIT_CONFIG_GLOBAL")
    os.environ["GIT_CONFIG_GLOBAL"] = str(Path(__file__).with_name("gitconfig"))
    try:
        # Whole and from a path, git copies files; else it packs them for each student.
        depth = 0 if Path(source).is_dir() else 1
        puller = GitPuller(source, str(folder), branch="main", depth=depth)
        for line in puller.pull():
            print(line, end="", file=sys.stderr)
    finally:
        del os.environ["GIT_CONFIG_GLOBAL"]
        if before is not None:
            os.environ["GIT_CONFIG_GLOBAL"] = before


def start_quickly() -> None:
    """Leave out what imports do and no server here needs: more than half of a start.

    Where a newer version has no such part, nothing is left out.
    """
    # jsonschema's check of international addresses builds a grammar for .8 s.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    # JupyterLab asks Node where packages come from, for those who build it: .3 s.
    import jupyterlab.commands  # type: ignore[import-untyped]

    jupyterlab.commands._yarn_config = lambda _: {"yarn config": {}, "npm config": {}}


def main() -> None:
    """Fetch, then run JupyterHub's own server with the arguments that the hub gives."""
    start_quickly()
    home = Path.home()
    try:
        fetch(os.environ["COURSE_LESSONS"], home)
    except Exception as trouble:  # no git, a full disk, what nbgitpuller thinks of
        print(f"The lessons were not fetched: {trouble}", file=sys.stderr)
    with contextlib.suppress(OSError):
        (home / LESSONS).mkdir(exist_ok=True)

    from jupyterhub.singleuser import main as serve

    serve()


if __name__ == "__main__":
    main()
