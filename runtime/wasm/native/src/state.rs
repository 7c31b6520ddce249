//! What host functions of one instance share with the call they run in.

use crate::buffers::{Frozen, OwnedBuffers};
use crate::contract::LENT;
use crate::handles::Count;
use crate::limiter::Limiter;
use crate::network::Granted;
use crate::watch::Pulse;
use bytes::Bytes;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyInt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use wasmtime::component::ResourceTable;
use wasmtime::{Error, Result};
use wasmtime_wasi::{Rng, WasiCtx, WasiCtxView, WasiView};

/// Why a host function ended the call.
pub enum Fault {
    /// This method of a mutable buffer was called after `freeze`.
    Frozen(&'static str),
    /// So many bytes were asked for at once.
    TooLong(u64),
    /// An exception in Python code that the host function asked.
    Host(PyErr),
    /// A bug of this crate.
    Panicked(String),
}

/// What the host answered when it was asked for time or random numbers.
pub enum Value {
    Number(u64),
    Bytes(Vec<u8>),
    Object(Py<PyAny>),
}

/// Interface without version, function, answer.
pub type Asked = (&'static str, &'static str, Value);

/// A use of something that the node is not granted: the import's interface with its version and
/// without, its function, the first text among its arguments, and all flags among them.
pub type Denied = (Arc<str>, Arc<str>, Arc<str>, Option<String>, Vec<String>);

/// Where time and random numbers come from.
pub struct Inputs {
    /// A `HostInputs` of Python.
    pub object: Py<PyAny>,
    pub node: Py<PyAny>,
    /// True when this machine's own are meant: Python is not asked then.
    pub live: bool,
    /// A moment, and what `time.perf_counter_ns` said then.
    pub monotonic: (Instant, u64),
}

pub struct State {
    pub wasi: WasiCtx,
    pub table: ResourceTable,
    pub limiter: Limiter,
    /// What was granted of the network; `None` is nothing.
    pub network: Option<Arc<Granted>>,
    /// The name that each lookup is for, by the number of its handle.
    pub lookups: HashMap<u32, String>,
    /// What the lent buffer handle stands for.
    pub payload: Bytes,
    pub payload_type: Arc<str>,
    pub owned: OwnedBuffers,
    /// Handles of the folder that a node without one is shown.
    pub folders: Count,
    /// Reads, their bytes, writes, their bytes.
    pub copies: [u64; 4],
    pub asked: Vec<Asked>,
    pub denied: Vec<Denied>,
    /// Called with the number of the call and the uses.
    pub on_denied: Py<PyAny>,
    pub fault: Option<Fault>,
    pub inputs: Inputs,
    /// Number of the running call.
    pub call: u64,
    pub pulse: Arc<Pulse>,
    pub flow_id: Arc<str>,
    /// `allows(name)` of the node's grants, and what it said.
    pub allows: Py<PyAny>,
    pub allowed: HashMap<String, bool>,
    /// What a signal's handler, or Ctrl-C in a Python callback, raised.
    pub raised: Arc<Mutex<Option<PyErr>>>,
    /// Bytes that a component is given at once, at most.
    pub max_given: u64,
    /// The next host function panics: for the test of what becomes of that.
    pub panics: bool,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl State {
    /// An error that ends the call because of `fault`.
    pub fn refuse(&mut self, fault: Fault) -> Error {
        let error = match &fault {
            Fault::Frozen(method) => wasmtime::format_err!("{method} after freeze"),
            Fault::TooLong(size) => wasmtime::format_err!("asked for {size} bytes"),
            Fault::Host(problem) => wasmtime::format_err!("the host failed: {problem}"),
            Fault::Panicked(text) => wasmtime::format_err!("the host failed: {text}"),
        };
        if let Fault::Host(problem) = fault {
            self.keep(problem);
        } else {
            self.fault = Some(fault);
        }
        error
    }

    fn keep(&mut self, problem: PyErr) {
        if Python::attach(|py| problem.is_instance_of::<PyKeyboardInterrupt>(py)) {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
        } else if self.fault.is_none() {
            self.fault = Some(Fault::Host(problem));
        }
    }

    pub fn frozen(&mut self, problem: Frozen) -> Error {
        self.refuse(Fault::Frozen(problem.0))
    }

    pub fn is_lent(representation: u32) -> bool {
        representation == LENT
    }

    pub fn data(&self, representation: u32) -> Result<&Bytes> {
        if Self::is_lent(representation) {
            return Ok(&self.payload);
        }
        let buffer = self.owned.frozen(representation);
        Ok(&buffer
            .ok_or_else(|| wasmtime::format_err!("there is no buffer {representation}"))?
            .data)
    }

    pub fn count_read(&mut self, size: usize) {
        if size > 0 {
            self.copies[0] += 1;
            self.copies[1] += size as u64;
        }
    }

    pub fn count_write(&mut self, size: usize) {
        self.copies[2] += 1;
        self.copies[3] += size as u64;
    }

    /// True when the node has this capability: Python is asked once for each.
    pub fn allows(&mut self, capability: &str) -> Result<bool> {
        if let Some(known) = self.allowed.get(capability) {
            return Ok(*known);
        }
        let said = Python::attach(|py| self.allows.call1(py, (capability,))?.extract(py));
        let said = said.map_err(|problem| self.refuse(Fault::Host(problem)))?;
        if self.allowed.len() < MAX_REMEMBERED {
            self.allowed.insert(capability.to_owned(), said);
        }
        Ok(said)
    }

    /// Take over what sockets tried and were denied.
    pub fn gather_denied(&mut self) {
        if let Some(network) = &self.network {
            for (interface, function, what) in network.take_denied() {
                let name: Arc<str> = Arc::from(interface);
                let use_ = (name.clone(), name, Arc::from(function), Some(what), Vec::new());
                self.denied.push(use_);
            }
        }
    }

    /// Tell of what was tried and denied since the last time.
    pub fn tell_denied(&mut self) -> Result<()> {
        let uses: Vec<_> = std::mem::take(&mut self.denied)
            .into_iter()
            .map(|(imported, name, function, text, flags)| {
                (imported.to_string(), name.to_string(), function.to_string(), text, flags)
            })
            .collect();
        let told = Python::attach(|py| self.on_denied.call1(py, (self.call, uses)).map(drop));
        told.map_err(|problem| self.refuse(Fault::Host(problem)))
    }

    // ---- time and random numbers

    pub fn ask_number(&mut self, interface: &'static str, function: &'static str) -> Result<u64> {
        if self.inputs.live {
            let number = match interface {
                WALL_CLOCK => SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |since| since.as_nanos() as u64),
                MONOTONIC_CLOCK => {
                    let (moment, said) = self.inputs.monotonic;
                    said + moment.elapsed().as_nanos() as u64
                }
                _ => wasmtime_wasi::thread_rng().next_u64(),
            };
            self.asked.push((interface, function, Value::Number(number)));
            return Ok(number);
        }
        self.ask(interface, function, 8, |py, value| {
            // As Python's `value & mask` does it.
            let value = value.bind(py);
            if !value.is_instance_of::<PyInt>() {
                let text = format!("the host input for {interface}.{function} is not a number");
                return Err(wrong(text));
            }
            value.call_method1("__and__", (u64::MAX,))?.extract()
        })
    }

