//! One node's component instance: its store, its host functions, its calls.

use crate::contract::{
    Function, GivenMeta, LENT, OutputElement, ProcessError, ProcessResult, Signal, StreamElement,
};
use crate::engine::{Component, Watch};
use crate::handles::{HandleCount, Held};
use crate::limiter::Limiter;
use crate::memory::{Image, Places, no_memory};
use crate::network::{self, Granted};
use crate::output::{Amounts, Output, PrintRules, STDERR, STDOUT};
use crate::state::{Fault, Inputs, State};
use crate::values::{Facts, Values};
use crate::watch::{Pulse, Running};
use crate::{buffers, denials, guard, torvyn, waits, wasi};
use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use wasmtime::Store;
use wasmtime::component::{self, Linker, Resource, ResourceTable};
use wasmtime_wasi::I32Exit;

/// Numbers that hold for every instance, given by Python so that they stand in one place.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Rules {
    tiers: Vec<u64>,
    budget_bytes: u64,
    max_buffer_bytes: u64,
    max_content_type_bytes: usize,
    max_offset: u64,
    max_taken_bytes: usize,
    max_given_bytes: u64,
    print_limit_bytes: usize,
    printed_kept_bytes: usize,
    stderr_share: usize,
    stderr_tail_bytes: usize,
    chunk_bytes: usize,
}

/// Interface, its name without version, what it is replaced by, functions, resources.
type Import = (String, String, String, Vec<String>, Vec<String>);

/// What one instance is made with.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Plan {
    node: Py<PyString>,
    flow_id: String,
    fuel: u64,
    timeout_ns: u64,
    memory_bytes: usize,
    table_elements: usize,
    /// stdout and stderr.
    granted: (bool, bool),
    environment: Vec<(String, String)>,
    folders: Vec<(String, String, bool)>,
    network: Vec<network::Rule>,
    imports: Vec<Import>,
    /// Function and interface.
    exports: Vec<(String, String)>,
    asks_host: bool,
    perf_counter_ns: u64,
    inputs: Py<PyAny>,
    allows: Py<PyAny>,
    on_denied: Py<PyAny>,
    on_print: Option<Py<PyAny>>,
    on_silent_print: Py<PyAny>,
    on_failed: Py<PyAny>,
    on_followed: Py<PyAny>,
    on_unfollowed: Py<PyAny>,
    /// Number of the call that the instance is made for.
    call: u64,
}

