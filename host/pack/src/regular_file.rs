//! Reads of the files that people name: regular files only, and bounded.

use std::io::{self, Read};
use std::path::Path;

/// Most bytes of a file that a setting or command names: as much as a whole generation may have.
pub const MOST_BYTES: u64 = 64 << 20;

/// Reads a regular file of at most `most` bytes. Follows links. Of other files, reads only those
/// that the process was started with, such as `/dev/stdin` and what a shell writes for `<(command)`.
///
/// # Errors
/// Those of the operating system; and for a directory, device, pipe or socket, which could block
/// for ever or never end, and a longer file: what is wrong, after the file's name.
pub fn read_bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let too_long = |length: u64| {
        let problem = format!("is {length} bytes long; the limit is {most}");
        io::Error::new(io::ErrorKind::FileTooLarge, problem)
    };
    let found = std::fs::metadata(path)?;
    let problem = match (found.is_dir(), found.is_file()) {
        (true, _) => Some("is not a file but a directory"),
        (false, false) if !is_open_already(path) => {
            Some("is not a file but a device, pipe or socket")
        }
        (false, _) => None,
    };
    if let Some(problem) = problem {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    if found.len() > most {
        return Err(too_long(found.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
    let file = std::fs::File::open(path)?;
    // It may grow meanwhile; files of /proc have no length.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(too_long(bytes.len() as u64)),
        false => Ok(bytes),
    }
}

fn is_open_already(path: &Path) -> bool {
    let places = ["/dev/fd", "/dev/stdin", "/proc/self/fd"];
    places.iter().any(|place| path.starts_with(place))
}

/// Reads a regular file of UTF-8 text, as [`read_bytes`] does.
///
/// # Errors
/// As [`read_bytes`]; and for other bytes than UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read_bytes(path, most)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let problem = match binary_kind(error.as_bytes()) {
            Some(kind) => format!("is not UTF-8 text but {kind}"),
            None => format!("is not UTF-8 text: see byte {at}"),
        };
        io::Error::new(io::ErrorKind::InvalidData, problem)
    })
}

/// The kind of a file that is not text, by its first bytes.
fn binary_kind(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 5] = [
        (b"\0asm", "a WebAssembly component or module"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\x1f\x8b", "a compressed file (gzip)"),
        (b"\x7fELF", "a program"),
        (b"PK\x03\x04", "a ZIP archive"),
    ];
    let mut kinds = KINDS.iter();
    if let Some((_, kind)) = kinds.find(|(start, _)| bytes.starts_with(start)) {
        return Some(kind);
    }
    let begin = &bytes[..bytes.len().min(1024)];
    begin.contains(&0).then_some("a binary file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_regular_file_is_an_error_and_does_not_block() {
        let place = tempfile::tempdir().expect("a directory");
        let socket = place.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        for path in [place.path(), &socket, Path::new("/dev/zero")] {
            let error = read_bytes(path, 10).expect_err("no file").to_string();
            assert!(error.starts_with("is not a file"), "{error}");
        }
        let missing = read_bytes(&place.path().join("missing"), 10).expect_err("no file");
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_binary_file_is_named_as_what_it_is() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("file");
        for (bytes, kind) in [
            (
                &b"\0asm\x0d\0\x01\0\xff"[..],
                "a WebAssembly component or module",
            ),
            (b"\x7fELF\xff", "a program"),
            (b"name\0\xff", "a binary file"),
        ] {
            std::fs::write(&path, bytes).expect("written");
            let error = read_text(&path, 100).expect_err("no text").to_string();
            assert_eq!(error, format!("is not UTF-8 text but {kind}"));
        }
    }

    #[test]
    fn a_longer_file_is_an_error_and_is_not_read() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("file");
        std::fs::write(&path, "0123456789").expect("a file");
        assert_eq!(
            read_text(&path, 10).expect("as long as allowed"),
            "0123456789"
        );
        let error = read_text(&path, 9).expect_err("too long").to_string();
        assert_eq!(error, "is 10 bytes long; the limit is 9");
        // Without blocks on disk: reading it whole would take all memory.
        let sparse = std::fs::File::create(&path).expect("a file");
        sparse.set_len(1 << 40).expect("a sparse file");
        assert!(read_bytes(&path, MOST_BYTES).is_err());
    }

    #[test]
    fn a_link_to_a_file_is_read() {
        let place = tempfile::tempdir().expect("a directory");
        let (path, link) = (place.path().join("file"), place.path().join("link"));
        std::fs::write(&path, b"\xff").expect("a file");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        assert_eq!(read_bytes(&link, 10).expect("bytes"), b"\xff");
        let error = read_text(&link, 10).expect_err("no text").to_string();
        assert_eq!(error, "is not UTF-8 text: see byte 0");
    }
}
