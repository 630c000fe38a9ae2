//! Bounds on one call and one instance: CPU and wall-clock time, memory,
//! tables; and how a call that broke one becomes an outcome.

pub(crate) mod cpu;
pub(crate) mod deadline;
pub(crate) mod limiter;
pub(crate) mod stop;
pub(crate) mod ticker;
