//! The server's side of a process that compiles.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::request::{COMPILED, CompileRequest};
use super::{ARGUMENT, ENABLED, POLL};
use crate::cancel::CancelSignal;

/// Why a process did not compile a component.
#[derive(Debug)]
pub(crate) enum CompileFailure {
    /// The compiler rejects the component, and why.
    Invalid(String),
    /// The time limit.
    Time,
    /// The memory limit, or the compiler crashed.
    Memory,
    /// The limit of the code's size.
    Code,
    /// Its caller does not wait for it any more.
    Cancelled,
    /// The process could not be started or does not answer: the machine lacks
    /// something.
    Process(String),
}

/// Compile a component in a process; `None` where this program cannot.
pub(crate) fn compile(
    request: &CompileRequest,
    bytes: &[u8],
    time: Duration,
    cancel: &CancelSignal,
) -> Option<Result<Vec<u8>, CompileFailure>> {
    ENABLED.get()?;
    let program = match own_program() {
        Ok(program) => program,
        Err(error) => return Some(Err(CompileFailure::Process(error.to_string()))),
    };
    let child = Command::new(program)
        .arg(ARGUMENT)
        .env_clear()
        // The command line's allocator takes 1 GiB when it starts; without this,
        // all of it counts as data and nothing is left of the limit.
        .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    Some(match child {
        Ok(child) => CompileProcess { child }.run(request, bytes, time, cancel),
        Err(error) => Err(CompileFailure::Process(error.to_string())),
    })
}

/// Resident memory of a process, in bytes; `None` where the system does not tell.
fn resident(process: u32) -> Option<u64> {
    let pages = std::fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// This program; on Linux also after its file was replaced.
fn own_program() -> io::Result<PathBuf> {
    match cfg!(target_os = "linux") {
        true => Ok(PathBuf::from("/proc/self/exe")),
        false => std::env::current_exe(),
    }
}

/// A running process; dropping it kills it.
struct CompileProcess {
    child: Child,
}

impl CompileProcess {
    fn run(
        self,
        request: &CompileRequest,
        bytes: &[u8],
        time: Duration,
        cancel: &CancelSignal,
    ) -> Result<Vec<u8>, CompileFailure> {
        let failed = |error: &dyn std::fmt::Display| CompileFailure::Process(error.to_string());
        let mut head = serde_json::to_vec(request).map_err(|error| failed(&error))?;
        head.push(b'\n');
        let mut process = self;
        let (stdin, stdout) = (process.child.stdin.take(), process.child.stdout.take());
        thread::scope(move |scope| {
            // A process that is killed closes its ends, so both threads end.
            scope.spawn(move || {
                let mut input = stdin?;
                input
                    .write_all(&head)
                    .and_then(|()| input.write_all(bytes))
                    .ok()
            });
            let answer = scope.spawn(move || {
                let mut answer = Vec::new();
                let output = stdout.ok_or(io::ErrorKind::BrokenPipe)?;
                // One byte says what the rest is, and one more that it is too long.
                let most = request.code.saturating_add(2);
                output.take(most).read_to_end(&mut answer)?;
                Ok::<_, io::Error>(answer)
            });
            let status = process.wait(time, request.memory, cancel);
            drop(process);
            let answer = answer.join().unwrap_or(Err(io::ErrorKind::Other.into()));
            let status = status?;
            if matches!(&answer, Ok(answer) if answer.len() as u64 > request.code + 1) {
                return Err(CompileFailure::Code);
            }
            if let Some(signal) = status.signal() {
                // Aborted: no memory. Killed: by the system, for memory or CPU time.
                tracing::info!(signal, "a process that compiled a component ended");
                return Err(CompileFailure::Memory);
            }
            let mut answer = answer.map_err(|error| failed(&error))?;
            if !status.success() || answer.is_empty() {
                return Err(failed(&format_args!("it ended with {status}")));
            }
            match answer.remove(0) {
                COMPILED => Ok(answer),
                _ => Err(CompileFailure::Invalid(
                    String::from_utf8_lossy(&answer).into_owned(),
                )),
            }
        })
    }

    fn wait(
        &mut self,
        time: Duration,
        memory: u64,
        cancel: &CancelSignal,
    ) -> Result<ExitStatus, CompileFailure> {
        let until = Instant::now() + time;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => {}
                Err(error) => return Err(CompileFailure::Process(error.to_string())),
            }
            if cancel.is_cancelled() {
                return Err(CompileFailure::Cancelled);
            }
            if Instant::now() >= until {
                return Err(CompileFailure::Time);
            }
            if resident(self.child.id()).is_some_and(|bytes| bytes > memory) {
                return Err(CompileFailure::Memory);
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for CompileProcess {
    fn drop(&mut self) {
        // Both fail if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
