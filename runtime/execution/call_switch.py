"""Who makes the calls of an execution now: that changes between two calls, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runtime.execution.call_drivers import CallDriver
from runtime.execution.output_buffer import OutputBuffer
from runtime.model.call import Answer, Call


class CallSwitch:
    """The invoker of an engine, and what its components get of the host: both by one driver.

    There is none at first: `use` comes before the first call.
    """

    driver: CallDriver
    """Who makes the calls now."""

    def __init__(self, printed: OutputBuffer) -> None:
        """`printed` is muted under drivers whose components' output was shown before."""
        self._printed = printed

    def use(self, driver: CallDriver) -> None:
        """Have all calls from now on made by this one."""
        self.driver = driver
        self._make = driver.invoker.invoke
        self._printed.muted = driver.output_was_shown

    @contextmanager
    def using(self, driver: CallDriver) -> Iterator[None]:
        """Have calls made by this one for a while, then by the present one again."""
        before = self.driver
        self.use(driver)
        try:
            yield
        finally:
            self.use(before)

    def invoke(self, call: Call) -> Answer:
        """See `Invoker.invoke`; for the engine."""
        return self._make(call)

    @property
    def live(self) -> bool:
        """See `LiveHostInputs.live`; for the components."""
        return getattr(self.driver.host_inputs, "live", False)

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """See `HostInputs.answer`; for the components."""
        return self.driver.host_inputs.answer(node, call, interface, function, size)

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """See `HostInputs.wait_ns`; for the components."""
        return self.driver.host_inputs.wait_ns(node, call, requested_ns)
