"""Helpers for the course notebooks.

Importing this package, or ``filters``, ``datasets``, ``widgets``, ``plotting`` and
``exercises`` from it, loads no TensorFlow: the first lessons start at once.
"""

__version__ = "0.1.0"
