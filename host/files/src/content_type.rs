//! The media type of a file, by its bytes. What a sender or a provider says of a file
//! decides nothing: a browser would run a page that is called a picture.

/// The type of every other file: a browser saves it.
const UNKNOWN: &str = "application/octet-stream";
/// Bytes that decide the type.
const DECIDING: usize = 16;

/// First bytes of files that a browser can show without running anything of them.
const BEGINNINGS: &[(&[u8], &str)] = &[
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
];

/// Types of the containers that begin with RIFF and a length.
const RIFF: &[(&[u8], &str)] = &[(b"WEBP", "image/webp"), (b"WAVE", "audio/wav")];

/// Brands of files in the ISO base media format that are no video.
const BRANDS: &[(&[u8], &str)] = &[
    (b"M4A ", "audio/mp4"),
    (b"avif", "image/avif"),
    (b"heic", "image/heic"),
    (b"heix", "image/heic"),
    (b"mif1", "image/heic"),
];

/// The media type of a file by its first bytes; `application/octet-stream` for any that
/// is not known to be harmless, text, HTML and SVG among them.
pub fn content_type(beginning: &[u8]) -> &'static str {
    let of = |table: &[(&[u8], &'static str)], bytes: &[u8]| {
        let found = table.iter().find(|(begin, _)| bytes.starts_with(begin));
        found.map(|(_, media_type)| *media_type)
    };
    if let Some(media_type) = of(BEGINNINGS, beginning) {
        return media_type;
    }
    let at = |start: usize| beginning.get(start..).unwrap_or_default();
    let found = match beginning {
        [b'R', b'I', b'F', b'F', ..] => of(RIFF, at(8)),
        _ if at(4).starts_with(b"ftyp") => Some(of(BRANDS, at(8)).unwrap_or("video/mp4")),
        _ => None,
    };
    found.unwrap_or(UNKNOWN)
}

/// Whether so many bytes of a longer file are enough for [`content_type`].
pub fn is_content_type_decided(bytes: usize) -> bool {
    bytes >= DECIDING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_from_the_bytes() {
        for (bytes, expected) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
            (b"RIFF\x24\0\0\0AVI LIST", UNKNOWN),
            (b"\0\0\0\x18ftypmp42", "video/mp4"),
            (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
            (b"\0\0\0\x18ftypheic", "image/heic"),
            (b"OggS\0\x02", "audio/ogg"),
            (b"%PDF-1.7", "application/pdf"),
        ] {
            assert_eq!(content_type(bytes), expected);
        }
    }

    #[test]
    fn what_a_browser_would_run_has_no_type_of_its_own() {
        for bytes in [
            &b"<!DOCTYPE html><script>alert(1)</script>"[..],
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<?xml version='1.0'?><svg/>",
            b"alert(1)",
            b"  %PDF-1.7",
            b"PK\x03\x04",
            b"MZ\x90",
            b"RIFF",
            b"\0\0\0\x18fty",
            b"",
        ] {
            assert_eq!(content_type(bytes), UNKNOWN);
        }
    }

    #[test]
    fn the_deciding_bytes_decide() {
        // Longer beginnings do not change the type of any file in the tables.
        for begin in BEGINNINGS.iter().map(|(begin, _)| *begin) {
            let long = [begin, &[0; 64]].concat();
            assert_eq!(content_type(&long[..DECIDING]), content_type(&long));
            assert!(begin.len() <= DECIDING);
        }
        assert!(!is_content_type_decided(DECIDING - 1));
        assert!(is_content_type_decided(DECIDING));
    }
}
