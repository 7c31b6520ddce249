//! Marks every metric with the pipeline it went through.

use exports::torvyn::streaming::{lifecycle, processor};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    Buffer, BufferError, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "managed-transform",
});

const CONTENT_TYPE: &str = "application/json";
const TAG: &str = r#""processed_by":"metrics-pipeline""#;

struct MetricProcessor;

impl lifecycle::Guest for MetricProcessor {
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    fn teardown() {}
}

impl processor::Guest for MetricProcessor {
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        let event = String::from_utf8(input.payload.read_all())
            .map_err(|error| ProcessError::InvalidInput(error.to_string()))?;
        let tagged = tag(&event)
            .ok_or_else(|| ProcessError::InvalidInput("the event is not a JSON object".into()))?;
        Ok(ProcessResult::Emit(OutputElement {
            meta: ElementMeta {
                content_type: CONTENT_TYPE.into(),
                ..input.meta
            },
            payload: frozen(tagged.as_bytes())?,
        }))
    }
}

/// The event with the tag as its last key; none when it is not a JSON object.
fn tag(event: &str) -> Option<String> {
    let fields = event
        .trim()
        .strip_prefix('{')?
        .strip_suffix('}')?
        .trim_end();
    let comma = if fields.is_empty() { "" } else { "," };
    Some(format!("{{{fields}{comma}{TAG}}}"))
}

fn frozen(bytes: &[u8]) -> Result<Buffer, BufferError> {
    let buffer = buffer_allocator::allocate(bytes.len() as u64)?;
    buffer.append(bytes)?;
    buffer.set_content_type(CONTENT_TYPE);
    Ok(buffer.freeze())
}

impl From<BufferError> for ProcessError {
    fn from(error: BufferError) -> Self {
        Self::Internal(format!("no buffer for the event: {error:?}"))
    }
}

export!(MetricProcessor);

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn tags_objects() {
        for (event, tagged) in [
            (
                r#"{"a":{"b":1}}"#,
                r#"{"a":{"b":1},"processed_by":"metrics-pipeline"}"#,
            ),
            ("{ }\n", r#"{"processed_by":"metrics-pipeline"}"#),
        ] {
            assert_eq!(tag(event).as_deref(), Some(tagged));
        }
    }

    #[test]
    fn refuses_other_data() {
        for event in ["", "[1]", "{", "plain text"] {
            assert_eq!(tag(event), None, "{event}");
        }
    }
}
