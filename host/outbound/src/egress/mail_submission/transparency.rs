//! The content of a mail as DATA transfers it (RFC 5321, 4.5.2).

/// Whether CR and LF stand only as line ends, together, and there is no NUL. Servers
/// differ in what a CR or LF alone means: it could end the mail and begin another
/// (SMTP smuggling).
pub(super) fn has_whole_lines(message: &[u8]) -> bool {
    let mut previous = 0;
    for &byte in message {
        if byte == 0 || (byte == b'\n') != (previous == b'\r') {
            return false;
        }
        previous = byte;
    }
    previous != b'\r'
}

/// The message with a dot before each line that begins with one, and an end of the
/// last line. The final line with a dot alone is not part of it.
pub(super) fn stuff(message: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(message.len() + message.len() / 64 + 2);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    if !stuffed.is_empty() && !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_at_the_beginning_of_lines_are_doubled() {
        for (message, stuffed) in [
            ("", ""),
            ("a", "a\r\n"),
            ("a.\r\n", "a.\r\n"),
            (".", "..\r\n"),
            (".\r\n.\r\n", "..\r\n..\r\n"),
            ("a\r\n..b\r\n.c", "a\r\n...b\r\n..c\r\n"),
            ("\r\n.\r\n", "\r\n..\r\n"),
        ] {
            assert_eq!(stuff(message.as_bytes()), stuffed.as_bytes(), "{message:?}");
        }
    }

    #[test]
    fn cr_and_lf_stand_together() {
        for good in ["", "a", "a\r\n", "\r\n\r\n", "a\r\nb"] {
            assert!(has_whole_lines(good.as_bytes()), "{good:?}");
        }
        for bad in [
            "\n", "\r", "a\nb", "a\rb", "a\r", "\r\r\n", "\n\r\n", "a\r\n.\n", "a\n.\r\n", "a\0",
        ] {
            assert!(!has_whole_lines(bad.as_bytes()), "{bad:?}");
        }
    }

    /// What a server stores is what was sent, and only the final dot ends it: checked
    /// over every message of up to seven of these pieces.
    #[test]
    fn no_message_contains_its_end_and_every_one_comes_back() {
        let pieces: [&[u8]; 4] = [b"\r\n", b".", b"x", b"\xe9"];
        let mut messages: Vec<Vec<u8>> = vec![Vec::new()];
        let mut length = vec![Vec::new()];
        for _ in 0..7 {
            length = length
                .iter()
                .flat_map(|message: &Vec<u8>| pieces.map(|piece| [message, piece].concat()))
                .collect();
            messages.extend(length.iter().cloned());
        }
        for message in messages {
            let sent = [stuff(&message), b".\r\n".to_vec()].concat();
            let mut stored = Vec::new();
            let mut lines = sent.split_inclusive(|byte| *byte == b'\n');
            for line in lines.by_ref() {
                if line == b".\r\n" {
                    break;
                }
                stored.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
            }
            assert_eq!(lines.next(), None, "{message:?} ends early");
            let mut expected = message.clone();
            if !expected.is_empty() && !expected.ends_with(b"\r\n") {
                expected.extend_from_slice(b"\r\n");
            }
            assert_eq!(stored, expected);
        }
    }
}
