"""Which nodes are ready, by the rules and from outside."""

from __future__ import annotations

from runtime.model.call import Export
from runtime.model.linked import LinkedFlow, QueuePolicy, Role
from runtime.model.snapshot import FlowSnapshot, NodeState


def check_readiness(linked: LinkedFlow, snapshot: FlowSnapshot) -> None:
    """Nodes in the middle are ready exactly when the rules say so, looked at from outside."""
    if any(node.state is NodeState.NEW for node in snapshot.nodes) or snapshot.state.ended:
        return
    # While the flow starts or ends nobody is ready; a failed `init` is tried again in between.
    coming = snapshot.next_call
    if coming is not None and coming.export in (Export.INIT, Export.TEARDOWN):
        return
    for node, link in zip(snapshot.nodes, linked.nodes, strict=True):
        if link.role not in (Role.PROCESSOR, Role.FILTER, Role.ROUTER):
            continue
        if node.state not in (NodeState.READY, NodeState.IDLE, NodeState.BLOCKED):
            continue
        outputs = [snapshot.edges[index] for index in link.outputs]
        if any(edge.policy is QueuePolicy.RATE_LIMIT for edge in outputs):
            continue
        work = any(snapshot.edges[index].depth for index in link.inputs)
        pending = any(edge.pending for edge in outputs)
        room = link.role is Role.ROUTER or all(
            edge.depth < edge.capacity or edge.policy is not QueuePolicy.BLOCK_PRODUCER
            for edge in outputs
        )
        if pending or (work and not room):
            assert node.state is NodeState.BLOCKED
        else:
            assert node.state is (NodeState.READY if work else NodeState.IDLE)
