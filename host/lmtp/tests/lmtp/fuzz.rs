//! Mutated conversations, in whatever pieces they come.

use patchbay_fuzz::{Corpus, Reading};
use patchbay_lmtp::{Lookup, Session, Step, Verdict};

/// Mails of a conversation: return path, recipients, content.
type Mails = Vec<(Option<String>, Vec<String>, Vec<u8>)>;

/// What a session makes of bytes that come in pieces of these sizes in turn. A piece ends
/// before and behind DATA: who goes on there has not waited for the answer.
fn converse(bytes: &[u8], sizes: &[usize]) -> (Vec<u8>, Mails, bool) {
    let mut session: Session<()> = Session::new(1_000);
    let (mut output, mut mails) = (Vec::new(), Mails::new());
    let mut sizes = sizes.iter().cycle();
    let is_data = |(at, word): (usize, &[u8])| word.eq_ignore_ascii_case(b"DATA").then_some(at);
    let mut data = bytes.windows(4).enumerate().filter_map(is_data).peekable();
    let mut rest = bytes;
    loop {
        match session.step() {
            Step::Read => {
                output.extend(session.take_output());
                if rest.is_empty() {
                    return (output, mails, false);
                }
                let size = (*sizes.next().expect("a size")).min(rest.len());
                let at = bytes.len() - rest.len();
                while data.next_if(|next| *next < at).is_some() {}
                let line = rest[..size].iter().position(|byte| *byte == b'\n');
                let line = line.map_or(size, |end| end + 1);
                let size = match (data.peek(), session.is_receiving()) {
                    (Some(data), true) if *data > at => size.min(*data - at),
                    (None, true) => size,
                    _ => line,
                };
                let (piece, after) = rest.split_at(size);
                session.feed(piece);
                rest = after;
            }
            Step::Lookup(address) => session.answer_lookup(match address.len() % 5 {
                0 => Lookup::Unknown,
                _ => Lookup::Found(()),
            }),
            Step::Deliver(mail) => {
                let verdicts = vec![Verdict::Stored; mail.recipients.len()];
                assert!(!verdicts.is_empty() && mail.content.len() <= 1_000);
                let recipients = mail.recipients.into_iter().map(|(address, ())| address);
                mails.push((mail.return_path, recipients.collect(), mail.content));
                session.answer_delivery(&verdicts);
            }
            Step::Close => {
                output.extend(session.take_output());
                return (output, mails, true);
            }
        }
    }
}

#[test]
fn a_conversation_is_the_same_in_whatever_pieces_it_comes() {
    let mail = "LHLO mx.example\r\nMAIL FROM:<jo@example.org> SIZE=20 BODY=8BITMIME\r\nRCPT TO:<help@a.example>\r\nRCPT TO:<\"a> b\"@b.example>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\n";
    let second =
        "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<@x.example:\u{fc}@b.example>\r\nDATA\r\n.\r\nQUIT\r\n";
    Corpus::of([
        format!("{mail}{second}"),
        format!("{mail}RSET\r\nVRFY x\r\n{second}"),
    ])
    .words(&[
        "\r\n.\r\n",
        "\n.\n",
        "\r",
        "\n",
        ".",
        "<",
        ">",
        "\"",
        "\\",
        "\0",
        "DATA\r\n",
        "RSET\r\n",
        "LHLO x\r\n",
        "MAIL FROM:<>\r\n",
        "RCPT TO:<a@b.c>\r\n",
        "SIZE=",
        "\u{fc}",
    ])
    .least_accepted(5)
    .run(|bytes| {
        let whole = converse(bytes, &[usize::MAX]);
        for sizes in [&[1][..], &[2, 7, 1], &[1_000, 3]] {
            assert_eq!(converse(bytes, sizes), whole);
        }
        for line in whole.0.split_inclusive(|byte| *byte == b'\n') {
            assert!(line.len() > 5 && line.ends_with(b"\r\n"));
            assert!(line[..3].iter().all(u8::is_ascii_digit));
        }
        match whole.1.is_empty() {
            true => Reading::Rejected,
            false => Reading::Accepted,
        }
    });
}
