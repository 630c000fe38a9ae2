//! Durable intake under load: what is measured of a run.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::clock::process_cpu;
use crate::served::undecided;

/// Names of the rows.
const ROWS: [&str; 6] = [
    "accepted a second",
    "accepted, classified, routed, checked for escalation, recorded a second",
    "acknowledgement of a request, p50",
    "acknowledgement of a request, p99",
    "CPU for each, generator included",
    "resident before, after",
];

/// One column of the table.
pub struct Measurement {
    total: usize,
    accepted: Duration,
    decided: Duration,
    /// Until each request was acknowledged, sorted.
    waits: Vec<Duration>,
    cpu: Duration,
    /// In MiB, before and after.
    resident: [u64; 2],
}

impl Measurement {
    /// Delivers so many interactions with numbers from the first on, over so many
    /// connections. `deliver` gets the numbers of a connection and its number, and
    /// returns the wait for each answer.
    ///
    /// # Errors
    /// The server rejects one.
    pub fn take(
        address: SocketAddr,
        (first, total): (usize, usize),
        connections: usize,
        deliver: impl Fn(&[usize], usize) -> Result<Vec<Duration>, Box<dyn Error>> + Sync,
    ) -> Result<Measurement, Box<dyn Error>> {
        let at_rest = resident()?;
        let cpu_before = process_cpu();
        let began = Instant::now();
        let mut waits: Vec<Duration> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..connections)
                .map(|connection| {
                    let deliver = &deliver;
                    scope.spawn(move || {
                        let own = (first + connection..first + total).step_by(connections);
                        deliver(&own.collect::<Vec<_>>(), connection)
                            .map_err(|error| error.to_string())
                    })
                })
                .collect();
            let sent = senders.into_iter().map(|sender| {
                sender
                    .join()
                    .unwrap_or_else(|_| Err("a sender panicked".to_owned()))
            });
            sent.collect::<Result<Vec<_>, _>>()
                .map(|waits| waits.concat())
        })?;
        let accepted = began.elapsed();
        while undecided(address)? > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        waits.sort();
        Ok(Measurement {
            total,
            accepted,
            decided: began.elapsed(),
            waits,
            cpu: process_cpu() - cpu_before,
            resident: [at_rest, resident()?],
        })
    }

    /// Values in the order of [`ROWS`].
    fn rows(&self) -> [String; ROWS.len()] {
        let a_second = |time: Duration| format!("{:.0}", self.total as f64 / time.as_secs_f64());
        let share = |share: usize| {
            let wait = self.waits[(self.waits.len() - 1) * share / 100];
            format!("{:.1} ms", wait.as_secs_f64() * 1e3)
        };
        let cpu = self.cpu.as_secs_f64() * 1e6 / self.total as f64;
        let [before, after] = self.resident;
        [
            a_second(self.accepted),
            a_second(self.decided),
            share(50),
            share(99),
            format!("{cpu:.0} µs"),
            format!("{before}, {after} MiB"),
        ]
    }
}

/// Resident memory of this process in MiB.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("no resident size")?.trim().parse::<u64>()? / 1024)
}

/// Prints the columns under their headings.
pub fn print_table(headings: &[&str], columns: &[Measurement]) {
    println!("| | {} |", headings.join(" | "));
    println!("| --- |{}", " --: |".repeat(columns.len()));
    for (row, name) in ROWS.iter().enumerate() {
        let values = columns.iter().map(|column| column.rows()[row].clone());
        println!("| {name} | {} |", values.collect::<Vec<_>>().join(" | "));
    }
}