/// What a call gave back, before it is a value of Python.
enum Outcome {
    Emitted(Vec<(Bytes, String, String)>),
    Constant(fn(&Values) -> &Py<PyAny>),
    Ports(Vec<String>),
    Error(&'static str, String),
    Foreign,
}

/// What was measured of a call.
#[derive(Clone, Copy, Default)]
struct Measured {
    amounts: Amounts,
    duration_ns: u64,
    fuel: u64,
}

/// An argument of a call.
enum Given {
    Element { sequence: u64, timestamp_ns: u64, content_type: Arc<str> },
    Text(Arc<str>),
    Nothing,
}

struct Opened {
    store: Store<State>,
    functions: Vec<Function>,
    /// Memories and what is held of the host, where the code was compiled for that.
    debugged: Option<Debugged>,
}

struct Debugged {
    places: Places,
    held: Held,
}

#[pyclass(module = "torvyn_studio_native")]
pub struct Instance {
    /// A lock only because Python may pass the object to another thread: nobody waits for it.
    opened: Mutex<Option<Opened>>,
    output: Output,
    values: Py<Values>,
    running: Arc<Running>,
    followed: Arc<AtomicBool>,
    raised: Arc<Mutex<Option<PyErr>>>,
    fuel: u64,
    timeout_ns: u64,
    max_given: usize,
    granted: [bool; 2],
    /// True when a folder or the network is granted: streams may be those of files or sockets.
    streams: bool,
    asks_host: bool,
    node: Py<PyString>,
    inputs: Py<PyAny>,
    on_print: Option<Py<PyAny>>,
    on_silent_print: Py<PyAny>,
    on_failed: Py<PyAny>,
    on_unfollowed: Py<PyAny>,
    /// The content type of the last element, as Python has it and as wasmtime is given it.
    content_type: Option<(Py<PyAny>, Arc<str>)>,
    no_text: Arc<str>,
}

/// What a guarded piece of work gave: a value, an error of wasmtime, or the text of a panic.
type Guarded<T> = Result<wasmtime::Result<T>, String>;

/// How a call went wrong.
enum Trouble {
    /// An error of wasmtime, and the code of a component that exited.
    Error(String, Option<i32>),
    /// A `process-error`: case and text.
    Process(&'static str, String),
    /// A buffer was handed back that the component does not own.
    Foreign,
    /// A configuration of so many bytes.
    TooLong(usize),
    /// A fault that a call had which ended well.
    Fault,
}

impl Trouble {
    fn of(guarded: Guarded<Outcome>, state: &mut State) -> Self {
        match guarded {
            Ok(Ok(Outcome::Error(case, text))) => Self::Process(case, text),
            Ok(Ok(Outcome::Foreign)) => Self::Foreign,
            Ok(Ok(_)) => Self::Fault,
            Ok(Err(error)) => {
                let code = error.downcast_ref::<I32Exit>().map(|exit| exit.0);
                Self::Error(format!("{error:?}"), code)
            }
            Err(panicked) => {
                state.fault = Some(Fault::Panicked(panicked.clone()));
                Self::Error(panicked, None)
            }
        }
    }
}

#[pymethods]
impl Instance {
    /// Instantiate `component`. The second value is None, or what the failure is made of.
    #[staticmethod]
    fn open<'py>(
        py: Python<'py>,
        component: &Component,
        watch: &Watch,
        values: Py<Values>,
        rules: Rules,
        plan: Plan,
    ) -> PyResult<(Self, Option<Bound<'py, PyTuple>>)> {
        let print_rules = PrintRules {
            limit_bytes: rules.print_limit_bytes,
            kept_bytes: rules.printed_kept_bytes,
            stderr_share: rules.stderr_share,
            stderr_tail_bytes: rules.stderr_tail_bytes,
            chunk_bytes: rules.chunk_bytes,
        };
        let output = Output::new(print_rules);
        let network = Granted::new(plan.network);
        let context = wasi::context(&output, &plan.environment, &plan.folders, network.as_ref())
            .map_err(pyo3::exceptions::PyOSError::new_err)?;
        let buffer_rules = Arc::new(buffers::BufferRules {
            tiers: rules.tiers,
            budget_bytes: rules.budget_bytes,
            max_buffer_bytes: rules.max_buffer_bytes,
            max_content_type_bytes: rules.max_content_type_bytes,
            max_offset: rules.max_offset,
        });
        let running = watch.running.clone();
        let raised = Arc::new(Mutex::new(None));
        let followed = Arc::new(AtomicBool::new(false));
        let pulse = Arc::new(Pulse {
            running: running.clone(),
            follow: plan.on_followed,
            followed: followed.clone(),
            raised: raised.clone(),
        });
        let no_text: Arc<str> = Arc::from("");
        let state = State {
            wasi: context,
            table: ResourceTable::new(),
            limiter: Limiter::new(plan.memory_bytes, plan.table_elements),
            network: network.clone(),
            lookups: Default::default(),
            payload: Bytes::new(),
            payload_type: no_text.clone(),
            owned: buffers::OwnedBuffers::new(buffer_rules),
            copies: [0; 4],
            asked: Vec::new(),
            denied: Vec::new(),
            on_denied: plan.on_denied,
            fault: None,
            inputs: Inputs {
                object: plan.inputs.clone_ref(py),
                node: plan.node.clone_ref(py).into_any(),
                live: false,
                monotonic: (Instant::now(), plan.perf_counter_ns),
            },
            call: 0,
            pulse: pulse.clone(),
            flow_id: Arc::from(plan.flow_id),
            allows: plan.allows,
            allowed: Default::default(),
            folders: Default::default(),
            raised: raised.clone(),
            max_given: rules.max_given_bytes,
            panics: false,
        };
        let mut made = Self {
            opened: Mutex::new(None),
            output,
            values,
            running,
            followed,
            raised,
            fuel: plan.fuel,
            timeout_ns: plan.timeout_ns,
            max_given: rules.max_given_bytes as usize,
            granted: [plan.granted.0, plan.granted.1],
            streams: !plan.folders.is_empty() || network.is_some(),
            asks_host: plan.asks_host,
            node: plan.node,
            inputs: plan.inputs,
            on_print: plan.on_print,
            on_silent_print: plan.on_silent_print,
            on_failed: plan.on_failed,
            on_unfollowed: plan.on_unfollowed,
            content_type: None,
            no_text,
        };
        let mut store = Store::new(component.component.engine(), state);
        let fuel = plan.fuel;
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(rules.max_taken_bytes);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| pulse.beat());
        made.prepare(py, &mut store)?;
        store.data_mut().call = plan.call;
        made.running.begin(made.timeout_ns);
        let (imports, exports) = (plan.imports, plan.exports);
        let opened = py.detach(|| {
            guard(|| {
                store.set_fuel(fuel)?;
                let instance =
                    instantiate(&mut store, &component.component, &imports, network.as_ref())?;
                let mut functions = Vec::with_capacity(exports.len());
                for (function, interface) in &exports {
                    functions.push(find(&mut store, &instance, interface, function)?);
                }
                let debugged = component.reads_memory.then(|| {
                    let mut held = Held::default();
                    held.look(store.data_mut());
                    Debugged { places: Places::find(&mut store), held }
                });
                Ok((functions, debugged))
            })
        });
        made.running.end();
        match opened {
            Ok(Ok((functions, debugged))) => {
                *made.place() = Some(Opened { store, functions, debugged });
                Ok((made, None))
            }
            failed => {
                let state = store.data_mut();
                let trouble = Trouble::of(failed.map(|done| done.map(|_| Outcome::Foreign)), state);
                let amounts = made.output.amounts();
                let facts = made.trouble(py, state, trouble, amounts)?;
                py.detach(|| drop(store));
                Ok((made, Some(facts)))
            }
        }
    }

