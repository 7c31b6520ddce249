"""The `Invoker` that calls real components."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from runtime.model.call import (
    Answer,
    Call,
    CallInProgress,
    Export,
    Failed,
    Failure,
    FailureKind,
    Finished,
)
from runtime.model.codes import Code
from runtime.model.errors import StudioError
from runtime.model.files.input_file import read_bounded
from runtime.model.host_inputs import HostInputs
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.wasm import traps
from runtime.wasm.call_layer import Compiled, FlowContext, InstanceError, NodeInstance
from runtime.wasm.guest_memory import GuestMemory, HandleCount, MadeCall, NotAvailable
from runtime.wasm.guest_states import (
    HOLDS_HANDLES,
    BeginCall,
    GuestState,
    GuestStates,
    image_to_save,
    open_in_state,
    take_states,
)
from runtime.wasm.host import Host
from runtime.wasm.host_functions import boundary
from runtime.wasm.host_functions.call_state import host_bug
from runtime.wasm.host_functions.denied_uses import DeniedUses, OnDenied
from runtime.wasm.host_functions.host_inputs import LiveHostInputs
from runtime.wasm.host_functions.printing import OnPrint

_NO_INSTANCE = NotAvailable("there is no instance")
# Reading a member from its enumeration takes longer than reading anything else of a call.
_INIT, _TEARDOWN = Export.INIT, Export.TEARDOWN
SAVED_LIFECYCLE = "torvyn-studio:saved-state/lifecycle@0.1.0"
"""What the lifecycle of a saved component is called: flows know no such interface."""
_FINISHED = Answer(Finished())


@dataclass(frozen=True, slots=True)
class Prepared:
    """A new instance of a node, initialised and not in use yet."""

    node: LinkedNode
    answer: Answer
    """What `init` answered; when it failed there is no instance."""
    instance: NodeInstance | None

    @property
    def ready(self) -> bool:
        """True when it can be swapped in."""
        return self.instance is not None


class WasmInvoker:
    """Makes the calls of one flow; one store per node.

    Everything but `interrupt` and `in_progress` must happen on the thread that made the invoker.
    """

    def __init__(
        self,
        flow: LinkedFlow,
        host: Host,
        *,
        compiled: Mapping[str, Compiled] | None = None,
        host_inputs: HostInputs | None = None,
        on_print: OnPrint | None = None,
        on_denied: OnDenied | None = None,
        flow_id: str = "flow-1",
    ) -> None:
        """Nothing is instantiated before the first `init`.

        `compiled` holds components by digest, e.g. those the link step inspected; others
        are read from their node's `artifact` when they are needed.
        """
        self._host = host
        self._nodes = dict(flow.by_name)
        self._compiled = dict(compiled or {})
        self._calls = host.layer.open_flow(
            FlowContext(flow_id, host_inputs or LiveHostInputs(), on_print, DeniedUses(on_denied))
        )
        self._instances: dict[str, NodeInstance] = {}
        self._closed = False

    # ---- calls

    def invoke(self, call: Call) -> Answer:
        """Make one call; see `Invoker.invoke`. Never raises."""
        try:
            instance = self._instances.get(call.node)
            export = call.export
            if instance is not None and export is not _INIT and export is not _TEARDOWN:
                run = instance.runs.get(export)
                if run is not None:
                    return instance.make(run, call)
            return self._other(call, instance)
        except Exception as problem:
            return _failed(host_bug(problem))

    def _other(self, call: Call, instance: NodeInstance | None) -> Answer:
        if call.export is Export.TEARDOWN and instance is not None:
            # Also of a node that is no longer in the flow: `adopt` left its instance in use.
            return self._teardown(call, instance)
        node = self._nodes.get(call.node)
        if node is None or self._closed:
            reason = "the session is closed" if self._closed else f"no node {call.node!r}"
            return _failed(traps.not_usable(reason))
        if call.export is Export.INIT:
            return self._init(node, call)
        if call.export is Export.TEARDOWN:
            return _FINISHED
        if instance is None:
            return _failed(traps.not_usable(f"{call.node} has not been initialised"))
        if instance.crashed is not None:
            return _failed(
                instance.crashed.without_report()._replace(
                    message=f"crashed before: {instance.crashed.message}"
                )
            )
        interface = boundary.EXPORTS[call.export][0]
        return _failed(traps.missing_export(call.export, interface))

    def _init(self, node: LinkedNode, call: Call) -> Answer:
        self._calls.begin(call)
        prepared = self._prepare(node, call, None)
        old = self._instances.pop(node.name, None)
        if old is not None:
            old.close()
        if prepared.instance is not None:
            self._instances[node.name] = prepared.instance
        return prepared.answer

    def _teardown(self, call: Call, instance: NodeInstance | None) -> Answer:
        if instance is None:
            return _FINISHED
        del self._instances[call.node]
        run = instance.runs.get(Export.TEARDOWN)
        answer = _FINISHED if run is None else instance.make(run, call)
        instance.close()
        return answer

    # ---- hot reload

    def prepare(self, node: LinkedNode, compiled: Compiled, call_number: int = 0) -> Prepared:
        """Make a new instance of `node` from `compiled` and initialise it with `node.config`.

        The instance in use stays as it is. Between calls only; `swap` or `discard` it.
        """
        call = Call(call_number, node.name, Export.INIT, argument=node.config)
        try:
            return self._prepare(node, call, compiled)
        except Exception as problem:
            return Prepared(node, _failed(host_bug(problem)), None)

    def swap(self, prepared: Prepared, call_number: int = 0) -> Answer:
        """Put a prepared instance in use; tear the old one down and return its answer.

        Raises ValueError when there is no instance (`prepared.ready` is False).
        """
        if prepared.instance is None:
            raise ValueError("this instance could not be prepared")
        name = prepared.node.name
        old = self._instances.get(name)
        try:
            return self._teardown(Call(call_number, name, Export.TEARDOWN), old)
        finally:
            self._nodes[name] = prepared.node
            self._instances[name] = prepared.instance

    def adopt(self, flow: LinkedFlow, compiled: Mapping[str, Compiled]) -> None:
        """Follow another flow from the next `init` on; instances in use stay as they are."""
        self._nodes = dict(flow.by_name)
        self._compiled.update(compiled)

    def discard(self, prepared: Prepared) -> None:
        """Drop a prepared instance that is not wanted."""
        if prepared.instance is not None:
            prepared.instance.close()

    def _prepare(self, node: LinkedNode, call: Call, compiled: Compiled | None) -> Prepared:
        try:
            instance = self._calls.open(node, compiled or self._component(node), call)
        except InstanceError as problem:
            return Prepared(node, _failed(problem.failure), None)
        run = instance.runs.get(Export.INIT)
        if run is None:
            return Prepared(node, _FINISHED, instance)
        answer = instance.make(run, call)
        if isinstance(answer.outcome, Failed):
            # docs/torvyn-facts.md#lifecycle: a component whose init failed takes no part.
            instance.close()
            return Prepared(node, answer, None)
        return Prepared(node, answer, instance)

    def _component(self, node: LinkedNode) -> Compiled:
        """The node's compiled component. Raises InstanceError."""
        known = self._compiled.get(node.digest)
        if known is not None:
            return known
        try:
            data = read_bounded(Path(node.artifact))
        except OSError as error:
            raise InstanceError(_unreadable(node, error.strerror or "unreadable")) from None
        if hashlib.sha256(data).hexdigest() != node.digest:
            raise InstanceError(_unreadable(node, "it is not the file the flow was linked with"))
        try:
            compiled = self._host.compile(data)
        except StudioError as error:
            problem = error.diagnostics[0]
            raise InstanceError(
                Failure.of(
                    FailureKind.CONTRACT,
                    f"{node.artifact}: {problem.message}",
                    problem.kind,
                    problem.help,
                    crashed=True,
                )
            ) from None
        self._compiled[node.digest] = compiled
        return compiled

    # ---- the rest

    def interrupt(self) -> None:
        """End the running call promptly, from any thread; nothing happens between calls."""
        self._calls.interrupt()

    def in_progress(self) -> CallInProgress | None:
        """The call that has not come back yet, for any thread."""
        return self._calls.in_progress()

    def live_handles(self, node: str) -> int:
        """Buffers a node's component owns now; more after every call is a leak."""
        instance = self._instances.get(node)
        return 0 if instance is None else instance.live_handles

    def handles(self, node: str) -> list[HandleCount]:
        """What a node's component has of the host, by kind."""
        instance = self._instances.get(node)
        return [] if instance is None else instance.handles()

    def memory(self, node: str) -> GuestMemory | NotAvailable:
        """What a node's component remembers between two calls, where that can be read."""
        instance = self._instances.get(node)
        return _NO_INSTANCE if instance is None else instance.memory

    def guest_states(self, last: GuestStates | None = None) -> GuestStates | NotAvailable:
        """What all components remember now, sharing with `last` what did not change.

        Not those with the network: no call of theirs is made again, so they begin again.
        """
        nodes = self._nodes
        instances = {
            name: instance
            for name, instance in self._instances.items()
            if name not in nodes or not nodes[name].has_network
        }
        return take_states(instances, last)

    def restore(self, states: GuestStates, begin: BeginCall) -> NotAvailable | None:
        """Make instances that remember what the states hold, in place of those there are.

        `begin` is told what the host answers in each call that is made again for it.
        """
        for state in states.by_node.values():
            restored = self.restore_node(state.node, state, (), begin)
            if restored is not None:
                return restored
        return None

    def restore_node(
        self, name: str, state: GuestState | None, calls: Sequence[MadeCall], begin: BeginCall
    ) -> NotAvailable | None:
        """Make an instance that remembers the state, or nothing, and then what the calls did.

        It takes the place of the one there is, which stays when that is not possible.
        """
        node = self._nodes.get(name)
        if node is None or (state is not None and node.digest != state.digest):
            return NotAvailable(f"{name} has another build")
        try:
            compiled = self._component(node)
        except InstanceError as problem:
            return NotAvailable(f"{name}: {problem.failure.message}")
        instance = open_in_state(self._calls, node, compiled, state, calls, begin)
        if isinstance(instance, NotAvailable):
            return NotAvailable(f"{name}: {instance.why}")
        old = self._instances.get(name)
        if old is not None:
            old.close()
        self._instances[name] = instance
        return None

    def saved_component(
        self, node: LinkedNode, state: GuestState | None, data: bytes
    ) -> bytes | NotAvailable:
        """A component that begins with a state, or with what the node's remembers now.

        `data` is the build that it is of. Nobody's `init` begins it again: its lifecycle has
        another name.
        """
        if state is None:
            image = image_to_save(self._instances.get(node.name))
        else:
            image = state.image if not state.first_calls else HOLDS_HANDLES
        if isinstance(image, NotAvailable):
            return image
        renamed = {} if node.lifecycle is None else {node.lifecycle: SAVED_LIFECYCLE}
        return self._host.layer.saved_component(image, data, renamed)

    def digest(self, node: str) -> str | None:
        """Digest of what is really instantiated for a node."""
        instance = self._instances.get(node)
        return None if instance is None else instance.compiled.digest

    def close(self) -> None:
        """Close every store without calling teardown. Idempotent."""
        self._closed = True
        for instance in self._instances.values():
            instance.close()
        self._instances.clear()
        self._calls.close()


def _failed(failure: Failure) -> Answer:
    return Answer(Failed(failure))


def _unreadable(node: LinkedNode, reason: str) -> Failure:
    return Failure.of(
        FailureKind.CONTRACT,
        f"cannot use {node.artifact}: {reason}",
        Code.INSTANTIATION_FAILED,
        "Reload the flow, or build the component again.",
        crashed=True,
    )
