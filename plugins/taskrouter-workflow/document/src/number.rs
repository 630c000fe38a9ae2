//! Numbers of expressions: digits, and digits after a point.

/// The number, where the text is one and nothing else. No exponents: the grammar has none.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > 64 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_digits_with_one_point_are_a_number() {
        assert_eq!(parse("3.50"), Some(3.5));
        assert_eq!(parse("-2"), Some(-2.0));
        for text in [
            "", "-", "1.", ".5", "1.2.3", "1e5", "inf", "NaN", "+1", "1_0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
