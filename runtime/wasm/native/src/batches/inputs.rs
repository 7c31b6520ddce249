//! What calls were given and pulled: `runtime.execution.call_inputs`.

use super::{answer, call, element, event, for_each, part, same_name, unless_declined};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// Elements by node, sequences by the numbers of calls that printed, and pulls by node.
type Inputs<'py> = (Bound<'py, PyDict>, Bound<'py, PyDict>, Bound<'py, PyDict>);

struct Given<'py> {
    node: Bound<'py, PyAny>,
    elements: Vec<Bound<'py, PyAny>>,
    pulls: u64,
}

/// What `CallInputs` has, of a list of `CallFinished`; `None` where it declines.
///
/// `pull` is the export whose calls are counted.
#[pyfunction]
pub fn inputs_of_calls<'py>(
    events: &Bound<'py, PyAny>,
    pull: &Bound<'py, PyAny>,
) -> Option<Inputs<'py>> {
    unless_declined(|| {
        let py = events.py();
        let mut nodes: Vec<Given<'py>> = Vec::new();
        let sequences = PyDict::new(py);
        for_each(events, |found| {
            part!(made = found, event::CALL);
            let given = made.get_borrowed_item(call::ELEMENT)?;
            if given.is_none() {
                if made.get_borrowed_item(call::EXPORT)?.is(pull) {
                    of_node(&mut nodes, made)?.pulls += 1;
                }
                return Ok(());
            }
            of_node(&mut nodes, made)?.elements.push(given.to_owned());
            part!(answer = found, event::ANSWER);
            part!(printed = answer, answer::PRINTED);
            if !printed.is_empty() {
                let number = made.get_borrowed_item(call::NUMBER)?;
                let sequence = given.cast::<PyTuple>()?.get_borrowed_item(element::SEQUENCE)?;
                sequences.set_item(number, sequence)?;
            }
            Ok(())
        })?;
        let (inputs, pulls) = (PyDict::new(py), PyDict::new(py));
        for given in nodes {
            if !given.elements.is_empty() {
                inputs.set_item(&given.node, PyList::new(py, given.elements)?)?;
            }
            if given.pulls > 0 {
                pulls.set_item(&given.node, given.pulls)?;
            }
        }
        Ok((inputs, sequences, pulls))
    })
}

/// What there is of the node that was called.
fn of_node<'a, 'py>(
    nodes: &'a mut Vec<Given<'py>>,
    made: &Bound<'py, PyTuple>,
) -> PyResult<&'a mut Given<'py>> {
    let node = made.get_borrowed_item(call::NODE)?;
    let mut found = nodes.iter().position(|given| given.node.is(&*node));
    if found.is_none() {
        for (place, given) in nodes.iter().enumerate() {
            if same_name(&given.node, &node)? {
                found = Some(place);
            }
        }
    }
    let place = found.unwrap_or(nodes.len());
    if place == nodes.len() {
        nodes.push(Given { node: node.to_owned(), elements: Vec::new(), pulls: 0 });
    }
    Ok(&mut nodes[place])
}
