//! The native call layer of torvyn-studio: components called through wasmtime's typed functions.
//!
//! `runtime/wasm/native/native_layer.py` is the only user. The meaning of everything here is that of the
//! layer over wasmtime-py, which is the default and the oracle of the tests.

mod batches;
mod buffers;
mod contract;
mod denials;
mod engine;
mod functions;
mod handles;
mod instance;
mod limiter;
mod memory;
mod network;
mod output;
mod readable;
mod saved;
mod state;
mod surface;
mod torvyn;
mod values;
mod waits;
mod wasi;
mod watch;

use pyo3::prelude::*;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The version of wasmtime that is built in, as `Cargo.toml` pins it.
const WASMTIME_VERSION: &str = "50.0.1";

/// What is offered and given here: `runtime.extension.installed.INTERFACE`.
const INTERFACE: u32 = 11;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Do `work`; a panic becomes its text. What `work` uses must not be used after a panic.
fn guard<T>(work: impl FnOnce() -> wasmtime::Result<T>) -> Result<wasmtime::Result<T>, String> {
    // The one thing that `work` may leave half changed is a store, and an instance whose call
    // panicked is not called again.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| PANIC.take())
}

/// Panics are told as errors of a call, and not on the terminal.
fn keep_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("unknown");
        let place = panic.location().map_or_else(String::new, |place| format!(" ({place})"));
        PANIC.set(format!("panicked: {text}{place}"));
    }));
}

#[pymodule]
fn torvyn_studio_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    keep_panics();
    // A stack of this library in the text of an error is of no use to whoever reads it.
    wasmtime::error::disable_backtrace();
    module.add("WASMTIME_VERSION", WASMTIME_VERSION)?;
    module.add("INTERFACE", INTERFACE)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<engine::Component>()?;
    module.add_class::<engine::Watch>()?;
    module.add_class::<functions::Functions>()?;
    module.add_class::<instance::Instance>()?;
    module.add_class::<instance::PrintedOutput>()?;
    module.add_class::<memory::Image>()?;
    module.add_class::<values::Values>()?;
    module.add_class::<batches::CallTimes>()?;
    module.add_function(wrap_pyfunction!(batches::sums_of_calls, module)?)?;
    module.add_function(wrap_pyfunction!(batches::columns_of_calls, module)?)?;
    module.add_function(wrap_pyfunction!(batches::inputs_of_calls, module)?)?;
    module.add_function(wrap_pyfunction!(batches::compressed, module)?)?;
    module.add_function(wrap_pyfunction!(saved::saved_component, module)?)
}
