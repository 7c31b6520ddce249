//! Emits order events as JSON, the same ones every time; every seventh is malformed.
//!
//! Config: `{"count": N}` orders, then the source is exhausted; 60 without it.

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

const CONTENT_TYPE: &str = "application/json";
const CUSTOMERS: [&str; 5] = ["ada", "bela", "chen", "dolores", "eve"];
const KINDS: [&str; 3] = ["order", "order", "refund"];
const MALFORMED: [&str; 4] = [
    r#"{"id":6,"customer":"ada""#,
    r#"{"customer":"bela","kind":"order","cents":100}"#,
    r#"{"id":20,"customer":"chen","kind":"order","cents":"many"}"#,
    "",
];

static COUNT: AtomicU64 = AtomicU64::new(0);
static NEXT: AtomicU64 = AtomicU64::new(0);

#[derive(serde::Deserialize)]
struct Config {
    #[serde(default = "sixty")]
    count: u64,
}

fn sixty() -> u64 {
    60
}

struct OrderSource;

impl lifecycle::Guest for OrderSource {
    fn init(config: String) -> Result<(), ProcessError> {
        let config: Config = serde_json::from_str(&config)
            .map_err(|error| ProcessError::InvalidInput(format!("config: {error}")))?;
        COUNT.store(config.count, Relaxed);
        NEXT.store(0, Relaxed);
        Ok(())
    }

    fn teardown() {}
}

impl source::Guest for OrderSource {
    fn pull() -> Result<Option<OutputElement>, ProcessError> {
        let number = NEXT.load(Relaxed);
        if number >= COUNT.load(Relaxed) {
            return Ok(None);
        }
        let payload = frozen(order(number).as_bytes())?;
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

fn order(number: u64) -> String {
    let index = number as usize;
    if index % 7 == 6 {
        return MALFORMED[index / 7 % MALFORMED.len()].into();
    }
    format!(
        r#"{{"id":{number},"customer":"{}","kind":"{}","cents":{}}}"#,
        CUSTOMERS[index * 3 % CUSTOMERS.len()],
        KINDS[index % KINDS.len()],
        500 + number * 137 % 9000,
    )
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

export!(OrderSource);

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn every_seventh_is_malformed() {
        assert_eq!(
            order(5),
            r#"{"id":5,"customer":"ada","kind":"refund","cents":1185}"#
        );
        assert!(serde_json::from_str::<serde_json::Value>(&order(6)).is_err());
    }
}
