//! What calls hold: the numbers that their memory is counted by.

use super::{answer, event, for_each, number, part, payload_len, too_large, unless_declined};
use pyo3::prelude::*;

/// Bytes of payloads put out, bytes printed, at most `printed_kept` of each call, and host inputs
/// of a list of `CallFinished`; `None` where it declines.
#[pyfunction]
pub fn sums_of_calls(events: &Bound<'_, PyAny>, printed_kept: i64) -> Option<(u64, i64, u64)> {
    unless_declined(|| {
        let (mut payloads, mut printed, mut inputs) = (0_u64, 0_i64, 0_u64);
        for_each(events, |found| {
            part!(outputs = found, event::OUTPUTS);
            for place in 0..outputs.len() {
                part!(output = outputs, place);
                payloads += payload_len(output)? as u64;
            }
            part!(answer = found, event::ANSWER);
            let own = number(answer, answer::PRINTED_BYTES)?.min(printed_kept);
            printed = printed.checked_add(own).ok_or_else(too_large)?;
            inputs += answer.get_borrowed_item(answer::HOST)?.len()? as u64;
            Ok(())
        })?;
        Ok((payloads, printed, inputs))
    })
}
