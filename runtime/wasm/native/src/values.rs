//! The Python values that answers are made of.

use crate::output::Run;
use crate::state::{Asked, Value};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};
use std::collections::HashMap;
use std::sync::Mutex;

/// Port lists remembered, so that a router that always says the same costs little.
const KNOWN_PORTS: usize = 256;

/// Types and constants of `runtime.model.call`; one object serves every instance.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct Values {
    new_tuple: Py<PyAny>,
    answer: Py<PyType>,
    copy_count: Py<PyType>,
    emitted: Py<PyType>,
    output: Py<PyType>,
    buffer: Py<PyType>,
    ports: Py<PyType>,
    printed: Py<PyType>,
    host_input: Py<PyType>,
    pub ready: Py<PyAny>,
    pub pause: Py<PyAny>,
    pub passes: Py<PyAny>,
    pub stops: Py<PyAny>,
    pub exhausted: Py<PyAny>,
    pub discarded: Py<PyAny>,
    pub absorbed: Py<PyAny>,
    pub finished: Py<PyAny>,
    no_copies: Py<PyAny>,
    empty: Py<PyTuple>,
    streams: [Py<PyString>; 2],
    known_ports: Mutex<HashMap<Vec<String>, Py<PyAny>>>,
}

#[pymethods]
impl Values {
    /// `given` has the types and the constants by the names of the fields.
    #[new]
    fn new(py: Python<'_>, given: &Bound<'_, PyDict>) -> PyResult<Self> {
        let value = |name: &str| -> PyResult<Bound<'_, PyAny>> {
            given
                .get_item(name)?
                .ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(name.to_owned()))
        };
        let kind = |name: &str| -> PyResult<Py<PyType>> {
            Ok(value(name)?.cast_into::<PyType>()?.unbind())
        };
        let object = |name: &str| -> PyResult<Py<PyAny>> { Ok(value(name)?.unbind()) };
        Ok(Self {
            new_tuple: py.get_type::<PyTuple>().getattr("__new__")?.unbind(),
            answer: kind("answer")?,
            copy_count: kind("copy_count")?,
            emitted: kind("emitted")?,
            output: kind("output")?,
            buffer: kind("buffer")?,
            ports: kind("ports")?,
            printed: kind("printed")?,
            host_input: kind("host_input")?,
            ready: object("ready")?,
            pause: object("pause")?,
            passes: object("passes")?,
            stops: object("stops")?,
            exhausted: object("exhausted")?,
            discarded: object("discarded")?,
            absorbed: object("absorbed")?,
            finished: object("finished")?,
            no_copies: object("no_copies")?,
            empty: PyTuple::empty(py).unbind(),
            streams: ["stdout", "stderr"].map(|name| PyString::intern(py, name).unbind()),
            known_ports: Mutex::new(HashMap::new()),
        })
    }
}

/// The parts of an `Answer` but its outcome.
pub struct Facts<'py> {
    pub duration_ns: u64,
    pub copies: [u64; 4],
    pub printed: Bound<'py, PyTuple>,
    pub printed_bytes: usize,
    pub host: Bound<'py, PyTuple>,
    pub fuel: u64,
    pub memory_bytes: usize,
}

impl Values {
    /// A named tuple. Made this way it costs half of what calling its class costs.
    fn named<'py>(
        &self,
        kind: &Py<PyType>,
        items: Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = items.py();
        self.new_tuple.bind(py).call1((kind, items))
    }

    pub fn answer<'py>(
        &self,
        py: Python<'py>,
        outcome: Bound<'py, PyAny>,
        facts: Facts<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let copies = if facts.copies == [0; 4] {
            self.no_copies.bind(py).clone()
        } else {
            self.named(&self.copy_count, PyTuple::new(py, facts.copies)?)?
        };
        let items = (
            outcome,
            facts.duration_ns,
            copies,
            facts.printed,
            facts.printed_bytes,
            facts.host,
            facts.fuel,
            facts.memory_bytes,
        );
        self.named(&self.answer, items.into_pyobject(py)?)
    }

    /// `Emitted` of outputs: payload, its content type, that of the element.
    pub fn emitted<'py>(
        &self,
        py: Python<'py>,
        outputs: &[(bytes::Bytes, String, String)],
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut made = Vec::with_capacity(outputs.len());
        for (data, payload_type, content_type) in outputs {
            let items = (PyBytes::new(py, data), payload_type.as_str());
            let buffer = self.named(&self.buffer, items.into_pyobject(py)?)?;
            let items = (buffer, content_type.as_str());
            made.push(self.named(&self.output, items.into_pyobject(py)?)?);
        }
        let outputs = PyTuple::new(py, made)?;
        self.named(&self.emitted, (outputs,).into_pyobject(py)?)
    }

    pub fn ports<'py>(&self, py: Python<'py>, names: Vec<String>) -> PyResult<Bound<'py, PyAny>> {
        let mut known = self.known_ports.lock().unwrap_or_else(|lock| lock.into_inner());
        if let Some(ports) = known.get(&names) {
            return Ok(ports.bind(py).clone());
        }
        let items = PyTuple::new(py, names.iter().map(|name| PyString::new(py, name)))?;
        let ports = self.named(&self.ports, (items,).into_pyobject(py)?)?;
        if known.len() < KNOWN_PORTS {
            known.insert(names, ports.clone().unbind());
        }
        Ok(ports)
    }

    /// The name of a stream.
    pub fn stream<'py>(&self, py: Python<'py>, stream: usize) -> Bound<'py, PyString> {
        self.streams[stream].bind(py).clone()
    }

    pub fn printed<'py>(
        &self,
        py: Python<'py>,
        runs: &[Run],
        granted: [bool; 2],
    ) -> PyResult<Bound<'py, PyTuple>> {
        let mut made = Vec::with_capacity(runs.len());
        for (stream, data) in runs {
            let items = (self.stream(py, *stream), PyBytes::new(py, data), granted[*stream]);
            made.push(self.named(&self.printed, items.into_pyobject(py)?)?);
        }
        PyTuple::new(py, made)
    }

    pub fn host_inputs<'py>(
        &self,
        py: Python<'py>,
        asked: Vec<Asked>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let mut made = Vec::with_capacity(asked.len());
        for (interface, function, value) in asked {
            let value = match value {
                Value::Number(number) => number.into_pyobject(py)?.into_any(),
                Value::Bytes(bytes) => PyBytes::new(py, &bytes).into_any(),
                Value::Object(object) => object.into_bound(py),
            };
            let items = (PyString::intern(py, interface), PyString::intern(py, function), value);
            made.push(self.named(&self.host_input, items.into_pyobject(py)?)?);
        }
        PyTuple::new(py, made)
    }

    pub fn empty<'py>(&self, py: Python<'py>) -> Bound<'py, PyTuple> {
        self.empty.bind(py).clone()
    }
}
