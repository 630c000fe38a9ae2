//! Linear memory and tables of one instance, held to their limits.

use patchbay_model::limits::Limits;
use wasmtime::ResourceLimiter;

use crate::config::{CORE_INSTANCES, MEMORIES, TABLES};
use crate::stop::Refused;

/// Counts and caps what an instance's memories and tables grow to. A refused
/// growth is only −1 to the guest, which then traps in its allocator; the
/// refusal is kept, so that out-of-memory can be told from a crash.
#[derive(Clone, Debug)]
pub(crate) struct Limiter {
    memory_limit: u64,
    table_limit: u32,
    memory: u64,
    largest_table: u32,
    refused: Option<Refused>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Limiter {
        Limiter {
            memory_limit: limits.memory.0,
            table_limit: limits.table_elements,
            memory: 0,
            largest_table: 0,
            refused: None,
        }
    }

    /// Hold an instance made ahead to its user's limits. Says whether it is
    /// within them.
    pub(crate) fn adopt(&mut self, limits: &Limits) -> bool {
        self.memory_limit = limits.memory.0;
        self.table_limit = limits.table_elements;
        self.refused = None;
        self.memory <= self.memory_limit && self.largest_table <= self.table_limit
    }

    /// Bytes of linear memory the instance has; memories never shrink, so this
    /// is also the most it had.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.memory
    }

    /// A new call: what an earlier one was refused and survived is no reason
    /// for how this one ends.
    pub(crate) fn begin(&mut self) {
        self.refused = None;
    }

    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // Beyond what the memory itself allows: it fails whoever is asked, and
        // must not be counted.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.memory + (desired - current) as u64;
        if total > self.memory_limit {
            self.refused = Some(Refused {
                limit: "memory",
                value: self.memory_limit,
                unit: "bytes",
            });
            return Ok(false);
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
            self.refused = Some(Refused {
                limit: "table",
                value: self.table_limit.into(),
                unit: "elements",
            });
            return Ok(false);
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
