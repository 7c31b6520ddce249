"""A processor: the same text in capitals."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import buffer_allocator
from wit_world.imports.types import (
    ElementMeta,
    OutputElement,
    ProcessError_InvalidInput,
    ProcessResult,
    ProcessResult_Emit,
    StreamElement,
)


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        """Once, before anything else; `config` is that of the node in Torvyn.toml."""

    def teardown(self) -> None:
        """Once, after everything else."""


class Processor(exports.Processor):
    def process(self, input: StreamElement) -> ProcessResult:
        """One element in; one out (`ProcessResult_Emit`) or none (`ProcessResult_Drop`)."""
        try:
            text = input.payload.read_all().decode()
        except UnicodeDecodeError as error:
            raise Err(ProcessError_InvalidInput(f"not UTF-8: {error}")) from None
        content = text.upper().encode()
        buffer = buffer_allocator.allocate(len(content))
        buffer.append(content)
        meta = ElementMeta(0, 0, input.meta.content_type)
        return ProcessResult_Emit(OutputElement(meta, buffer.freeze()))
