//! Turns an order into a shipping label, one line of text. Refunds ship nothing and are dropped.

use exports::torvyn::streaming::{lifecycle, processor};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    Buffer, BufferError, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "managed-transform",
});

const CONTENT_TYPE: &str = "text/plain";

#[derive(serde::Deserialize)]
struct Order {
    id: u64,
    customer: String,
    kind: String,
    region: String,
}

struct ShippingLabeler;

impl lifecycle::Guest for ShippingLabeler {
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    fn teardown() {}
}

impl processor::Guest for ShippingLabeler {
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        let order: Order = serde_json::from_slice(&input.payload.read_all())
            .map_err(|error| ProcessError::InvalidInput(error.to_string()))?;
        if order.kind == "refund" {
            return Ok(ProcessResult::Drop);
        }
        Ok(ProcessResult::Emit(OutputElement {
            meta: ElementMeta {
                content_type: CONTENT_TYPE.into(),
                ..input.meta
            },
            payload: frozen(label(&order).as_bytes())?,
        }))
    }
}

fn label(order: &Order) -> String {
    format!("{:<8}{:<9}#{}", order.region, order.customer, order.id)
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

export!(ShippingLabeler);
