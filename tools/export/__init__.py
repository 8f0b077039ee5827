"""Lessons as files that need no server: slides, and pages to read.

python -m tools.export decks 01    build/decks/01_convolution.html
python -m tools.export pages       build/pages/*.html and index.html
python -m tools.export handout 01  build/handout.zip: a small site of chosen lessons
python -m tools.export handout-pdf 01
                                   build/handouts/01_convolution.pdf: two slides a
                                   page with the notes
python -m tools.export site        build/site: all of it, with search and glossary
"""
