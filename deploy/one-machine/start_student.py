"""What a student's server does first: fetch the lessons, then become JupyterLab.

nbgitpuller brings what is new and never overwrites what the student wrote. Whatever
goes wrong there, the server starts: yesterday's lessons are better than none.
"""

import os
import subprocess
import sys
from pathlib import Path

LESSONS = "cnn-course"


def fetch(source: str, home: Path) -> bool:
    """Bring the lessons in `home`/cnn-course up to date.

    Parameters
    ----------
    source : str
        Folder of the git repository that the hub keeps.
    home : Path
        The student's.

    Returns
    -------
    bool : whether that went well; what went wrong is on standard error.
    """
    pull = ["nbgitpuller.pull", f"file://{source}", "main", str(home / LESSONS)]
    settings = Path(__file__).with_name("gitconfig")
    return not subprocess.call(
        [sys.executable, "-m", *pull],
        cwd=home,
        stdout=sys.stderr,
        env={**os.environ, "GIT_CONFIG_GLOBAL": str(settings)},
    )


def main(arguments: list[str]) -> None:
    """Fetch, then run JupyterHub's own server with the arguments that the hub gives."""
    home = Path.home()
    try:
        fetch(os.environ["COURSE_LESSONS"], home)
    except OSError as trouble:  # no git, a full disk
        print(f"The lessons were not fetched: {trouble}", file=sys.stderr)
    (home / LESSONS).mkdir(exist_ok=True)
    server = [sys.executable, "-m", "jupyterhub.singleuser", *arguments]
    os.execv(sys.executable, server)


if __name__ == "__main__":
    main(sys.argv[1:])
