//! The name of a file that an agent sends.

use thiserror::Error;

/// Most bytes of a name: file systems take 255.
pub const NAME_BYTES: usize = 200;

/// Why a text is no name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FileNameProblem {
    /// It is empty or too long.
    #[error("must have 1 to {NAME_BYTES} bytes")]
    Length,
    /// It has a character that a file name cannot have everywhere.
    #[error("must not have any of / \\ : * ? \" < > |")]
    Character,
    /// It has characters that are not seen, or that turn the direction of writing: a name
    /// could look as if it had another ending.
    #[error("must not have control characters or marks of the direction of writing")]
    Invisible,
    /// Windows takes the name, with any ending, for a device.
    #[error("must not be the name of a device of Windows, such as CON, NUL or COM1")]
    Device,
    /// It begins or ends with a dot or a blank.
    #[error("must not begin or end with a dot or a blank")]
    Edge,
}

/// Checks the name of a file as the customer's computer will store it.
///
/// # Errors
/// [`FileNameProblem`].
pub fn check_file_name(name: &str) -> Result<(), FileNameProblem> {
    if name.is_empty() || name.len() > NAME_BYTES {
        return Err(FileNameProblem::Length);
    }
    if name.contains(|c: char| "/\\:*?\"<>|".contains(c)) {
        return Err(FileNameProblem::Character);
    }
    if name.contains(is_invisible) {
        return Err(FileNameProblem::Invisible);
    }
    if is_device(name) {
        return Err(FileNameProblem::Device);
    }
    let is_edge = |c: char| c == '.' || c.is_whitespace();
    match name.starts_with(is_edge) || name.ends_with(is_edge) {
        true => Err(FileNameProblem::Edge),
        false => Ok(()),
    }
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // U+200D joins the parts of a picture character, and stays.
            '\u{00ad}'
                | '\u{061c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{2060}'
                | '\u{3164}'
                | '\u{feff}'
        )
        || ('\u{e0000}'..='\u{e007f}').contains(&c)
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// Whether Windows takes a name for a device: it looks at the part before the first dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let is_port = |port: &str| {
        let number = stem.strip_prefix(port);
        number.is_some_and(|it| matches!(it.as_bytes(), [b'0'..=b'9']))
    };
    matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL") || is_port("COM") || is_port("LPT")
}

/// The ending of a name in lower case, without its dot.
pub(crate) fn extension(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(extension.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_every_computer_can_store() {
        for name in [
            "a",
            "Rechnung März.pdf",
            "領収書.pdf",
            "👩‍👧.png",
            "a.b.c",
            "console.txt",
            "com10.pdf",
        ] {
            assert_eq!(check_file_name(name), Ok(()), "{name}");
        }
        for (name, problem) in [
            ("", FileNameProblem::Length),
            (&*"é".repeat(101), FileNameProblem::Length),
            ("../../etc/passwd", FileNameProblem::Character),
            ("C:\\a.txt", FileNameProblem::Character),
            ("a\"; filename=b", FileNameProblem::Character),
            ("a\r\nX", FileNameProblem::Invisible),
            ("invoice\u{202e}fdp.exe", FileNameProblem::Invisible),
            ("invoice\u{200b}.pdf", FileNameProblem::Invisible),
            ("a\u{2060}b", FileNameProblem::Invisible),
            ("a\u{ad}b", FileNameProblem::Invisible),
            ("a\u{180e}b", FileNameProblem::Invisible),
            ("a\u{3164}b", FileNameProblem::Invisible),
            ("a\u{e0041}b", FileNameProblem::Invisible),
            ("CON", FileNameProblem::Device),
            ("nul.txt", FileNameProblem::Device),
            ("Com1 .a.pdf", FileNameProblem::Device),
            (".profile", FileNameProblem::Edge),
            ("a.exe.", FileNameProblem::Edge),
            (" a", FileNameProblem::Edge),
        ] {
            assert_eq!(check_file_name(name), Err(problem), "{name:?}");
        }
    }
}
