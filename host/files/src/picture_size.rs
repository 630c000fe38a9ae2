//! Width and height of a picture, from its bytes.

/// Width and height in pixels of a PNG or JPEG; `None` for other bytes.
///
/// A JPEG is read up to its frame header (ITU-T T.81, B.2.2), a PNG up to its first chunk
/// (PNG, third edition, 11.2.1).
pub fn picture_size(content: &[u8]) -> Option<(u32, u32)> {
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        let is_header = content.get(12..16)? == b"IHDR";
        let number = |at: usize| {
            Some(u32::from_be_bytes(
                content.get(at..at + 4)?.try_into().ok()?,
            ))
        };
        return is_header.then_some((number(16)?, number(20)?));
    }
    let mut rest = content.strip_prefix(b"\xff\xd8")?;
    let pair = |bytes: &[u8], at: usize| {
        let bytes: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(u16::from_be_bytes(bytes))
    };
    loop {
        let (mark, after) = rest.split_first()?;
        let (code, segment) = after.split_first()?;
        match (mark, code) {
            // A marker may begin with several of these bytes.
            (0xff, 0xff) => {
                rest = after;
                continue;
            }
            // Markers without a segment.
            (0xff, 0x01 | 0xd0..=0xd7) => {
                rest = segment;
                continue;
            }
            // Frame headers; C4, C8 and CC are tables.
            (0xff, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) => {
                let (height, width) = (pair(segment, 3)?, pair(segment, 5)?);
                return Some((width.into(), height.into()));
            }
            // The picture itself, or its end.
            (0xff, 0xd9 | 0xda) => return None,
            (0xff, _) => {}
            _ => return None,
        }
        rest = segment.get(usize::from(pair(segment, 0)?.max(2))..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_picture_stands_in_its_header() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02";
        let frame = b"\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03";
        let jpeg = |before: &[u8]| [b"\xff\xd8", before, &frame[..]].concat();
        let app = b"\xff\xe0\0\x04JF";
        // What looks like a frame within a segment is none.
        let hidden = b"\xff\xe1\0\x0b\xff\xc0\0\x11\x08\0\x01\0\x01";
        for (content, expected) in [
            (png.to_vec(), Some((640, 480))),
            (jpeg(b""), Some((640, 480))),
            (jpeg(app), Some((640, 480))),
            (jpeg(&[&app[..], hidden].concat()), Some((640, 480))),
            (jpeg(b"\xff\xc4\0\x02"), Some((640, 480))),
            (jpeg(b"\xff\xff\xff\xd0"), Some((640, 480))),
            (jpeg(b"\xff\xda\0\x02"), None),
            (jpeg(b"\0"), None),
            (png[..20].to_vec(), None),
            (jpeg(app)[..10].to_vec(), None),
            (b"GIF89a".to_vec(), None),
            (Vec::new(), None),
        ] {
            assert_eq!(picture_size(&content), expected, "{content:?}");
        }
        // A segment that claims no length is not read for ever.
        assert_eq!(
            picture_size(&[&b"\xff\xd8"[..], &b"\xff\xe0\0\0".repeat(9)].concat()),
            None
        );
    }
}
