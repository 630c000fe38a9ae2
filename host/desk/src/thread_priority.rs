//! Which of the host's threads runs first when there are more than cores.

/// Niceness of the threads that decide. Providers and agents wait for an acknowledgement
/// and repeat what is late; an accepted input is on disk and can wait for its turn. With
/// it, a host that is out of CPU takes in more and decides as much.
pub(crate) const DECIDING: i32 = 10;
/// Niceness of the threads that compare generations and collect words: every other one runs
/// first.
pub(crate) const COMPARING: i32 = 19;

/// Lowers the priority of the calling thread. Where the system does not permit it, the
/// thread keeps its own.
pub(crate) fn lower(niceness: i32) {
    #[cfg(target_os = "linux")]
    {
        let own = rustix::thread::gettid();
        if let Err(error) = rustix::process::setpriority_process(Some(own), niceness) {
            tracing::debug!(%error, niceness, "a thread keeps its priority");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = niceness;
}
