//! Sends orders by their risk: `high` to port `analytics`, `low` to port `delivery`, and those of
//! unknown risk to both.

use exports::torvyn::filtering::router;
use exports::torvyn::streaming::lifecycle;
use torvyn::streaming::types::{ProcessError, StreamElement};

wit_bindgen::generate!({
    path: ["../../wit/torvyn-streaming", "../../wit/torvyn-filtering"],
    world: "torvyn:filtering/content-router",
    generate_all,
});

struct RiskRouter;

impl lifecycle::Guest for RiskRouter {
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    fn teardown() {}
}

impl router::Guest for RiskRouter {
    fn route(element: StreamElement) -> Result<Vec<String>, ProcessError> {
        let order = element.payload.read_all();
        let ports: &[&str] = match text_value(&String::from_utf8_lossy(&order), "risk") {
            Some("high") => &["analytics"],
            Some("low") => &["delivery"],
            Some("unknown") => &["analytics", "delivery"],
            Some(other) => {
                return Err(ProcessError::InvalidInput(format!("risk is {other:?}")));
            }
            None => return Err(ProcessError::InvalidInput("risk is missing".into())),
        };
        Ok(ports.iter().map(ToString::to_string).collect())
    }
}

/// The text of the first key of that name, found without parsing the whole order.
fn text_value<'a>(order: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = order.split_once(&format!("\"{key}\""))?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let (text, _) = value.strip_prefix('"')?.split_once('"')?;
    Some(text)
}

export!(RiskRouter);

#[cfg(test)]
mod tests {
    use super::text_value;

    #[test]
    fn finds_the_risk_whatever_the_spacing() {
        assert_eq!(text_value(r#"{"id":1,"risk":"low"}"#, "risk"), Some("low"));
        assert_eq!(text_value(r#"{ "risk" : "high" }"#, "risk"), Some("high"));
        assert_eq!(text_value(r#"{"risk":7}"#, "risk"), None);
    }
}
