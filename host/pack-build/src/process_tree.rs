//! Ends a program with the programs that it has started.
//!
//! A program of a toolchain starts others: npm starts node, cargo starts rustc and build scripts.
//! They stay in the process group of this process, so that a program which asks for a password at
//! the terminal still can, and that Ctrl-C reaches all of them; so they are found by their parents
//! instead. Linux alone tells them; elsewhere, only the program itself is ended.

use std::os::fd::AsFd;
use std::process::Child;

/// The output of a program, by which the programs that write to it are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Output(u64);

impl Output {
    /// The pipe of this end.
    pub(super) fn of(pipe: impl AsFd) -> Option<Output> {
        let stat = rustix::fs::fstat(pipe).ok()?;
        Some(Output(stat.st_ino))
    }
}

/// Kills the program, all programs below it, and what still writes to its outputs after its own
/// parent has ended; then waits for the program.
pub(super) fn end(child: &mut Child, outputs: &[Output]) {
    #[cfg(target_os = "linux")]
    {
        // The number of a program that has been waited for may be another's.
        let is_running = matches!(child.try_wait(), Ok(None));
        linux::end(is_running.then(|| child.id()), outputs);
    }
    // It may have ended in the meantime.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{read_dir, read_link, read_to_string};
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process};

    use super::Output;

    /// How often a program is looked at after the signal that stops it, and how long each time: a
    /// program within a system call stops when it returns.
    const LOOKS: u32 = 50;
    const BETWEEN: Duration = Duration::from_millis(2);

    /// A line of the table of processes.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Process {
        id: i32,
        parent: i32,
        /// When it was started, in ticks: another process that gets the same number later differs.
        started: u64,
        is_running: bool,
    }

    impl Process {
        pub(super) fn of(id: i32) -> Option<Process> {
            let stat = read_to_string(format!("/proc/{id}/stat")).ok()?;
            // The name, in brackets, may itself have brackets and spaces.
            let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
            let is_running = !matches!(fields.next()?, "T" | "Z" | "X");
            let parent = fields.next()?.parse().ok()?;
            let started = fields.nth(17)?.parse().ok()?;
            Some(Process {
                id,
                parent,
                started,
                is_running,
            })
        }

        /// Sends a signal, if the number still belongs to the same process.
        fn send(self, signal: Signal) {
            let now = Process::of(self.id);
            if let Some(id) = Pid::from_raw(self.id)
                && now.is_some_and(|now| now.started == self.started)
            {
                // It may have ended in the meantime.
                let _ = kill_process(id, signal);
            }
        }

        /// Stops it, so that it starts no other process.
        fn stop(self) {
            self.send(Signal::STOP);
            for _ in 0..LOOKS {
                match Process::of(self.id) {
                    Some(now) if now.started == self.started && now.is_running => {
                        std::thread::sleep(BETWEEN);
                    }
                    _ => return,
                }
            }
        }

        fn writes_to(self, outputs: &[Output]) -> bool {
            let Ok(files) = read_dir(format!("/proc/{}/fd", self.id)) else {
                return false;
            };
            files.flatten().any(|file| {
                let target = read_link(file.path()).unwrap_or_default();
                outputs
                    .iter()
                    .any(|output| target.as_os_str() == format!("pipe:[{}]", output.0).as_str())
            })
        }
    }

    fn all() -> impl Iterator<Item = Process> {
        let entries = read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| Process::of(entry.file_name().to_str()?.parse().ok()?))
    }

    pub(super) fn end(root: Option<u32>, outputs: &[Output]) {
        let own = std::process::id() as i32;
        let root = root.and_then(|id| Process::of(i32::try_from(id).ok()?));
        let writers = all().filter(|process| process.id != own && process.writes_to(outputs));
        let mut tree: Vec<Process> = root.into_iter().chain(writers).collect();
        let mut at = 0;
        // A process is stopped before its children are listed: stopped, it starts no others, and
        // does not reap children that exit, so their ids are not used again.
        while let Some(&process) = tree.get(at) {
            process.stop();
            let known = |one: &Process| tree.iter().any(|other| other.id == one.id);
            let children: Vec<Process> = all()
                .filter(|one| one.parent == process.id && one.id != own && !known(one))
                .collect();
            tree.extend(children);
            at += 1;
        }
        for process in tree {
            process.send(Signal::KILL);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn this_process_is_in_the_table() {
            let own = Process::of(std::process::id() as i32).expect("this process");
            assert!(own.is_running && own.started > 0, "{own:?}");
            assert_eq!(own.parent, std::os::unix::process::parent_id() as i32);
            assert!(all().any(|process| process.id == own.id));
        }
    }
}
