//! The wasm engine, compiled components, and the watch of a flow's calls.

use crate::functions::{self, Functions};
use crate::readable::Readable;
use crate::surface::{self, Surface};
use crate::watch::{Running, Ticker};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, OnceLock};
use wasmtime::{Config, WasmBacktraceDetails, component};

/// How code is compiled.
#[derive(Clone, Copy)]
enum Mode {
    Plain,
    /// The memory of its instances can be read, and images of it taken.
    Readable,
}

impl Mode {
    fn named(name: &str) -> PyResult<Self> {
        match name {
            "plain" => Ok(Self::Plain),
            "readable" => Ok(Self::Readable),
            _ => Err(PyValueError::new_err(format!("there is no mode {name}"))),
        }
    }

    fn reads_memory(self) -> bool {
        matches!(self, Self::Readable)
    }
}

/// A component, compiled for an engine of these settings. Of its functions, those are not compiled
/// that are known.
pub fn compiled(
    config: &Config,
    functions: Option<Arc<functions::Store>>,
    data: &[u8],
) -> wasmtime::Result<Vec<u8>> {
    let mut config = config.clone();
    if let Some(functions) = functions {
        config.enable_incremental_compilation(functions)?;
    }
    wasmtime::Engine::new(&config)?.precompile_component(data)
}

/// The engines of wasmtime; the one whose memories are read is made when it is used.
pub struct Engines {
    config: Config,
    plain: wasmtime::Engine,
    readable: OnceLock<Readable>,
}

impl Engines {
    /// The settings are those of `runtime.wasm.host`: the same code runs on both layers.
    fn new(max_wasm_stack: usize, shares_images: bool) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .consume_fuel(true)
            .cranelift_nan_canonicalization(true)
            .relaxed_simd_deterministic(true)
            .max_wasm_stack(max_wasm_stack)
            .memory_init_cow(shares_images)
            .concurrency_support(false)
            .wasm_backtrace_details(WasmBacktraceDetails::Enable);
        let plain = wasmtime::Engine::new(&config)?;
        Ok(Self { config, plain, readable: OnceLock::new() })
    }

    fn readable(&self) -> wasmtime::Result<&Readable> {
        if let Some(readable) = self.readable.get() {
            return Ok(readable);
        }
        let readable = Readable::new(self.config.clone())?;
        Ok(self.readable.get_or_init(|| readable))
    }

    fn of(&self, mode: Mode) -> wasmtime::Result<&wasmtime::Engine> {
        match mode {
            Mode::Plain => Ok(&self.plain),
            Mode::Readable => Ok(&self.readable()?.engine),
        }
    }

    fn compile(
        &self,
        mode: Mode,
        data: &[u8],
        functions: Option<Arc<functions::Store>>,
    ) -> wasmtime::Result<component::Component> {
        match mode {
            Mode::Plain if functions.is_none() => component::Component::new(&self.plain, data),
            Mode::Plain => {
                let code = compiled(&self.config, functions, data)?;
                // SAFETY: the bytes are those that wasmtime's own `precompile_component` gave, for
                // an engine of the same settings.
                unsafe { component::Component::deserialize(&self.plain, &code) }
            }
            Mode::Readable => self.readable()?.compile(functions, data),
        }
    }

    /// Have every call that runs look at its time.
    pub fn increment_epoch(&self) {
        self.plain.increment_epoch();
        if let Some(readable) = self.readable.get() {
            readable.engine.increment_epoch();
        }
    }
}

/// Components and instances are made with it. May be shared by threads.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct Engine {
    engines: Arc<Engines>,
    ticker: Arc<Ticker>,
}

/// A compiled component; may be shared by threads.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct Component {
    pub component: component::Component,
    /// True when the memory of its instances can be read.
    pub reads_memory: bool,
}

fn problem(error: wasmtime::Error) -> PyErr {
    PyValueError::new_err(format!("{error:?}"))
}

#[pymethods]
impl Engine {
    /// `shares_images`: see `runtime.wasm.sandbox.shares_memory_images`.
    #[new]
    fn new(max_wasm_stack: usize, shares_images: bool) -> PyResult<Self> {
        let engines = Arc::new(Engines::new(max_wasm_stack, shares_images).map_err(problem)?);
        let ticker = Ticker::start(Arc::downgrade(&engines)).map_err(PyOSError::new_err)?;
        Ok(Self { engines, ticker })
    }

    /// Compile a component for a mode, "plain" or "readable". `functions` gives those that are known,
    /// and takes those that are compiled. Raises ValueError with wasmtime's text.
    #[pyo3(signature = (data, mode, functions=None))]
    fn compile(
        &self,
        py: Python<'_>,
        data: &[u8],
        mode: &str,
        functions: Option<&Functions>,
    ) -> PyResult<Component> {
        let mode = Mode::named(mode)?;
        let functions = functions.map(|functions| functions.0.clone());
        let made = py.detach(|| self.engines.compile(mode, data, functions));
        Ok(Component { component: made.map_err(problem)?, reads_memory: mode.reads_memory() })
    }

    /// Load what `Component.serialize` gave. Raises ValueError when it was made by another, or for
    /// another mode.
    ///
    /// The file holds machine code that runs as it stands: the caller must have authenticated it,
    /// and nobody else may change it while it is used.
    fn deserialize_file(&self, py: Python<'_>, path: PathBuf, mode: &str) -> PyResult<Component> {
        let mode = Mode::named(mode)?;
        let engine = self.engines.of(mode).map_err(problem)?;
        let loaded = py.detach(|| {
            // SAFETY: wasmtime demands that the file holds what its own `serialize` gave, and
            // that it does not change while it is mapped. `runtime.wasm.cache.CodeCache.find`
            // gives only files of a folder that nobody but the user can write to, whose content
            // carries an authentication code made when they were written, and which are
            // replaced whole and never changed in place.
            unsafe { component::Component::deserialize_file(engine, &path) }
        });
        Ok(Component { component: loaded.map_err(problem)?, reads_memory: mode.reads_memory() })
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
    engines: Arc<Engines>,
}

#[pymethods]
impl Watch {
    #[new]
    fn new(engine: &Engine) -> Self {
        let running = Arc::new(Running::new(engine.ticker.clone()));
        Self { running, engines: engine.engines.clone() }
    }

    /// End the running call promptly. For any thread; does nothing between calls.
    fn interrupt(&self) {
        self.running.interrupted.store(true, SeqCst);
        self.engines.increment_epoch();
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
