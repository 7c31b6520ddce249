//! Prints every metric it receives.

use exports::torvyn::streaming::{lifecycle, sink};
use torvyn::streaming::types::{BackpressureSignal, ProcessError, StreamElement};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-sink",
});

struct MetricSink;

impl lifecycle::Guest for MetricSink {
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    fn teardown() {}
}

impl sink::Guest for MetricSink {
    fn push(element: StreamElement) -> Result<BackpressureSignal, ProcessError> {
        let event = element.payload.read_all();
        println!(
            "[metric-sink] Received metric: {}",
            String::from_utf8_lossy(&event)
        );
        Ok(BackpressureSignal::Ready)
    }

    fn complete() -> Result<(), ProcessError> {
        println!("[metric-sink] Stream complete.");
        Ok(())
    }
}

export!(MetricSink);
