//! Finds what stands below the text of a mail: signature, device, confidentiality notice.

use super::lines::Lines;

/// Most lines of a signature, and most words of one of its lines; longer ones are prose.
const SIGNATURE_LINES: usize = 14;
const SIGNATURE_WORDS: usize = 14;
/// Longest line that names a device, in bytes.
const DEVICE_BYTES: usize = 80;

/// Removes the lines of signatures from the lines kept so far.
pub(super) fn remove(lines: &Lines<'_>, kept: &mut Vec<usize>) {
    kept.retain(|line| !names_device(lines.folded(*line)));
    let Some(first) = kept.iter().position(|line| !lines.is_blank(*line)) else {
        return;
    };
    let notice = (first + 1..kept.len()).find(|at| is_notice(lines.folded(kept[*at])));
    kept.truncate(notice.unwrap_or(kept.len()));
    let end = (first + 1..kept.len()).find_map(|at| {
        if is_delimiter(lines.written(kept[at])) {
            return Some(at);
        }
        // The closing itself is part of what was written: "Thanks".
        (is_closing(lines.folded(kept[at])) && is_signature(lines, &kept[at + 1..]))
            .then_some(at + 1)
    });
    if let Some(end) = end {
        let postscript = kept[end..]
            .iter()
            .position(|line| is_postscript(lines.folded(*line)));
        kept.drain(end..postscript.map_or(kept.len(), |at| end + at));
    }
}

/// Removes only what a program marks as signature from the end of the lines kept so far: what follows
/// a line `-- `, and lines that name a device.
pub(super) fn remove_marked(lines: &Lines<'_>, kept: &mut Vec<usize>) {
    let delimiter = kept.iter().rposition(|line| lines.written(*line) == "-- ");
    if let Some(at) = delimiter.filter(|at| is_signature(lines, &kept[at + 1..])) {
        kept.truncate(at);
    }
    while kept
        .last()
        .is_some_and(|line| lines.is_blank(*line) || names_device(lines.folded(*line)))
    {
        kept.pop();
    }
}

/// `-- ` (RFC 3676, 4.3), also where a program removed the blank.
fn is_delimiter(line: &str) -> bool {
    matches!(line, "-- " | "--")
}

fn is_postscript(line: &str) -> bool {
    ["ps ", "ps:", "p.s", "pd:", "nb:"]
        .iter()
        .any(|beginning| line.starts_with(beginning))
}

/// Whether only short lines follow, as of a name, a function and an address.
fn is_signature(lines: &Lines<'_>, rest: &[usize]) -> bool {
    let mut filled = rest
        .iter()
        .filter(|line| !lines.is_blank(**line))
        .take(SIGNATURE_LINES + 1)
        .peekable();
    let mut count = 0;
    filled.peek().is_some()
        && filled.all(|line| {
            let written = lines.written(*line).trim_end();
            count += 1;
            let is_short = written.split_whitespace().count() <= SIGNATURE_WORDS;
            count <= SIGNATURE_LINES
                && (is_postscript(lines.folded(*line))
                    || (is_short && !written.ends_with(['?', '!'])))
        })
}

fn is_closing(line: &str) -> bool {
    const CLOSINGS: [&str; 74] = [
        "regards",
        "kind regards",
        "best regards",
        "warm regards",
        "many regards",
        "with regards",
        "with kind regards",
        "thanks and regards",
        "thanks & regards",
        "best",
        "best wishes",
        "all the best",
        "sincerely",
        "yours sincerely",
        "sincerely yours",
        "yours faithfully",
        "yours truly",
        "yours",
        "respectfully",
        "cheers",
        "thanks",
        "many thanks",
        "thank you",
        "thanks in advance",
        "thank you in advance",
        "thanks again",
        "kr",
        "br",
        "rgds",
        "mit freundlichen grussen",
        "freundliche grusse",
        "viele grusse",
        "beste grusse",
        "liebe grusse",
        "herzliche grusse",
        "mit besten grussen",
        "schone grusse",
        "mfg",
        "lg",
        "vg",
        "grusse",
        "gruss",
        "cordialement",
        "bien cordialement",
        "tres cordialement",
        "salutations",
        "meilleures salutations",
        "sinceres salutations",
        "bien a vous",
        "merci d'avance",
        "atenciosamente",
        "cumprimentos",
        "os melhores cumprimentos",
        "com os melhores cumprimentos",
        "melhores cumprimentos",
        "abraco",
        "obrigado",
        "obrigada",
        "saludos",
        "un saludo",
        "saludos cordiales",
        "un cordial saludo",
        "atentamente",
        "cordiali saluti",
        "distinti saluti",
        "saluti",
        "met vriendelijke groet",
        "met vriendelijke groeten",
        "groeten",
        "med vanliga halsningar",
        "vanliga halsningar",
        "mvh",
        "pozdrawiam",
        "z powazaniem",
    ];
    // ß is folded to ss: "Grüße" is "grusse".
    let closing = line.trim_end_matches([',', '.', '!', ';', ' ', '-']);
    CLOSINGS.contains(&closing)
}

fn names_device(line: &str) -> bool {
    // Proton writes its name as a link: "Sent with [Proton Mail](https://…)".
    let line = &line.replace(['[', '*'], "");
    const BEGINNINGS: [&str; 24] = [
        "sent from my ",
        "sent from mail for ",
        "sent from outlook",
        "sent from yahoo",
        "sent from proton",
        "sent with proton",
        "sent via ",
        "get outlook for ",
        "sent using ",
        "enviado do meu ",
        "enviado a partir do ",
        "enviado desde mi ",
        "enviado desde el ",
        "enviado con ",
        "envoye de mon ",
        "envoye depuis ",
        "envoye a partir de ",
        "von meinem ",
        "gesendet von ",
        "gesendet mit ",
        "inviato da ",
        "verzonden vanaf ",
        "skickat fran ",
        "wyslane z ",
    ];
    line.len() <= DEVICE_BYTES
        && BEGINNINGS.iter().any(|begin| line.starts_with(begin))
        && !line.ends_with(['?', '!'])
}

fn is_notice(line: &str) -> bool {
    const BEGINNINGS: [&str; 24] = [
        "this email and any",
        "this e-mail and any",
        "this message and any",
        "this email is confidential",
        "this e-mail is confidential",
        "this email may contain",
        "this e-mail may contain",
        "this message may contain",
        "this message contains confidential",
        "confidentiality notice",
        "the information contained in this",
        "the information in this email",
        "the contents of this email",
        "disclaimer:",
        "diese e-mail enthalt vertrauliche",
        "diese nachricht enthalt vertrauliche",
        "ce message et ",
        "ce courriel et ",
        "este correo electronico y ",
        "este mensaje y ",
        "esta mensagem e ",
        "este email e ",
        "aviso legal",
        "questo messaggio e ",
    ];
    let line = line.trim_start_matches(['*', '_', ' ']);
    BEGINNINGS.iter().any(|begin| line.starts_with(begin))
}
