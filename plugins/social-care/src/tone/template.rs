//! Finds unfilled fields of a template.

use std::ops::Range;

use super::{Findings, Reply};

/// Longest name of a field, in bytes.
const MAX_NAME: usize = 40;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    let source = reply.draft.text();
    let mut at = 0;
    while let Some(step) = source
        .get(at..)
        .and_then(|rest| rest.find(['{', '[', '<', '%', '$']))
    {
        let start = at + step;
        let Some(end) = field(source, start) else {
            at = start + 1;
            continue;
        };
        findings.add_at(
            "template.unfilled",
            Range { start, end },
            "A field of the template is not filled in.",
            None,
        );
        at = end;
    }
}

/// The end of the field that begins at `start`; `None` where none does.
fn field(source: &str, start: usize) -> Option<usize> {
    let rest = source.get(start..)?;
    for (open, close, is_name) in FORMS {
        if let Some(inner) = rest.strip_prefix(open) {
            // A bounded search: a text may be all brackets.
            let near = &inner[..inner.floor_char_boundary(MAX_NAME + close.len())];
            let length = near.find(close)?;
            return is_name(&inner[..length]).then(|| start + open.len() + length + close.len());
        }
    }
    percent(source, start)
}

type IsName = fn(&str) -> bool;

/// Marks of fields, longest first.
const FORMS: [(&str, &str, IsName); 6] = [
    ("{{", "}}", |name| !name.trim().is_empty()),
    ("${", "}", is_identifier),
    ("%(", ")s", is_identifier),
    ("{", "}", is_identifier),
    ("[", "]", is_label),
    ("<", ">", |name| {
        is_identifier(name) && name.chars().all(|letter| !letter.is_ascii_digit())
    }),
];

/// `customer_name`, `first name`.
fn is_identifier(name: &str) -> bool {
    let inside =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-' | ' ');
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() > 1
        && name.chars().all(inside)
}

/// `NAME`, `Customer Name`, `insert link`; not `1`, `sic` or `EN`.
fn is_label(name: &str) -> bool {
    let words = || name.split([' ', '_', '-']).filter(|word| !word.is_empty());
    let known = words().any(|word| KNOWN.iter().any(|known| word.eq_ignore_ascii_case(known)));
    let capitals = name.len() > 3
        && name
            .chars()
            .all(|letter| letter.is_uppercase() || matches!(letter, ' ' | '_'));
    is_identifier(name) && (known || capitals)
}

const KNOWN: [&str; 18] = [
    "name",
    "insert",
    "link",
    "date",
    "number",
    "agent",
    "customer",
    "order",
    "reference",
    "ref",
    "brand",
    "company",
    "email",
    "phone",
    "url",
    "amount",
    "nome",
    "nombre",
];

/// `%s`, `%d`, `%name%`.
fn percent(source: &str, start: usize) -> Option<usize> {
    let rest = source.get(start..)?.strip_prefix('%')?;
    // A field stands alone: "100% sure" has none.
    let joined = source
        .get(..start)?
        .ends_with(|before: char| before.is_alphanumeric());
    let letters = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        .count();
    let ends = rest.as_bytes().get(letters);
    if joined || letters == 0 || letters > MAX_NAME {
        return None;
    }
    if ends == Some(&b'%') {
        return Some(start + letters + 2);
    }
    let conversion = matches!(&rest[..letters], "s" | "d" | "i" | "f" | "u");
    conversion.then_some(start + letters + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<&str> {
        (0..source.len())
            .filter(|at| source.is_char_boundary(*at))
            .filter_map(|at| field(source, at).map(|end| &source[at..end]))
            .collect()
    }

    #[test]
    fn fields_of_every_kind_are_found() {
        for (source, field) in [
            ("Hi {{ customer.name }}, hello", "{{ customer.name }}"),
            ("Hi {first_name}", "{first_name}"),
            ("Hi ${name}!", "${name}"),
            ("Hi [NAME],", "[NAME]"),
            ("Hi [Customer Name],", "[Customer Name]"),
            ("Hi <first name>", "<first name>"),
            ("Hi %s, order", "%s"),
            ("Hi %NAME%,", "%NAME%"),
            ("Hi %(name)s,", "%(name)s"),
        ] {
            assert!(
                found(source).contains(&field),
                "{source}: {:?}",
                found(source)
            );
        }
    }

    #[test]
    fn text_that_resembles_a_field_is_not_one() {
        for source in [
            "I am 100% sure",
            "see [1] and [sic]",
            "a < b and c > d",
            "{}",
            "it costs $5",
            "<3 you",
            "50% off",
            "é{é}é",
            "[",
            "{{",
        ] {
            assert_eq!(found(source), Vec::<&str>::new(), "{source}");
        }
    }
}
