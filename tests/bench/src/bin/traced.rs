//! Cost of tracing: the same load on servers that trace nothing, a hundredth and
//! everything, in alternating rounds; the collector answers at once.
//!
//! `traced [rounds] [interactions]`

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use patchbay_bench::clock::{process_cpu, us};
use patchbay_bench::rounds::median;
use patchbay_bench::served::{Authors, Load, Served, deliver, undecided};
use patchbay_bench::table::markdown;

/// Shares that are traced.
const CASES: [(&str, Option<f64>); 4] = [
    ("nothing", None),
    ("nothing, repeated", None),
    ("1% of conversations", Some(0.01)),
    ("all conversations", Some(1.0)),
];
const LOAD: Load = Load {
    batch: 50,
    companies: 1,
    connections: 1,
    authors: Authors::Known(2_000),
};

fn main() -> Result<(), Box<dyn Error>> {
    let number = |position: usize, usual: usize| {
        let given = std::env::args().nth(position);
        given.map_or(Ok(usual), |text| text.parse())
    };
    let rounds = number(1, 11)?;
    let interactions = number(2, 2_000)?;
    let collector = collector()?;
    let mut servers = Vec::new();
    for (_, sample) in CASES {
        servers.push(Served::start(1, "", |settings| {
            if let Some(sample) = sample {
                settings.telemetry.otlp = format!("http://{collector}").parse().ok();
                settings.telemetry.sample = sample;
            }
        })?);
    }
    let mut from = 0;
    for server in &servers {
        round(server.address, from, interactions / 4)?;
    }
    from += interactions;
    let mut all: Vec<Vec<f64>> = vec![Vec::new(); CASES.len()];
    for turn in 0..rounds {
        for offset in 0..CASES.len() {
            let index = (turn + offset) % CASES.len();
            let cost = round(servers[index].address, from, interactions)?;
            all[index].push(us(cost) / interactions as f64);
        }
        from += interactions;
        eprintln!("round {} of {rounds}", turn + 1);
    }
    let rows: Vec<Vec<String>> = CASES
        .iter()
        .zip(&all)
        .map(|((name, _), own)| {
            let ratios = own.iter().zip(&all[0]).map(|(own, plain)| own / plain);
            vec![
                (*name).to_owned(),
                format!("{:.0}", median(own.clone())),
                format!("{:.2}", median(ratios.collect())),
            ]
        })
        .collect();
    println!(
        "{interactions} interactions in each of {rounds} rounds, over HTTP in batches of {}; CPU of server, generator and collector for each, medians, and the ratio to the first row of the same round",
        LOAD.batch
    );
    println!("{}", markdown(&["traced", "CPU µs", "ratio"], &rows));
    servers.into_iter().try_for_each(Served::stop)
}

/// Delivers these and waits until they are decided.
fn round(address: SocketAddr, from: usize, count: usize) -> Result<Duration, Box<dyn Error>> {
    let numbers: Vec<usize> = (from..from + count).collect();
    let before = process_cpu();
    deliver(address, &numbers, LOAD, 0)?;
    while undecided(address)? > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(process_cpu() - before)
}

/// A collector that accepts everything.
fn collector() -> Result<SocketAddr, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || take(&stream));
        }
    });
    Ok(address)
}

fn take(mut stream: &std::net::TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                None if line.trim_end().is_empty() => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().ok()?;
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let answer =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(answer).ok()?;
    }
}
