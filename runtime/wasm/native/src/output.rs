//! What one instance prints: both streams in the order it wrote to them, read after every call.

use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

pub const STDOUT: usize = 0;
pub const STDERR: usize = 1;

/// Memory that a call used beyond this is given back after it.
const RELEASED_BYTES: usize = 1024 * 1024;
/// What wasmtime itself allows to be written at once.
const PERMITTED_BYTES: usize = 64 * 1024;

/// Numbers of the runtime, given by the caller so that they stand in one place.
#[derive(Clone, Copy)]
pub struct PrintRules {
    /// What one call may write to one stream.
    pub limit_bytes: usize,
    /// How much of what a call wrote stays with its answer.
    pub kept_bytes: usize,
    /// Of that, stderr gets so much even after a long stdout.
    pub stderr_share: usize,
    /// The end of stderr that stays with a failure.
    pub stderr_tail_bytes: usize,
    /// Bytes that are shown at once.
    pub chunk_bytes: usize,
}

/// Bytes of one stream.
pub type Run = (usize, Vec<u8>);

#[derive(Default)]
struct Text {
    /// All bytes of the call, of both streams.
    bytes: Vec<u8>,
    /// Whose they are: stream, and where its bytes end.
    runs: Vec<(usize, usize)>,
    written: [usize; 2],
    /// So much of `bytes` was shown.
    shown: usize,
}

impl Text {
    fn pieces(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let mut start = 0;
        self.runs.iter().map(move |(stream, end)| {
            let piece = (*stream, &self.bytes[start..*end]);
            start = *end;
            piece
        })
    }
}

/// What was printed in a call, without its bytes.
#[derive(Clone, Copy, Default)]
pub struct Amounts {
    pub written: [usize; 2],
    /// The limit, when a stream reached it: what came after that is lost. Else 0.
    pub over_limit: usize,
}

/// The two streams of one instance. Cheap to clone: all clones are the same output.
#[derive(Clone)]
pub struct Output {
    text: Arc<Mutex<Text>>,
    rules: PrintRules,
}

impl Output {
    pub fn new(rules: PrintRules) -> Self {
        Self { text: Arc::default(), rules }
    }

    fn text(&self) -> MutexGuard<'_, Text> {
        // No code that holds the lock can leave the text half changed.
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn stream(&self, stream: usize) -> PrintStream {
        PrintStream { output: self.clone(), stream }
    }

    fn write(&self, stream: usize, bytes: &[u8]) -> Result<(), ()> {
        let mut text = self.text();
        let room = self.rules.limit_bytes - text.written[stream];
        let taken = &bytes[..bytes.len().min(room)];
        if !taken.is_empty() {
            text.bytes.extend_from_slice(taken);
            text.written[stream] += taken.len();
            let end = text.bytes.len();
            match text.runs.last_mut() {
                Some(last) if last.0 == stream => last.1 = end,
                _ => text.runs.push((stream, end)),
            }
        }
        if taken.len() == bytes.len() { Ok(()) } else { Err(()) }
    }

    /// What was written and not given here before, in parts.
    pub fn take_unshown(&self) -> Vec<Run> {
        let mut text = self.text();
        let (shown, mut parts, mut start) = (text.shown, Vec::new(), 0);
        for (stream, piece) in text.pieces() {
            let end = start + piece.len();
            if end > shown {
                let unshown = &piece[shown.max(start) - start..];
                parts.extend(
                    unshown.chunks(self.rules.chunk_bytes).map(|part| (stream, part.to_vec())),
                );
            }
            start = end;
        }
        text.shown = text.bytes.len();
        parts
    }

    pub fn amounts(&self) -> Amounts {
        let text = self.text();
        let limit = self.rules.limit_bytes;
        let over = text.written.iter().any(|size| *size >= limit);
        Amounts { written: text.written, over_limit: if over { limit } else { 0 } }
    }

    /// The beginning of what was written to each stream, in the order it was written.
    pub fn kept(&self) -> Vec<Run> {
        let text = self.text();
        let [out, err] = text.written;
        let rules = self.rules;
        let kept_err = err.min(rules.kept_bytes.saturating_sub(out).max(rules.stderr_share));
        let mut left = [out.min(rules.kept_bytes - kept_err), kept_err];
        let mut runs: Vec<Run> = Vec::new();
        for (stream, piece) in text.pieces() {
            let part = &piece[..piece.len().min(left[stream])];
            left[stream] -= part.len();
            match runs.last_mut() {
                _ if part.is_empty() => {}
                Some(last) if last.0 == stream => last.1.extend_from_slice(part),
                _ => runs.push((stream, part.to_vec())),
            }
        }
        runs
    }

    /// The end of what was written to stderr.
    pub fn stderr_tail(&self) -> Vec<u8> {
        let text = self.text();
        let mut skipped = text.written[STDERR].saturating_sub(self.rules.stderr_tail_bytes);
        let mut tail = Vec::new();
        for (_, piece) in text.pieces().filter(|(stream, _)| *stream == STDERR) {
            let passed = skipped.min(piece.len());
            skipped -= passed;
            tail.extend_from_slice(&piece[passed..]);
        }
        tail
    }

    /// The next call begins with nothing.
    pub fn clear(&self) {
        let mut text = self.text();
        let mut bytes = std::mem::take(&mut text.bytes);
        bytes.clear();
        bytes.shrink_to(RELEASED_BYTES);
        let mut runs = std::mem::take(&mut text.runs);
        runs.clear();
        runs.shrink_to(RELEASED_BYTES / size_of::<(usize, usize)>());
        *text = Text { bytes, runs, ..Text::default() };
    }
}

/// One stream, as wasmtime writes to it.
#[derive(Clone)]
pub struct PrintStream {
    output: Output,
    stream: usize,
}

impl IsTerminal for PrintStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for PrintStream {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for it, which no component is given.
        Box::new(tokio::io::sink())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PrintStream {
    async fn ready(&mut self) {}
}

impl OutputStream for PrintStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.output.write(self.stream, &bytes).map_err(|()| {
            StreamError::LastOperationFailed(wasmtime::format_err!("no more is taken in one call"))
        })
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMITTED_BYTES)
    }
}
