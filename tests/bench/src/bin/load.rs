//! Durable intake under load, on loopback: a server with the reference pack, and
//! a generator that delivers NDJSON batches on several connections. Both share
//! the machine. One column for customers who write again and again, one for
//! customers who never wrote before.
//!
//! `load [interactions] [batch] [connections] [companies] [people]`

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use patchbay_bench::clock::process_cpu;
use patchbay_bench::served::{Authors, Load, Served, deliver, undecided};

fn main() -> Result<(), Box<dyn Error>> {
    let number = |position: usize, usual: usize| {
        let given = std::env::args().nth(position);
        given.map_or(Ok(usual), |text| text.parse())
    };
    let total = number(1, 40_000)?;
    let batch = number(2, 250)?;
    let connections = number(3, 4)?;
    let companies = number(4, 1)?;
    let people = number(5, 2_000)?;
    let served = Served::start(companies, |_| {})?;
    let mut columns = Vec::new();
    for (round, authors) in [Authors::Known((people / companies).max(1)), Authors::New]
        .into_iter()
        .enumerate()
    {
        let load = Load {
            batch,
            companies,
            connections,
            authors,
        };
        columns.push(Measurement::take(
            served.address,
            round * total,
            total,
            load,
        )?);
    }
    println!(
        "{total} interactions of {people} people, then {total} of as many new people, {companies} companies, batches of {batch} on {connections} connections, transcripts off"
    );
    println!("| | people who write again | people who never wrote before |\n| --- | --: | --: |");
    for (row, name) in ROWS.iter().enumerate() {
        let values = columns.iter().map(|column| column.rows()[row].clone());
        println!("| {name} | {} |", values.collect::<Vec<_>>().join(" | "));
    }
    served.stop()
}

const ROWS: [&str; 6] = [
    "accepted a second",
    "accepted, classified, routed, checked for escalation, recorded a second",
    "acknowledgement of a batch, p50",
    "acknowledgement of a batch, p99",
    "CPU for each, generator included",
    "resident before, after",
];

/// One column of the table.
struct Measurement {
    total: usize,
    accepted: Duration,
    decided: Duration,
    /// Until each batch was acknowledged, sorted.
    waits: Vec<Duration>,
    cpu: Duration,
    /// In MiB, before and after.
    resident: [u64; 2],
}

impl Measurement {
    /// Deliver so many interactions with numbers from `first` on.
    fn take(
        address: SocketAddr,
        first: usize,
        total: usize,
        load: Load,
    ) -> Result<Measurement, Box<dyn Error>> {
        let at_rest = resident()?;
        let cpu_before = process_cpu();
        let began = Instant::now();
        let mut waits: Vec<Duration> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..load.connections)
                .map(|connection| {
                    scope.spawn(move || {
                        let own = (first + connection..first + total).step_by(load.connections);
                        deliver(address, &own.collect::<Vec<_>>(), load, connection)
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
