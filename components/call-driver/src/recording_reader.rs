//! Reads the recording from its first byte to its last.

use alloc::string::String;
use alloc::vec::Vec;

/// The exports, numbered from 0 in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Export {
    Init,
    Process,
    Push,
    Evaluate,
    Route,
    Ingest,
    Flush,
    Complete,
    Teardown,
}

const EXPORTS: [Export; 9] = [
    Export::Init,
    Export::Process,
    Export::Push,
    Export::Evaluate,
    Export::Route,
    Export::Ingest,
    Export::Flush,
    Export::Complete,
    Export::Teardown,
];

impl Export {
    pub fn takes_element(self) -> bool {
        matches!(
            self,
            Self::Process | Self::Push | Self::Evaluate | Self::Route | Self::Ingest
        )
    }
}

pub struct RecordedElement {
    pub sequence: u64,
    pub timestamp_ns: u64,
    pub content_type: String,
    pub buffer_content_type: String,
    pub payload: Vec<u8>,
}

pub struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(recorded: &'a [u8]) -> Self {
        Self { left: recorded }
    }

    pub fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    pub fn export(&mut self) -> Export {
        EXPORTS[usize::from(self.take(1)[0])]
    }

    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    pub fn element(&mut self) -> RecordedElement {
        RecordedElement {
            sequence: self.number(),
            timestamp_ns: self.number(),
            content_type: self.text(),
            buffer_content_type: self.text(),
            payload: self.bytes().to_vec(),
        }
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = u32::from_le_bytes(self.array());
        self.take(length as usize)
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N));
        array
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, left) = self.left.split_at(length);
        self.left = left;
        taken
    }
}
