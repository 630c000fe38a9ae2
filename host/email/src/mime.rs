//! The parts of a mail. A multipart is divided here and not by the parser crate:
//! so the work is linear in the size of the mail, and depth and number of its
//! parts are bounded. An attached mail is one part, whatever it contains.

use super::header::Header;
use super::part::Part;

/// Most parts that are read; what follows is left out.
const PARTS: usize = 500;
/// Deepest multipart within multiparts that is divided.
const DEPTH: usize = 10;
/// Longest boundary (RFC 2046 allows 70), with room for programs that ignore it.
const BOUNDARY: usize = 200;

/// How the parts of a multipart belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrangement {
    /// The same content in several forms, the best last.
    Alternative,
    /// A text and what it shows.
    Related,
    /// One after another.
    Mixed,
}

/// A part, or several.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Leaf(Part<'a>),
    Branch(Arrangement, Vec<Node<'a>>),
}

impl<'a> Node<'a> {
    /// Every part, in order.
    pub(super) fn parts<'n>(&'n self, found: &mut Vec<&'n Part<'a>>) {
        match self {
            Node::Leaf(part) => found.push(part),
            Node::Branch(_, children) => children.iter().for_each(|child| child.parts(found)),
        }
    }
}

/// A mail in parts.
#[derive(Debug)]
pub(super) struct Mail<'a> {
    pub(super) header: Header<'a>,
    pub(super) root: Node<'a>,
    /// Whether parts were left out.
    pub(super) is_cut: bool,
}

impl<'a> Mail<'a> {
    /// Reads a mail. Any bytes are one.
    pub(super) fn read(bytes: &'a [u8]) -> Mail<'a> {
        let (header, body) = Header::split(bytes);
        let mut reader = Reader {
            left: PARTS,
            is_cut: false,
        };
        let root = reader.node(&header, body, "1".to_owned(), DEPTH);
        Mail {
            root,
            header,
            is_cut: reader.is_cut,
        }
    }
}

struct Reader {
    left: usize,
    is_cut: bool,
}

impl Reader {
    fn node<'a>(
        &mut self,
        header: &Header<'a>,
        body: &'a [u8],
        number: String,
        depth: usize,
    ) -> Node<'a> {
        let part = Part::new(header, body, number);
        let named = part.boundary.as_deref().map(str::as_bytes);
        let boundary = match named {
            Some(boundary) if has_delimiter(body, boundary) => Some(boundary.to_vec()),
            _ if part.may_be_multipart() => first_delimiter(body).map(<[u8]>::to_vec),
            _ => None,
        };
        let Some(boundary) = boundary.filter(|_| depth > 0) else {
            return Node::Leaf(part.without_boundary());
        };
        let arrangement = part.arrangement();
        let mut children = Vec::new();
        for piece in pieces(body, &boundary) {
            if self.left == 0 {
                self.is_cut = true;
                break;
            }
            self.left -= 1;
            let (header, body) = Header::split(piece);
            let number = format!("{}.{}", part.number, children.len() + 1);
            children.push(self.node(&header, body, number, depth - 1));
        }
        Node::Branch(arrangement, children)
    }
}

/// A line of a body as a delimiter: whether it is the last one.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    match rest.trim_ascii_end() {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split_inclusive(|byte| *byte == b'\n')
}

fn has_delimiter(body: &[u8], boundary: &[u8]) -> bool {
    (1..=BOUNDARY).contains(&boundary.len())
        && lines(body).any(|line| delimiter(line, boundary).is_some())
}

/// The boundary of a multipart whose header does not name it: the first line is a
/// delimiter, a field of a part follows, and the last delimiter is there.
fn first_delimiter(body: &[u8]) -> Option<&[u8]> {
    let mut filled = lines(body).filter(|line| !line.trim_ascii().is_empty());
    let boundary = filled.next()?.strip_prefix(b"--")?.trim_ascii_end();
    let field = filled.next()?.to_ascii_lowercase();
    let is_one = (1..=BOUNDARY).contains(&boundary.len())
        && field.starts_with(b"content-")
        && lines(body).any(|line| delimiter(line, boundary) == Some(true));
    is_one.then_some(boundary)
}

/// What stands between the delimiters. Without the last one, the last part reaches
/// to the end.
fn pieces<'a, 'b>(
    body: &'a [u8],
    boundary: &'b [u8],
) -> impl Iterator<Item = &'a [u8]> + use<'a, 'b> {
    let mut at = 0;
    let mut start = None;
    let mut is_done = false;
    std::iter::from_fn(move || {
        while at < body.len() && !is_done {
            let rest = &body[at..];
            let end = rest.iter().position(|byte| *byte == b'\n');
            let line = &rest[..end.map_or(rest.len(), |end| end + 1)];
            let line_start = at;
            at += line.len();
            let Some(is_last) = delimiter(line, boundary) else {
                continue;
            };
            is_done = is_last;
            if let Some(start) = start.replace(at) {
                return Some(without_line_end(&body[start..line_start]));
            }
        }
        match is_done {
            true => None,
            false => start.take().map(|start| &body[start.min(body.len())..]),
        }
    })
}

