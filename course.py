"""The course on every system: Linux, macOS and Windows, with Python alone.

python course.py lab      sets everything up, once, and opens the course
python course.py test     runs every check
python course.py          lists the rest

Any Python from 3.8 on can start this file; it finds or fetches one that the course
runs on (3.11 to 3.13), and says what to do where there is none.
"""

import sys

if sys.version_info < (3, 8):  # noqa: UP036  older ones read this far
    sys.exit("The course runs on Python 3.11 to 3.13. Get one: https://www.python.org")

from tools.launcher.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
