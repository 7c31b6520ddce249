//! A processor: the same text in capitals.

use exports::torvyn::streaming::{lifecycle, processor};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BufferError, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "managed-transform",
});

struct Processor;

impl lifecycle::Guest for Processor {
    /// Once, before anything else; `config` is that of the node in Torvyn.toml.
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    /// Once, after everything else.
    fn teardown() {}
}

impl processor::Guest for Processor {
    /// One element in; one out (`Emit`) or none (`Drop`).
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        let text = String::from_utf8(input.payload.read_all())
            .map_err(|error| ProcessError::InvalidInput(error.to_string()))?;
        let content = text.to_uppercase();
        element(content.as_bytes(), input.meta.content_type).map(ProcessResult::Emit)
    }
}

fn element(content: &[u8], content_type: String) -> Result<OutputElement, ProcessError> {
    let failed = |error: BufferError| ProcessError::Internal(error.to_string());
    let buffer = buffer_allocator::allocate(content.len() as u64).map_err(failed)?;
    buffer.append(content).map_err(failed)?;
    let meta = ElementMeta {
        sequence: 0,
        timestamp_ns: 0,
        content_type,
    };
    Ok(OutputElement {
        meta,
        payload: buffer.freeze(),
    })
}

export!(Processor);