    /// Make a call with the function number `run`; an `Answer`.
    fn make<'py>(
        &mut self,
        py: Python<'py>,
        run: usize,
        call: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(mut opened) = self.place().take() else {
            return Err(PyValueError::new_err("the instance is closed"));
        };
        let made = self.make_with(py, &mut opened, run, call);
        // Whatever the call left to Python is given back while Python is there.
        let state = opened.store.data_mut();
        state.payload = Bytes::new();
        if let Some(Debugged { held, .. }) = &mut opened.debugged {
            held.calls += 1;
            held.look(state);
        }
        *self.place() = Some(opened);
        made
    }

    /// What the component prints, for a thread that shows it while a call runs.
    fn printed_output(&self, py: Python<'_>) -> PrintedOutput {
        PrintedOutput { output: self.output.clone(), values: self.values.clone_ref(py) }
    }

    /// Buffers the component owns now.
    #[getter]
    fn live_handles(&self) -> usize {
        self.read(|state| state.owned.count())
    }

    /// Bytes of all memories of the component now.
    #[getter]
    fn memory_bytes(&self) -> usize {
        self.read(|state| state.limiter.memory)
    }

    /// True when the memory of the component can be read.
    #[getter]
    fn reads_memory(&self) -> bool {
        let place = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().is_some_and(|opened| opened.debugged.is_some())
    }

    /// Bytes of each memory of the component now.
    fn memory_sizes(&mut self) -> PyResult<Vec<usize>> {
        let (store, debugged) = self.debugged()?;
        Ok(debugged.places.sizes(store))
    }

    /// A part of a memory; shorter where the memory ends. Raises IndexError: no such memory.
    fn read_memory<'py>(
        &mut self,
        py: Python<'py>,
        memory: usize,
        offset: usize,
        length: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (store, debugged) = self.debugged()?;
        let part = debugged.places.read(store, memory, offset, length).ok_or_else(no_memory)?;
        Ok(PyBytes::new(py, part))
    }

    /// What its memories and globals hold; what did not change since `last` is shared with it.
    /// Raises ValueError with the reason when that is not all that the component remembers.
    fn take_image(&mut self, py: Python<'_>, last: Option<&Image>) -> PyResult<Image> {
        let (store, debugged) = self.debugged()?;
        let taken = py.detach(|| guard(|| Ok(debugged.places.take(store, last))));
        match taken {
            Ok(Ok(taken)) => taken.map_err(PyValueError::new_err),
            Ok(Err(problem)) => Err(PyValueError::new_err(problem.to_string())),
            Err(panicked) => Err(self.unusable(py, panicked)),
        }
    }

    /// Go on from an image of another instance of the same component. Raises ValueError with the
    /// reason when it does not fit; the instance is of no use then.
    fn restore_image(&mut self, py: Python<'_>, image: &Image) -> PyResult<()> {
        let output = self.output.clone();
        let (store, debugged) = self.debugged()?;
        let restored = py.detach(|| guard(|| Ok(debugged.places.restore(store, image))));
        // What the host was asked while the instance was made was asked then, too.
        let state = store.data_mut();
        state.asked.clear();
        state.copies = [0; 4];
        output.clear();
        match restored {
            Ok(Ok(restored)) => restored.map_err(PyValueError::new_err),
            Ok(Err(problem)) => Err(PyValueError::new_err(problem.to_string())),
            Err(panicked) => Err(self.unusable(py, panicked)),
        }
    }

    /// Handles by kind: made, dropped (None: not known), live.
    fn handles(&mut self) -> PyResult<Vec<HandleCount>> {
        let (store, debugged) = self.debugged()?;
        Ok(debugged.held.counts(store.data()))
    }

    /// Handles held now; calls of this instance up to the one that last changed which these are;
    /// the kind of one that calls change otherwise than by making and dropping it, if one is held;
    /// calls of this instance.
    fn held(&mut self) -> PyResult<(u64, u64, Option<&'static str>, u64)> {
        let streams = self.streams;
        let held = &self.debugged()?.1.held;
        Ok((held.live(), held.changed_after, held.changing(streams), held.calls))
    }

    /// Have the next `allocate` panic: for the test of what becomes of a panic.
    fn panic_next(&mut self) {
        if let Some(opened) = self.place() {
            opened.store.data_mut().panics = true;
        }
    }

    /// Free the instance. Idempotent.
    fn close(&mut self, py: Python<'_>) {
        if let Some(opened) = self.place().take() {
            py.detach(|| drop(opened));
        }
    }
}

