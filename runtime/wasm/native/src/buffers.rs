//! The buffers one instance owns: pool tiers, budget, freezing (docs/torvyn-facts.md#buffers).
//!
//! What `runtime/wasm/abi/buffers.py` does for the other call layer; the tests hold both against
//! each other. The numbers come from there.

use crate::handles::Count;
use bytes::Bytes;
use std::sync::Arc;

/// Numbers of the contract, given by the caller so that they stand in one place.
#[derive(Clone)]
pub struct BufferRules {
    pub tiers: Vec<u64>,
    pub budget_bytes: u64,
    pub max_buffer_bytes: u64,
    pub max_content_type_bytes: usize,
    pub max_offset: u64,
}

/// A `buffer-error`.
pub enum Refusal {
    CapacityExceeded,
    OutOfBounds,
    Frozen,
}

/// A mutable buffer was used after `freeze`, in a way that cannot return an error.
pub struct Frozen(pub &'static str);

pub struct Mutable {
    capacity: u64,
    data: Vec<u8>,
    content_type: String,
    frozen: bool,
}

pub struct FrozenBuffer {
    pub data: Bytes,
    pub content_type: String,
    capacity: u64,
}

impl Mutable {
    fn new(capacity: u64, data: Vec<u8>) -> Self {
        Self { capacity, data, content_type: String::new(), frozen: false }
    }

    /// Take the buffer out for a moment; an empty one stands in its place.
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new(0, Vec::new()))
    }

    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    pub fn write(&mut self, offset: u64, data: &[u8], rules: &BufferRules) -> Result<(), Refusal> {
        if self.frozen {
            return Err(Refusal::Frozen);
        }
        if offset > rules.max_offset {
            return Err(Refusal::OutOfBounds);
        }
        let end = offset + data.len() as u64;
        if end > self.capacity {
            return Err(Refusal::CapacityExceeded);
        }
        // Both are within the capacity now, which is no more than the largest buffer.
        let (start, end) = (offset as usize, end as usize);
        if end > self.data.len() {
            self.data.resize(end, 0);
        }
        self.data[start..end].copy_from_slice(data);
        Ok(())
    }

    pub fn append(&mut self, data: &[u8]) -> Result<Result<(), Refusal>, Frozen> {
        if self.frozen {
            return Err(Frozen("append"));
        }
        if (self.data.len() + data.len()) as u64 > self.capacity {
            return Ok(Err(Refusal::CapacityExceeded));
        }
        if self.data.is_empty() {
            // Most guests append once: no more is taken than that needs.
            self.data = data.to_vec();
        } else {
            self.data.extend_from_slice(data);
        }
        Ok(Ok(()))
    }

    pub fn size(&self) -> Result<u64, Frozen> {
        if self.frozen { Err(Frozen("size")) } else { Ok(self.data.len() as u64) }
    }

    pub fn set_content_type(
        &mut self,
        mut text: String,
        rules: &BufferRules,
    ) -> Result<(), Frozen> {
        if self.frozen {
            return Err(Frozen("set-content-type"));
        }
        if text.len() > rules.max_content_type_bytes {
            text.truncate(text.floor_char_boundary(rules.max_content_type_bytes));
        }
        self.content_type = text;
        Ok(())
    }
}

/// Values with small numbers; one that is free again is used first.
struct Numbered<T> {
    items: Vec<Option<T>>,
    free: Vec<u32>,
    handles: Count,
}

impl<T> Numbered<T> {
    fn new(first: u32) -> Self {
        Self {
            items: (0..first).map(|_| None).collect(),
            free: Vec::new(),
            handles: Count::default(),
        }
    }

    fn put(&mut self, item: T) -> u32 {
        self.handles.made += 1;
        match self.free.pop() {
            Some(number) => {
                self.items[number as usize] = Some(item);
                number
            }
            None => {
                self.items.push(Some(item));
                (self.items.len() - 1) as u32
            }
        }
    }

    fn get(&self, number: u32) -> Option<&T> {
        self.items.get(number as usize)?.as_ref()
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.items.get_mut(number as usize)?.as_mut()
    }

    fn take(&mut self, number: u32) -> Option<T> {
        let item = self.items.get_mut(number as usize)?.take()?;
        self.handles.dropped += 1;
        self.free.push(number);
        Some(item)
    }

    fn count(&self) -> usize {
        (self.handles.made - self.handles.dropped) as usize
    }
}

/// What one instance owns, by representation.
pub struct OwnedBuffers {
    mutable: Numbered<Mutable>,
    frozen: Numbered<FrozenBuffer>,
    used: u64,
    pub rules: Arc<BufferRules>,
}

impl OwnedBuffers {
    pub fn new(rules: Arc<BufferRules>) -> Self {
        // The number 0 of a frozen one stands for the payload that is lent.
        Self { mutable: Numbered::new(0), frozen: Numbered::new(1), used: 0, rules }
    }

    /// Live handles.
    pub fn count(&self) -> usize {
        self.mutable.count() + self.frozen.count()
    }

    /// How many handles there were, of mutable buffers and of frozen ones.
    pub fn handles(&self) -> [Count; 2] {
        [self.mutable.handles, self.frozen.handles]
    }

    fn tier(&self, hint: u64) -> u64 {
        self.rules.tiers.iter().copied().find(|tier| hint <= *tier).unwrap_or(hint)
    }

    fn own(&mut self, hint: u64, data: impl FnOnce() -> Vec<u8>) -> Result<u32, Refusal> {
        let capacity = self.tier(hint);
        if self.used + capacity > self.rules.budget_bytes {
            return Err(Refusal::CapacityExceeded);
        }
        self.used += capacity;
        Ok(self.mutable.put(Mutable::new(capacity, data())))
    }

    /// A new empty mutable buffer.
    pub fn allocate(&mut self, hint: u64) -> Result<u32, Refusal> {
        if hint > self.rules.max_buffer_bytes {
            return Err(Refusal::CapacityExceeded);
        }
        self.own(hint, Vec::new)
    }

    /// A new mutable buffer with these bytes, without a content type.
    pub fn clone_of(&mut self, source: &Bytes) -> Result<u32, Refusal> {
        self.own((source.len() as u64).max(1), || source.to_vec())
    }

    pub fn mutable(&mut self, number: u32) -> Option<&mut Mutable> {
        self.mutable.get_mut(number)
    }

    pub fn frozen(&self, number: u32) -> Option<&FrozenBuffer> {
        self.frozen.get(number)
    }

    /// Freeze a mutable buffer; its own handle stays until it is dropped, and counts no more.
    pub fn freeze(&mut self, number: u32) -> Option<Result<u32, Frozen>> {
        let buffer = self.mutable.get_mut(number)?;
        if buffer.frozen {
            return Some(Err(Frozen("freeze")));
        }
        buffer.frozen = true;
        let made = FrozenBuffer {
            data: Bytes::from(std::mem::take(&mut buffer.data)),
            content_type: std::mem::take(&mut buffer.content_type),
            capacity: buffer.capacity,
        };
        Some(Ok(self.frozen.put(made)))
    }

    /// The component dropped the handle.
    pub fn drop_mutable(&mut self, number: u32) {
        if let Some(buffer) = self.mutable.take(number)
            && !buffer.frozen
        {
            self.used -= buffer.capacity;
        }
    }

    /// Take a frozen buffer out: dropped, or handed over to the host. None: not owned.
    pub fn take_frozen(&mut self, number: u32) -> Option<FrozenBuffer> {
        let buffer = self.frozen.take(number)?;
        self.used -= buffer.capacity;
        Some(buffer)
    }
}
