//! What the store of one component may take: all its memories and tables together.

use wasmtime::{ResourceLimiter, Result};

/// Torvyn allows 10 core instances; a component made from Python has more than 12 of its own.
const CORE_INSTANCES: usize = 100;
/// Memories, and tables, of one component: their sizes are what is limited.
const COUNT: usize = 10_000;
/// Elements of one table.
const TABLE_ELEMENTS: usize = 10_000;

pub struct Limiter {
    pub memory_limit: usize,
    pub table_limit: usize,
    /// Bytes of all memories now.
    pub memory: usize,
    table: usize,
    /// What the growth that is under way added, in case it fails.
    growing: usize,
    table_growing: usize,
}

impl Limiter {
    pub fn new(memory_limit: usize, table_limit: usize) -> Self {
        Self { memory_limit, table_limit, memory: 0, table: 0, growing: 0, table_growing: 0 }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.growing = 0;
        let added = desired.saturating_sub(current);
        let within = maximum.is_none_or(|most| desired <= most);
        let allowed = self.memory.checked_add(added).is_some_and(|all| all <= self.memory_limit);
        if allowed && within {
            self.memory += added;
            self.growing = added;
        }
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.memory -= std::mem::take(&mut self.growing);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.table_growing = 0;
        let added = desired.saturating_sub(current);
        let within = maximum.is_none_or(|most| desired <= most);
        let all = self.table.checked_add(added);
        let allowed = desired <= TABLE_ELEMENTS && all.is_some_and(|all| all <= self.table_limit);
        if allowed && within {
            self.table += added;
            self.table_growing = added;
        }
        Ok(allowed)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> Result<()> {
        self.table -= std::mem::take(&mut self.table_growing);
        Ok(())
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        COUNT
    }

    fn memories(&self) -> usize {
        COUNT
    }
}
