//! The wasm engine, compiled components, and the watch of a flow's calls.

use crate::surface::{self, Surface};
use crate::watch::{Running, Ticker};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use wasmtime::{Config, WasmBacktraceDetails, component};

/// One engine; components and instances are made with it. May be shared by threads.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct Engine {
    pub engine: wasmtime::Engine,
    ticker: Arc<Ticker>,
}

/// A compiled component; may be shared by threads.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct Component {
    pub component: component::Component,
}

fn problem(error: wasmtime::Error) -> PyErr {
    PyValueError::new_err(format!("{error:?}"))
}

#[pymethods]
impl Engine {
    /// The settings are those of `runtime.wasm.host`: the same code runs on both layers.
    #[new]
    fn new(max_wasm_stack: usize) -> PyResult<Self> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .consume_fuel(true)
            .cranelift_nan_canonicalization(true)
            .relaxed_simd_deterministic(true)
            .max_wasm_stack(max_wasm_stack)
            .concurrency_support(false)
            .wasm_backtrace_details(WasmBacktraceDetails::Enable);
        let engine = wasmtime::Engine::new(&config).map_err(problem)?;
        let ticker = Ticker::start(engine.weak()).map_err(PyOSError::new_err)?;
        Ok(Self { engine, ticker })
    }

    /// Compile a component. Raises ValueError with wasmtime's text.
    fn compile(&self, py: Python<'_>, data: &[u8]) -> PyResult<Component> {
        let made = py.detach(|| component::Component::new(&self.engine, data)).map_err(problem)?;
        Ok(Component { component: made })
    }

    /// Load what `Component.serialize` gave. Raises ValueError when it was made by another.
    ///
    /// The file holds machine code that runs as it stands: the caller must have authenticated it,
    /// and nobody else may change it while it is used.
    fn deserialize_file(&self, py: Python<'_>, path: PathBuf) -> PyResult<Component> {
        let loaded = py.detach(|| {
            // SAFETY: wasmtime demands that the file holds what its own `serialize` gave, and
            // that it does not change while it is mapped. `runtime.wasm.cache.CodeCache.find`
            // gives only files of a folder that nobody but the user can write to, whose content
            // carries an authentication code made when they were written, and which are
            // replaced whole and never changed in place.
            unsafe { component::Component::deserialize_file(&self.engine, &path) }
        });
        Ok(Component { component: loaded.map_err(problem)? })
    }

    /// True while the thread that ends calls in time sleeps, as no calls are made.
    #[getter]
    fn asleep(&self) -> bool {
        self.ticker.asleep()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.ticker.end();
    }
}

#[pymethods]
impl Component {
    /// The compiled code.
    fn serialize<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let code = py.detach(|| self.component.serialize()).map_err(problem)?;
        Ok(PyBytes::new(py, &code))
    }

    /// Imports, exports (name, functions with their types, resources), and other imports.
    fn surface(&self) -> Surface {
        surface::read(&self.component.component_type(), self.component.engine())
    }
}

/// Watches the one call of a flow that runs.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct Watch {
    pub running: Arc<Running>,
    engine: wasmtime::Engine,
}

#[pymethods]
impl Watch {
    #[new]
    fn new(engine: &Engine) -> Self {
        let running = Arc::new(Running::new(engine.ticker.clone()));
        Self { running, engine: engine.engine.clone() }
    }

    /// End the running call promptly. For any thread; does nothing between calls.
    fn interrupt(&self) {
        self.running.interrupted.store(true, SeqCst);
        self.engine.increment_epoch();
    }

    /// Name the call that an instance is made for.
    fn set_call(&self, call: Py<PyAny>) {
        self.running.set_call(Some(call));
    }

    /// The running call, nanoseconds since it began, nanoseconds it may take; None between calls.
    fn in_progress(&self, py: Python<'_>) -> Option<(Py<PyAny>, u64, u64)> {
        self.running.in_progress(py)
    }

    /// Forget the last call.
    fn close(&self) {
        self.running.set_call(None);
    }
}
