//! Signed deliveries of WhatsApp, one message each, as the provider sends them.

use std::error::Error;
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ring::hmac;
use serde_json::json;

use crate::served::{Authors, TEXTS, name, read_answer};

/// Variable with the secret: every process has it.
const VARIABLE: &str = "PATH";
/// Id of the company's telephone number.
const ACCOUNT: &str = "1122334455667";
/// Provider's time of the first message.
const BEGIN: usize = 1_767_225_600;

/// The connection, for a company file.
pub fn connection() -> String {
    let secret = format!("{{ env = \"{VARIABLE}\" }}");
    format!(
        "\n[channel.whatsapp.connection.main]\nsettings = {{ accounts = [\"{ACCOUNT}\"] }}\nsecrets = {{ app-secret = {secret}, verify-token = {secret}, access-token = {secret} }}\n"
    )
}

/// Delivers these messages, one a request; returns the wait for each answer. Signing is
/// not part of the waits.
///
/// # Errors
/// The server rejects one.
pub fn deliver(
    address: SocketAddr,
    numbers: &[usize],
    authors: Authors,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, std::env::var(VARIABLE)?.as_bytes());
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut waits = Vec::with_capacity(numbers.len());
    for number in numbers {
        let request = request(address, *number, authors.of(*number), &key);
        let began = Instant::now();
        stream.write_all(&request)?;
        let (status, answer) = read_answer(&mut reader)?;
        waits.push(began.elapsed());
        if status != 200 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&answer)).into());
        }
    }
    Ok(waits)
}

fn request(address: SocketAddr, number: usize, author: usize, key: &hmac::Key) -> Vec<u8> {
    let from = format!("35190{author:013}");
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "351210000000", "phone_number_id": ACCOUNT},
            "contacts": [{"profile": {"name": "Ana Sousa"}, "wa_id": from}],
            "messages": [{
                "from": from,
                "id": format!("wamid.{number}"),
                "timestamp": (BEGIN + number / 5_000).to_string(),
                "type": "text",
                "text": {"body": TEXTS[number % TEXTS.len()]},
            }],
        },
    }]}]})
    .to_string();
    let code = hmac::sign(key, body.as_bytes());
    let digits: String = code
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let head = format!(
        "POST /webhooks/{}/whatsapp/main HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256={digits}\r\nContent-Length: {}\r\n\r\n",
        name(0),
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}
