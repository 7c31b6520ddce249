//! Totals per customer in windows: emits them after every N orders and starts again; flush emits the
//! rest. Refunds count against the total.
//!
//! Config: `{"every": N}`; 10 without it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use exports::torvyn::aggregation::aggregator;
use exports::torvyn::streaming::lifecycle;
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    Buffer, BufferError, ElementMeta, OutputElement, ProcessError, StreamElement,
};

wit_bindgen::generate!({
    path: ["../../wit/torvyn-streaming", "../../wit/torvyn-aggregation"],
    world: "torvyn:aggregation/stream-aggregator",
    generate_all,
});

const CONTENT_TYPE: &str = "application/json";

#[derive(serde::Deserialize)]
struct Config {
    #[serde(default = "ten")]
    every: u64,
}

fn ten() -> u64 {
    10
}

#[derive(serde::Deserialize)]
struct Order {
    customer: String,
    kind: String,
    cents: i64,
}

#[derive(Clone, Default, serde::Serialize)]
struct Window {
    window: u64,
    orders: u64,
    totals: BTreeMap<String, i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    last: bool,
}

thread_local! {
    static EVERY: RefCell<u64> = const { RefCell::new(10) };
    static WINDOW: RefCell<Window> = RefCell::default();
}

struct OrderTotals;

impl lifecycle::Guest for OrderTotals {
    fn init(config: String) -> Result<(), ProcessError> {
        let config: Config = serde_json::from_str(&config)
            .map_err(|error| ProcessError::InvalidInput(format!("config: {error}")))?;
        if config.every < 1 {
            let message = "config: every is 0, must be 1 or more";
            return Err(ProcessError::InvalidInput(message.into()));
        }
        EVERY.set(config.every);
        WINDOW.set(Window::default());
        Ok(())
    }

    fn teardown() {}
}

impl aggregator::Guest for OrderTotals {
    fn ingest(element: StreamElement) -> Result<Option<OutputElement>, ProcessError> {
        let order: Order = serde_json::from_slice(&element.payload.read_all())
            .map_err(|error| ProcessError::InvalidInput(error.to_string()))?;
        let sign = if order.kind == "refund" { -1 } else { 1 };
        let orders = WINDOW.with_borrow_mut(|window| {
            *window.totals.entry(order.customer).or_default() += sign * order.cents;
            window.orders += 1;
            window.orders
        });
        if orders < EVERY.with_borrow(|every| *every) {
            return Ok(None);
        }
        closed(false).map(Some)
    }

    fn flush() -> Result<Vec<OutputElement>, ProcessError> {
        match WINDOW.with_borrow(|window| window.orders) {
            0 => Ok(Vec::new()),
            _ => Ok(vec![closed(true)?]),
        }
    }
}

/// The window as an element; the next one begins.
fn closed(last: bool) -> Result<OutputElement, ProcessError> {
    let window = WINDOW.with_borrow_mut(|window| {
        let next = Window {
            window: window.window + 1,
            ..Window::default()
        };
        Window {
            last,
            ..std::mem::replace(window, next)
        }
    });
    let report =
        serde_json::to_vec(&window).map_err(|error| ProcessError::Internal(error.to_string()))?;
    Ok(OutputElement {
        meta: ElementMeta {
            sequence: window.window,
            timestamp_ns: 0,
            content_type: CONTENT_TYPE.into(),
        },
        payload: frozen(&report)?,
    })
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

export!(OrderTotals);
