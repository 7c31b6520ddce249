//! What is done to many finished calls at once: the same as Python does where this is not there.
//!
//! A call is read as the tuple it is (`runtime.model.events.CallFinished`). Whatever is not as it
//! usually is (a number of more than 64 bits, half a surrogate pair, another type) is declined
//! with `None` or `false`, and nothing is changed then: Python does it, and says what is wrong.

mod columns;
mod compression;
mod inputs;
mod sums;
mod times;

pub use columns::columns_of_calls;
pub use compression::compressed;
pub use inputs::inputs_of_calls;
pub use sums::sums_of_calls;
pub use times::CallTimes;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Places in a `CallFinished`.
mod event {
    pub const CALL: usize = 0;
    pub const ANSWER: usize = 1;
    pub const BEGAN: usize = 2;
    pub const OUTPUTS: usize = 3;
}

/// Places in a `Call`.
mod call {
    pub const NUMBER: usize = 0;
    pub const NODE: usize = 1;
    pub const EXPORT: usize = 2;
    pub const ELEMENT: usize = 3;
    pub const ARGUMENT: usize = 4;
    pub const EDGE: usize = 5;
}

/// Places in an `Answer`.
mod answer {
    pub const OUTCOME: usize = 0;
    pub const DURATION: usize = 1;
    pub const PRINTED: usize = 3;
    pub const PRINTED_BYTES: usize = 4;
    pub const HOST: usize = 5;
    pub const FUEL: usize = 6;
}

/// Places in an `Element`.
mod element {
    pub const ID: usize = 0;
    pub const SOURCE: usize = 2;
    pub const SEQUENCE: usize = 3;
    pub const CONTENT_TYPE: usize = 5;
    pub const PAYLOAD: usize = 6;
    pub const PATH: usize = 7;
}

/// Places in a `Hop`.
mod hop {
    pub const NODE: usize = 0;
    pub const AT: usize = 3;
    pub const DURATION: usize = 4;
}

/// What `work` gives; `None` where it declines. Python is not to see a panic.
fn unless_declined<T>(work: impl FnOnce() -> PyResult<T>) -> Option<T> {
    // What `work` changes before all is read is of no consequence.
    catch_unwind(AssertUnwindSafe(work)).ok()?.ok()
}

/// Do `work` for each of a list of tuples.
fn for_each<'py>(
    events: &Bound<'py, PyAny>,
    mut work: impl FnMut(&Bound<'py, PyTuple>) -> PyResult<()>,
) -> PyResult<()> {
    let events = events.cast::<PyList>()?;
    for event in events {
        work(event.cast::<PyTuple>()?)?;
    }
    Ok(())
}

/// A number that stands in a tuple.
fn number(of: &Bound<'_, PyTuple>, place: usize) -> PyResult<i64> {
    of.get_borrowed_item(place)?.extract()
}

/// What stands in a tuple, as a tuple. It is borrowed, as counting references takes longer.
macro_rules! part {
    ($name:ident = $of:expr, $place:expr) => {
        let $name = $of.get_borrowed_item($place)?;
        let $name = $name.cast::<pyo3::types::PyTuple>()?;
    };
}
use part;

/// Whether it is of just this type.
fn is_of(value: &Bound<'_, PyAny>, wanted: &Bound<'_, PyAny>) -> bool {
    value.get_type_ptr().cast() == wanted.as_ptr()
}

/// The length of an element's payload.
fn payload_len(element: &Bound<'_, PyTuple>) -> PyResult<usize> {
    part!(payload = element, element::PAYLOAD);
    payload.get_borrowed_item(0)?.len()
}

/// Whether the names are the same; mostly they are one object.
fn same_name(one: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
    if one.is(other) {
        return Ok(true);
    }
    Ok(one.cast::<PyString>()?.to_str()? == other.cast::<PyString>()?.to_str()?)
}

/// What a number that does not fit is declined with.
fn too_large() -> PyErr {
    pyo3::exceptions::PyOverflowError::new_err("more than 64 bits")
}