impl Instance {
    fn place(&mut self) -> &mut Option<Opened> {
        self.opened.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises ValueError when the instance is closed or not compiled for that.
    fn debugged(&mut self) -> PyResult<(&mut Store<State>, &mut Debugged)> {
        match self.place() {
            Some(Opened { store, debugged: Some(debugged), .. }) => Ok((store, debugged)),
            Some(_) => Err(PyValueError::new_err("it was not compiled for that")),
            None => Err(PyValueError::new_err("the instance is closed")),
        }
    }

    /// After a panic the store may be half changed: nothing is done with it any more.
    fn unusable(&mut self, py: Python<'_>, panicked: String) -> PyErr {
        self.close(py);
        PyValueError::new_err(panicked)
    }

    /// True when a key interrupted Python code that the call ran.
    fn was_interrupted(&self) -> bool {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// A number of the state; 0 when the instance is closed, or its call runs.
    fn read(&self, number: impl FnOnce(&State) -> usize) -> usize {
        let place = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().map_or(0, |opened| number(opened.store.data()))
    }

    /// Before a call: who answers what the component asks.
    fn prepare(&self, py: Python<'_>, store: &mut Store<State>) -> PyResult<()> {
        if self.asks_host {
            let live = self.inputs.bind(py).getattr_opt("live")?;
            store.data_mut().inputs.live = live.map_or(Ok(false), |live| live.is_truthy())?;
        }
        Ok(())
    }

    fn make_with<'py>(
        &mut self,
        py: Python<'py>,
        opened: &mut Opened,
        run: usize,
        call: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Opened { store, functions, .. } = opened;
        let function = &functions[run];
        self.prepare(py, store)?;
        let number: u64 = call.get_item(0)?.extract()?;
        store.data_mut().call = number;
        self.running.set_call(Some(call.clone().into_any().unbind()));
        let given = match self.given(py, function, call, store.data_mut())? {
            Ok(given) => given,
            Err(too_long) => {
                let trouble = Trouble::TooLong(too_long);
                return self.failed(py, store, run, trouble, Measured::default());
            }
        };
        let fuel = self.fuel;
        self.running.begin(self.timeout_ns);
        let guarded = py.detach(|| {
            guard(|| {
                store.set_fuel(fuel)?;
                run_function(&mut *store, function, given)
            })
        });
        let duration_ns = self.running.end();
        if self.followed.swap(false, SeqCst)
            && let Err(problem) = self.on_unfollowed.call0(py)
        {
            store.data_mut().refuse(Fault::Host(problem));
        }
        let used = fuel - store.get_fuel().unwrap_or(fuel);
        let amounts = self.output.amounts();
        let measured = Measured { amounts, duration_ns, fuel: used };
        if amounts.written != [0, 0] {
            self.show(py, number, store.data_mut(), amounts);
        }
        let state = store.data_mut();
        state.gather_denied();
        if !state.denied.is_empty() {
            // What goes wrong there is kept as the fault of the call.
            let _told = state.tell_denied();
        }
        let outcome = match guarded {
            Ok(Ok(outcome))
                if state.fault.is_none()
                    && !self.was_interrupted()
                    && amounts.over_limit == 0
                    && !matches!(outcome, Outcome::Error(..) | Outcome::Foreign) =>
            {
                outcome
            }
            guarded => {
                let trouble = Trouble::of(guarded, state);
                return self.failed(py, store, run, trouble, measured);
            }
        };
        let values = self.values.get();
        let outcome = match outcome {
            Outcome::Emitted(outputs) => values.emitted(py, &outputs)?,
            Outcome::Ports(names) => values.ports(py, names)?,
            Outcome::Constant(value) => value(values).bind(py).clone(),
            Outcome::Error(..) | Outcome::Foreign => unreachable!("these failed above"),
        };
        self.answer(py, outcome, store.data_mut(), measured)
    }

    /// What the function is called with; `Err` is the size of a configuration that is too long.
    fn given(
        &mut self,
        py: Python<'_>,
        function: &Function,
        call: &Bound<'_, PyTuple>,
        state: &mut State,
    ) -> PyResult<Result<Given, usize>> {
        Ok(match function {
            Function::Process(_)
            | Function::Evaluate(_)
            | Function::Route(_)
            | Function::Ingest(_)
            | Function::Push(_) => {
                let element = call.get_item(3)?;
                if element.is_none() {
                    let export = call.get_item(2)?;
                    return Err(PyValueError::new_err(format!("{export} needs an element")));
                }
                let element = element.cast_into::<PyTuple>()?;
                let payload = element.get_item(6)?.cast_into::<PyTuple>()?;
                let data: PyBackedBytes = payload.get_item(0)?.extract()?;
                state.payload = Bytes::from_owner(data);
                let payload_type = payload.get_item(1)?;
                state.payload_type = self.text(py, &payload_type)?;
                let content_type = self.text(py, &element.get_item(5)?)?;
                Ok(Given::Element {
                    sequence: element.get_item(3)?.extract()?,
                    timestamp_ns: element.get_item(4)?.extract()?,
                    content_type,
                })
            }
            Function::Init(_) => {
                let text = utf8(&call.get_item(4)?)?;
                if text.len() > self.max_given { Err(text.len()) } else { Ok(Given::Text(text)) }
            }
            Function::NotifyBackpressure(_) => Ok(Given::Text(utf8(&call.get_item(4)?)?)),
            _ => Ok(Given::Nothing),
        })
    }

    /// A content type. Elements mostly have the very text of the one before.
    fn text(&mut self, py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<Arc<str>> {
        if let Some((last, known)) = &self.content_type
            && text.is(last)
        {
            return Ok(known.clone());
        }
        if text.len()? == 0 {
            return Ok(self.no_text.clone());
        }
        let read = utf8(text)?;
        self.content_type = Some((text.clone().unbind().clone_ref(py), read.clone()));
        Ok(read)
    }

    /// Show what was printed, and say what was printed without a grant.
    fn show(&self, py: Python<'_>, number: u64, state: &mut State, amounts: Amounts) {
        let values = self.values.get();
        if let Some(on_print) = &self.on_print {
            for (stream, data) in self.output.take_unshown() {
                let granted = self.granted[stream];
                let chunk = (
                    &self.node,
                    number,
                    values.stream(py, stream),
                    PyBytes::new(py, &data),
                    granted,
                );
                if let Err(problem) = on_print.call1(py, chunk) {
                    state.refuse(Fault::Host(problem));
                    break;
                }
            }
        }
        for stream in [STDOUT, STDERR] {
            if amounts.written[stream] > 0
                && !self.granted[stream]
                && let Err(problem) =
                    self.on_silent_print.call1(py, (number, values.stream(py, stream)))
            {
                state.refuse(Fault::Host(problem));
            }
        }
    }

    fn answer<'py>(
        &self,
        py: Python<'py>,
        outcome: Bound<'py, PyAny>,
        state: &mut State,
        measured: Measured,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Measured { amounts, duration_ns, fuel } = measured;
        let values = self.values.get();
        let printed_bytes = amounts.written[STDOUT] + amounts.written[STDERR];
        let printed = if printed_bytes > 0 {
            let runs = self.output.kept();
            self.output.clear();
            values.printed(py, &runs, self.granted)?
        } else {
            values.empty(py)
        };
        let host = if state.asked.is_empty() {
            values.empty(py)
        } else {
            values.host_inputs(py, std::mem::take(&mut state.asked))?
        };
        let facts = Facts {
            duration_ns,
            copies: std::mem::take(&mut state.copies),
            printed,
            printed_bytes,
            host,
            fuel,
            memory_bytes: state.limiter.memory,
        };
        values.answer(py, outcome, facts)
    }

    fn failed<'py>(
        &self,
        py: Python<'py>,
        store: &mut Store<State>,
        run: usize,
        trouble: Trouble,
        measured: Measured,
    ) -> PyResult<Bound<'py, PyAny>> {
        let state = store.data_mut();
        let facts = self.trouble(py, state, trouble, measured.amounts)?;
        let outcome = self.on_failed.bind(py).call1((run, facts))?;
        self.answer(py, outcome, state, measured)
    }

    /// What a failure is made of, in the order of `runtime.wasm.native.native_instance.Trouble`.
    fn trouble<'py>(
        &self,
        py: Python<'py>,
        state: &mut State,
        trouble: Trouble,
        amounts: Amounts,
    ) -> PyResult<Bound<'py, PyTuple>> {
        if let Some(raised) = self.raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
            state.fault = None;
            return Err(raised);
        }
        let fault = match state.fault.take() {
            None => py.None().into_bound(py),
            Some(Fault::Frozen(method)) => ("frozen", method).into_pyobject(py)?.into_any(),
            Some(Fault::TooLong(size)) => ("too long", size).into_pyobject(py)?.into_any(),
            Some(Fault::Panicked(text)) => ("panicked", text).into_pyobject(py)?.into_any(),
            Some(Fault::Host(problem)) => {
                ("host", problem.into_value(py)).into_pyobject(py)?.into_any()
            }
        };
        let what = match trouble {
            Trouble::Error(text, code) => ("error", text, code).into_pyobject(py)?.into_any(),
            Trouble::Process(case, text) => ("process", case, text).into_pyobject(py)?.into_any(),
            Trouble::Foreign => ("foreign",).into_pyobject(py)?.into_any(),
            Trouble::TooLong(size) => ("configuration", size).into_pyobject(py)?.into_any(),
            Trouble::Fault => ("fault",).into_pyobject(py)?.into_any(),
        };
        let facts = (
            what,
            fault,
            self.running.interrupted.load(SeqCst),
            self.running.timed_out.load(SeqCst),
            amounts.over_limit,
            PyBytes::new(py, &self.output.stderr_tail()),
            amounts.written[STDERR],
        );
        facts.into_pyobject(py)
    }
}

