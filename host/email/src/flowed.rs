//! Plain text in `format=flowed` (RFC 3676): lines that a program broke are joined.

/// Longest quoting that is counted.
const DEPTH: usize = 100;

/// The text with each paragraph in one line. `deletes_space` is the parameter
/// `delsp=yes`: the blank that marks a line as broken is not part of the text.
pub(super) fn join_lines(text: &str, deletes_space: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    // Depth of the quotation whose paragraph goes on.
    let mut open = None;
    for (index, line) in text.lines().enumerate() {
        let quoted = line.bytes().take_while(|byte| *byte == b'>').count();
        let depth = quoted.min(DEPTH);
        let content = &line[depth..];
        // A blank is stuffed before what would mean something else.
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_signature = content == "-- ";
        // Programs let the last line of a paragraph end with a blank too.
        let begins = open != Some(depth) || is_signature || content.is_empty();
        if begins {
            if index > 0 {
                joined.push('\n');
            }
            joined.extend(std::iter::repeat_n('>', depth));
            if depth > 0 && !content.is_empty() {
                joined.push(' ');
            }
        }
        let is_broken = content.ends_with(' ') && !is_signature;
        let shown = match is_broken && deletes_space {
            true => &content[..content.len() - 1],
            false => content,
        };
        joined.push_str(shown);
        open = is_broken.then_some(depth);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3676, 4.1 to 4.5.
    #[test]
    fn broken_lines_are_joined_within_their_quotation() {
        for (text, joined) in [
            (
                "One line \nand its end.\nAnother.\n",
                "One line and its end.\nAnother.",
            ),
            ("One \ntwo \n\nThree\n", "One two \n\nThree"),
            (
                "> Thou villainous ill-breeding spongy dizzy-eyed \n> reeky elf-skinned pigeon-egg! \n>> Thou artless swag-bellied milk-livered \n>> dismal-dreaming idle-headed scut!\n",
                "> Thou villainous ill-breeding spongy dizzy-eyed reeky elf-skinned pigeon-egg! \n>> Thou artless swag-bellied milk-livered dismal-dreaming idle-headed scut!",
            ),
            // A blank is stuffed before these.
            (
                " > no quotation\n From here\n  indented\n",
                "> no quotation\nFrom here\n indented",
            ),
            // The line of a signature is never joined.
            ("Bye \n-- \nJo \nBloggs\n", "Bye \n-- \nJo Bloggs"),
            (">>\n>> x\n", ">>\n>> x"),
            ("", ""),
            ("\n\n", "\n"),
        ] {
            assert_eq!(join_lines(text, false), joined, "{text}");
            assert_eq!(
                join_lines(&text.replace('\n', "\r\n"), false),
                joined,
                "{text}"
            );
        }
        assert_eq!(join_lines("日本 \n語。\n", true), "日本語。");
    }
}
