//! How long calls took, and elements waited for them: `runtime.execution.call_timing`.

use super::{
    answer, call, element, event, for_each, hop, is_of, number, part, same_name, too_large,
    unless_declined,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// Values below 2 ** 6 have a bucket each: `runtime.model.measures.histogram`.
const LINEAR_BITS: u32 = 6;

/// Durations counted in the buckets of a `Histogram`.
#[derive(Default)]
struct Counts {
    buckets: Vec<u64>,
    count: u64,
    total: u128,
    max: u64,
}

/// The counts by bucket, how many they are, their total, and the largest.
type Given<'py> = (Bound<'py, PyDict>, u64, u128, u64);

impl Counts {
    fn add(&mut self, value: u64) {
        let mut bucket = value;
        if value >> LINEAR_BITS != 0 {
            let shift = u64::BITS - value.leading_zeros() - LINEAR_BITS;
            bucket = (u64::from(shift) << (LINEAR_BITS - 1)) + (value >> shift);
        }
        let bucket = bucket as usize;
        if bucket >= self.buckets.len() {
            self.buckets.resize(bucket + 1, 0);
        }
        self.buckets[bucket] += 1;
        self.count += 1;
        self.total += u128::from(value);
        self.max = self.max.max(value);
    }

    /// What was counted since this was asked last.
    fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Given<'py>>> {
        if self.count == 0 {
            return Ok(None);
        }
        let buckets = PyDict::new(py);
        for (bucket, count) in self.buckets.iter_mut().enumerate() {
            if *count != 0 {
                buckets.set_item(bucket, std::mem::take(count))?;
            }
        }
        let taken = std::mem::take(self);
        self.buckets = taken.buckets;
        Ok(Some((buckets, taken.count, taken.total, taken.max)))
    }
}

/// Elements that came to a node from one producer.
struct Waits {
    producer: Py<PyAny>,
    waits: Counts,
}

/// What the calls of one node came to.
struct Node {
    name: Py<PyAny>,
    calls: Counts,
    fuel: u128,
    waits: Vec<Waits>,
}

/// What is counted of one call.
struct Taken {
    node: usize,
    duration: u64,
    fuel: u64,
    wait: Option<(usize, u64)>,
    end: Option<End>,
}

/// An element that came to its end.
struct End {
    age: u64,
    in_calls: u64,
}

/// Name, fuel, durations, and waits by producer.
type GivenNode<'py> = (Py<PyAny>, u128, Option<Given<'py>>, Vec<(Py<PyAny>, Option<Given<'py>>)>);

/// Gathers the times of calls until somebody asks for them.
#[pyclass(module = "torvyn_studio_native")]
pub struct CallTimes {
    failed: Py<PyType>,
    accepted: Py<PyType>,
    nodes: Vec<Node>,
    ages: Counts,
    in_calls: u128,
    read: Vec<Taken>,
}

#[pymethods]
impl CallTimes {
    /// `failed` and `accepted` are the outcomes of these names.
    #[new]
    fn new(failed: Py<PyType>, accepted: Py<PyType>) -> Self {
        Self {
            failed,
            accepted,
            nodes: Vec::new(),
            ages: Counts::default(),
            in_calls: 0,
            read: Vec::new(),
        }
    }

    /// Take a list of `CallFinished`. False where it declines, and takes none of them.
    fn add_all(&mut self, events: &Bound<'_, PyAny>) -> bool {
        self.read.clear();
        let done = unless_declined(|| {
            for_each(events, |found| {
                let taken = self.take_one(found)?;
                self.read.push(taken);
                Ok(())
            })
        });
        if done.is_none() {
            return false;
        }
        for taken in &self.read {
            let node = &mut self.nodes[taken.node];
            node.calls.add(taken.duration);
            node.fuel += u128::from(taken.fuel);
            if let Some((producer, wait)) = taken.wait {
                node.waits[producer].waits.add(wait);
            }
            if let Some(end) = &taken.end {
                self.ages.add(end.age);
                self.in_calls += u128::from(end.in_calls);
            }
        }
        true
    }

    /// What was gathered since this was asked last: of each node, of elements from end to end, and
    /// nanoseconds in the calls of those.
    fn take<'py>(
        &mut self,
        py: Python<'py>,
    ) -> PyResult<(Vec<GivenNode<'py>>, Option<Given<'py>>, u128)> {
        let mut nodes = Vec::new();
        for node in &mut self.nodes {
            if node.calls.count == 0 {
                continue;
            }
            let mut waits = Vec::new();
            for from in &mut node.waits {
                waits.push((from.producer.clone_ref(py), from.waits.take(py)?));
            }
            let fuel = std::mem::take(&mut node.fuel);
            nodes.push((node.name.clone_ref(py), fuel, node.calls.take(py)?, waits));
        }
        Ok((nodes, self.ages.take(py)?, std::mem::take(&mut self.in_calls)))
    }
}

