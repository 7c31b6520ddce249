//! Calls as the columns of a compact chunk: `runtime.recording.ring.compact_columns`.

use super::{
    answer, call, element, event, for_each, is_of, number, part, payload_len, too_large,
    unless_declined,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use std::collections::HashMap;

/// Kinds of calls, and content types, that are found by their objects; others by what they say.
const KNOWN: usize = 32;

/// The parts that stand without the answers, and the answers by their outcome.
type Columns<'py> = (Vec<Bound<'py, PyBytes>>, Vec<Bound<'py, PyList>>);

/// The columns of a list of `CallFinished`, at least one; `None` where it declines.
///
/// `kinds` numbers kinds of calls (`CallKinds`), and `outcomes` has the types of outcomes in the
/// order of their codes.
#[pyfunction]
pub fn columns_of_calls<'py>(
    events: &Bound<'py, PyAny>,
    kinds: &Bound<'py, PyDict>,
    outcomes: &Bound<'py, PyTuple>,
) -> Option<Columns<'py>> {
    unless_declined(|| {
        let mut read = Reading::new(events.len()?, kinds, outcomes);
        for_each(events, |found| read.add(found))?;
        read.columns(events.py())
    })
}

/// Numbers, as differences from each to the next.
#[derive(Default)]
struct Steps {
    steps: Vec<i64>,
    before: i64,
}

impl Steps {
    fn push(&mut self, value: i64) -> PyResult<()> {
        self.steps.push(value.checked_sub(self.before).ok_or_else(too_large)?);
        self.before = value;
        Ok(())
    }
}

/// The code of a type of Python's `array`, then the numbers in that type: the narrowest that has
/// all of them.
fn packed(numbers: &[i64]) -> Vec<u8> {
    let least = numbers.iter().copied().min().unwrap_or(0);
    let most = numbers.iter().copied().max().unwrap_or(0);
    let fits = |from: i64, to: i64| from <= least && most <= to;
    if fits(i8::MIN.into(), i8::MAX.into()) {
        packed_as(b'b', numbers, |number| (number as i8).to_ne_bytes())
    } else if fits(i16::MIN.into(), i16::MAX.into()) {
        packed_as(b'h', numbers, |number| (number as i16).to_ne_bytes())
    } else if fits(i32::MIN.into(), i32::MAX.into()) {
        packed_as(b'i', numbers, |number| (number as i32).to_ne_bytes())
    } else {
        packed_as(b'q', numbers, i64::to_ne_bytes)
    }
}

fn packed_as<const N: usize>(code: u8, numbers: &[i64], bytes: impl Fn(i64) -> [u8; N]) -> Vec<u8> {
    let mut made = Vec::with_capacity(1 + N * numbers.len());
    made.push(code);
    for number in numbers {
        made.extend_from_slice(&bytes(*number));
    }
    made
}

/// What calls of one kind have in common.
struct Kind<'py> {
    node: Bound<'py, PyAny>,
    export: Bound<'py, PyAny>,
    argument: Bound<'py, PyAny>,
    source: Bound<'py, PyAny>,
    edge: Option<i64>,
}

