//! Finds the mail that a mail answers.

use super::lines::Lines;

/// Most lines over which a mail program wraps "On … wrote:".
const ATTRIBUTION_LINES: usize = 4;
/// Lines in which a block of header fields must have three of them.
const HEADER_LINES: usize = 8;

/// Numbers of the lines that are not history, in order.
pub(super) fn own_lines(lines: &Lines<'_>) -> Vec<usize> {
    let mut own: Vec<usize> = Vec::with_capacity(lines.len());
    let mut has_own = false;
    let mut line = 0;
    while line < lines.len() {
        if lines.is_quoted(line) || is_rule_before_history(lines, line) {
            line += 1;
            continue;
        }
        if is_separator(lines.folded(line)) || is_header_block(lines, line) {
            // With nothing above, it is what the sender forwards.
            if !has_own {
                own.extend(line..lines.len());
            }
            break;
        }
        match attribution_end(lines, line) {
            Some(end) => match lines.next_filled(end + 1) {
                None => break,
                Some(next) if lines.is_quoted(next) => line = end + 1,
                // Some programs quote without marks; then only a date or address tells an attribution.
                Some(_) if has_own && names_mail(lines, line, end) => break,
                Some(_) => {
                    own.push(line);
                    has_own = true;
                    line += 1;
                }
            },
            None => {
                own.push(line);
                has_own |= has_words(lines.written(line));
                line += 1;
            }
        }
    }
    own
}

/// A line that separates a mail from the one below it.
fn is_separator(line: &str) -> bool {
    const NAMES: [&str; 20] = [
        "original message",
        "original appointment",
        "ursprungliche nachricht",
        "originalnachricht",
        "mensagem original",
        "mensaje original",
        "message d'origine",
        "message original",
        "messaggio originale",
        "oorspronkelijk bericht",
        "oorspronkelijk e-mailbericht",
        "originalmeddelande",
        "ursprungligt meddelande",
        "wiadomosc oryginalna",
        "forwarded message",
        "weitergeleitete nachricht",
        "mensagem encaminhada",
        "mensaje reenviado",
        "message transfere",
        "messaggio inoltrato",
    ];
    let name = line.trim_matches(['-', '_', '*', '=', ' ', ':']);
    let is_framed = line.starts_with(['-', '_', '*', '=']);
    (is_framed && NAMES.contains(&name))
        || matches!(
            name,
            "begin forwarded message"
                | "reply above this line"
                | "please reply above this line"
                | "please type your reply above this line"
                | "## please type your reply above this line ##"
        )
}

/// A line of underscores or hyphens, as Outlook draws above a block of header fields.
fn is_rule_before_history(lines: &Lines<'_>, line: usize) -> bool {
    let written = lines.written(line).trim();
    written.len() >= 10
        && (written.bytes().all(|byte| byte == b'_') || written.bytes().all(|byte| byte == b'-'))
        && lines
            .next_filled(line + 1)
            .is_some_and(|next| is_header_block(lines, next))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    Sent,
    To,
    Copy,
    Subject,
}

fn field(line: &str) -> Option<Field> {
    const NAMES: [(Field, &[&str]); 5] = [
        (
            Field::From,
            &["from", "von", "de", "da", "van", "fran", "od", "kimden"],
        ),
        (
            Field::Sent,
            &[
                "sent",
                "date",
                "gesendet",
                "datum",
                "enviado",
                "enviada",
                "enviado em",
                "enviado el",
                "fecha",
                "data",
                "envoye",
                "envoye le",
                "inviato",
                "verzonden",
                "skickat",
                "wyslano",
                "gonderildi",
                "tarih",
            ],
        ),
        (
            Field::To,
            &["to", "an", "para", "a", "aan", "till", "do", "kime"],
        ),
        (Field::Copy, &["cc", "kopie", "copia", "kopia"]),
        (
            Field::Subject,
            &[
                "subject",
                "betreff",
                "assunto",
                "asunto",
                "objet",
                "oggetto",
                "onderwerp",
                "amne",
                "temat",
                "konu",
            ],
        ),
    ];
    let (name, _) = line.trim_start_matches(['*', '_']).split_once(':')?;
    let name = name.trim_end_matches(['*', '_', ' ', '\u{a0}']);
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&name))
        .map(|(field, _)| *field)
}