/// The line break before a delimiter belongs to the delimiter.
fn without_line_end(piece: &[u8]) -> &[u8] {
    let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
    piece.strip_suffix(b"\r").unwrap_or(piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(mail: &str) -> Vec<(String, String)> {
        let mail = Mail::read(mail.as_bytes());
        let mut parts = Vec::new();
        mail.root.parts(&mut parts);
        let shown = |part: &&Part<'_>| {
            (
                part.number.clone(),
                String::from_utf8_lossy(part.body).into_owned(),
            )
        };
        parts.iter().map(shown).collect()
    }

    /// RFC 2046, 5.1.1.
    #[test]
    fn a_multipart_is_divided_at_its_delimiters() {
        let mail = "Subject: Sample\nMIME-Version: 1.0\nContent-type: multipart/mixed; boundary=\"simple boundary\"\n\nThis is the preamble.\n--simple boundary\n\nThis is implicitly typed plain US-ASCII text.\nIt does NOT end with a linebreak.\n--simple boundary\nContent-type: text/plain; charset=us-ascii\n\nThis is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak.\n\n--simple boundary--\n\nThis is the epilogue.\n";
        let expected = [
            (
                "1.1",
                "This is implicitly typed plain US-ASCII text.\nIt does NOT end with a linebreak.",
            ),
            (
                "1.2",
                "This is explicitly typed plain US-ASCII text.\nIt DOES end with a linebreak.\n",
            ),
        ];
        for mail in [mail.to_owned(), mail.replace('\n', "\r\n")] {
            let found: Vec<(String, String)> = bodies(&mail)
                .into_iter()
                .map(|(number, body)| (number, body.replace('\r', "")))
                .collect();
            assert_eq!(
                found,
                expected.map(|(number, body)| (number.to_owned(), body.to_owned()))
            );
        }
    }

    #[test]
    fn a_boundary_that_begins_another_one_does_not_end_it() {
        let mail = "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\n\none\n--ab\n\ntwo\n--ab--\n--a\n\nthree\n--a--\n";
        let found = bodies(mail);
        let numbers: Vec<&str> = found.iter().map(|(number, _)| number.as_str()).collect();
        assert_eq!(numbers, ["1.1.1", "1.1.2", "1.2"]);
        assert_eq!(found[2].1, "three");
    }

    #[test]
    fn a_missing_boundary_is_found_or_the_body_is_text() {
        for (head, body, parts) in [
            (
                "Content-Type: multipart/mixed\n",
                "--x\nContent-Type: text/plain\n\none\n--x--\n",
                1,
            ),
            (
                "Content-Type: multipart/mixed; boundary=wrong\n",
                "--x\nContent-Type: text/plain\n\none\n--x\n\ntwo\n--x--\n",
                2,
            ),
            (
                "Subject: none\n",
                "--x\ncontent-type: text/plain\n\none\n--x\n\ntwo\n--x--\n",
                2,
            ),
            (
                "Content-Type: multipart/mixed; boundary=x\n",
                "--x\n\none",
                1,
            ),
        ] {
            let found = bodies(&format!("{head}\n{body}"));
            assert_eq!(found.len(), parts, "{head}{body}");
            assert_eq!(found[0].1, "one", "{head}{body}");
        }
        for (head, body) in [
            (
                "Content-Type: multipart/mixed; boundary=x\n",
                "no delimiter",
            ),
            (
                "Content-Type: multipart/mixed; boundary=\"\"\n",
                "--\n\none\n",
            ),
            (
                "Content-Type: text/plain\n",
                "--x\nContent-Type: text/plain\n\none\n--x--\n",
            ),
            ("Subject: none\n", "-- \nJo"),
        ] {
            let found = bodies(&format!("{head}\n{body}"));
            assert_eq!(found, [("1".to_owned(), body.to_owned())]);
        }
    }

    #[test]
    fn number_and_depth_of_parts_are_bounded() {
        let many = format!(
            "Content-Type: multipart/mixed; boundary=x\n\n{}",
            "--x\n\na\n".repeat(10_000)
        );
        let mail = Mail::read(many.as_bytes());
        let mut parts = Vec::new();
        mail.root.parts(&mut parts);
        assert_eq!((parts.len(), mail.is_cut), (PARTS, true));
        let mut deep = String::new();
        for depth in 0..200 {
            deep += &format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n");
        }
        let found = bodies(&deep);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0.split('.').count(), DEPTH + 1);
    }
}
