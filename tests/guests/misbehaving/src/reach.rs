//! Access without a grant, and access outside the sandbox.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use patchbay_sdk::prelude::*;
use state::Scope;

pub fn out(word: &str, number: usize) -> Option<String> {
    Some(match word {
        "agents" => format!("{:?}", agents::get("ana").map(|agent| agent.id())),
        "agents-find" => agents::find(&Query::new()).total.to_string(),
        "agents-summaries" => {
            let found = agents::find_summaries(&Query::new().skill("fraud", 2).team("night"));
            format!("{found:?}")
        }
        "agents-member" => {
            let ana = agents::get("ana");
            format!("{:?}", ana.map(|ana| (ana.queues(), ana.teams())))
        }
        "agents-count" => agents::count(&Query::new()).to_string(),
        "agents-queue" => format!("{:?}", agents::queue("general").map(|queue| queue.id())),
        "agents-queues" => format!("{:?}", agents::queue_ids()),
        "knowledge" => knowledge::search("hello", 1).len().to_string(),
        "knowledge-intent" => knowledge::for_intent("hello").len().to_string(),
        "contact-attribute" => format!("{:?}", contacts::attribute("tier")),
        "contact-attributes" => format!("{:?}", contacts::attribute_names()),
        "interactions" => interactions::of_conversation(9).items.len().to_string(),
        "interactions-contact" => interactions::of_contact(9).items.len().to_string(),
        "state-conversation" => state::counter(Scope::Conversation, "k").to_string(),
        "state-contact" => state::counter(Scope::Contact, "k").to_string(),
        "state-company" => format!("{:?}", state::get(Scope::Company, "k")),
        "state-write" => {
            state::set(Scope::Company, "k", "v");
            String::new()
        }
        "state-remove" => {
            state::remove("k");
            String::new()
        }
        "settings" => settings::text(),
        "file" => tell(fs::read_to_string("/etc/passwd")),
        "file-write" => tell(fs::write("/tmp/patchbay-was-here", "x").map(|()| String::new())),
        "directory" => tell(fs::read_dir("/").map(|entries| entries.count().to_string())),
        "tcp" => tell(TcpStream::connect("127.0.0.1:80").map(|_| "connected".to_owned())),
        "udp" => tell(UdpSocket::bind("127.0.0.1:0").map(|_| "bound".to_owned())),
        "resolve" => tell(TcpStream::connect("localhost:80").map(|_| "connected".to_owned())),
        "environment" => format!(
            "{} variables, {} arguments",
            std::env::vars().count(),
            std::env::args().count()
        ),
        "stdin" => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            format!("{read:?} {text:?}")
        }
        "print" => {
            println!("to stdout\u{1b}[2J");
            eprintln!("to stderr");
            "printed".to_owned()
        }
        "print-much" => {
            let line = "x".repeat(1024);
            for _ in 0..number {
                println!("{line}");
            }
            let _ = std::io::stdout().flush();
            "printed".to_owned()
        }
        "sleep" => {
            let before = Instant::now();
            std::thread::sleep(Duration::from_secs(3600));
            format!("slept {:?}", before.elapsed())
        }
        "clocks" => {
            let wall = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map(|since| since.as_millis());
            format!("{wall:?} {}", clock::now())
        }
        "hours" => {
            let now = clock::now();
            let name = agents::queue("general").and_then(|queue| queue.hours());
            let name = name.unwrap_or_default();
            format!(
                "{name} {:?} {:?} {:?} {:?}",
                clock::is_open(&name, now),
                clock::opens_at(&name, now),
                clock::closes_at(&name, now),
                clock::after_working_time(&name, now, 3_600),
            )
        }
        "hours-of-queue" => {
            let queue = agents::queue("general");
            let read = |queue: Queue| (queue.is_open(), queue.opens_at(), queue.closes_at());
            format!("{:?}", queue.map(read))
        }
        "chance" => {
            let words: HashSet<u32> = (0..32).collect();
            let order: Vec<u32> = words.into_iter().collect();
            format!("{:x} {:x} {order:?}", random::next(), random::next())
        }
        _ => return None,
    })
}

fn tell<T: std::fmt::Debug>(result: std::io::Result<T>) -> String {
    match result {
        Ok(value) => format!("allowed: {value:?}"),
        Err(error) => format!("refused: {error}"),
    }
}
