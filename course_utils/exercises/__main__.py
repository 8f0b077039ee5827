"""Grade a folder of notebooks: see `grading`."""

from course_utils.exercises.grading import main

main()
