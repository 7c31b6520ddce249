//! Sends metrics to port `metrics`, logs to port `logs` and anything else to both.

use exports::torvyn::filtering::router;
use exports::torvyn::streaming::lifecycle;
use torvyn::streaming::types::{ProcessError, StreamElement};

wit_bindgen::generate!({
    path: ["../../wit/torvyn-streaming", "../../wit/torvyn-filtering"],
    world: "torvyn:filtering/content-router",
    generate_all,
});

struct EventRouter;

impl lifecycle::Guest for EventRouter {
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    fn teardown() {}
}

impl router::Guest for EventRouter {
    fn route(element: StreamElement) -> Result<Vec<String>, ProcessError> {
        let event = element.payload.read_all();
        let ports: &[&str] = match event_type(&String::from_utf8_lossy(&event)) {
            Some("metric") => &["metrics"],
            Some("log") => &["logs"],
            _ => &["metrics", "logs"],
        };
        Ok(ports.iter().map(ToString::to_string).collect())
    }
}

/// The value of the first `"type"` key, found without parsing the whole event.
fn event_type(event: &str) -> Option<&str> {
    let (_, rest) = event.split_once(r#""type""#)?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let (name, _) = value.strip_prefix('"')?.split_once('"')?;
    Some(name)
}

export!(EventRouter);

#[cfg(test)]
mod tests {
    use super::event_type;

    #[test]
    fn finds_the_type_whatever_the_spacing() {
        assert_eq!(event_type(r#"{"type":"metric","value":1}"#), Some("metric"));
        assert_eq!(event_type(r#"{ "id": 1, "type" : "log" }"#), Some("log"));
    }

    #[test]
    fn has_no_type_for_other_data() {
        for event in ["", "plain text", r#"{"type":7}"#, r#"{"type":"log"#] {
            assert_eq!(event_type(event), None, "{event}");
        }
    }
}