    pub fn ask_bytes(
        &mut self,
        interface: &'static str,
        function: &'static str,
        size: usize,
    ) -> Result<Vec<u8>> {
        if self.inputs.live {
            let mut bytes = vec![0; size];
            wasmtime_wasi::thread_rng().fill_bytes(&mut bytes);
            self.asked.push((interface, function, Value::Bytes(bytes.clone())));
            return Ok(bytes);
        }
        self.ask(interface, function, size, |py, value| {
            let bytes: Option<Vec<u8>> = value.extract(py).ok();
            bytes
                .filter(|bytes| bytes.len() == size)
                .ok_or_else(|| wrong(format!("the host input is not {size} bytes")))
        })
    }

    fn ask<T>(
        &mut self,
        interface: &'static str,
        function: &'static str,
        size: usize,
        read: impl FnOnce(Python<'_>, &Py<PyAny>) -> PyResult<T>,
    ) -> Result<T> {
        let answered = Python::attach(|py| {
            let Inputs { object, node, .. } = &self.inputs;
            let given = (node, self.call, interface, function, size);
            let value = object.call_method1(py, "answer", given)?;
            let read = read(py, &value);
            self.asked.push((interface, function, Value::Object(value)));
            read
        });
        answered.map_err(|problem| self.refuse(Fault::Host(problem)))
    }

    /// How long a component that asked to sleep really sleeps, in nanoseconds.
    pub fn wait_ns(&mut self, requested: u64) -> Result<u64> {
        if self.inputs.live {
            return Ok(requested);
        }
        let waits = Python::attach(|py| {
            let Inputs { object, node, .. } = &self.inputs;
            object.call_method1(py, "wait_ns", (node, self.call, requested))?.extract(py)
        });
        waits.map_err(|problem| self.refuse(Fault::Host(problem)))
    }
}

pub const WALL_CLOCK: &str = "wasi:clocks/wall-clock";
pub const MONOTONIC_CLOCK: &str = "wasi:clocks/monotonic-clock";
/// Capabilities whose answer is remembered for an instance.
const MAX_REMEMBERED: usize = 256;

fn wrong(text: String) -> PyErr {
    pyo3::exceptions::PyTypeError::new_err(text)
}
