//! A filter: lets every second element pass.

use exports::torvyn::filtering::filter;
use exports::torvyn::streaming::lifecycle;
use torvyn::streaming::types::{ProcessError, StreamElement};

wit_bindgen::generate!({
    path: "../../wit/torvyn-filtering",
    world: "content-filter",
    generate_all,
});

struct Filter;

impl lifecycle::Guest for Filter {
    /// Once, before anything else; `config` is that of the node in Torvyn.toml.
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    /// Once, after everything else.
    fn teardown() {}
}

impl filter::Guest for Filter {
    /// Whether the element goes on; its bytes would be `element.payload.read_all()`.
    fn evaluate(element: StreamElement) -> Result<bool, ProcessError> {
        Ok(element.meta.sequence % 2 == 0)
    }
}

export!(Filter);
