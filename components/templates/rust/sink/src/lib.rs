//! A sink: prints every element. Printing needs the grant stdio:stdout in Torvyn.toml.

use exports::torvyn::streaming::{lifecycle, sink};
use torvyn::streaming::types::{BackpressureSignal, ProcessError, StreamElement};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-sink",
});

struct Sink;

impl lifecycle::Guest for Sink {
    /// Once, before anything else; `config` is that of the node in Torvyn.toml.
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    /// Once, after everything else.
    fn teardown() {}
}

impl sink::Guest for Sink {
    /// Takes an element; `Pause` would ask for a short rest.
    fn push(element: StreamElement) -> Result<BackpressureSignal, ProcessError> {
        let content = element.payload.read_all();
        println!(
            "#{} {}",
            element.meta.sequence,
            String::from_utf8_lossy(&content)
        );
        Ok(BackpressureSignal::Ready)
    }

    /// Once, after the last element.
    fn complete() -> Result<(), ProcessError> {
        println!("complete");
        Ok(())
    }
}

export!(Sink);
