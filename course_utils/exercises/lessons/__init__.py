"""The exercises of each lesson with their solutions, one module a notebook.

`nbNN.EXERCISES` lists them in the order of the notebook. A solution is a function here,
so that ruff, mypy and the tests see it; `course_utils.exercises.solution` prints its
source. No module here loads TensorFlow when it is imported.
"""
