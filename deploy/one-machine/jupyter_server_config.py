"""Each student's server: what it loads at its start, and nothing else."""

import os

# Given by Jupyter.
c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.ServerApp.jpserver_extensions = {
    "lessons_page": True,  # says so where lessons could not be fetched
    # Not used by the course, and a part of the time and memory of each start.
    "jupyter_lsp": False,  # language servers: none is installed, but it looks for them
    "jupyterlab_jupytext": False,  # notebooks as text; asks for pandoc at each start
    "nbclassic": False,
    "notebook_shim": False,
}
# To move something to the trash takes room, and frees none: from a full home nothing
# could be deleted. JupyterLab says that it deletes for good.
c.FileContentsManager.delete_to_trash = False
# Files in a folder of the student's instead of ports: whoever is on the machine could
# listen at a port to what a kernel prints. A trial has one user for all, and ports.
c.KernelManager.transport = os.environ.get("COURSE_KERNEL_TRANSPORT", "tcp")
# Who closes the laptop in a lecture finds what was computed at its end.
c.ServerApp.kernel_manager_class = "kernels.PatientKernels"
c.MappingKernelManager.cull_idle_timeout = 2 * 3600
c.MappingKernelManager.cull_interval = 300
c.MappingKernelManager.cull_connected = False
# What a kernel says while the browser is away, or the hub restarts, is kept for it.
c.MappingKernelManager.buffer_offline_messages = True
