//! A server on loopback with the reference pack, and its load generator.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generations::assemble::Assembler;
use patchbay_pack_build::BuildOptions;
use patchbay_server::{JournalSettings, Server, ServerSettings};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::fixture;

/// Texts of customers.
pub(crate) const TEXTS: [&str; 8] = [
    "Where is my parcel? It was due on Monday.",
    "Thanks for the quick help yesterday, you were great!",
    "The app crashes whenever I open my orders.",
    "I want a refund, this is the third time the size is wrong.",
    "Your courier was rude to my mother. Unacceptable.",
    "Do you ship to the Azores?",
    "Lost my card 4111 1111 1111 1111, help!",
    "Any update on order 88213? Nobody answers the phone.",
];
/// A running server.
pub struct Served {
    pub address: SocketAddr,
    runtime: Runtime,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    _place: tempfile::TempDir,
}

impl Served {
    /// Starts a server with this many companies, each with `more` in its file; `change`
    /// edits the settings.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start(
        companies: usize,
        more: &str,
        change: impl FnOnce(&mut ServerSettings),
    ) -> Result<Served, Box<dyn Error>> {
        let place = tempfile::tempdir()?;
        let engine = Engine::serving(
            EngineSettings {
                made_ahead: 4,
                ..EngineSettings::default()
            },
            None,
        )?;
        let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        let assembler = Assembler::new(engine, vec![packs], BuildOptions::default());
        let mut generations = Vec::new();
        for company in 0..companies {
            let file = fixture::file(&name(company), "\"off\"", "Northwind") + more;
            let built = assembler.build_text(&file, place.path(), 1);
            generations.push(built.map_err(|problems| format!("{problems:?}"))?);
        }
        let mut settings = ServerSettings {
            listen: ([127, 0, 0, 1], 0).into(),
            body_limit: 16 << 20,
            journal: Some(JournalSettings {
                backlog: 10_000_000,
                ..JournalSettings::at(place.path().join("load.db"))
            }),
            ..ServerSettings::default()
        };
        settings.admission.backlog = 10_000_000;
        change(&mut settings);
        let runtime = Runtime::new()?;
        let server = runtime.block_on(Server::bind(&settings, generations, assembler))?;
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = runtime.spawn(async {
            server
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        });
        Ok(Served {
            address,
            runtime,
            stop,
            serving,
            _place: place,
        })
    }

    /// Stops the server.
    ///
    /// # Errors
    /// The server failed.
    pub fn stop(self) -> Result<(), Box<dyn Error>> {
        let _ = self.stop.send(());
        self.runtime.block_on(self.serving)?;
        Ok(())
    }
}

pub(crate) fn name(company: usize) -> String {
    format!("company-{company}")
}

/// How to deliver.
#[derive(Clone, Copy)]
pub struct Load {
    /// Interactions in a batch.
    pub batch: usize,
    /// Number of companies.
    pub companies: usize,
    /// Concurrent connections.
    pub connections: usize,
    /// Who writes.
    pub authors: Authors,
}

/// Who writes the interactions.
#[derive(Clone, Copy)]
pub enum Authors {
    /// So many customers of each company, again and again.
    Known(usize),
    /// Each interaction is of a customer who never wrote before.
    New,
}

impl Authors {
    /// The number of an interaction's author.
    pub(crate) fn of(self, number: usize) -> usize {
        match self {
            // Scattered, so that the mixture does not depend on the number of companies.
            Authors::Known(people) => (number.wrapping_mul(0x9E37_79B1) >> 8) % people,
            Authors::New => (1 << 40) + number,
        }
    }
}

/// Delivers these interactions in batches; returns the wait for each answer.
///
/// # Errors
/// The server rejects one.
pub fn deliver(
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
                let author = load.authors.of(*number);
                let interaction = json!({
                    "id": number.to_string(), "channel": "x", "text": TEXTS[number % TEXTS.len()],
                    "author": {"address": format!("@{author}"), "reach": author % 100_000},
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

/// Undecided inputs, from the server's metrics.
///
/// # Errors
/// The server does not answer.
pub fn undecided(address: SocketAddr) -> Result<u64, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let (_, body) = read_answer(&mut BufReader::new(stream))?;
    let text = String::from_utf8(body)?;
    let of_companies = text
        .lines()
        .filter(|line| line.starts_with("patchbay_desk_undecided{"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    Ok(of_companies.sum::<f64>() as u64)
}

pub(crate) fn read_answer(reader: &mut impl BufRead) -> Result<(u16, Vec<u8>), Box<dyn Error>> {
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
