"""Grade a folder of notebooks: see `grading`."""

from course_utils.exercises.grading import main

try:
    main()
except KeyboardInterrupt:  # before it began, or once more while it clears up
    print("Stopped. Go on with --resume.")
    raise SystemExit(130) from None
