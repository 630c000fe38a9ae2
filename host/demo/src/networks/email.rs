//! E-mail: the company's mail server posts each mail to the webhook.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use patchbay_outbound::webhook::SigningKey;

use super::connection::Connection;
use super::customer_book::{CustomerBook, CustomerMessage};
use super::network::Delivery;

pub(super) const CHANNEL: &str = "email";

/// Separates the parts of a mail with files.
const BOUNDARY: &str = "part-of-a-demo-mail";

/// The delivery of a mail.
pub(super) fn delivery(
    connection: &Connection,
    book: &mut CustomerBook,
    row: &serde_json::Value,
) -> Delivery {
    let message = book.number(row);
    let id = format!("{}@mail.customers.example", message.number);
    let address = message.address().to_owned();
    let answered = row["in_reply_to"].as_str();
    let answered = answered.and_then(|row| book.reply_mail(row));
    let body = mail(&message, connection.account(), &id, answered);
    book.file(&message, id.clone(), address);
    let seconds = Timestamp::now().as_second();
    // The demo made the secret.
    let signature = SigningKey::parse(connection.secret("signing-secret"))
        .map(|key| key.signature(&id_of_delivery(&message), seconds, body.as_bytes()));
    Delivery {
        headers: vec![
            ("content-type", "message/rfc822".to_owned()),
            ("webhook-id", id_of_delivery(&message)),
            ("webhook-timestamp", seconds.to_string()),
            ("webhook-signature", signature.unwrap_or_default()),
        ],
        body,
    }
}

fn id_of_delivery(message: &CustomerMessage<'_>) -> String {
    format!("mail-{}", message.number)
}

fn mail(message: &CustomerMessage<'_>, to: &str, id: &str, answered: Option<&str>) -> String {
    let (subject, text) = match message.text().strip_prefix("Subject: ") {
        Some(text) => text.split_once('\n').unwrap_or((text, "")),
        None => ("A question", message.text()),
    };
    let (name, address) = (encoded_word(message.name()), message.address());
    let mut lines = vec![
        format!(
            "Date: {}",
            message.at().strftime("%a, %d %b %Y %H:%M:%S +0000")
        ),
        format!("From: {name} <{address}>"),
        format!("To: {to}"),
        format!("Subject: {}", encoded_word(subject)),
        format!("Message-ID: <{id}>"),
        "MIME-Version: 1.0".to_owned(),
    ];
    if let Some(answered) = answered {
        lines.push(format!("In-Reply-To: {answered}"));
    }
    let text_part = [
        "Content-Type: text/plain; charset=utf-8".to_owned(),
        "Content-Transfer-Encoding: 8bit".to_owned(),
        String::new(),
        text.trim().replace('\n', "\r\n"),
    ];
    if message.attachments().is_empty() {
        lines.extend(text_part);
    } else {
        lines.push(format!(
            "Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\""
        ));
        lines.extend([String::new(), format!("--{BOUNDARY}")]);
        lines.extend(text_part);
        for file in message.attachments() {
            let text = |field: &str| file[field].as_str().unwrap_or_default();
            let (kind, name) = (text("media_type"), text("name"));
            lines.extend([
                format!("--{BOUNDARY}"),
                format!("Content-Type: {kind}; name=\"{name}\""),
                format!("Content-Disposition: attachment; filename=\"{name}\""),
                "Content-Transfer-Encoding: base64".to_owned(),
                String::new(),
                BASE64_STANDARD.encode(name),
            ]);
        }
        lines.push(format!("--{BOUNDARY}--"));
    }
    lines.join("\r\n") + "\r\n"
}

/// A text in a header (RFC 2047), in words of at most 75 characters.
fn encoded_word(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut part = String::new();
    for character in text.chars() {
        if part.len() + character.len_utf8() > 42 {
            words.push(std::mem::take(&mut part));
        }
        part.push(character);
    }
    words.push(part);
    let words = words
        .iter()
        .map(|part| format!("=?utf-8?B?{}?=", BASE64_STANDARD.encode(part)));
    words.collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_word_has_at_most_75_characters_and_whole_letters() {
        assert_eq!(encoded_word("Order 7"), "Order 7");
        let long = "ü".repeat(50);
        let words = encoded_word(&long);
        let words: Vec<&str> = words.split("\r\n ").collect();
        let mut read = String::new();
        for word in &words {
            assert!(word.len() <= 75, "{word}");
            let base64 = word.strip_prefix("=?utf-8?B?").expect("an encoded word");
            let bytes = BASE64_STANDARD.decode(base64.trim_end_matches("?="));
            read += &String::from_utf8(bytes.expect("base64")).expect("whole letters");
        }
        assert_eq!(read, long);
    }
}
