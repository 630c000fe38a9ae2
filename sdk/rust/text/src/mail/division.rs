//! A mail in two: what its sender wrote now, and what stands below it.

use super::{has_words, history, html, lines::Lines, signature};

/// A mail in two. Nothing is lost: both parts together are the mail as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// What its sender wrote now.
    pub written: String,
    /// The mail it answers or forwards, and the signature; empty if there is none.
    pub history: String,
}

/// Divides a plain text where the quoted history or the signature begins that reaches to its end. It
/// knows the forms of [`written_now`](super::written_now), of signatures only the line `-- ` and
/// lines such as "Sent from my iPhone".
///
/// A text with answers below or between quoted lines stays whole, because they cannot be read without
/// them; so does one with nothing above its history. Takes linear time.
pub fn divide(text: &str) -> Division {
    let end = written_end(text).unwrap_or(text.len());
    Division {
        written: text[..end].to_owned(),
        history: text[end..].to_owned(),
    }
}

/// [`divide`] for HTML: also divides at elements that a mail program marks as quotation. The parts
/// are plain text, in which a link is `text (address)`.
pub fn divide_html(text: &str) -> Division {
    use html::{Links, Quotations};
    let own = html::to_text(text, Quotations::Remove, Links::Write);
    let whole = |text: &str| {
        let plain = html::to_text(text, Quotations::Keep, Links::Write);
        plain.text().to_owned()
    };
    let end = written_end(own.text());
    // What an element at the end quotes is removed without a trace.
    let end = end.or_else(|| has_words(own.text()).then(|| own.text().len()));
    let Some(end) = end.filter(|end| is_unquoted(&own.text()[..*end])) else {
        return Division {
            written: whole(text),
            history: String::new(),
        };
    };
    let source = own.source_range(0..end).end;
    Division {
        written: own.text()[..end].to_owned(),
        history: whole(&text[source..]),
    }
}

/// The byte after what was written now, if only history or signature follows.
fn written_end(text: &str) -> Option<usize> {
    let lines = Lines::new(text);
    let mut kept = history::own_lines(&lines);
    signature::remove_marked(&lines, &mut kept);
    let last = *kept.iter().rfind(|line| !lines.is_blank(**line))?;
    let own = kept.iter().filter(|line| **line <= last);
    let is_whole = own.count() + blank_outside(&lines, &kept, last) == last + 1;
    let end = lines.range(last).end;
    let is_divided = is_whole && has_words(&text[..end]) && !text[end..].trim().is_empty();
    is_divided.then_some(end)
}

/// Number of blank lines up to the last own one that are not among the own lines.
fn blank_outside(lines: &Lines<'_>, kept: &[usize], last: usize) -> usize {
    let mut own = kept.iter().copied().peekable();
    let outside = (0..=last).filter(|line| own.next_if_eq(line).is_none());
    outside.filter(|line| lines.is_blank(*line)).count()
}

