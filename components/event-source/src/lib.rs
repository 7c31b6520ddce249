//! Emits four events, metrics and logs in turn, and ends.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use exports::torvyn::streaming::{lifecycle, source};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BackpressureSignal, Buffer, BufferError, ElementMeta, OutputElement, ProcessError,
};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-source",
});

const CONTENT_TYPE: &str = "application/json";

const EVENTS: [&str; 4] = [
    r#"{"type":"metric","name":"cpu_usage","value":72.5}"#,
    r#"{"type":"log","level":"info","message":"user login successful"}"#,
    r#"{"type":"metric","name":"mem_used","value":4096}"#,
    r#"{"type":"log","level":"warn","message":"disk usage above 80%"}"#,
];

static NEXT: AtomicUsize = AtomicUsize::new(0);
static PAUSED: AtomicBool = AtomicBool::new(false);

struct EventSource;

impl lifecycle::Guest for EventSource {
    fn init(_config: String) -> Result<(), ProcessError> {
        NEXT.store(0, Relaxed);
        PAUSED.store(false, Relaxed);
        Ok(())
    }

    fn teardown() {}
}

impl source::Guest for EventSource {
    fn pull() -> Result<Option<OutputElement>, ProcessError> {
        // Answering `none` here would end the stream: none means exhausted, not "later".
        if PAUSED.load(Relaxed) {
            return Err(ProcessError::Unavailable("pulled while paused".into()));
        }
        let index = NEXT.load(Relaxed);
        let Some(event) = EVENTS.get(index) else {
            return Ok(None);
        };
        let payload = frozen(event.as_bytes())?;
        NEXT.store(index + 1, Relaxed);
        Ok(Some(OutputElement {
            meta: ElementMeta {
                sequence: index as u64,
                timestamp_ns: 0,
                content_type: CONTENT_TYPE.into(),
            },
            payload,
        }))
    }

    fn notify_backpressure(signal: BackpressureSignal) {
        PAUSED.store(signal == BackpressureSignal::Pause, Relaxed);
    }
}

fn frozen(bytes: &[u8]) -> Result<Buffer, BufferError> {
    let buffer = buffer_allocator::allocate(bytes.len() as u64)?;
    buffer.append(bytes)?;
    buffer.set_content_type(CONTENT_TYPE);
    Ok(buffer.freeze())
}

impl From<BufferError> for ProcessError {
    fn from(error: BufferError) -> Self {
        Self::Internal(format!("no buffer for the event: {error:?}"))
    }
}

export!(EventSource);
