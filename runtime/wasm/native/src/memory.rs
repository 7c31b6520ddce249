//! The memory of a component between two calls: read, kept as an image, taken up by another instance.
//!
//! Only code that was compiled for an engine with `Config::guest_debug` hands its memories out.

use crate::state::State;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;
use wasmtime::{Global, Memory, Mutability, Ref, Store, Table, Val};

/// What an image shares with the one before it, or does not.
const PAGE: usize = 4096;
const ZEROS: [u8; PAGE] = [0; PAGE];
/// Bytes a page takes next to its content: two counters, and its place in the list.
const PAGE_OVERHEAD: usize = 24;

/// `None` is a page of zeros.
type Page = Option<Arc<[u8; PAGE]>>;

/// Memories, changeable globals and tables of all core instances of one store.
pub struct Places {
    memories: Vec<Memory>,
    globals: Vec<Global>,
    tables: Vec<Table>,
    /// Entries of the tables when the instance was made: functions by their address.
    entries: Vec<Vec<usize>>,
    /// Why no image can be taken, if so.
    refused: Option<&'static str>,
    layout: Arc<Layout>,
}

/// Of each core instance, in the order they were made: where each of its globals is among those
/// that can change, and each of its memories; imported ones come first, as in its code.
pub type Layout = Vec<(Vec<Option<usize>>, Vec<usize>)>;

impl Places {
    /// Find them; to be done before the first call.
    pub fn find(store: &mut Store<State>) -> Self {
        let mut found = Self {
            memories: Vec::new(),
            globals: Vec::new(),
            tables: Vec::new(),
            entries: Vec::new(),
            refused: None,
            layout: Default::default(),
        };
        let mut layout = Layout::new();
        for instance in store.debug_all_instances() {
            let (mut global_places, mut memory_places) = (Vec::new(), Vec::new());
            for index in 0.. {
                if let Some(memory) = instance.debug_memory(&mut *store, index) {
                    memory_places.push(found.add_memory(memory));
                } else if instance.debug_shared_memory(&mut *store, index).is_some() {
                    found.refused = Some("it shares memory with other threads");
                } else {
                    break;
                }
            }
            let globals = (0..).map_while(|index| instance.debug_global(&mut *store, index));
            for global in globals.collect::<Vec<_>>() {
                global_places.push(found.add_global(store, global));
            }
            let tables = (0..).map_while(|index| instance.debug_table(&mut *store, index));
            for table in tables.collect::<Vec<_>>() {
                found.add_table(table);
            }
            layout.push((global_places, memory_places));
        }
        found.layout = Arc::new(layout);
        found.entries = found.tables.iter().map(|table| entries(store, table)).collect();
        found
    }

    // What one core instance imports is another one's own: each is taken once.

    fn add_memory(&mut self, memory: Memory) -> usize {
        let number = memory.debug_index_in_store();
        let known = self.memories.iter().position(|known| known.debug_index_in_store() == number);
        known.unwrap_or_else(|| {
            self.memories.push(memory);
            self.memories.len() - 1
        })
    }

    fn add_global(&mut self, store: &Store<State>, global: Global) -> Option<usize> {
        let number = global.debug_index_in_store();
        let kind = global.ty(store);
        if kind.mutability() == Mutability::Const {
            return None;
        }
        let known = self.globals.iter().position(|known| known.debug_index_in_store() == number);
        if known.is_some() {
            return known;
        }
        if kind.content().is_ref() {
            self.refused = Some("one of its globals holds a reference");
            return None;
        }
        self.globals.push(global);
        Some(self.globals.len() - 1)
    }

    fn add_table(&mut self, table: Table) {
        let number = table.debug_index_in_store();
        if self.tables.iter().all(|known| known.debug_index_in_store() != number) {
            self.tables.push(table);
        }
    }

    /// Bytes of each memory now.
    pub fn sizes(&self, store: &Store<State>) -> Vec<usize> {
        self.memories.iter().map(|memory| memory.data_size(store)).collect()
    }

