//! Resources this process has used so far.

use std::error::Error;
use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time of all its threads.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

/// Bytes passed to write calls.
pub(crate) fn written() -> Result<u64, Box<dyn Error + Send + Sync>> {
    number("/proc/self/io", "wchar:")
}

/// Bytes of resident memory.
pub(crate) fn resident() -> Result<u64, Box<dyn Error + Send + Sync>> {
    Ok(number("/proc/self/status", "VmRSS:")? * 1024)
}

fn number(file: &str, name: &str) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_whitespace().next());
    Ok(word.ok_or("no such line")?.parse()?)
}
