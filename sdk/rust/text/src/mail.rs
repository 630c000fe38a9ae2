//! Mail: what somebody wrote now, without quoted history, markup and signature ([`written_now`]), the
//! same with what stands below it ([`divide`]), and mail that no person wrote ([`Automatic`]).

mod automatic;
mod division;
mod history;
mod html;
mod lines;
mod link;
mod signature;

use crate::rewrite::Rewritten;

pub use automatic::Automatic;
pub use division::{Division, divide, divide_html};

/// What the sender of a mail wrote now: without HTML markup, the mail it answers, and the signature.
///
/// It knows the forms of Gmail, Outlook, Apple Mail, Thunderbird, Yahoo, Proton and of plain text
/// (RFC 3676) in English, Portuguese, Spanish, French, German, Italian, Dutch, Swedish and Polish:
///
/// - HTML: tags, comments, `head`, `style` and `script` are removed, entities replaced, and blocks
///   become lines. Elements that a mail program marks as quotation (`blockquote`, `gmail_quote`,
///   `divRplyFwdMsg`, `moz-cite-prefix` …) or signature are removed.
/// - History: lines that begin with `>`; everything after "On … wrote:", after "-----Original
///   Message-----" or after a block of "From: … Sent: … Subject: …". Answers between or below quoted
///   lines stay.
/// - Signature: after a line `-- `, after a closing such as "Kind regards" near the end, lines such as
///   "Sent from my iPhone", and a confidentiality notice at the end.
///
/// A mail with nothing above its history is a forwarded one: the history is what its sender wants to
/// say, and stays. A text without any of these forms is returned unchanged. Takes linear time.
/// [`Rewritten::source_range`] maps bytes of the result to `text`.
pub fn written_now(text: &str) -> Rewritten<'_> {
    let is_html = html::is_html(text);
    let plain = match is_html {
        true => html::to_text(text, html::Quotations::Remove, html::Links::Drop),
        false => Rewritten::unchanged(text),
    };
    let written = own_lines(&plain);
    if has_words(written.text()) {
        return written;
    }
    let whole = match is_html {
        true => html::to_text(text, html::Quotations::Keep, html::Links::Drop),
        false => plain,
    };
    match has_words(whole.text()) {
        true => whole,
        false => Rewritten::unchanged(text),
    }
}

/// A text as a browser shows it: tags and comments removed, entities replaced, blocks as lines. A text
/// with neither tags nor entities is returned unchanged. Takes linear time.
/// [`Rewritten::source_range`] maps bytes of the result to `text`.
pub fn html_to_text(text: &str) -> Rewritten<'_> {
    match html::is_html(text) || html::has_entity(text) {
        true => html::to_text(text, html::Quotations::Keep, html::Links::Drop),
        false => Rewritten::unchanged(text),
    }
}

/// The lines that are neither history nor signature.
fn own_lines<'a>(plain: &Rewritten<'a>) -> Rewritten<'a> {
    let lines = lines::Lines::new(plain.text());
    let mut kept = history::own_lines(&lines);
    signature::remove(&lines, &mut kept);
    let ranges: Vec<std::ops::Range<usize>> =
        kept.into_iter().map(|line| lines.range(line)).collect();
    let whole = ranges.len() == lines.len();
    match whole {
        true => plain.clone(),
        false => plain.keep(&ranges),
    }
}

fn has_words(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests;
