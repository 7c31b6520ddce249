//! Prints each element it is given, and at the end how many there were.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use exports::torvyn::streaming::{lifecycle, sink};
use torvyn::streaming::types::{BackpressureSignal, ProcessError, StreamElement};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-sink",
});

static ELEMENTS: AtomicU64 = AtomicU64::new(0);

struct PrintSink;

impl lifecycle::Guest for PrintSink {
    fn init(_config: String) -> Result<(), ProcessError> {
        ELEMENTS.store(0, Relaxed);
        Ok(())
    }

    fn teardown() {}
}

impl sink::Guest for PrintSink {
    fn push(element: StreamElement) -> Result<BackpressureSignal, ProcessError> {
        let element = element.payload.read_all();
        println!("[print-sink] {}", String::from_utf8_lossy(&element));
        ELEMENTS.fetch_add(1, Relaxed);
        Ok(BackpressureSignal::Ready)
    }

    fn complete() -> Result<(), ProcessError> {
        println!("[print-sink] {} elements", ELEMENTS.load(Relaxed));
        Ok(())
    }
}

export!(PrintSink);
