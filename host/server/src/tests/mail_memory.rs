//! What a long mail takes of the memory of the host, by the ways in which mails come: no
//! more than `body-budget` counts.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use super::lmtp::{self, MailServer};
use super::mail;
use super::office::Office;

/// The way that the process measures.
const WAY: &str = "PATCHBAY_TEST_WAY";
/// The name of its test.
const MEASURE: &str = "tests::mail_memory::measure_a_way";
/// Begins the line with what it measured.
const FOUND: &str = "taken by the mail: ";
/// Bytes of the file in the mail, which is a third longer.
const FILE: usize = 21 << 20;
/// What other work of the host takes meanwhile.
const BESIDE: usize = 8 << 20;
/// How often a mail counts while it is stored.
const COUNTED: usize = 2;

/// Kilobytes of a line of `/proc/self/status`.
fn status(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: usize = number.and_then(|it| it.parse().ok()).expect("a number");
    kilobytes << 10
}

/// A mail of its own with a long file.
fn long_mail(number: usize) -> String {
    let mail = mail::mail_with_file(&vec![b'x'; FILE]);
    mail.replacen("<2@", &format!("<{number}@"), 1)
}

/// Delivers a mail, and what it took at most.
async fn taken(way: &str, office: &Office, number: usize) -> usize {
    let mail = long_mail(number);
    let request = match way {
        "lmtp" => String::new(),
        _ => mail::signed(&mail),
    };
    // The most so far begins again.
    fs::write("/proc/self/clear_refs", "5").expect("Linux");
    let before = status("VmRSS:");
    match way {
        "lmtp" => {
            let mut peer = MailServer::connect(&office.server).await;
            let help = ["help@northwind.example"];
            let replies = peer.deliver("jo@example.org", &help, &mail).await;
            assert_eq!(replies, ["250 2.0.0 stored"]);
        }
        _ => {
            let answer = office.server.client.raw(request.as_bytes()).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
    let most = status("VmHWM:");
    office.settled().await;
    most - before
}

#[tokio::test]
#[ignore = "the process that another test starts, not a test of its own"]
async fn measure_a_way() {
    let way = std::env::var(WAY).expect("set by the test that starts this process");
    let office = match &*way {
        "lmtp" => lmtp::office().await,
        _ => mail::receiving(|_| {}).await,
    };
    // Until the cache of the database is full.
    for number in 10..13 {
        taken(&way, &office, number).await;
    }
    let found = taken(&way, &office, 13).await;
    writeln!(std::io::stdout(), "{FOUND}{found}").expect("written");
}

#[test]
fn a_long_mail_takes_no_more_memory_than_counts_for_it() {
    let size = long_mail(1).len();
    for way in ["lmtp", "webhook"] {
        let process = Command::new(std::env::current_exe().expect("this one"))
            .args(["--exact", MEASURE, "--ignored", "--nocapture"])
            .env(WAY, way)
            // What is freed goes back to the system.
            .env("MALLOC_MMAP_THRESHOLD_", "131072")
            .output();
        let output = process.expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let found = text.lines().find_map(|line| line.split_once(FOUND));
        let found = found.unwrap_or_else(|| panic!("{way}: {output:?}"));
        let found: usize = found.1.trim().parse().expect("a number");
        let most = size * COUNTED + BESIDE;
        assert!(found <= most, "{way}: {found} bytes for a mail of {size}");
        assert!(found > size, "{way}: {found} bytes measure nothing");
    }
}
