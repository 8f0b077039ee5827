"""How Jupyter's server reads and writes notebooks: opening one does not change it.

As soon as a kernel runs, JupyterLab writes into the notebook what the kernel calls
itself and the exact version of its language, and marks it as changed if that was not
there. Stored in the lessons, these would change with each machine. So they are added
to what the browser is given, and taken away again when it is saved.

``server_settings.json`` tells JupyterLab, Notebook 7 and JupyterHub to use this.
"""

from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelspec import KERNEL_NAME
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

SAID = ("kernelspec", "language_info")


def completed(metadata: dict[str, Any], display_name: str) -> dict[str, Any]:
    """What a notebook's metadata become once this environment's kernel has run.

    Parameters
    ----------
    metadata : dict
        Of a notebook, as stored. It is not changed.
    display_name : str
        What the kernel is called in menus.

    Returns
    -------
    dict
        The same for a notebook of another kernel.
    """
    spec = metadata.get("kernelspec")
    if not isinstance(spec, dict) or spec.get("name") != KERNEL_NAME:
        return metadata
    names = {"display_name": display_name, "language": "python", "name": KERNEL_NAME}
    return metadata | {
        "kernelspec": names,
        "language_info": IPythonKernel.language_info,
    }


class NotebookFiles(AsyncLargeFileManager):
    """Files on the disk, with what JupyterLab wants to know kept out of notebooks."""

    def complete(self, metadata: dict[str, Any]) -> dict[str, Any]:
        specs = getattr(self.parent, "kernel_spec_manager", None) or KernelSpecManager()
        try:
            name = specs.get_kernel_spec(KERNEL_NAME).display_name
        except NoSuchKernel:
            return metadata
        return completed(metadata, name)

    async def get(
        self,
        path: str,
        content: bool = True,
        type: str | None = None,  # noqa: A002  (the server's own name)
        format: str | None = None,  # noqa: A002
        require_hash: bool = False,
    ) -> dict[str, Any]:
        model = await super().get(path, content, type, format, require_hash)
        if model["type"] == "notebook" and model["content"]:
            metadata = model["content"]["metadata"]
            metadata.update(self.complete(metadata))
        return model

    async def save(self, model: dict[str, Any], path: str = "") -> dict[str, Any]:
        content = model.get("content")
        if model.get("type") == "notebook" and isinstance(content, dict):
            stored = await self.stored(path)
            full, new = self.complete(stored), content.get("metadata", {})
            if stored and all(new.get(name) == full.get(name) for name in SAID):
                kept = {name: stored[name] for name in SAID if name in stored}
                rest = {name: new[name] for name in new if name not in SAID}
                model = model | {"content": content | {"metadata": rest | kept}}
        return await super().save(model, path)

    async def stored(self, path: str) -> dict[str, Any]:
        """The metadata in the file; none where it is new or cannot be read."""
        try:
            return dict(
                (await super().get(path, type="notebook"))["content"]["metadata"]
            )
        except HTTPError:
            return {}
