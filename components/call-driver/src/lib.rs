//! Makes the recorded calls of one component, and prints what the last one answers.
//!
//! The recording is the configuration, then a call after the other up to its end. A text or payload
//! is its length in four bytes and its bytes; numbers have their lowest byte first. A call is: one
//! byte for the export (`Export`); its name, which is printed; and, where the export is given an
//! element, its sequence and timestamp in eight bytes each, its content type, that of its buffer,
//! and its payload. The first call is `init`, with the configuration.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use exports::wasi::cli::run;
use recording_reader::{Export, Reader, RecordedElement};
use torvyn::aggregation::aggregator;
use torvyn::filtering::{filter, router};
use torvyn::streaming::types::{
    BackpressureSignal, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};
use torvyn::streaming::{lifecycle, processor, sink};
use torvyn_studio::call_case::{fixture, recording};
use wasi::cli::stdout;

mod recording_reader;

wit_bindgen::generate!({
    path: [
        "../../wit/torvyn-streaming",
        "../../wit/torvyn-filtering",
        "../../wit/torvyn-aggregation",
        "../../wit/torvyn-capabilities",
        "wit-wasi-io",
        "wit-wasi-cli",
        "wit",
    ],
    world: "torvyn-studio:call-case/driver",
    generate_all,
});

/// The most that one write to a stream takes.
const WRITE_BYTES: usize = 4096;

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

struct Driver;

impl run::Guest for Driver {
    fn run() -> Result<(), ()> {
        let recorded = recording::read();
        let mut reader = Reader::new(&recorded);
        let config = reader.text();
        while !reader.is_done() {
            let export = reader.export();
            let name = reader.text();
            let element = export.takes_element().then(|| reader.element());
            let answer = make_call(export, &config, element);
            if reader.is_done() {
                print(&format!("{name}\n{answer}\n"));
            }
        }
        Ok(())
    }
}

fn make_call(export: Export, config: &str, element: Option<RecordedElement>) -> String {
    let Some(element) = element else {
        return match export {
            Export::Init => answer(lifecycle::init(config), |()| "ok".into()),
            Export::Flush => answer(aggregator::flush(), outputs),
            Export::Complete => answer(sink::complete(), |()| "ok".into()),
            _ => {
                lifecycle::teardown();
                "ok".into()
            }
        };
    };
    let payload = fixture::make_buffer(&element.payload, &element.buffer_content_type);
    let context = fixture::make_context();
    let given = StreamElement {
        meta: ElementMeta {
            sequence: element.sequence,
            timestamp_ns: element.timestamp_ns,
            content_type: element.content_type,
        },
        payload: &payload,
        context: &context,
    };
    match export {
        Export::Process => answer(processor::process(&given), |result| match result {
            ProcessResult::Emit(element) => output(&element),
            ProcessResult::Drop => "drop".into(),
        }),
        Export::Push => answer(sink::push(&given), |signal| match signal {
            BackpressureSignal::Ready => "ready".into(),
            BackpressureSignal::Pause => "pause".into(),
        }),
        Export::Evaluate => answer(filter::evaluate(&given), |passes| format!("{passes}")),
        Export::Route => answer(router::route(&given), |ports| format!("{ports:?}")),
        _ => answer(aggregator::ingest(&given), |emitted| {
            outputs(emitted.into_iter().collect())
        }),
    }
}

fn answer<T>(result: Result<T, ProcessError>, words: impl FnOnce(T) -> String) -> String {
    let (kind, reason) = match result {
        Ok(value) => return words(value),
        Err(ProcessError::InvalidInput(reason)) => ("invalid-input", reason),
        Err(ProcessError::Unavailable(reason)) => ("unavailable", reason),
        Err(ProcessError::Internal(reason)) => ("internal", reason),
        Err(ProcessError::DeadlineExceeded) => ("deadline-exceeded", String::new()),
        Err(ProcessError::Fatal(reason)) => ("fatal", reason),
    };
    format!("{kind}: {}", harmless(&reason))
}

fn outputs(elements: Vec<OutputElement>) -> String {
    if elements.is_empty() {
        return "no element".into();
    }
    let lines: Vec<String> = elements.iter().map(output).collect();
    lines.join("\n")
}

fn output(element: &OutputElement) -> String {
    let payload = element.payload.read_all();
    format!(
        "{}, {} bytes: {}",
        harmless(&element.meta.content_type),
        payload.len(),
        harmless(&String::from_utf8_lossy(&payload))
    )
}

/// With every character shown that would do something to a terminal.
fn harmless(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

fn print(text: &str) {
    let stream = stdout::get_stdout();
    for part in text.as_bytes().chunks(WRITE_BYTES) {
        if stream.blocking_write_and_flush(part).is_err() {
            return;
        }
    }
}

export!(Driver);

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn nothing_that_is_printed_moves_the_cursor() {
        assert_eq!(
            harmless("\u{1b}[2Jé \"a\"\u{202e}"),
            "\\u{1b}[2Jé \"a\"\\u{202e}"
        );
    }
}
