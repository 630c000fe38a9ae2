//! The replay report as one self-contained HTML file.

use std::fmt::Write;

use patchbay_generations::replay::tally::{Tally, value_text};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d8dee4;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}code{white-space:pre-wrap;word-break:break-word}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}}";

/// The page.
pub(super) fn page(tally: &Tally, company: &str) -> String {
    let mut page = String::new();
    // Writing to memory does not fail.
    let _ = write_page(&mut page, tally, company);
    page
}

fn write_page(page: &mut String, tally: &Tally, company: &str) -> std::fmt::Result {
    let what = match &tally.with {
        Some(file) => format!("Decisions of {company} repeated with {file}"),
        None => format!("Decisions of {company} repeated"),
    };
    let what = escaped(&what);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{what}</title><style>{STYLE}</style></head><body><h1>{what}</h1>\n<table><tbody>"
    )?;
    for (name, count) in [
        ("Decisions", tally.decisions),
        ("The same", tally.same),
        ("Different", tally.different),
        ("Failed", tally.failed),
        ("Not compared", tally.decisions - tally.compared()),
        ("Host calls answered from the record", tally.recalled),
        ("Host calls that are not recorded", tally.missed),
    ] {
        write!(page, "<tr><th>{name}</th><td class=\"n\">{count}</td></tr>")?;
    }
    page.push_str("</tbody></table>\n");
    if !tally.not_replayable.is_empty() {
        page.push_str("<h2>Not compared</h2><table><tbody>");
        for (why, count) in &tally.not_replayable {
            let why = escaped(why);
            write!(page, "<tr><td>{why}</td><td class=\"n\">{count}</td></tr>")?;
        }
        page.push_str("</tbody></table>\n");
    }
    if !tally.failures.is_empty() {
        page.push_str("<h2>Failed</h2><table><tbody>");
        for (how, failing) in &tally.failures {
            let decisions: Vec<_> = failing.decisions.iter().map(u64::to_string).collect();
            write!(
                page,
                "<tr><td>{}</td><td class=\"n\">{}</td><td>for example {}</td></tr>",
                escaped(how),
                failing.count,
                decisions.join(", ")
            )?;
        }
        page.push_str("</tbody></table>\n");
    }
    for (name, field) in &tally.fields {
        write!(
            page,
            "<h2><code>{}</code> differs {} times</h2><table><thead><tr><th>Decision</th><th>Recorded</th><th>Now</th></tr></thead><tbody>",
            escaped(name),
            field.count
        )?;
        for example in &field.examples {
            write!(
                page,
                "<tr><td class=\"n\">{}</td><td><code>{}</code></td><td><code>{}</code></td></tr>",
                example.decision,
                escaped(&value_text(example.recorded.as_ref())),
                escaped(&value_text(example.replayed.as_ref()))
            )?;
        }
        page.push_str("</tbody></table>\n");
    }
    page.push_str("</body></html>\n");
    Ok(())
}

/// Escape a text for HTML content and attributes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_texts_is_escaped() {
        let mut tally = Tally::new(None);
        tally
            .not_replayable
            .insert("<script>alert('x')</script>".to_owned(), 1);
        let page = page(&tally, "\"><img src=x onerror=alert(1)>");
        assert!(
            !page.contains("<script") && !page.contains("<img"),
            "{page}"
        );
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)"));
    }
}
