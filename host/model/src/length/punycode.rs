//! Length of an internationalised domain label in ASCII (RFC 3492).

/// Longest label of a domain name (RFC 1035), in its ASCII form.
pub(super) const LONGEST_LABEL: usize = 63;

/// Length of a label in its ASCII form (RFC 3492, with the prefix `xn--`);
/// not exact beyond [`LONGEST_LABEL`].
pub(super) fn length(label: &[char]) -> usize {
    let basic = label
        .iter()
        .filter(|character| character.is_ascii())
        .count();
    if basic == label.len() || label.len() > LONGEST_LABEL {
        return label.len();
    }
    let mut total = "xn--".len() + basic + usize::from(basic > 0);
    let (mut next, mut delta, mut bias, mut handled) = (128, 0, 72, basic);
    while let Some(code) = label
        .iter()
        .map(|character| *character as usize)
        .filter(|code| *code >= next)
        .min()
    {
        delta += (code - next) * (handled + 1);
        for other in label.iter().map(|character| *character as usize) {
            if other < code {
                delta += 1;
            } else if other == code {
                total += digits(delta, bias);
                bias = adapted_bias(delta, handled + 1, handled == basic);
                (delta, handled) = (0, handled + 1);
            }
        }
        (next, delta) = (code + 1, delta + 1);
    }
    total
}

/// Digits of a generalised variable-length integer (RFC 3492, section 3.3).
fn digits(mut value: usize, bias: usize) -> usize {
    let mut count = 1usize;
    loop {
        let threshold = (36 * count).saturating_sub(bias).clamp(1, 26);
        if value < threshold {
            return count;
        }
        value = (value - threshold) / (36 - threshold);
        count += 1;
    }
}

/// Bias after a delta (RFC 3492, section 6.1).
fn adapted_bias(delta: usize, handled: usize, first: bool) -> usize {
    let mut delta = delta / if first { 700 } else { 2 };
    delta += delta / handled;
    let mut bias = 0;
    while delta > 455 {
        (delta, bias) = (delta / 35, bias + 36);
    }
    bias + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_as_long_as_its_ascii_form() {
        for (label, ascii) in [
            ("example", "example"),
            ("bücher", "xn--bcher-kva"),
            ("☃", "xn--n3h"),
            ("日本語", "xn--wgv71a119e"),
            ("пример", "xn--e1afmkfd"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            (
                "なぜみんな日本語を話してくれないのか",
                "xn--n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa",
            ),
        ] {
            let label: Vec<char> = label.chars().collect();
            assert_eq!(length(&label), ascii.len(), "{ascii}");
        }
        assert!(length(&['あ'; 64]) > LONGEST_LABEL);
    }
}