/// Whether header fields begin here: the sender, and two others below.
fn is_header_block(lines: &Lines<'_>, line: usize) -> bool {
    if !matches!(field(lines.folded(line)), Some(Field::From | Field::Sent)) {
        return false;
    }
    let mut found = Vec::with_capacity(5);
    for next in line..(line + HEADER_LINES).min(lines.len()) {
        if let Some(field) = field(lines.folded(next))
            && !found.contains(&field)
        {
            found.push(field);
        }
    }
    found.contains(&Field::From) && found.len() >= 3
}

/// How "On … wrote:" begins and what its verb is, by language.
const ATTRIBUTIONS: [(&[&str], &[&str]); 11] = [
    (&["on "], &["wrote", "writes"]),
    (
        &["em ", "no dia ", "a "],
        &["escreveu", "escreveu o seguinte"],
    ),
    (&["el "], &["escribio"]),
    (&["le "], &["a ecrit", "ecrit"]),
    (&["am "], &["schrieb", "geschrieben"]),
    (&["il ", "in data "], &["ha scritto"]),
    (&["op "], &["schreef", "het volgende geschreven"]),
    (
        &["den ", "mandag", "tisdag", "onsdag", "torsdag", "fredag"],
        &["skrev"],
    ),
    (
        &["w dniu ", "dnia "],
        &["napisal", "napisala", "pisze", "napisal(a)"],
    ),
    (&[""], &["tarihinde sunu yazdi", "sunlari yazdi"]),
    (&[""], &["пишет", "написал", "написала", "のメール", "写道"]),
];

/// The last line of an attribution that begins at a line.
fn attribution_end(lines: &Lines<'_>, line: usize) -> Option<usize> {
    let first = lines.folded(line);
    if first.is_empty() {
        return None;
    }
    // "Jo Bloggs <jo@example.com> wrote:" and "2026-03-03 10:15 GMT+01:00 Jo:" name no day first.
    let names_sender = first.contains('@') || first.as_bytes()[0].is_ascii_digit();
    let mut joined = String::new();
    for end in line..(line + ATTRIBUTION_LINES).min(lines.len()) {
        let folded = lines.folded(end);
        if folded.is_empty() {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(folded);
        let Some(before) = joined
            .strip_suffix(':')
            .or_else(|| joined.strip_suffix('：'))
        else {
            continue;
        };
        let before = before.trim_end();
        let is_one = ATTRIBUTIONS.iter().any(|(beginnings, verbs)| {
            (names_sender || beginnings.iter().any(|begin| joined.starts_with(begin)))
                && verbs.iter().any(|verb| has_verb(before, verb))
        });
        return (is_one && joined.contains(|it: char| it.is_ascii_digit() || it == '@'))
            .then_some(end);
    }
    None
}

/// Whether an attribution ends with its verb, or has it before the sender ("schrieb Jo Bloggs").
fn has_verb(attribution: &str, verb: &str) -> bool {
    if attribution.ends_with(verb) {
        return true;
    }
    attribution
        .rfind(verb)
        .is_some_and(|at| attribution.len() - at - verb.len() <= 120 && !verb.is_empty())
        && attribution.contains(&format!(" {verb} "))
}

/// Whether an attribution holds a time or an address.
fn names_mail(lines: &Lines<'_>, from: usize, to: usize) -> bool {
    (from..=to).any(|line| {
        let line = lines.folded(line);
        let bytes = line.as_bytes();
        let is_time = |at: usize| {
            bytes
                .get(at)
                .is_some_and(|it| matches!(it, b':' | b'h' | b'.'))
                && at > 0
                && bytes[at - 1].is_ascii_digit()
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
                && bytes.get(at + 2).is_some_and(u8::is_ascii_digit)
        };
        line.contains('@') || (0..bytes.len()).any(is_time)
    })
}

fn has_words(text: &str) -> bool {
    text.contains(char::is_alphanumeric)
}
