//! Compressing what is kept of calls.

use super::unless_declined;
use flate2::{Compress, Compression, FlushCompress, Status};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Room for what cannot be made smaller, and for the frame of the format.
const FRAME: usize = 1024;

/// Data in zlib's format, quickly rather than small; `None` where it declines.
#[pyfunction]
pub fn compressed<'py>(py: Python<'py>, data: &[u8]) -> Option<Bound<'py, PyBytes>> {
    let made = py.detach(|| {
        unless_declined(|| {
            let mut made = Vec::with_capacity(data.len() + data.len() / 8 + FRAME);
            let mut compress = Compress::new(Compression::fast(), true);
            let status = compress.compress_vec(data, &mut made, FlushCompress::Finish);
            Ok(matches!(status, Ok(Status::StreamEnd)).then_some(made))
        })
    });
    Some(PyBytes::new(py, &made??))
}