/// Whether no element was removed from the text: a line `>` stands for one.
fn is_unquoted(text: &str) -> bool {
    !text.lines().any(|line| line.trim() == ">")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(division: &Division) -> (&str, &str) {
        (division.written.trim(), division.history.trim())
    }

    #[test]
    fn history_and_signature_at_the_end_are_divided_off() {
        for (mail, written, history) in [
            (
                "Thank you!\n\nOn Tue, 3 Mar 2026 at 10:15, Northwind <help@northwind.example> wrote:\n> Dear Jo,\n> it is on its way.\n",
                "Thank you!",
                "On Tue, 3 Mar 2026 at 10:15, Northwind <help@northwind.example> wrote:\n> Dear Jo,\n> it is on its way.",
            ),
            (
                "Thank you!\n-- \nJo Bloggs\nLisbon\n",
                "Thank you!",
                "-- \nJo Bloggs\nLisbon",
            ),
            (
                "Thank you!\n\nSent from my iPhone\n\nAm 03.03.2026 um 10:15 schrieb Northwind <help@northwind.example>:\n> Hallo\n",
                "Thank you!",
                "Sent from my iPhone\n\nAm 03.03.2026 um 10:15 schrieb Northwind <help@northwind.example>:\n> Hallo",
            ),
            (
                "Merci\n\nDe : Northwind\nEnvoyé : mardi 3 mars 2026 10:15\nÀ : Jo\nObjet : RE: Carte\n\nBonjour\n",
                "Merci",
                "De : Northwind\nEnvoyé : mardi 3 mars 2026 10:15\nÀ : Jo\nObjet : RE: Carte\n\nBonjour",
            ),
            (
                "Is this from you?\n\n-----Original Message-----\nFrom: Win\nClaim your prize\n",
                "Is this from you?",
                "-----Original Message-----\nFrom: Win\nClaim your prize",
            ),
            // A closing is part of what was written: the contract may stand below it.
            (
                "Cancel it.\n\nKind regards\nJo Bloggs\nContract 4711\n",
                "Cancel it.\n\nKind regards\nJo Bloggs\nContract 4711",
                "",
            ),
        ] {
            for mail in [mail.to_owned(), mail.replace('\n', "\r\n")] {
                let division = divide(&mail);
                let plain = |text: &str| text.replace('\r', "");
                let shown = parts(&division);
                assert_eq!(
                    (plain(shown.0), plain(shown.1)),
                    (written.to_owned(), history.to_owned()),
                    "{mail}"
                );
                assert_eq!(format!("{}{}", division.written, division.history), mail);
            }
        }
    }

    #[test]
    fn answers_below_or_between_quoted_lines_keep_everything() {
        for mail in [
            "> Was it stolen?\n\nNo.\n",
            "On 03/03/2026 10:15, Northwind wrote:\n> Stolen?\n\nNo.\n\n> A new one?\n\nYes please.\n-- \nJo\n",
            "Hello,\n> Stolen?\nNo.\n",
            // Nothing above: it is what the sender forwards.
            "---------- Forwarded message ---------\nFrom: Win\nClaim your prize\n",
            "> only\n> quoted\n",
            "Part one\n-- \nPart two has so many words that no signature would ever have them in one line, as prose does.\n",
            "",
            "\n\n",
        ] {
            let division = divide(mail);
            assert_eq!(division.written, mail);
            assert_eq!(division.history, "");
        }
    }

    #[test]
    fn marked_elements_of_html_are_divided_off() {
        for (mail, written, history) in [
            (
                "<div>Thanks, all good &amp; done.</div><div class=\"gmail_quote\"><div class=\"gmail_attr\">On Tue, Mar 3, 2026 Northwind wrote:<br></div><blockquote class=\"gmail_quote\">We suspect <b>fraud</b>.</blockquote></div>",
                "Thanks, all good & done.",
                "On Tue, Mar 3, 2026 Northwind wrote:\n\nWe suspect fraud.",
            ),
            (
                "<p>Danke</p><div id=\"divRplyFwdMsg\"><b>Von:</b> Northwind<br>Betreff: Karte</div><div>Hallo Jo</div>",
                "Danke",
                "Von: Northwind\nBetreff: Karte\nHallo Jo",
            ),
            (
                "<div>Obrigada</div><div id=\"appendonsend\"></div><hr><div>De: Northwind</div>",
                "Obrigada",
                "De: Northwind",
            ),
            (
                "<p>Yes.</p><blockquote type=\"cite\"><p>Was it stolen?</p></blockquote>",
                "Yes.",
                "Was it stolen?",
            ),
            // Answers between quotations.
            (
                "<blockquote type=\"cite\">Stolen?</blockquote><p>No.</p>",
                "Stolen?\nNo.",
                "",
            ),
            ("<p>Hello</p>", "Hello", ""),
            ("no markup", "no markup", ""),
        ] {
            let division = divide_html(mail);
            let plain = |text: &str| {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                lines.collect::<Vec<_>>().join("\n")
            };
            assert_eq!(plain(&division.written), plain(written), "{mail}");
            assert_eq!(plain(&division.history), plain(history), "{mail}");
        }
    }

    #[test]
    fn links_keep_their_addresses() {
        for (mail, text) in [
            (
                "<a href=\"https://a.example/1?x=1&amp;y=2\">my order</a>.",
                "my order (https://a.example/1?x=1&y=2).",
            ),
            ("<a href='https://a.example/'>a.example</a>", "a.example"),
            (
                "<a href=mailto:jo@example.org>jo@example.org</a>",
                "jo@example.org",
            ),
            (
                "<a class=x HREF = \"http://b.example\">here</a> and <a name=y>there</a>",
                "here (http://b.example) and there",
            ),
            ("<a href=\"javascript:alert(1)\">x</a>", "x"),
            ("<a href=\"https://t.example/p\"><img src=x></a>", ""),
            (
                "<a href=\"https://a.example\">one<a href=\"https://b.example\">two</a>",
                "one (https://a.example)two (https://b.example)",
            ),
        ] {
            assert_eq!(divide_html(mail).written, text, "{mail}");
        }
        let long = format!("<a href=\"https://t.example/{}\">x</a>", "a".repeat(300));
        assert_eq!(divide_html(&long).written, "x");
    }

    #[test]
    fn hostile_mails_take_linear_time() {
        for part in [
            "<a href=https://a.example>",
            "</a>",
            "<blockquote>",
            "<a href",
            ">\n",
            "-- \n",
            "x\n>\n",
            "Sent from my x\n",
            "On 1 x\n",
            "<a href='",
        ] {
            let mail = part.repeat(60_000 / part.len());
            divide(&mail);
            divide_html(&mail);
        }
    }
}
