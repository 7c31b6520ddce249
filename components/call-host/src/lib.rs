//! The host of one component: its buffers and contexts, and the interfaces that it leaves out.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use exports::torvyn::aggregation::aggregator;
use exports::torvyn::capabilities::capability_query;
use exports::torvyn::filtering::{filter, router};
use exports::torvyn::streaming::types::{
    self, BackpressureSignal, Buffer, BufferBorrow, BufferError, FlowContext, MutableBuffer,
    OutputElement, ProcessError, ProcessResult, StreamElement,
};
use exports::torvyn::streaming::{buffer_allocator, lifecycle, processor, sink};
use exports::torvyn_studio::call_case::fixture;
use torvyn_studio::call_case::recording;

wit_bindgen::generate!({
    path: [
        "../../wit/torvyn-streaming",
        "../../wit/torvyn-filtering",
        "../../wit/torvyn-aggregation",
        "../../wit/torvyn-capabilities",
        "../call-driver/wit-wasi-io",
        "../call-driver/wit-wasi-cli",
        "../call-driver/wit",
    ],
    world: "torvyn-studio:call-case/host",
    generate_all,
});

/// What a component may ask for at once.
const MOST_BYTES: u64 = 16 << 20;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

// Without the standard library nothing links the C library, which has `memcmp`.
#[cfg(target_arch = "wasm32")]
#[link(name = "c")]
unsafe extern "C" {}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

struct Host;

struct Frozen {
    content: Vec<u8>,
    content_type: String,
}

#[derive(Default)]
struct Growing {
    content: RefCell<Vec<u8>>,
    content_type: RefCell<String>,
    capacity: u64,
}

struct Context;

impl types::Guest for Host {
    type Buffer = Frozen;
    type MutableBuffer = Growing;
    type FlowContext = Context;
}

impl types::GuestBuffer for Frozen {
    fn size(&self) -> u64 {
        self.content.len() as u64
    }

    fn content_type(&self) -> String {
        self.content_type.clone()
    }

    fn read(&self, offset: u64, len: u64) -> Vec<u8> {
        let start = offset.min(self.size());
        let end = start.saturating_add(len).min(self.size());
        self.content[start as usize..end as usize].to_vec()
    }

    fn read_all(&self) -> Vec<u8> {
        self.content.clone()
    }
}

impl types::GuestMutableBuffer for Growing {
    fn write(&self, offset: u64, bytes: Vec<u8>) -> Result<(), BufferError> {
        let end = offset
            .checked_add(bytes.len() as u64)
            .ok_or(BufferError::OutOfBounds)?;
        if end > self.capacity {
            return Err(BufferError::CapacityExceeded);
        }
        let mut content = self.content.borrow_mut();
        if content.len() < end as usize {
            content.resize(end as usize, 0);
        }
        content[offset as usize..end as usize].copy_from_slice(&bytes);
        Ok(())
    }

    fn append(&self, bytes: Vec<u8>) -> Result<(), BufferError> {
        self.write(self.size(), bytes)
    }

    fn size(&self) -> u64 {
        self.content.borrow().len() as u64
    }

    fn capacity(&self) -> u64 {
        self.capacity
    }

    fn set_content_type(&self, content_type: String) {
        *self.content_type.borrow_mut() = content_type;
    }

    fn freeze(&self) -> Buffer {
        Buffer::new(Frozen {
            content: self.content.take(),
            content_type: self.content_type.take(),
        })
    }
}

impl types::GuestFlowContext for Context {
    fn trace_id(&self) -> String {
        String::new()
    }

    fn span_id(&self) -> String {
        String::new()
    }

    fn deadline_ns(&self) -> u64 {
        0
    }

    fn flow_id(&self) -> String {
        String::from("case")
    }
}

impl buffer_allocator::Guest for Host {
    fn allocate(capacity_hint: u64) -> Result<MutableBuffer, BufferError> {
        if capacity_hint > MOST_BYTES {
            return Err(BufferError::CapacityExceeded);
        }
        Ok(MutableBuffer::new(Growing {
            capacity: capacity_hint,
            ..Growing::default()
        }))
    }

    fn clone_into_mutable(source: BufferBorrow<'_>) -> Result<MutableBuffer, BufferError> {
        let content = source.get::<Frozen>().content.clone();
        Ok(MutableBuffer::new(Growing {
            capacity: content.len() as u64,
            content: RefCell::new(content),
            ..Growing::default()
        }))
    }
}

impl capability_query::Guest for Host {
    /// True when it was granted, or a broader one.
    fn has_capability(name: String) -> bool {
        recording::grants().lines().any(|grant| {
            name.strip_prefix(grant)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    }
}

impl fixture::Guest for Host {
    fn make_buffer(content: Vec<u8>, content_type: String) -> Buffer {
        Buffer::new(Frozen {
            content,
            content_type,
        })
    }

    fn make_context() -> FlowContext {
        FlowContext::new(Context)
    }
}

impl lifecycle::Guest for Host {
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    fn teardown() {}
}

impl processor::Guest for Host {
    fn process(_input: StreamElement) -> Result<ProcessResult, ProcessError> {
        unreachable!()
    }
}

impl sink::Guest for Host {
    fn push(_element: StreamElement) -> Result<BackpressureSignal, ProcessError> {
        unreachable!()
    }

    fn complete() -> Result<(), ProcessError> {
        unreachable!()
    }
}

impl filter::Guest for Host {
    fn evaluate(_element: StreamElement) -> Result<bool, ProcessError> {
        unreachable!()
    }
}

impl router::Guest for Host {
    fn route(_element: StreamElement) -> Result<Vec<String>, ProcessError> {
        unreachable!()
    }
}

impl aggregator::Guest for Host {
    fn ingest(_element: StreamElement) -> Result<Option<OutputElement>, ProcessError> {
        unreachable!()
    }

    fn flush() -> Result<Vec<OutputElement>, ProcessError> {
        unreachable!()
    }
}

export!(Host);