struct Reading<'a, 'py> {
    kinds: &'a Bound<'py, PyDict>,
    known_kinds: Vec<(Kind<'py>, u32)>,
    outcomes: Vec<Bound<'py, PyAny>>,
    known_types: Vec<(Bound<'py, PyAny>, u32)>,
    types: HashMap<String, u32>,
    types_in_order: Vec<Bound<'py, PyBytes>>,
    ended: i64,
    codes: Vec<u8>,
    kind: Vec<i64>,
    ids: Steps,
    sequences: Steps,
    gaps: Vec<i64>,
    shown_sequences: Steps,
    sizes: Vec<i64>,
    content_types: Vec<i64>,
    durations: Vec<i64>,
    fuel: Vec<i64>,
    output_counts: Vec<i64>,
    output_ids: Steps,
    answers: Vec<Vec<Bound<'py, PyTuple>>>,
}

impl<'a, 'py> Reading<'a, 'py> {
    fn new(calls: usize, kinds: &'a Bound<'py, PyDict>, outcomes: &Bound<'py, PyTuple>) -> Self {
        let numbers = || Vec::with_capacity(calls);
        let steps = || Steps { steps: Vec::with_capacity(calls), before: 0 };
        Self {
            kinds,
            known_kinds: Vec::new(),
            outcomes: outcomes.iter().collect(),
            known_types: Vec::new(),
            types: HashMap::new(),
            types_in_order: Vec::new(),
            ended: 0,
            codes: Vec::with_capacity(calls),
            kind: numbers(),
            ids: steps(),
            sequences: steps(),
            gaps: numbers(),
            shown_sequences: steps(),
            sizes: numbers(),
            content_types: numbers(),
            durations: numbers(),
            fuel: numbers(),
            output_counts: numbers(),
            output_ids: steps(),
            answers: outcomes.iter().map(|_| Vec::new()).collect(),
        }
    }

    fn add(&mut self, found: &Bound<'py, PyTuple>) -> PyResult<()> {
        part!(made = found, event::CALL);
        part!(answer = found, event::ANSWER);
        let given = made.get_borrowed_item(call::ELEMENT)?;
        let given = if given.is_none() { None } else { Some(given.cast::<PyTuple>()?) };
        self.add_kind(made, given)?;
        let duration = number(answer, answer::DURATION)?;
        self.durations.push(duration);
        let fuel = number(answer, answer::FUEL)?;
        self.fuel.push(fuel);
        let began = number(found, event::BEGAN)?;
        let gap = began.checked_sub(self.ended).ok_or_else(too_large)?;
        self.gaps.push(gap);
        self.ended = began.checked_add(duration).ok_or_else(too_large)?;
        let (id, sequence) = match &given {
            Some(given) => (number(given, element::ID)?, number(given, element::SEQUENCE)?),
            None => (0, 0),
        };
        self.ids.push(id)?;
        self.sequences.push(sequence)?;
        part!(outputs = found, event::OUTPUTS);
        let count = u32::try_from(outputs.len()).map_err(|_| too_large())?;
        self.output_counts.push(count.into());
        for place in 0..outputs.len() {
            part!(output = outputs, place);
            self.output_ids.push(number(output, element::ID)?)?;
        }
        if given.is_none() && count > 0 {
            part!(output = outputs, 0);
            self.add_shown(Some(output))?;
        } else {
            self.add_shown(given)?;
        }
        self.add_answer(answer)
    }

    fn add_kind(
        &mut self,
        made: &Bound<'py, PyTuple>,
        given: Option<&Bound<'py, PyTuple>>,
    ) -> PyResult<()> {
        let py = made.py();
        let none = py.None();
        let node = made.get_borrowed_item(call::NODE)?;
        let export = made.get_borrowed_item(call::EXPORT)?;
        let argument = made.get_borrowed_item(call::ARGUMENT)?;
        let source = match given {
            Some(given) => given.get_borrowed_item(element::SOURCE)?,
            None => none.bind_borrowed(py),
        };
        let edge: Option<i64> = made.get_borrowed_item(call::EDGE)?.extract()?;
        let known = self.known_kinds.iter().find(|(other, _)| {
            other.node.is(&*node)
                && other.export.is(&*export)
                && other.source.is(&*source)
                && other.argument.is(&*argument)
                && other.edge == edge
        });
        let number = match known {
            Some((_, number)) => *number,
            None => {
                let kind = Kind {
                    node: node.to_owned(),
                    export: export.to_owned(),
                    argument: argument.to_owned(),
                    source: source.to_owned(),
                    edge,
                };
                let export = kind.export.getattr("_value_")?;
                let key = (&kind.node, export, &kind.argument, &kind.source, kind.edge);
                // Not as a dictionary is asked: it makes the numbers that are missing.
                let number = self.kinds.as_any().get_item(key)?.extract()?;
                if self.known_kinds.len() < KNOWN {
                    self.known_kinds.push((kind, number));
                }
                number
            }
        };
        self.kind.push(number.into());
        Ok(())
    }

    fn add_shown(&mut self, shown: Option<&Bound<'py, PyTuple>>) -> PyResult<()> {
        let none = PyString::intern(self.kinds.py(), "");
        let (sequence, size, content_type) = match shown {
            Some(shown) => (
                number(shown, element::SEQUENCE)?,
                payload_len(shown)? as i64,
                shown.get_borrowed_item(element::CONTENT_TYPE)?,
            ),
            None => (0, -1, none.as_any().as_borrowed()),
        };
        self.shown_sequences.push(sequence)?;
        self.sizes.push(size);
        let known = self.known_types.iter().find(|(other, _)| other.is(&*content_type));
        let number = match known {
            Some((_, number)) => *number,
            None => self.type_number(content_type.to_owned())?,
        };
        self.content_types.push(number.into());
        Ok(())
    }

    fn type_number(&mut self, content_type: Bound<'py, PyAny>) -> PyResult<u32> {
        let text = content_type.cast::<PyString>()?.to_str()?;
        let number = match self.types.get(text) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.types.len()).map_err(|_| too_large())?;
                self.types.insert(text.to_owned(), number);
                self.types_in_order.push(PyBytes::new(content_type.py(), text.as_bytes()));
                number
            }
        };
        if self.known_types.len() < KNOWN {
            self.known_types.push((content_type, number));
        }
        Ok(number)
    }

    fn add_answer(&mut self, answer: &Bound<'py, PyTuple>) -> PyResult<()> {
        let outcome = answer.get_borrowed_item(answer::OUTCOME)?;
        let code = self.outcomes.iter().position(|other| is_of(&outcome, other));
        let code = code.ok_or_else(too_large)?;
        self.codes.push(u8::try_from(code)?);
        self.answers[code].push(answer.clone());
        Ok(())
    }

    fn columns(self, py: Python<'py>) -> PyResult<Columns<'py>> {
        let columns = [
            &self.kind,
            &self.ids.steps,
            &self.sequences.steps,
            &self.gaps,
            &self.shown_sequences.steps,
            &self.sizes,
            &self.content_types,
            &self.durations,
            &self.fuel,
            &self.output_counts,
            &self.output_ids.steps,
        ];
        let mut parts = vec![PyBytes::new(py, &self.codes)];
        parts.extend(columns.iter().map(|numbers| PyBytes::new(py, &packed(numbers))));
        parts.extend(self.types_in_order);
        let groups = self.answers.into_iter().filter(|group| !group.is_empty());
        Ok((parts, groups.map(|group| PyList::new(py, group)).collect::<PyResult<_>>()?))
    }
}
