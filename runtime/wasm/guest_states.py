"""What the components of a flow remember at one moment, and how it is brought back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from runtime.model.call import Answer, Call, Export, HostInput
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedNode
from runtime.wasm.call_layer import Compiled, FlowCalls, InstanceError, NodeInstance
from runtime.wasm.guest_memory import GuestImage, HeldHandles, MadeCall, NotAvailable

BeginCall = Callable[[str, tuple[HostInput, ...]], None]
"""Told before each call of a node what the host answers in it."""

SMALL_BYTES = 400
"""Memory of a state besides its image, in bytes: about."""


@dataclass(frozen=True, slots=True, eq=False)
class GuestState:
    """What one node's component remembered between two calls."""

    node: str
    digest: str
    """Of the build it is a state of."""
    instance: object
    """Which instance's state it is."""
    calls: int
    """Calls that instance had made."""
    image: GuestImage
    first_calls: tuple[MadeCall, ...]
    """The calls that gave it the handles it held: made again before the image is taken up."""
    interpreter: bool
    """True when the component carries an interpreter: its calls take many times as long."""

    def bytes_beside(self, earlier: GuestState | None) -> int:
        """Memory, in bytes, next to an earlier state of the node."""
        if earlier is self:
            return 0
        same = earlier is not None and earlier.digest == self.digest
        return SMALL_BYTES + self.image.bytes_beside(earlier.image if earlier and same else None)


@dataclass(frozen=True, slots=True, eq=False)
class GuestStates:
    """What all components of a flow remembered between two calls."""

    by_node: Mapping[str, GuestState]
    """Of every node that had an instance."""

    def bytes_beside(self, earlier: GuestStates | None) -> int:
        """Memory, in bytes, next to earlier states of the same flow."""
        before = {} if earlier is None else earlier.by_node
        return sum(state.bytes_beside(before.get(name)) for name, state in self.by_node.items())

    @property
    def calls_again(self) -> int:
        """Calls that are made again before the images are taken up."""
        return sum(len(state.first_calls) for state in self.by_node.values())


def take_states(
    instances: Mapping[str, NodeInstance], last: GuestStates | None
) -> GuestStates | NotAvailable:
    """What the components remember now; what did not change since `last` is shared with it.

    All or nothing: the answer names a component of which there is no state.
    """
    held: dict[str, HeldHandles] = {}
    for name, instance in instances.items():
        if instance.crashed is not None:
            # It may be revived, and an image of another moment is no help then.
            return NotAvailable(f"{name} has crashed")
        found = _held(instance)
        if isinstance(found, NotAvailable):
            return NotAvailable(f"what {name} remembers is not kept: {found.why}")
        held[name] = found
    before = {} if last is None else last.by_node
    made: dict[str, GuestState] = {}
    for name, handles in held.items():
        state = _state(name, instances[name], handles, before.get(name))
        if isinstance(state, NotAvailable):
            return NotAvailable(f"what {name} remembers is not kept: {state.why}")
        made[name] = state
    return GuestStates(made)


def _held(instance: NodeInstance) -> HeldHandles | NotAvailable:
    """What it holds; not available when that cannot be brought back."""
    memory = instance.memory
    if isinstance(memory, NotAvailable):
        return memory
    held = memory.held()
    if held.changing is not None:
        return NotAvailable(f"it holds a handle of the host that calls change ({held.changing})")
    if held.live and held.changed_after > len(memory.first_calls):
        return NotAvailable(
            f"it holds handles of the host that its call {held.changed_after:,} changed, "
            "and not only its first ones"
        )
    return held


def _state(
    name: str, instance: NodeInstance, held: HeldHandles, last: GuestState | None
) -> GuestState | NotAvailable:
    memory = instance.memory
    assert not isinstance(memory, NotAvailable)
    digest = instance.compiled.digest
    if last is not None and last.instance is memory.instance and last.calls == held.calls:
        return last
    image = memory.take(last.image if last is not None and last.digest == digest else None)
    if isinstance(image, NotAvailable):
        return image
    first = tuple(memory.first_calls[: held.changed_after]) if held.live else ()
    interpreter = bool(instance.compiled.surface.interpreter)
    return GuestState(name, digest, memory.instance, held.calls, image, first, interpreter)


HOLDS_HANDLES = NotAvailable(
    "it holds handles of the host, such as stdout or a file, which another instance does not have"
)


def image_to_save(instance: NodeInstance | None) -> GuestImage | NotAvailable:
    """All that a component remembers now, if that stands for itself."""
    if instance is None:
        return NotAvailable("it has no instance")
    if instance.crashed is not None:
        return NotAvailable("it has crashed")
    memory = instance.memory
    if isinstance(memory, NotAvailable):
        return memory
    return HOLDS_HANDLES if memory.held().live else memory.take()


def open_in_state(
    calls: FlowCalls,
    node: LinkedNode,
    compiled: Compiled,
    state: GuestState | None,
    later: Sequence[MadeCall],
    begin: BeginCall,
) -> NodeInstance | NotAvailable:
    """A fresh instance of a node that remembers the state, or nothing, and what `later` calls did.

    `begin` readies the host for each call that is made again for it.
    """
    first = state.first_calls if state is not None else later
    call = first[0].call if first else Call(0, node.name, Export.INIT, argument=node.config)
    begin(node.name, first[0].answer.host if first else ())
    try:
        instance = calls.open(node, compiled, call)
    except InstanceError as problem:
        return NotAvailable(problem.failure.message)
    unlike = _make_again(instance, first, begin, begun=True)
    if unlike is None and state is not None:
        memory = instance.memory
        unlike = memory if isinstance(memory, NotAvailable) else memory.restore(state.image)
        unlike = unlike or _make_again(instance, later, begin)
    if unlike is not None:
        instance.close()
        return unlike
    return instance


def _make_again(
    instance: NodeInstance, calls: Sequence[MadeCall], begin: BeginCall, *, begun: bool = False
) -> NotAvailable | None:
    """`begun`: the host is ready for the first call since before the instance was made."""
    for index, (call, answer) in enumerate(calls):
        if index or not begun:
            begin(call.node, answer.host)
        run = instance.runs.get(call.export)
        if run is None and call.export is Export.INIT:
            continue  # without a lifecycle, the instance is all that it makes
        if run is None or not same_again(answer, instance.make(run, call)):
            return NotAvailable(f"its call {call.number:,}, made again, gave something else")
    return None


def same_again(before: Answer, now: Answer) -> bool:
    """Whether a call that was made again gave the same and took the same fuel."""
    return before.outcome == now.outcome and before.fuel == now.fuel
