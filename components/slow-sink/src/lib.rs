//! A sink that is slow: by work, or by asking for a pause.
//!
//! Config: `{"work": LOOPS}` loops that many times for each element; `{"pause_every": N}` answers
//! `pause` to each Nth element.

use std::cell::Cell;
use std::hint::black_box;

use exports::torvyn::streaming::{lifecycle, sink};
use torvyn::streaming::types::{BackpressureSignal, ProcessError, StreamElement};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-sink",
});

#[derive(Clone, Copy, Default, serde::Deserialize)]
struct Config {
    #[serde(default)]
    work: u32,
    #[serde(default)]
    pause_every: u64,
}

thread_local! {
    static CONFIG: Cell<Config> = const { Cell::new(Config { work: 0, pause_every: 0 }) };
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

struct SlowSink;

impl lifecycle::Guest for SlowSink {
    fn init(config: String) -> Result<(), ProcessError> {
        let config = serde_json::from_str(&config)
            .map_err(|error| ProcessError::InvalidInput(format!("config: {error}")))?;
        CONFIG.set(config);
        TAKEN.set(0);
        Ok(())
    }

    fn teardown() {}
}

impl sink::Guest for SlowSink {
    fn push(_element: StreamElement) -> Result<BackpressureSignal, ProcessError> {
        let config = CONFIG.get();
        for step in 0..config.work {
            black_box(step);
        }
        let taken = TAKEN.get() + 1;
        TAKEN.set(taken);
        if config.pause_every > 0 && taken % config.pause_every == 0 {
            return Ok(BackpressureSignal::Pause);
        }
        Ok(BackpressureSignal::Ready)
    }

    fn complete() -> Result<(), ProcessError> {
        println!("[slow-sink] {} elements", TAKEN.get());
        Ok(())
    }
}

export!(SlowSink);