    /// A part of a memory; shorter where the memory ends. `None`: there is no such memory.
    pub fn read<'a>(
        &self,
        store: &'a Store<State>,
        memory: usize,
        offset: usize,
        length: usize,
    ) -> Option<&'a [u8]> {
        let data = self.memories.get(memory)?.data(store);
        let start = offset.min(data.len());
        Some(&data[start..start.saturating_add(length).min(data.len())])
    }

    /// All of it, sharing with `last` what did not change; the error says why there is none.
    pub fn take(
        &self,
        store: &mut Store<State>,
        last: Option<&Image>,
    ) -> Result<Image, &'static str> {
        if let Some(why) = self.refused {
            return Err(why);
        }
        for (table, known) in self.tables.iter().zip(&self.entries) {
            if entries(store, table) != *known {
                return Err("it changed its table of functions");
            }
        }
        let mut own_pages = 0;
        let mut memories = Vec::with_capacity(self.memories.len());
        for (index, memory) in self.memories.iter().enumerate() {
            let data = memory.data(&*store);
            let known = last.and_then(|last| last.memories.get(index));
            let mut pages = Vec::with_capacity(data.len().div_ceil(PAGE));
            for (number, part) in data.chunks(PAGE).enumerate() {
                let before = known.and_then(|known| known.pages.get(number));
                if let Some(page) = before
                    && content(page)[..part.len()] == *part
                {
                    pages.push(page.clone());
                    continue;
                }
                if *part == ZEROS[..part.len()] {
                    pages.push(None);
                    continue;
                }
                let mut page = ZEROS;
                page[..part.len()].copy_from_slice(part);
                pages.push(Some(Arc::new(page)));
                own_pages += 1;
            }
            memories.push(MemoryImage { size: data.len(), pages });
        }
        let mut globals = Vec::with_capacity(self.globals.len());
        for global in &self.globals {
            globals.push(Number::of(&global.get(&mut *store)));
        }
        let layout = self.layout.clone();
        let mut image = Image { memories, globals, layout, bytes_used: 0 };
        image.bytes_used = image.bytes_of(own_pages);
        Ok(image)
    }

    /// Take an image up; the error says why it does not fit.
    pub fn restore(&self, store: &mut Store<State>, image: &Image) -> Result<(), String> {
        if self.memories.len() != image.memories.len() || self.globals.len() != image.globals.len()
        {
            return Err("the image is of another component".to_owned());
        }
        for (memory, wanted) in self.memories.iter().zip(&image.memories) {
            let size = memory.data_size(&*store);
            if size > wanted.size {
                return Err("its memory is larger than it was then".to_owned());
            }
            let grown = (wanted.size - size) as u64 / memory.page_size(&*store);
            if grown > 0 {
                memory.grow(&mut *store, grown).map_err(|problem| problem.to_string())?;
            }
            let data = memory.data_mut(&mut *store);
            for (part, page) in data.chunks_mut(PAGE).zip(&wanted.pages) {
                let page = &content(page)[..part.len()];
                // A page that stays as it is stays shared with the compiled component.
                if *part != *page {
                    part.copy_from_slice(page);
                }
            }
        }
        for (global, wanted) in self.globals.iter().zip(&image.globals) {
            if Number::of(&global.get(&mut *store)) != *wanted {
                global.set(&mut *store, wanted.value()).map_err(|problem| problem.to_string())?;
            }
        }
        Ok(())
    }
}

/// The entries of a table of functions, by their address; other tables by their size alone.
fn entries(store: &mut Store<State>, table: &Table) -> Vec<usize> {
    let size = table.size(&*store);
    if !table.ty(&*store).element().heap_type().is_func() {
        return vec![size as usize];
    }
    let address = |index| match table.get(&mut *store, index) {
        Some(Ref::Func(Some(function))) => function.to_raw(&mut *store) as usize,
        _ => 0,
    };
    (0..size).map(address).collect()
}

fn content(page: &Page) -> &[u8; PAGE] {
    page.as_ref().map_or(&ZEROS, |page| page)
}

/// The value of a global that holds no reference, so that it says nothing of a store.
#[derive(Clone, Copy, PartialEq)]
pub enum Number {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
}

impl Number {
    fn of(value: &Val) -> Self {
        match value {
            Val::I32(number) => Self::I32(*number),
            Val::I64(number) => Self::I64(*number),
            Val::F32(bits) => Self::F32(*bits),
            Val::F64(bits) => Self::F64(*bits),
            Val::V128(vector) => Self::V128(vector.as_u128()),
            _ => unreachable!("globals that hold references are refused"),
        }
    }

    fn value(self) -> Val {
        match self {
            Self::I32(number) => Val::I32(number),
            Self::I64(number) => Val::I64(number),
            Self::F32(bits) => Val::F32(bits),
            Self::F64(bits) => Val::F64(bits),
            Self::V128(bits) => Val::V128(bits.into()),
        }
    }
}

