//! Prints each report it is given, and at the end how many there were.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use exports::torvyn::streaming::{lifecycle, sink};
use torvyn::streaming::types::{BackpressureSignal, ProcessError, StreamElement};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-sink",
});

static REPORTS: AtomicU64 = AtomicU64::new(0);

struct AnalyticsSink;

impl lifecycle::Guest for AnalyticsSink {
    fn init(_config: String) -> Result<(), ProcessError> {
        REPORTS.store(0, Relaxed);
        Ok(())
    }

    fn teardown() {}
}

impl sink::Guest for AnalyticsSink {
    fn push(element: StreamElement) -> Result<BackpressureSignal, ProcessError> {
        let report = element.payload.read_all();
        println!("[analytics] {}", String::from_utf8_lossy(&report));
        REPORTS.fetch_add(1, Relaxed);
        Ok(BackpressureSignal::Ready)
    }

    fn complete() -> Result<(), ProcessError> {
        println!("[analytics] {} reports", REPORTS.load(Relaxed));
        Ok(())
    }
}

export!(AnalyticsSink);
