//! Limits on linear memory and tables of one instance.

use patchbay_model::limits::Limits;
use wasmtime::ResourceLimiter;

use super::stop::LimitReached;
use crate::config::{CORE_INSTANCES, MEMORIES, TABLES};

/// Counts and caps the growth of an instance's memories and tables. A guest
/// sees a denied growth as −1 and usually traps in its allocator; the denial is
/// stored, so that out-of-memory can be told from a crash.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    memory_limit: u64,
    table_limit: u32,
    memory: u64,
    largest_table: u32,
    denied: Option<LimitReached>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Limiter {
        Limiter {
            memory_limit: limits.memory.0,
            table_limit: limits.table_elements,
            memory: 0,
            largest_table: 0,
            denied: None,
        }
    }

    /// Apply another plugin's limits to an instance from a pool. False: the
    /// instance exceeds them already.
    pub(crate) fn adopt(&mut self, limits: &Limits) -> bool {
        self.memory_limit = limits.memory.0;
        self.table_limit = limits.table_elements;
        self.denied = None;
        self.memory <= self.memory_limit && self.largest_table <= self.table_limit
    }

    /// Bytes of linear memory; memories never shrink, so this is the peak.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.memory
    }

    /// Forget a denial of an earlier call, which that call survived.
    pub(crate) fn begin(&mut self) {
        self.denied = None;
    }

    pub(crate) fn denied(&self) -> Option<LimitReached> {
        self.denied
    }

    fn deny(&mut self, limit: &'static str, value: u64, unit: &'static str) -> bool {
        self.denied = Some(LimitReached::memory(limit, value, unit));
        false
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Above the memory's own maximum growth fails anyway; do not count it.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.memory + (desired - current) as u64;
        if total > self.memory_limit {
            return Ok(self.deny("memory", self.memory_limit, "bytes"));
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.table_limit as usize {
            return Ok(self.deny("table", self.table_limit.into(), "elements"));
        }
        self.largest_table = self.largest_table.max(desired as u32);
        Ok(true)
    }

    // Without a pool nothing else bounds how many parts an instance has.

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}
