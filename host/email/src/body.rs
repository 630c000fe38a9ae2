//! What a mail says: the text that its sender wrote now, what it quotes, and files.

use patchbay_model::input::WHOLE_TEXT_BYTES;
use patchbay_text::mail::{divide, divide_html};
use ring::digest;

use super::flowed;
use super::mime::{Arrangement, Mail, Node};
use super::part::Part;

/// Most bytes of all texts that are read. Markup is several times its text.
const READ_BYTES: usize = 1 << 20;
/// Pictures up to this size that a text shows are decoration: logos, lines.
const DECORATION_BYTES: usize = 16 << 10;

/// The content of a mail.
pub(super) struct Body<'m, 'a> {
    /// What its sender wrote now.
    pub(super) text: String,
    /// Bytes of all texts with their markup, if some were cut off.
    pub(super) whole_bytes: Option<usize>,
    /// The mail it answers, and the signature; empty if there is none.
    pub(super) quoted: String,
    pub(super) files: Vec<File<'m, 'a>>,
    /// Number of pictures that are decoration.
    pub(super) decorations: usize,
    /// SHA-256 of what was said: decoded texts and files.
    pub(super) digest: Vec<u8>,
}

/// A file of a mail.
pub(super) struct File<'m, 'a> {
    pub(super) part: &'m Part<'a>,
    /// Bytes, decoded.
    pub(super) size: usize,
}

impl<'m, 'a> Body<'m, 'a> {
    pub(super) fn read(mail: &'m Mail<'a>) -> Body<'m, 'a> {
        let mut found = Found::default();
        found.add(&mail.root);
        let mut digest = digest::Context::new(&digest::SHA256);
        let mut body = Body {
            text: String::new(),
            whole_bytes: None,
            quoted: String::new(),
            files: Vec::new(),
            decorations: 0,
            digest: Vec::new(),
        };
        let mut texts = Vec::new();
        let (mut left, mut bytes) = (READ_BYTES, 0);
        for part in &found.texts {
            let content = part.content();
            let read = start(&content, left);
            left -= read.len();
            bytes += content.len();
            let text = part.text(read).replace("\r\n", "\n");
            hash(&mut digest, text.trim_end().as_bytes());
            let text = match part.flowed.filter(|_| !part.is_html()) {
                Some(deletes_space) => flowed::join_lines(&text, deletes_space),
                None => text,
            };
            texts.push((part.is_html(), text));
        }
        for part in found.files {
            let content = part.content();
            hash(&mut digest, &content);
            let size = content.len();
            match found.shown.contains(&part.number.as_str()) && size <= DECORATION_BYTES {
                true => body.decorations += 1,
                false => body.files.push(File { part, size }),
            }
        }
        body.digest = digest.finish().as_ref().to_vec();
        body.divide(texts);
        let is_cut = bytes > READ_BYTES || body.text.len() > WHOLE_TEXT_BYTES;
        body.whole_bytes = is_cut.then_some(bytes);
        let end = body.text.floor_char_boundary(WHOLE_TEXT_BYTES);
        body.text.truncate(end);
        body
    }

    /// Divides the last text, which the history follows; those before it are whole.
    fn divide(&mut self, texts: Vec<(bool, String)>) {
        let mut written = Vec::new();
        for (index, (is_html, text)) in texts.iter().enumerate() {
            let division = match is_html {
                true => divide_html(text),
                false => divide(text),
            };
            let is_last = index + 1 == texts.len();
            match is_last {
                true => {
                    written.push(tidy(&division.written));
                    self.quoted = tidy(&division.history);
                }
                false => written.push(tidy(&format!("{}{}", division.written, division.history))),
            }
        }
        written.retain(|text| !text.is_empty());
        self.text = written.join("\n\n");
    }
}

/// The beginning of a content, without a character of UTF-8 that would be cut.
fn start(content: &[u8], most: usize) -> &[u8] {
    let Some(start) = content.get(..most) else {
        return content;
    };
    match std::str::from_utf8(start) {
        Err(error) if error.error_len().is_none() => &start[..error.valid_up_to()],
        _ => start,
    }
}

/// Length and bytes, so that two parts are not one.
fn hash(digest: &mut digest::Context, bytes: &[u8]) {
    digest.update(&(bytes.len() as u64).to_be_bytes());
    digest.update(bytes);
}

