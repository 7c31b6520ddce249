//! Compiled functions, found again by what they were made of.
//!
//! Each build of a component that carries an interpreter holds the interpreter again: of its twenty
//! thousand functions all but a few are those of the build before, and of other components in the
//! same language.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use wasmtime::CacheStore;

/// Bytes that are kept at most; beyond, what the last component did not want is dropped.
const MOST_BYTES: usize = 128 << 20;
/// What is kept is made again when one in so many functions was not found.
const WORTH_KEEPING: usize = 10;
/// Before each function: the lengths of its key and of its code, 32 bits each.
const LENGTHS: usize = 8;

/// Functions that were kept, and those that the compilation of one component adds.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct Functions(pub Arc<Store>);

pub struct Store {
    kept: Option<PyBackedBytes>,
    places: HashMap<Vec<u8>, Range<usize>>,
    compiled: Mutex<Compiled>,
}

/// By key, what one component wanted.
#[derive(Default)]
struct Compiled {
    found: HashSet<Vec<u8>>,
    added: HashMap<Vec<u8>, Vec<u8>>,
}

#[pymethods]
impl Functions {
    /// `kept` is what `to_keep` gave, which the caller must have authenticated: it holds machine
    /// code. What cannot be read as that is taken for nothing.
    #[new]
    #[pyo3(signature = (kept=None))]
    fn new(kept: Option<PyBackedBytes>) -> Self {
        let places = kept.as_ref().and_then(|kept| places_in(kept)).unwrap_or_default();
        Self(Arc::new(Store { kept, places, compiled: Mutex::default() }))
    }

    /// How many functions of the compiled component were known; equal ones count as one.
    #[getter]
    fn found(&self) -> usize {
        self.0.compiled().found.len()
    }

    /// What the next compilation should be given; `None` when it is what this one was given, or
    /// nearly.
    fn to_keep<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.0.to_keep())?;
        Some(PyBytes::new(py, &bytes))
    }
}

impl Store {
    fn kept(&self, place: &Range<usize>) -> &[u8] {
        self.kept.as_ref().map_or(&[], |kept| &kept[place.clone()])
    }

    fn compiled(&self) -> MutexGuard<'_, Compiled> {
        self.compiled.lock().expect("nothing panics that holds it")
    }

    fn to_keep(&self) -> Option<Vec<u8>> {
        let compiled = self.compiled();
        let wanted = compiled.found.len() + compiled.added.len();
        if compiled.added.len() * WORTH_KEEPING <= wanted {
            return None;
        }
        let mut bytes = Vec::new();
        compiled.added.iter().for_each(|(key, code)| add(&mut bytes, key, code));
        let (found, others): (Vec<_>, Vec<_>) =
            self.places.iter().partition(|(key, _)| compiled.found.contains(*key));
        for (key, place) in found.into_iter().chain(others) {
            let code = self.kept(place);
            if bytes.len() + LENGTHS + key.len() + code.len() <= MOST_BYTES {
                add(&mut bytes, key, code);
            }
        }
        Some(bytes)
    }
}

impl CacheStore for Store {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let mut compiled = self.compiled();
        if let Some(code) = compiled.added.get(key) {
            return Some(Cow::Owned(code.clone()));
        }
        let place = self.places.get(key)?;
        compiled.found.insert(key.to_vec());
        Some(Cow::Borrowed(self.kept(place)))
    }

    fn insert(&self, key: &[u8], code: Vec<u8>) -> bool {
        self.compiled().added.insert(key.to_vec(), code);
        true
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} functions", self.places.len())
    }
}

fn add(bytes: &mut Vec<u8>, key: &[u8], code: &[u8]) {
    bytes.extend((key.len() as u32).to_le_bytes());
    bytes.extend((code.len() as u32).to_le_bytes());
    bytes.extend(key);
    bytes.extend(code);
}

/// Where the code of each function is; `None` when these are not such bytes.
fn places_in(bytes: &[u8]) -> Option<HashMap<Vec<u8>, Range<usize>>> {
    let mut places = HashMap::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let (key, code) = (length(at)? as usize, length(at + 4)? as usize);
        at += LENGTHS;
        let place = at + key..at + key + code;
        bytes.get(place.clone())?;
        places.insert(bytes[at..at + key].to_vec(), place.clone());
        at = place.end;
    }
    Some(places)
}
