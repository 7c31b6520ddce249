//! The types of `torvyn:streaming` that cross the boundary (docs/torvyn-facts.md#interfaces).
//!
//! A component is only given these functions when its own types are the same: the caller compares
//! them first, and wasmtime once more when it makes the typed functions.

use std::sync::Arc;
use wasmtime::component::{ComponentType, Lift, Lower, Resource, TypedFunc};

/// A payload nobody changes any more.
pub struct Buffer;
/// A buffer that a component writes.
pub struct MutableBuffer;
/// The context of a call; the host lends one that says next to nothing.
pub struct FlowContext;

/// Representation of what the host lends: the input payload, and the flow context.
pub const LENT: u32 = 0;

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct GivenMeta {
    pub sequence: u64,
    #[component(name = "timestamp-ns")]
    pub timestamp_ns: u64,
    #[component(name = "content-type")]
    pub content_type: Arc<str>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct StreamElement {
    pub meta: GivenMeta,
    pub payload: Resource<Buffer>,
    pub context: Resource<FlowContext>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
#[expect(dead_code, reason = "the sequence and timestamp of an output are advisory")]
pub struct ElementMeta {
    pub sequence: u64,
    #[component(name = "timestamp-ns")]
    pub timestamp_ns: u64,
    #[component(name = "content-type")]
    pub content_type: String,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct OutputElement {
    pub meta: ElementMeta,
    pub payload: Resource<Buffer>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub enum ProcessResult {
    #[component(name = "emit")]
    Emit(OutputElement),
    #[component(name = "drop")]
    Drop,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub enum ProcessError {
    #[component(name = "invalid-input")]
    InvalidInput(String),
    #[component(name = "unavailable")]
    Unavailable(String),
    #[component(name = "internal")]
    Internal(String),
    #[component(name = "deadline-exceeded")]
    DeadlineExceeded,
    #[component(name = "fatal")]
    Fatal(String),
}

impl ProcessError {
    /// The case as WIT writes it, and its text.
    pub fn parts(self) -> (&'static str, String) {
        match self {
            Self::InvalidInput(text) => ("invalid-input", text),
            Self::Unavailable(text) => ("unavailable", text),
            Self::Internal(text) => ("internal", text),
            Self::DeadlineExceeded => ("deadline-exceeded", String::new()),
            Self::Fatal(text) => ("fatal", text),
        }
    }
}

#[derive(ComponentType, Lower)]
#[component(variant)]
pub enum BufferError {
    #[component(name = "capacity-exceeded")]
    CapacityExceeded,
    #[component(name = "out-of-bounds")]
    OutOfBounds,
    #[component(name = "allocation-failed")]
    AllocationFailed(String),
}

#[derive(ComponentType, Lift, Lower, Clone, Copy, PartialEq)]
#[component(enum)]
#[repr(u8)]
pub enum Signal {
    #[component(name = "ready")]
    Ready,
    #[component(name = "pause")]
    Pause,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Datetime {
    pub seconds: u64,
    pub nanoseconds: u32,
}

type Answer<T> = (Result<T, ProcessError>,);
type Given = (StreamElement,);

/// An export that a flow calls, ready to be called.
pub enum Function {
    Init(TypedFunc<(Arc<str>,), Answer<()>>),
    Pull(TypedFunc<(), Answer<Option<OutputElement>>>),
    NotifyBackpressure(TypedFunc<(Signal,), ()>),
    Process(TypedFunc<Given, Answer<ProcessResult>>),
    Evaluate(TypedFunc<Given, Answer<bool>>),
    Route(TypedFunc<Given, Answer<Vec<String>>>),
    Ingest(TypedFunc<Given, Answer<Option<OutputElement>>>),
    Flush(TypedFunc<(), Answer<Vec<OutputElement>>>),
    Push(TypedFunc<Given, Answer<Signal>>),
    Complete(TypedFunc<(), Answer<()>>),
    Teardown(TypedFunc<(), ()>),
}