/// Without white space at the ends of lines, NUL, outer blank lines, and more than
/// one blank line in succession.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blanks = 0;
    for line in text.lines() {
        // `-- ` begins a signature only with its blank.
        let line = if line == "-- " { line } else { line.trim_end() };
        blanks = if line.is_empty() { blanks + 1 } else { 0 };
        if blanks < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.replace('\0', "").trim().to_owned()
}

/// The texts to read, and the files.
#[derive(Default)]
struct Found<'m, 'a> {
    texts: Vec<&'m Part<'a>>,
    files: Vec<&'m Part<'a>>,
    /// Numbers of parts that a text shows.
    shown: Vec<&'m str>,
}

impl<'m, 'a> Found<'m, 'a> {
    fn add(&mut self, node: &'m Node<'a>) {
        match node {
            Node::Leaf(part) if part.is_text() => self.texts.push(part),
            Node::Leaf(part) => {
                if part.is_shown && part.media_type.starts_with("image/") {
                    self.shown.push(&part.number);
                }
                self.files.push(part);
            }
            Node::Branch(Arrangement::Alternative, children) => self.add_alternative(children),
            Node::Branch(Arrangement::Related, children) => {
                let mut children = children.iter();
                if let Some(root) = children.next() {
                    self.add(root);
                }
                for other in children {
                    let mut parts = Vec::new();
                    other.parts(&mut parts);
                    let images = parts
                        .iter()
                        .filter(|it| it.media_type.starts_with("image/"));
                    self.shown.extend(images.map(|part| part.number.as_str()));
                    self.files.extend(parts);
                }
            }
            Node::Branch(Arrangement::Mixed, children) => {
                children.iter().for_each(|child| self.add(child));
            }
        }
    }