impl CallTimes {
    fn take_one(&mut self, found: &Bound<'_, PyTuple>) -> PyResult<Taken> {
        let py = found.py();
        part!(made = found, event::CALL);
        part!(answer = found, event::ANSWER);
        let node = self.node(&*made.get_borrowed_item(call::NODE)?)?;
        let duration = time(number(answer, answer::DURATION)?)?;
        let fuel = time(number(answer, answer::FUEL)?)?;
        let mut taken = Taken { node, duration, fuel, wait: None, end: None };
        let outcome = answer.get_borrowed_item(answer::OUTCOME)?;
        let given = made.get_borrowed_item(call::ELEMENT)?;
        if given.is_none() || is_of(&outcome, self.failed.bind(py)) {
            return Ok(taken);
        }
        let given = given.cast::<PyTuple>()?;
        part!(path = given, element::PATH);
        let Some(last) = path.len().checked_sub(1) else { return Ok(taken) };
        let began = number(found, event::BEGAN)?;
        part!(last = path, last);
        let given_at = number(last, hop::AT)?;
        let wait = began
            .checked_sub(given_at)
            .and_then(|wait| wait.checked_sub(number(last, hop::DURATION).ok()?))
            .ok_or_else(too_large)?;
        let producer = self.nodes[node].producer(&*last.get_borrowed_item(hop::NODE)?)?;
        taken.wait = Some((producer, time(wait)?));
        if is_of(&outcome, self.accepted.bind(py)) {
            part!(first = path, 0);
            let produced = number(first, hop::AT)?;
            let age = began.checked_sub(produced).ok_or_else(too_large)?;
            let age = time(age)?.checked_add(duration).ok_or_else(too_large)?;
            let mut in_calls = duration;
            for place in 0..path.len() {
                part!(passed = path, place);
                let own = time(number(passed, hop::DURATION)?)?;
                in_calls = in_calls.checked_add(own).ok_or_else(too_large)?;
            }
            taken.end = Some(End { age, in_calls });
        }
        Ok(taken)
    }

    fn node(&mut self, name: &Bound<'_, PyAny>) -> PyResult<usize> {
        let known = |node: &Node| node.name.is(name);
        if let Some(place) = self.nodes.iter().position(known) {
            return Ok(place);
        }
        for (place, node) in self.nodes.iter().enumerate() {
            if same_name(node.name.bind(name.py()), name)? {
                return Ok(place);
            }
        }
        let name = name.clone().unbind();
        self.nodes.push(Node { name, calls: Counts::default(), fuel: 0, waits: Vec::new() });
        Ok(self.nodes.len() - 1)
    }
}

impl Node {
    fn producer(&mut self, name: &Bound<'_, PyAny>) -> PyResult<usize> {
        for (place, waits) in self.waits.iter().enumerate() {
            if same_name(waits.producer.bind(name.py()), name)? {
                return Ok(place);
            }
        }
        let producer = name.clone().unbind();
        self.waits.push(Waits { producer, waits: Counts::default() });
        Ok(self.waits.len() - 1)
    }
}

/// A time or an amount, which is never below 0.
fn time(value: i64) -> PyResult<u64> {
    u64::try_from(value).map_err(|_| too_large())
}
