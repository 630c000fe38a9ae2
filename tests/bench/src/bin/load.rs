//! Durable intake under load, over loopback: a server with the reference pack,
//! and a generator that delivers NDJSON batches on several connections. Both
//! share the machine.
//!
//! `load [interactions] [batch] [connections] [companies] [people]`

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use patchbay_bench::clock::process_cpu;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generation::assemble::Assembler;
use patchbay_pack::build::BuildOptions;
use patchbay_server::{JournalSettings, Server, ServerSettings};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// What customers write.
const TEXTS: [&str; 8] = [
    "Where is my parcel? It was due on Monday.",
    "Thanks for the quick help yesterday, you were great!",
    "The app crashes whenever I open my orders.",
    "I want a refund, this is the third time the size is wrong.",
    "Your courier was rude to my mother. Unacceptable.",
    "Do you ship to the Azores?",
    "Lost my card 4111 1111 1111 1111, help!",
    "Any update on order 88213? Nobody answers the phone.",
];
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
    let place = tempfile::tempdir()?;
    let engine = Engine::serving(
        EngineSettings {
            made_ahead: 4,
            ..EngineSettings::default()
        },
        None,
    )?;
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let assembler = Assembler::new(engine.clone(), vec![packs], BuildOptions::default());
    let mut generations = Vec::new();
    for company in 0..companies {
        let file = company_file(&name(company));
        let built = assembler.build_text(&file, place.path(), 1);
        generations.push(built.map_err(|problems| format!("{problems:?}"))?);
    }
    let settings = ServerSettings {
        listen: ([127, 0, 0, 1], 0).into(),
        body_limit: 16 << 20,
        journal: Some(JournalSettings {
            path: place.path().join("load.db"),
            key: place.path().join("load.key"),
            backups: place.path().join("backups"),
            backlog: 10_000_000,
        }),
        ..ServerSettings::default()
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let server = runtime.block_on(Server::bind(&settings, generations, engine))?;
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = runtime.spawn(server.run(async {
        let _ = stopped.await;
    }));

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
        "| accepted, classified, routed, escalation asked, recorded a second | {:.0} |",
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
    let _ = stop.send(());
    runtime.block_on(serving)?;
    Ok(())
}

fn name(company: usize) -> String {
    format!("company-{company}")
}

fn company_file(name: &str) -> String {
    format!(
        r#"company = "{name}"
[pipeline]
classify = ["care"]
route = ["care"]
escalate = ["care"]
[plugin.care]
pack = "social-care"
grants = {{ interactions = true, agents = true, knowledge = true, state = ["conversation", "contact"] }}
settings = {{ brand = "Northwind" }}
[record]
transcripts = "off"
[queue.general]
default = true
sla = {{ first-response = "30m" }}
"#
    )
}

/// What is delivered how.
#[derive(Clone, Copy)]
struct Load {
    batch: usize,
    companies: usize,
    connections: usize,
    /// Who write to each company.
    people: usize,
}

/// Memory the process has, in MiB.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("no resident size")?.trim().parse::<u64>()? / 1024)
}

/// Deliver these in batches, one after another; how long each was waited for.
fn deliver(
    address: SocketAddr,
    numbers: &[usize],
    load: Load,
    connection: usize,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut waits = Vec::new();
    for (round, chunk) in numbers.chunks(load.batch).enumerate() {
        let company = (round * load.connections + connection) % load.companies;
        let body: String = chunk
            .iter()
            .map(|number| {
                // Scattered, so that it is the same mixture however many companies.
                let author = (number.wrapping_mul(0x9E37_79B1) >> 8) % load.people;
                let interaction = json!({
                    "id": number.to_string(), "channel": "x", "text": TEXTS[number % TEXTS.len()],
                    "author": {"address": format!("@{author}"), "reach": author},
                });
                format!("{interaction}\n")
            })
            .collect();
        let head = format!(
            "POST /v1/companies/{}/interactions HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n",
            name(company),
            body.len()
        );
        let began = Instant::now();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let (status, answer) = read_answer(&mut reader)?;
        waits.push(began.elapsed());
        let answer: Value = serde_json::from_slice(&answer)?;
        if status != 202 || answer["accepted"] != chunk.len() {
            return Err(format!("{status}: {answer}").into());
        }
    }
    Ok(waits)
}

/// What waits to be decided about, as the server's numbers say.
fn undecided(address: SocketAddr) -> Result<u64, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let (_, body) = read_answer(&mut BufReader::new(stream))?;
    let text = String::from_utf8(body)?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("patchbay_desk_waiting "));
    Ok(line.ok_or("the server keeps no journal")?.parse::<f64>()? as u64)
}

fn read_answer(reader: &mut impl BufRead) -> Result<(u16, Vec<u8>), Box<dyn Error>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).ok_or("no status")?.parse()?;
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse()?;
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((status, body))
}
