//! Names of the vendor in the forms of Patchbay.

/// Longest code that is made of a name.
const MAX_CODE: usize = 48;

/// A tag in lower case, and its primary subtag where it has more: `pt-br` and `pt`.
pub(crate) fn tags(tag: &str) -> impl Iterator<Item = String> {
    let tag = tag.to_lowercase();
    let primary = tag.split_once('-').map(|(primary, _)| primary.to_owned());
    std::iter::once(tag).chain(primary)
}

/// A name as a code: lower case, digits and hyphens. Other letters become their numbers, so that two
/// names do not become one code by losing them.
pub fn code_of(name: &str) -> String {
    let mut code = String::new();
    for sign in name.chars() {
        match sign {
            'a'..='z' | '0'..='9' => code.push(sign),
            'A'..='Z' => code.push(sign.to_ascii_lowercase()),
            _ if sign.is_alphanumeric() => code.push_str(&format!("u{:x}", u32::from(sign))),
            _ if !code.ends_with('-') => code.push('-'),
            _ => {}
        }
    }
    let code = code.trim_matches('-');
    if code.is_empty() {
        return "unnamed".to_owned();
    }
    if code.len() <= MAX_CODE {
        return code.to_owned();
    }
    // FNV-1a keeps two long names apart.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!(
        "{}-{:08x}",
        code[..MAX_CODE - 9].trim_end_matches('-'),
        hash as u32
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_codes_that_stay_apart() {
        for (name, code) in [
            ("Tier 2", "tier-2"),
            ("english_level", "english-level"),
            ("--", "unnamed"),
            ("Börse", "buf6rse"),
        ] {
            assert_eq!(code_of(name), code, "{name}");
        }
        let long = |end: &str| code_of(&format!("{}{end}", "x".repeat(80)));
        assert!(long("a").len() <= MAX_CODE && long("a") != long("b"));
    }
}
