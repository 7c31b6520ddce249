//! A source: five lines of text, then the stream ends.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use exports::torvyn::streaming::{lifecycle, source};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BackpressureSignal, BufferError, ElementMeta, OutputElement, ProcessError,
};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-source",
});

const COUNT: u64 = 5;
static MADE: AtomicU64 = AtomicU64::new(0);

struct Source;

impl lifecycle::Guest for Source {
    /// Once, before anything else; `config` is that of the node in Torvyn.toml.
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    /// Once, after everything else.
    fn teardown() {}
}

impl source::Guest for Source {
    /// The next element; `None` says that there will never be another one.
    fn pull() -> Result<Option<OutputElement>, ProcessError> {
        let number = MADE.fetch_add(1, Relaxed) + 1;
        if number > COUNT {
            return Ok(None);
        }
        let content = format!("event {number}");
        element(content.as_bytes(), "text/plain".to_string()).map(Some)
    }

    /// The flow has had enough for now (`Pause`), or takes more again (`Ready`).
    fn notify_backpressure(_signal: BackpressureSignal) {}
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

export!(Source);
