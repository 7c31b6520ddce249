//! Tries what a component may not do unless it is granted; each element says what one attempt came
//! to, in words that are the same every time.
//!
//! Config: `{"directory": DIR, "variable": NAME, "port": N}`: a folder that holds `greeting.txt`, a
//! variable of the environment, and a port of 127.0.0.1 where nobody listens.

use std::cell::{Cell, RefCell};
use std::fs;
use std::time::{Duration, Instant, SystemTime};

use exports::torvyn::streaming::{lifecycle, source};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BackpressureSignal, Buffer, BufferError, ElementMeta, OutputElement, ProcessError,
};
use wasi::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};

wit_bindgen::generate!({
    path: "../../wit/torvyn-streaming",
    world: "data-source",
});

const CONTENT_TYPE: &str = "text/plain";

#[derive(Clone, Default, serde::Deserialize)]
struct Config {
    directory: String,
    variable: String,
    port: u16,
}

type Attempt = (&'static str, fn(&Config) -> String);

const ATTEMPTS: [Attempt; 8] = [
    ("read a file", read_file),
    ("write a file", write_file),
    ("read the environment", read_environment),
    ("wall clock", wall_clock),
    ("monotonic clock", monotonic_clock),
    ("random numbers", random_numbers),
    ("print to stdout", print),
    ("connect to 127.0.0.1", connect),
];

thread_local! {
    static CONFIG: RefCell<Config> = RefCell::default();
    static NEXT: Cell<usize> = const { Cell::new(0) };
}

struct AccessProbe;

impl lifecycle::Guest for AccessProbe {
    fn init(config: String) -> Result<(), ProcessError> {
        let config = serde_json::from_str(&config)
            .map_err(|error| ProcessError::InvalidInput(format!("config: {error}")))?;
        CONFIG.set(config);
        NEXT.set(0);
        Ok(())
    }

    fn teardown() {}
}

impl source::Guest for AccessProbe {
    fn pull() -> Result<Option<OutputElement>, ProcessError> {
        let number = NEXT.get();
        let Some((name, attempt)) = ATTEMPTS.get(number) else {
            return Ok(None);
        };
        let came_to = CONFIG.with_borrow(attempt);
        NEXT.set(number + 1);
        Ok(Some(OutputElement {
            meta: ElementMeta {
                sequence: number as u64,
                timestamp_ns: 0,
                content_type: CONTENT_TYPE.into(),
            },
            payload: frozen(format!("{name}: {came_to}").as_bytes())?,
        }))
    }

    fn notify_backpressure(_signal: BackpressureSignal) {}
}

fn read_file(config: &Config) -> String {
    match fs::read_to_string(format!("{}/greeting.txt", config.directory)) {
        Ok(text) => format!("{:?}", text.trim()),
        Err(error) => format!("refused, {error}"),
    }
}

fn write_file(config: &Config) -> String {
    match fs::write(
        format!("{}/written.txt", config.directory),
        "by a component\n",
    ) {
        Ok(()) => "written".into(),
        Err(error) => format!("refused, {error}"),
    }
}

fn read_environment(config: &Config) -> String {
    let found = std::env::var_os(&config.variable).is_some();
    let found = if found { "is" } else { "is not" };
    format!("{} {found} there", config.variable)
}

fn wall_clock(_config: &Config) -> String {
    let now = SystemTime::now();
    let first_release = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    (if now > first_release {
        "tells the time"
    } else {
        "stands still"
    })
    .into()
}

fn monotonic_clock(_config: &Config) -> String {
    let began = Instant::now();
    format!("runs forward: {}", Instant::now() >= began)
}

fn random_numbers(_config: &Config) -> String {
    let bytes = wasi::random::random::get_random_bytes(16);
    format!("{} bytes", bytes.len())
}

fn print(_config: &Config) -> String {
    println!("a line on stdout");
    "done, whoever reads it".into()
}

fn connect(config: &Config) -> String {
    match try_to_connect(config.port) {
        Ok(()) => "connected".into(),
        Err(ErrorCode::ConnectionRefused) => "let through, nobody listens".into(),
        Err(code) => format!("refused, {}", code.name().replace('-', " ")),
    }
}

fn try_to_connect(port: u16) -> Result<(), ErrorCode> {
    let socket = wasi::sockets::tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4)?;
    let network = wasi::sockets::instance_network::instance_network();
    let address = (127, 0, 0, 1);
    let place = IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address });
    socket.start_connect(&network, place)?;
    loop {
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            outcome => return outcome.map(|_streams| ()),
        }
    }
}

fn frozen(bytes: &[u8]) -> Result<Buffer, BufferError> {
    let buffer = buffer_allocator::allocate(bytes.len() as u64)?;
    buffer.append(bytes)?;
    buffer.set_content_type(CONTENT_TYPE);
    Ok(buffer.freeze())
}

impl From<BufferError> for ProcessError {
    fn from(error: BufferError) -> Self {
        Self::Internal(format!("no buffer for the element: {error:?}"))
    }
}

export!(AccessProbe);
