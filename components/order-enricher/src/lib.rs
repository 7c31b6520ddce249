//! Adds the customer's region and risk, from the table in its config.
//!
//! Config: `{"customers": {NAME: {"region": …, "risk": "low" | "high"}}}`. A customer who is not in
//! the table gets region and risk "unknown".

use std::cell::RefCell;
use std::collections::BTreeMap;

use exports::torvyn::streaming::{lifecycle, processor};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    Buffer, BufferError, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "managed-transform",
});

const CONTENT_TYPE: &str = "application/json";
const UNKNOWN: &str = "unknown";

thread_local! {
    static CUSTOMERS: RefCell<BTreeMap<String, Customer>> = const { RefCell::new(BTreeMap::new()) };
}

#[derive(serde::Deserialize)]
struct Config {
    #[serde(default)]
    customers: BTreeMap<String, Customer>,
}

#[derive(Clone, serde::Deserialize)]
struct Customer {
    region: String,
    risk: String,
}

#[derive(serde::Deserialize)]
struct Order {
    id: u64,
    customer: String,
    kind: String,
    cents: i64,
}

#[derive(serde::Serialize)]
struct Enriched<'a> {
    id: u64,
    customer: &'a str,
    kind: &'a str,
    cents: i64,
    region: &'a str,
    risk: &'a str,
}

struct OrderEnricher;

impl lifecycle::Guest for OrderEnricher {
    fn init(config: String) -> Result<(), ProcessError> {
        let config: Config = serde_json::from_str(&config)
            .map_err(|error| ProcessError::InvalidInput(format!("config: {error}")))?;
        CUSTOMERS.set(config.customers);
        Ok(())
    }

    fn teardown() {}
}

impl processor::Guest for OrderEnricher {
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        let order: Order = serde_json::from_slice(&input.payload.read_all())
            .map_err(|error| ProcessError::InvalidInput(error.to_string()))?;
        let known = CUSTOMERS.with_borrow(|customers| customers.get(&order.customer).cloned());
        let (region, risk) = match &known {
            Some(customer) => (customer.region.as_str(), customer.risk.as_str()),
            None => (UNKNOWN, UNKNOWN),
        };
        let enriched = serde_json::to_vec(&Enriched {
            id: order.id,
            customer: &order.customer,
            kind: &order.kind,
            cents: order.cents,
            region,
            risk,
        })
        .map_err(|error| ProcessError::Internal(error.to_string()))?;
        Ok(ProcessResult::Emit(OutputElement {
            meta: ElementMeta {
                content_type: CONTENT_TYPE.into(),
                ..input.meta
            },
            payload: frozen(&enriched)?,
        }))
    }
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

export!(OrderEnricher);
