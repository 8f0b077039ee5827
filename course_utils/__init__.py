"""Helpers for the course notebooks.

Importing this package, or ``filters``, ``datasets``, ``widgets``, ``plotting`` and
``exercises`` from it, loads no TensorFlow: the first lessons start at once.
"""

import sys

__version__ = "0.1.0"


def _import_nothing_of_students() -> None:
    """Look for code nowhere but where the course lies, before more is imported.

    Python looks first where it was started: for who grades in the folder of students'
    work, at what they handed in, as `json/__init__.py`.
    """
    graders = {"course_utils.exercises", "course_utils.exercises.grade_one"}
    looks = sys.argv[:1] == ["-m"] and not sys.flags.safe_path
    if looks and graders & set(sys.orig_argv):
        first = sys.path.pop(0)
        from pathlib import Path

        if Path(first).resolve() == Path(__file__).resolve().parent.parent:
            sys.path.insert(0, first)


_import_nothing_of_students()
