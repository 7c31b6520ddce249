//! The one call that runs: its time, and the way to end it from another thread.
//!
//! A thread of its own advances the engines' epochs every `TICK`; it knows nothing of Python.
//! wasmtime then asks, in the middle of wasm code, whether the call may go on.

use crate::engine::Engines;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use wasmtime::{Result, UpdateDeadline};

/// Precision of call timeouts.
const TICK: Duration = Duration::from_millis(5);
/// The ticking thread sleeps after so many ticks without a call.
const QUIET_TICKS: u32 = 200;
/// After so long what a call prints is shown while it runs.
const FOLLOWED: Duration = Duration::from_millis(200);

/// Advances the epoch of the engines while calls are made.
pub struct Ticker {
    running: AtomicUsize,
    begun: AtomicUsize,
    asleep: AtomicBool,
    lock: Mutex<bool>,
    wakened: Condvar,
    ended: AtomicBool,
}

impl Ticker {
    /// Start the thread; it ends with the engines.
    pub fn start(engines: Weak<Engines>) -> std::io::Result<Arc<Self>> {
        let ticker = Arc::new(Self {
            running: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            lock: Mutex::new(false),
            wakened: Condvar::new(),
            ended: AtomicBool::new(false),
        });
        let own = ticker.clone();
        std::thread::Builder::new().name("epoch".to_owned()).spawn(move || own.tick(&engines))?;
        Ok(ticker)
    }

    fn tick(&self, engines: &Weak<Engines>) {
        let (mut quiet, mut last) = (0, 0);
        while !self.ended.load(SeqCst) {
            std::thread::sleep(TICK);
            let Some(engines) = engines.upgrade() else { return };
            engines.increment_epoch();
            drop(engines);
            let begun = self.begun.load(SeqCst);
            if begun != last || self.running.load(SeqCst) > 0 {
                (quiet, last) = (0, begun);
                continue;
            }
            quiet += 1;
            if quiet < QUIET_TICKS {
                continue;
            }
            quiet = 0;
            self.asleep.store(true, SeqCst);
            // A call may have begun just before: whoever begins one looks at `asleep` after it
            // counted itself, so one of the two sees the other.
            if self.begun.load(SeqCst) == last && self.running.load(SeqCst) == 0 {
                let mut wanted = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
                while !*wanted && !self.ended.load(SeqCst) {
                    wanted = self.wakened.wait(wanted).unwrap_or_else(PoisonError::into_inner);
                }
                *wanted = false;
            }
            self.asleep.store(false, SeqCst);
        }
    }

    fn begin(&self) {
        self.running.fetch_add(1, SeqCst);
        self.begun.fetch_add(1, SeqCst);
        if self.asleep.load(SeqCst) {
            self.wake();
        }
    }

    fn wake(&self) {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wakened.notify_all();
    }

    /// End the thread.
    pub fn end(&self) {
        self.ended.store(true, SeqCst);
        self.wake();
    }

    /// True while the thread sleeps because there are no calls.
    pub fn asleep(&self) -> bool {
        self.asleep.load(SeqCst)
    }
}

/// The call that runs, for any thread.
pub struct Running {
    pub ticker: Arc<Ticker>,
    base: Instant,
    pub interrupted: AtomicBool,
    pub timed_out: AtomicBool,
    runs: AtomicBool,
    /// Nanoseconds since `base`.
    began: AtomicU64,
    /// Nanoseconds; 0 is no limit.
    timeout: AtomicU64,
    call: Mutex<Option<Py<PyAny>>>,
}

impl Running {
    pub fn new(ticker: Arc<Ticker>) -> Self {
        Self {
            ticker,
            base: Instant::now(),
            interrupted: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
            runs: AtomicBool::new(false),
            began: AtomicU64::new(0),
            timeout: AtomicU64::new(0),
            call: Mutex::new(None),
        }
    }

    pub fn set_call(&self, call: Option<Py<PyAny>>) {
        let before = {
            let mut place = self.call.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *place, call)
        };
        // Python code may run here, so not while the lock is held.
        drop(before);
    }

    /// A call begins.
    pub fn begin(&self, timeout_ns: u64) {
        self.interrupted.store(false, SeqCst);
        self.timed_out.store(false, SeqCst);
        self.timeout.store(timeout_ns, SeqCst);
        self.began.store(self.now(), SeqCst);
        self.runs.store(true, SeqCst);
        self.ticker.begin();
    }

    /// The call ended; how many nanoseconds it took.
    pub fn end(&self) -> u64 {
        let took = self.elapsed();
        self.runs.store(false, SeqCst);
        self.ticker.running.fetch_sub(1, SeqCst);
        took
    }

    fn now(&self) -> u64 {
        self.base.elapsed().as_nanos() as u64
    }

    fn elapsed(&self) -> u64 {
        self.now().saturating_sub(self.began.load(SeqCst))
    }

    /// Nanoseconds the call may still take.
    pub fn left_ns(&self) -> u64 {
        match self.timeout.load(SeqCst) {
            0 => u64::MAX,
            timeout => timeout.saturating_sub(self.elapsed()),
        }
    }

    fn call_number(&self, py: Python<'_>) -> Option<u64> {
        let place = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref()?.bind(py).get_item(0).ok()?.extract().ok()
    }

    /// The running call, nanoseconds since it began, nanoseconds it may take. None between calls.
    pub fn in_progress(&self, py: Python<'_>) -> Option<(Py<PyAny>, u64, u64)> {
        if !self.runs.load(SeqCst) {
            return None;
        }
        let place = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        let call = place.as_ref()?.clone_ref(py);
        Some((call, self.elapsed(), self.timeout.load(SeqCst)))
    }
}

/// What the epoch asks for one store.
pub struct Pulse {
    pub running: Arc<Running>,
    /// `follow(number)` has what the call prints shown from now on, while it runs.
    pub follow: Py<PyAny>,
    pub followed: Arc<AtomicBool>,
    /// What a signal's handler raised: whoever made the call gets it.
    pub raised: Arc<Mutex<Option<PyErr>>>,
}

impl Pulse {
    /// Whether the call may go on.
    pub fn beat(&self) -> Result<UpdateDeadline> {
        let running = &self.running;
        if self.raised.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            wasmtime::bail!("interrupted");
        }
        if running.interrupted.load(SeqCst) {
            wasmtime::bail!("interrupted");
        }
        if running.left_ns() == 0 {
            running.timed_out.store(true, SeqCst);
            wasmtime::bail!("timed out");
        }
        let problem = Python::attach(|py| {
            // While the component does not return, no other Python code of this thread runs: so
            // signals are looked for here.
            py.check_signals()?;
            if running.elapsed() > FOLLOWED.as_nanos() as u64 && !self.followed.swap(true, SeqCst) {
                self.follow.call1(py, (running.call_number(py),))?;
            }
            Ok(())
        });
        if let Err(problem) = problem {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
            wasmtime::bail!("interrupted");
        }
        Ok(UpdateDeadline::Continue(1))
    }
}