/// Text as UTF-8, as Python's `encode("utf-8", "replace")` has it.
fn utf8(text: &Bound<'_, PyAny>) -> PyResult<Arc<str>> {
    let text = text.cast::<PyString>()?;
    match text.to_str() {
        Ok(text) => Ok(Arc::from(text)),
        Err(_) => {
            let bytes = text.call_method1("encode", ("utf-8", "replace"))?;
            Ok(Arc::from(String::from_utf8_lossy(bytes.cast::<PyBytes>()?.as_bytes())))
        }
    }
}

fn instantiate(
    store: &mut Store<State>,
    component: &component::Component,
    imports: &[Import],
    granted: Option<&Arc<Granted>>,
) -> wasmtime::Result<component::Instance> {
    let mut linker: Linker<State> = Linker::new(component.engine());
    linker.allow_shadowing(true);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
    waits::define(&mut linker)?;
    if let Some(granted) = granted {
        network::define(&mut linker, granted)?;
    }
    for (interface, name, replaced, functions, resources) in imports {
        let mut instance = linker.instance(interface)?;
        match replaced.as_str() {
            "torvyn" => torvyn::define(&mut instance, name)?,
            "denied" => denials::define(&mut instance, interface, name, functions, resources)?,
            _ => wasi::define(&mut instance, name)?,
        }
    }
    linker.instantiate(store, component)
}

