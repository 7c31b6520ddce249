//! Counts: "tick 0", "tick 1" and so on. Config: `{"count": N}`; 1000 without it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use exports::torvyn::streaming::{lifecycle, source};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BackpressureSignal, Buffer, BufferError, ElementMeta, OutputElement, ProcessError,
};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-source",
});

const CONTENT_TYPE: &str = "text/plain";

static COUNT: AtomicU64 = AtomicU64::new(0);
static NEXT: AtomicU64 = AtomicU64::new(0);

#[derive(serde::Deserialize)]
struct Config {
    #[serde(default = "thousand")]
    count: u64,
}

fn thousand() -> u64 {
    1000
}

struct Ticker;

impl lifecycle::Guest for Ticker {
    fn init(config: String) -> Result<(), ProcessError> {
        let config: Config = serde_json::from_str(&config)
            .map_err(|error| ProcessError::InvalidInput(format!("config: {error}")))?;
        COUNT.store(config.count, Relaxed);
        NEXT.store(0, Relaxed);
        Ok(())
    }

    fn teardown() {}
}

impl source::Guest for Ticker {
    fn pull() -> Result<Option<OutputElement>, ProcessError> {
        let number = NEXT.load(Relaxed);
        if number >= COUNT.load(Relaxed) {
            return Ok(None);
        }
        let payload = frozen(format!("tick {number}").as_bytes())?;
        NEXT.store(number + 1, Relaxed);
        Ok(Some(OutputElement {
            meta: ElementMeta {
                sequence: number,
                timestamp_ns: 0,
                content_type: CONTENT_TYPE.into(),
            },
            payload,
        }))
    }

    fn notify_backpressure(_signal: BackpressureSignal) {}
}

fn frozen(bytes: &[u8]) -> Result<Buffer, BufferError> {
    let buffer = buffer_allocator::allocate(bytes.len() as u64)?;
    buffer.append(bytes)?;
    buffer.set_content_type(CONTENT_TYPE);
    Ok(buffer.freeze())
}

impl From<BufferError> for ProcessError {
    fn from(error: BufferError) -> Self {
        Self::Internal(format!("no buffer for the element: {error:?}"))
    }
}

export!(Ticker);