pub struct MemoryImage {
    size: usize,
    pages: Vec<Page>,
}

impl MemoryImage {
    /// All of it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.pages.len() * PAGE);
        self.pages.iter().for_each(|page| bytes.extend_from_slice(content(page)));
        bytes.truncate(self.size);
        bytes
    }
}

/// What the memories and globals of an instance held between two calls.
#[pyclass(frozen, module = "torvyn_studio_native")]
pub struct Image {
    pub memories: Vec<MemoryImage>,
    pub globals: Vec<Number>,
    pub layout: Arc<Layout>,
    bytes_used: usize,
}

impl Image {
    /// Bytes, when so many pages are shared with no other image.
    fn bytes_of(&self, own_pages: usize) -> usize {
        let listed: usize = self.memories.iter().map(|memory| memory.pages.len()).sum();
        own_pages * (PAGE + PAGE_OVERHEAD)
            + listed * size_of::<Page>()
            + self.globals.len() * size_of::<Number>()
            + size_of::<Self>()
    }
}

#[pymethods]
impl Image {
    /// Bytes of each memory.
    #[getter]
    fn sizes(&self) -> Vec<usize> {
        self.memories.iter().map(|memory| memory.size).collect()
    }

    /// Bytes this image takes next to the one that it was taken after.
    #[getter]
    fn bytes_used(&self) -> usize {
        self.bytes_used
    }

    /// Bytes it takes next to an earlier image, which may not be the last before it; without one,
    /// alone.
    fn bytes_beside(&self, earlier: Option<&Image>) -> usize {
        let mut own_pages = 0;
        for (index, memory) in self.memories.iter().enumerate() {
            let known = earlier.and_then(|earlier| earlier.memories.get(index));
            let known = known.map_or(&[][..], |known| &known.pages);
            for (number, page) in memory.pages.iter().enumerate() {
                let shared = match (page, known.get(number)) {
                    (Some(page), Some(Some(known))) => Arc::ptr_eq(page, known),
                    (page, _) => page.is_none(),
                };
                own_pages += usize::from(!shared);
            }
        }
        self.bytes_of(own_pages)
    }

    /// A part of a memory; shorter where the memory ends. Raises IndexError: no such memory.
    fn read<'py>(
        &self,
        py: Python<'py>,
        memory: usize,
        offset: usize,
        length: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let memory = self.memories.get(memory).ok_or_else(no_memory)?;
        let start = offset.min(memory.size);
        let end = start.saturating_add(length).min(memory.size);
        let mut bytes = Vec::with_capacity(end - start);
        let mut at = start;
        while at < end {
            let (page, within) = (at / PAGE, at % PAGE);
            let until = (within + end - at).min(PAGE);
            bytes.extend_from_slice(&content(&memory.pages[page])[within..until]);
            at += until - within;
        }
        Ok(PyBytes::new(py, &bytes))
    }

    /// Pages that are unlike those of an earlier image: memory, offset, bytes that are unlike.
    /// What a memory grew by is all compared with zeros.
    fn changed_pages(&self, py: Python<'_>, earlier: &Image) -> Vec<(usize, usize, usize)> {
        py.detach(|| {
            let mut changed = Vec::new();
            for (index, memory) in self.memories.iter().enumerate() {
                let known = earlier.memories.get(index).map_or(&[][..], |known| &known.pages);
                for (number, page) in memory.pages.iter().enumerate() {
                    let before = known.get(number).unwrap_or(&None);
                    let same = match (before, page) {
                        (None, None) => true,
                        (Some(before), Some(page)) => Arc::ptr_eq(before, page),
                        _ => false,
                    };
                    if same {
                        continue;
                    }
                    let pairs = content(before).iter().zip(content(page));
                    let unlike = pairs.filter(|(before, now)| before != now).count();
                    if unlike > 0 {
                        changed.push((index, number * PAGE, unlike));
                    }
                }
            }
            changed
        })
    }

    /// Globals that are unlike those of an earlier image.
    fn changed_globals(&self, earlier: &Image) -> usize {
        self.globals.iter().zip(&earlier.globals).filter(|(now, before)| now != before).count()
    }
}

/// The error of a memory that is not there.
pub fn no_memory() -> PyErr {
    PyIndexError::new_err("the component has no such memory")
}