/// The function of an interface that the component exports.
fn find(
    store: &mut Store<State>,
    instance: &component::Instance,
    interface: &str,
    function: &str,
) -> wasmtime::Result<Function> {
    let place = instance
        .get_export_index(&mut *store, None, interface)
        .and_then(|outer| instance.get_export_index(&mut *store, Some(&outer), function));
    let Some(place) = place else {
        wasmtime::bail!("{MISSING}{function} {interface}");
    };
    macro_rules! typed {
        ($kind:ident) => {
            Function::$kind(instance.get_typed_func(&mut *store, &place)?)
        };
    }
    Ok(match function {
        "init" => typed!(Init),
        "pull" => typed!(Pull),
        "notify-backpressure" => typed!(NotifyBackpressure),
        "process" => typed!(Process),
        "evaluate" => typed!(Evaluate),
        "route" => typed!(Route),
        "ingest" => typed!(Ingest),
        "flush" => typed!(Flush),
        "push" => typed!(Push),
        "complete" => typed!(Complete),
        "teardown" => typed!(Teardown),
        other => wasmtime::bail!("no flow calls {other}"),
    })
}

/// Begins the error of an export that is not there; `runtime.wasm.native.native_instance` knows it.
const MISSING: &str = "missing export: ";

fn run_function(
    store: &mut Store<State>,
    function: &Function,
    given: Given,
) -> wasmtime::Result<Outcome> {
    let element = |given: Given| match given {
        Given::Element { sequence, timestamp_ns, content_type } => Ok((StreamElement {
            meta: GivenMeta { sequence, timestamp_ns, content_type },
            payload: Resource::new_borrow(LENT),
            context: Resource::new_borrow(LENT),
        },)),
        _ => wasmtime::bail!("an element is missing"),
    };
    Ok(match function {
        Function::Process(function) => match function.call(&mut *store, element(given)?)?.0 {
            Ok(ProcessResult::Emit(output)) => emitted(store, [output]),
            Ok(ProcessResult::Drop) => Outcome::Constant(|values| &values.discarded),
            Err(problem) => error(problem),
        },
        Function::Route(function) => match function.call(&mut *store, element(given)?)?.0 {
            Ok(names) => Outcome::Ports(names),
            Err(problem) => error(problem),
        },
        Function::Evaluate(function) => match function.call(&mut *store, element(given)?)?.0 {
            Ok(true) => Outcome::Constant(|values| &values.passes),
            Ok(false) => Outcome::Constant(|values| &values.stops),
            Err(problem) => error(problem),
        },
        Function::Push(function) => match function.call(&mut *store, element(given)?)?.0 {
            Ok(Signal::Ready) => Outcome::Constant(|values| &values.ready),
            Ok(Signal::Pause) => Outcome::Constant(|values| &values.pause),
            Err(problem) => error(problem),
        },
        Function::Ingest(function) => match function.call(&mut *store, element(given)?)?.0 {
            Ok(Some(output)) => emitted(store, [output]),
            Ok(None) => Outcome::Constant(|values| &values.absorbed),
            Err(problem) => error(problem),
        },
        Function::Pull(function) => match function.call(&mut *store, ())?.0 {
            Ok(Some(output)) => emitted(store, [output]),
            Ok(None) => Outcome::Constant(|values| &values.exhausted),
            Err(problem) => error(problem),
        },
        Function::Flush(function) => match function.call(&mut *store, ())?.0 {
            Ok(outputs) => emitted(store, outputs),
            Err(problem) => error(problem),
        },
        Function::Complete(function) => finished(function.call(&mut *store, ())?.0),
        Function::Init(function) => match given {
            Given::Text(text) => finished(function.call(&mut *store, (text,))?.0),
            _ => wasmtime::bail!("a configuration is missing"),
        },
        Function::NotifyBackpressure(function) => {
            let signal = match given {
                Given::Text(text) if &*text == "ready" => Signal::Ready,
                Given::Text(text) if &*text == "pause" => Signal::Pause,
                _ => wasmtime::bail!("there is no such signal"),
            };
            function.call(&mut *store, (signal,))?;
            finished(Ok(()))
        }
        Function::Teardown(function) => {
            function.call(&mut *store, ())?;
            finished(Ok(()))
        }
    })
}

