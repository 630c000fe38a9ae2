use super::*;

/// Mails in `tests/mails`: a mail, a line `=====`, and what was written now.
fn cases() -> Vec<(String, String, String)> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails");
    let mut names: Vec<_> = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap_or_else(|error| panic!("{error}")).path())
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}"));
            let (mail, written) = text
                .split_once("\n=====\n")
                .unwrap_or_else(|| panic!("{}: no line =====", path.display()));
            (
                path.display().to_string(),
                mail.to_owned(),
                written.to_owned(),
            )
        })
        .collect()
}

/// A text with single spaces and without blank lines.
fn plain(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.lines().map(line).filter(|it| !it.is_empty()).collect();
    lines.join("\n")
}

#[test]
fn what_was_written_now_is_found_in_every_style() {
    let cases = cases();
    assert!(cases.len() >= 20, "{}", cases.len());
    for (name, mail, written) in cases {
        assert_eq!(plain(written_now(&mail).text()), plain(&written), "{name}");
        let dos = mail.replace('\n', "\r\n");
        assert_eq!(
            plain(written_now(&dos).text()),
            plain(&written),
            "{name} with CRLF"
        );
    }
}

#[test]
fn words_keep_their_places_in_the_mail() {
    for (name, mail, _) in cases() {
        let written = written_now(&mail);
        for word in crate::words(written.text()).filter(|word| word.text.is_ascii()) {
            let source = written.source_range(word.bytes.clone());
            let text = mail
                .get(source)
                .unwrap_or_else(|| panic!("{name}: {}", word.text));
            assert!(
                text.contains(word.text) || text.contains('&'),
                "{name}: {} is not {text}",
                word.text
            );
        }
    }
}

#[test]
fn a_text_of_no_mail_stays_as_it_is() {
    for text in [
        "",
        "Where is my order?",
        "1 < 2 and 3 > 2",
        "Mail me at <jo@example.com>",
        "On Monday your agent wrote: it is on its way",
        "From: Lisbon To: Porto",
        "Best -- I think -- of all",
        "> ",
        "<",
        "</",
        "<a",
        "&#0; &nosuch; &",
        "--",
    ] {
        assert!(written_now(text).is_unchanged(), "{text}");
    }
}

#[test]
fn hostile_mails_take_linear_time() {
    for part in [
        "<",
        "<a",
        "<div>",
        "<blockquote>",
        "</div>",
        ">",
        "&",
        "On 1 x\n",
        "From: a\n",
        "<!--",
        "\n",
        "--\n",
        "é",
    ] {
        let mail = part.repeat(60_000 / part.len());
        written_now(&mail);
    }
}
