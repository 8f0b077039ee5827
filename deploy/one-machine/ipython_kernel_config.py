"""Each student's kernel gives way to servers: a training makes no page wait.

The set-up of the hub puts this file into its environment's etc/ipython.
"""

# Given by IPython.
c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.IPKernelApp.exec_lines = ["import os; os.nice(5); del os"]
