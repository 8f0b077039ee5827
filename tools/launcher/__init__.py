"""What `course.py` does: standard library only, and any Python from 3.8 on.

`machine`      files, processes and surroundings, which tests replace
`pythons`      finds a Python that the course runs on, or says what to get
`environment`  makes `.venv` from the lock, and knows when it is out of date
`commands`     what each command runs
`doctor`       what a helper needs to know of a machine, and what to do about it
`health`       how a machine is asked for its memory, disk, ports and so on
"""
