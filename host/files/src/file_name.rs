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
            '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{feff}' | '\u{2028}' | '\u{2029}'
        )
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
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
        for name in ["a", "Rechnung März.pdf", "領収書.pdf", "👩‍👧.png", "a.b.c"] {
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
            (".profile", FileNameProblem::Edge),
            ("a.exe.", FileNameProblem::Edge),
            (" a", FileNameProblem::Edge),
        ] {
            assert_eq!(check_file_name(name), Err(problem), "{name:?}");
        }
    }
}
