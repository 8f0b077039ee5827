"""The kernels of a student's server: ended where nobody used them for long enough."""

from clock import Patience
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager


class PatientKernels(AsyncMappingKernelManager):
    """As Jupyter's own, but a clock that jumps ends no kernel of a closed laptop."""

    patience = Patience()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        last = getattr(self._kernels[kernel_id], "last_activity", None)
        idle = self.patience.unchanged(kernel_id, last)
        if idle >= self.cull_idle_timeout:
            await super().cull_kernel_if_idle(kernel_id)