    /// The form that is plain text with words, else the last one with a text. Files of
    /// every form are kept: an invitation is one of the forms.
    fn add_alternative(&mut self, children: &'m [Node<'a>]) {
        let forms: Vec<Found<'m, 'a>> = children
            .iter()
            .map(|child| {
                let mut found = Found::default();
                found.add(child);
                found
            })
            .collect();
        let is_plain = |form: &Found<'_, '_>| {
            form.texts.iter().any(|part| {
                let content = part.content();
                !part.is_html() && part.text(&content).contains(char::is_alphanumeric)
            })
        };
        let chosen = forms.iter().position(is_plain);
        let chosen = chosen.or_else(|| forms.iter().rposition(|form| !form.texts.is_empty()));
        for (index, form) in forms.into_iter().enumerate() {
            if Some(index) == chosen {
                self.texts.extend(form.texts);
            }
            let is_file = |part: &&Part<'_>| {
                !part.media_type.starts_with("text/")
                    || part.name.is_some()
                    || part.media_type == "text/calendar"
            };
            self.files.extend(form.files.into_iter().filter(is_file));
            self.shown.extend(form.shown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(mail: &str, with: impl FnOnce(&Body<'_, '_>) -> T) -> T {
        let mail = mail.replace("\n\n\n", "\n\n");
        let mail = Mail::read(mail.as_bytes());
        with(&Body::read(&mail))
    }

    fn multipart(kind: &str, parts: &[&str]) -> String {
        let boundary = kind;
        let parts: String = parts
            .iter()
            .map(|part| format!("--{boundary}\n{part}\n"))
            .collect();
        format!("Content-Type: multipart/{kind}; boundary={boundary}\n\n{parts}--{boundary}--\n")
    }

    const PLAIN: &str = "Content-Type: text/plain\n\nplain";
    const HTML: &str = "Content-Type: text/html\n\n<p>html</p>";
    const EMPTY: &str = "Content-Type: text/plain\n\n \n";
    const PICTURE: &str =
        "Content-Type: image/png\nContent-ID: <1@x>\nContent-Transfer-Encoding: base64\n\niVBO";
    const INVITATION: &str = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR";
    const PDF: &str = "Content-Type: application/pdf; name=a.pdf\n\n%PDF";

    #[test]
    fn the_plain_form_is_read_and_every_file_is_kept() {
        for (mail, text, files, decorations) in [
            (multipart("alternative", &[PLAIN, HTML]), "plain", 0, 0),
            (multipart("alternative", &[HTML, PLAIN]), "plain", 0, 0),
            (multipart("alternative", &[EMPTY, HTML]), "html", 0, 0),
            (
                multipart("alternative", &[PLAIN, HTML, INVITATION]),
                "plain",
                1,
                0,
            ),
            (
                multipart(
                    "alternative",
                    &[PLAIN, &multipart("related", &[HTML, PICTURE])],
                ),
                "plain",
                0,
                1,
            ),
            (multipart("related", &[HTML, PICTURE, PDF]), "html", 1, 1),
            (
                multipart("mixed", &[&multipart("alternative", &[PLAIN, HTML]), PDF]),
                "plain",
                1,
                0,
            ),
            // Apple Mail puts a picture between two texts.
            (
                multipart("mixed", &[PLAIN, PDF, "Content-Type: text/plain\n\nmore"]),
                "plain\n\nmore",
                1,
                0,
            ),
            (
                multipart(
                    "mixed",
                    &[PLAIN, "Content-Type: text/plain; name=log.txt\n\nlog"],
                ),
                "plain",
                1,
                0,
            ),
            (
                multipart(
                    "mixed",
                    &[
                        PLAIN,
                        "Content-Type: text/html\nContent-Disposition: attachment\n\n<p>x",
                    ],
                ),
                "plain",
                1,
                0,
            ),
            (
                multipart(
                    "signed",
                    &[
                        PLAIN,
                        "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nx",
                    ],
                ),
                "plain",
                1,
                0,
            ),
            (
                multipart(
                    "mixed",
                    &[
                        PLAIN,
                        "Content-Type: message/rfc822\n\nSubject: other\n\nnot mine",
                    ],
                ),
                "plain",
                1,
                0,
            ),
            (
                PLAIN.replace("text/plain", "text/plain; name=a.txt"),
                "plain",
                0,
                0,
            ),
            (PDF.to_owned(), "", 1, 0),
        ] {
            let found = read(&mail, |body| {
                (body.text.clone(), body.files.len(), body.decorations)
            });
            assert_eq!(found, (text.to_owned(), files, decorations), "{mail}");
        }
    }

    #[test]
    fn a_picture_that_is_large_is_a_file() {
        let large = format!("{PICTURE}{}", "AAAA".repeat(DECORATION_BYTES / 3));
        let mail = multipart("related", &[HTML, &large]);
        assert_eq!(
            read(&mail, |body| (body.files.len(), body.decorations)),
            (1, 0)
        );
    }

    #[test]
    fn what_is_quoted_is_not_the_text_and_not_lost() {
        let mail = "Content-Type: text/plain\n\nThanks!\n\nOn Tue, 3 Mar 2026 at 10:15, Northwind <help@northwind.example> wrote:\n> Dear Jo\n";
        let (text, quoted) = read(mail, |body| (body.text.clone(), body.quoted.clone()));
        assert_eq!(text, "Thanks!");
        assert_eq!(
            quoted,
            "On Tue, 3 Mar 2026 at 10:15, Northwind <help@northwind.example> wrote:\n> Dear Jo"
        );
        let below = "Content-Type: text/plain\n\n> Stolen?\n\nNo.\n";
        assert_eq!(
            read(below, |body| (body.text.clone(), body.quoted.clone())),
            ("> Stolen?\n\nNo.".to_owned(), String::new())
        );
    }

    #[test]
    fn the_digest_is_of_what_was_said_and_not_of_how_it_is_encoded() {
        let digest = |mail: &str| read(mail, |body| body.digest.clone());
        let plain = "Content-Type: text/plain; charset=utf-8\n\nCafé = 5\n";
        for same in [
            plain.replace('\n', "\r\n"),
            "Content-Type: text/plain; charset=iso-8859-15\nContent-Transfer-Encoding: quoted-printable\n\nCaf=E9 =3D 5".to_owned(),
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nQ2Fmw6kgPSA1Cg==".to_owned(),
        ] {
            assert_eq!(digest(&same), digest(plain), "{same}");
        }
        for other in [plain.replace('5', "6"), multipart("mixed", &[plain, PDF])] {
            assert_ne!(digest(&other), digest(plain), "{other}");
        }
    }

    #[test]
    fn a_text_beyond_every_limit_is_cut_with_its_size() {
        let mail = format!(
            "Content-Type: text/plain\n\n{}",
            "é".repeat(WHOLE_TEXT_BYTES)
        );
        let (length, whole) = read(&mail, |body| (body.text.len(), body.whole_bytes));
        assert_eq!(
            (length, whole),
            (WHOLE_TEXT_BYTES, Some(2 * WHOLE_TEXT_BYTES))
        );
    }
}
