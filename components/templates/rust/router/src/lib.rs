//! A router: elements with an even number to the port `even`, the others to `odd`.

use exports::torvyn::filtering::router;
use exports::torvyn::streaming::lifecycle;
use torvyn::streaming::types::{ProcessError, StreamElement};

wit_bindgen::generate!({
    path: "../../wit/torvyn-filtering",
    world: "content-router",
    generate_all,
});

struct Router;

impl lifecycle::Guest for Router {
    /// Once, before anything else; `config` is that of the node in Torvyn.toml.
    fn init(_config: String) -> Result<(), ProcessError> {
        Ok(())
    }

    /// Once, after everything else.
    fn teardown() {}
}

impl router::Guest for Router {
    /// The ports that the element goes to; an edge in Torvyn.toml begins at each of them.
    fn route(element: StreamElement) -> Result<Vec<String>, ProcessError> {
        let port = if element.meta.sequence % 2 == 0 {
            "even"
        } else {
            "odd"
        };
        Ok(vec![port.to_string()])
    }
}

export!(Router);
