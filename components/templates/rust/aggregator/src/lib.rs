//! An aggregator: joins two elements into one.

use std::sync::Mutex;

use exports::torvyn::aggregation::aggregator;
use exports::torvyn::streaming::lifecycle;
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BufferError, ElementMeta, OutputElement, ProcessError, StreamElement,
};

wit_bindgen::generate!({
    path: "../../wit/torvyn-aggregation",
    world: "stream-aggregator",
    generate_all,
});

const SIZE: usize = 2;
static GATHERED: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

struct Aggregator;

impl lifecycle::Guest for Aggregator {
    /// Once, before anything else; `config` is that of the node in Torvyn.toml.
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    /// Once, after everything else.
    fn teardown() {}
}

impl aggregator::Guest for Aggregator {
    /// Takes an element in; gives one out once there are enough.
    fn ingest(input: StreamElement) -> Result<Option<OutputElement>, ProcessError> {
        let mut gathered = GATHERED.lock().unwrap();
        gathered.push(input.payload.read_all());
        if gathered.len() < SIZE {
            return Ok(None);
        }
        joined(&mut gathered).map(Some)
    }

    /// After the last element: what is still held.
    fn flush() -> Result<Vec<OutputElement>, ProcessError> {
        let mut gathered = GATHERED.lock().unwrap();
        if gathered.is_empty() {
            return Ok(vec![]);
        }
        Ok(vec![joined(&mut gathered)?])
    }
}

fn joined(gathered: &mut Vec<Vec<u8>>) -> Result<OutputElement, ProcessError> {
    let content = gathered.join(&b" + "[..]);
    gathered.clear();
    element(&content, "text/plain".to_string())
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

export!(Aggregator);
