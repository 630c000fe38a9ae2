//! Durable intake under load, on loopback: a server with the reference pack, and
//! a generator that delivers NDJSON batches on several connections. Both share
//! the machine.
//!
//! `load [interactions] [batch] [connections] [companies] [people]`

use std::error::Error;
use std::time::{Duration, Instant};

use patchbay_bench::clock::process_cpu;
use patchbay_bench::served::{Load, Served, deliver, undecided};

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
    let load = Load {
        batch,
        companies,
        connections,
        people: (people / companies).max(1),
    };
    let served = Served::start(companies, |_| {})?;
    let address = served.address;

    let at_rest = resident()?;
    let cpu_before = process_cpu();
    let began = Instant::now();
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..connections)
            .map(|connection| {
                scope.spawn(move || {
                    let own = (connection..total).step_by(connections);
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
    let decided = began.elapsed();
    let cpu = process_cpu() - cpu_before;
    waits.sort();
    let share = |share: usize| waits[(waits.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "{total} interactions of {people} people, {companies} companies, batches of {batch} on {connections} connections, transcripts off"
    );
    println!("| | |\n| --- | --: |");
    println!(
        "| accepted a second | {:.0} |",
        total as f64 / accepted.as_secs_f64()
    );
    println!(
        "| accepted, classified, routed, checked for escalation, recorded a second | {:.0} |",
        total as f64 / decided.as_secs_f64()
    );
    println!("| acknowledgement of a batch, p50 | {:.1} ms |", share(50));
    println!("| acknowledgement of a batch, p99 | {:.1} ms |", share(99));
    println!(
        "| CPU for each, generator included | {:.0} µs |",
        cpu.as_secs_f64() * 1e6 / total as f64
    );
    println!(
        "| resident before, after | {at_rest}, {} MiB |",
        resident()?
    );
    served.stop()
}

/// Resident memory of this process in MiB.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("no resident size")?.trim().parse::<u64>()? / 1024)
}
