//! Lets well-formed orders pass; says on stderr why another one is rejected.

use exports::torvyn::filtering::filter;
use exports::torvyn::streaming::lifecycle;
use serde_json::Value;
use torvyn::streaming::types::{ProcessError, StreamElement};

wit_bindgen::generate!({
    path: ["../../wit/torvyn-streaming", "../../wit/torvyn-filtering"],
    world: "torvyn:filtering/content-filter",
    generate_all,
});

struct OrderValidator;

impl lifecycle::Guest for OrderValidator {
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    fn teardown() {}
}

impl filter::Guest for OrderValidator {
    fn evaluate(element: StreamElement) -> Result<bool, ProcessError> {
        let reason = why_rejected(&element.payload.read_all());
        if let Some(reason) = &reason {
            eprintln!("rejected #{}: {reason}", element.meta.sequence);
        }
        Ok(reason.is_none())
    }
}

/// Nothing for an order with all its fields.
fn why_rejected(order: &[u8]) -> Option<String> {
    let Ok(order) = serde_json::from_slice::<Value>(order) else {
        return Some("not JSON".into());
    };
    let Value::Object(fields) = order else {
        return Some("not an object".into());
    };
    for (name, kind) in [
        ("id", "a whole number"),
        ("customer", "text"),
        ("kind", "text"),
        ("cents", "a whole number"),
    ] {
        let Some(value) = fields.get(name) else {
            return Some(format!("{name} is missing"));
        };
        let fits = match kind {
            "text" => value.is_string(),
            _ => value.is_i64() || value.is_u64(),
        };
        if !fits {
            return Some(format!("{name} is {value}, not {kind}"));
        }
    }
    None
}

export!(OrderValidator);

#[cfg(test)]
mod tests {
    use super::why_rejected;

    #[test]
    fn the_reason_names_the_field() {
        for (order, reason) in [
            (r#"{"id":1,"customer":"a","kind":"order","cents":5}"#, None),
            (r#"{"id":1"#, Some("not JSON")),
            ("[]", Some("not an object")),
            (r#"{"id":1,"customer":"a"}"#, Some("kind is missing")),
            (r#"{"id":"x"}"#, Some(r#"id is "x", not a whole number"#)),
        ] {
            assert_eq!(why_rejected(order.as_bytes()).as_deref(), reason, "{order}");
        }
    }
}