fn error(problem: ProcessError) -> Outcome {
    let (case, text) = problem.parts();
    Outcome::Error(case, text)
}

fn finished(answer: Result<(), ProcessError>) -> Outcome {
    match answer {
        Ok(()) => Outcome::Constant(|values| &values.finished),
        Err(problem) => error(problem),
    }
}

fn emitted(store: &mut Store<State>, outputs: impl IntoIterator<Item = OutputElement>) -> Outcome {
    let owned = &mut store.data_mut().owned;
    let mut taken = Vec::new();
    for output in outputs {
        let Some(buffer) = owned.take_frozen(output.payload.rep()) else {
            return Outcome::Foreign;
        };
        taken.push((buffer.data, buffer.content_type, output.meta.content_type));
    }
    Outcome::Emitted(taken)
}

/// What one instance prints, for another thread than the one that calls it.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct PrintedOutput {
    output: Output,
    values: Py<Values>,
}

#[pymethods]
impl PrintedOutput {
    /// What was printed and not given before: pairs of a stream and bytes.
    fn unshown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let values = self.values.get();
        let runs = self.output.take_unshown();
        PyList::new(
            py,
            runs.iter().map(|(stream, data)| (values.stream(py, *stream), PyBytes::new(py, data))),
        )
    }
}
