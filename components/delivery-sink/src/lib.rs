//! Prints each label it is given, and at the end how many there were.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use exports::torvyn::streaming::{lifecycle, sink};
use torvyn::streaming::types::{BackpressureSignal, ProcessError, StreamElement};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-sink",
});

static LABELS: AtomicU64 = AtomicU64::new(0);

struct DeliverySink;

impl lifecycle::Guest for DeliverySink {
    fn init(_config: String) -> Result<(), ProcessError> {
        LABELS.store(0, Relaxed);
        Ok(())
    }

    fn teardown() {}
}

impl sink::Guest for DeliverySink {
    fn push(element: StreamElement) -> Result<BackpressureSignal, ProcessError> {
        let label = element.payload.read_all();
        let label = String::from_utf8_lossy(&label);
        println!("[delivery] {:<4} {label}", element.meta.sequence);
        LABELS.fetch_add(1, Relaxed);
        Ok(BackpressureSignal::Ready)
    }

    fn complete() -> Result<(), ProcessError> {
        println!("[delivery] {} labels", LABELS.load(Relaxed));
        Ok(())
    }
}

export!(DeliverySink);
