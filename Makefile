# `make lab` opens the course, `make test` runs every check; both set everything up first.
# All is done by course.py, which does the same where there is no make.

# Any Python 3 starts it; one that the course runs on is taken first. Who names one, here
# or in the environment, gets that one or is told why not.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null && echo $$p && break; done)
else
NAMED := COURSE_PYTHON="$(PYTHON)"
endif
NB ?=

.DEFAULT_GOAL := help
.PHONY: help setup lab slides doctor test quick fuzz lint unit notebooks-test browser notebooks decks pages site handout handout-pdf full hub bench lock clean

help setup lab doctor test quick fuzz lint unit notebooks-test browser site full hub bench lock clean: found
	@$(NAMED) COURSE_AS=make "$(PYTHON)" course.py $@

slides notebooks decks pages handout handout-pdf: found # one lesson: make slides NB=01
	@$(NAMED) COURSE_AS=make "$(PYTHON)" course.py $@ $(NB)

.PHONY: found
found:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found. Install one, or name it: make lab PYTHON=/path/to/python3"; exit 1; }
