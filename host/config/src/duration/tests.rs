use super::*;

#[test]
fn seconds_are_read_and_written_in_the_same_form() {
    for (text, seconds) in [
        ("0s", 0),
        ("45s", 45),
        ("1m30s", 90),
        ("2m", 120),
        ("30m", 1_800),
        ("1h30m", 5_400),
        ("2h", 7_200),
        ("2d", 172_800),
        ("1d1s", 86_401),
        ("49710d6h28m15s", u32::MAX),
    ] {
        assert_eq!(text.parse(), Ok(Seconds(seconds)), "{text}");
        assert_eq!(Seconds(seconds).to_string(), text);
    }
}

#[test]
fn long_forms_are_read_and_normalized() {
    let read = |text: &str| text.parse::<Seconds>().map(|span| span.to_string());
    assert_eq!(read("90m").as_deref(), Ok("1h30m"));
    assert_eq!(read("48h").as_deref(), Ok("2d"));
    assert_eq!(read("0h05m").as_deref(), Ok("5m"));
}

#[test]
fn milliseconds_take_every_unit() {
    for (text, millis) in [
        ("20ms", 20),
        ("1s500ms", 1_500),
        ("2m", 120_000),
        ("0ms", 0),
    ] {
        assert_eq!(text.parse(), Ok(Millis(millis)), "{text}");
        assert_eq!(Millis(millis).to_string(), text);
    }
}

#[test]
fn invalid_durations_are_rejected_with_the_accepted_form() {
    for text in [
        "", "5", "m", "m5", "5 m", "-5m", "+5m", "1.5h", "5M", "5min", "30m1h", "5m5m", "5m ",
        "20ms", "٣m", "1h30",
    ] {
        let error = text.parse::<Seconds>().expect_err(text).to_string();
        assert!(
            error.starts_with(&format!("\"{text}\" is not a duration: write \"45s\"")),
            "{error}"
        );
    }
}

#[test]
fn a_value_out_of_range_has_its_own_error() {
    let error = "49711d"
        .parse::<Seconds>()
        .expect_err("136 years and a day");
    assert_eq!(
        error.to_string(),
        "\"49711d\" is too large; the maximum is 49710d6h28m15s"
    );
    assert!(matches!(
        "99999999999999999999s".parse::<Millis>(),
        Err(QuantityError::TooLarge { .. })
    ));
    assert!(matches!(
        "17179869184GiB".parse::<ByteSize>(),
        Err(QuantityError::TooLarge { .. })
    ));
}

#[test]
fn an_error_shows_the_start_of_a_long_text_with_control_characters_escaped() {
    let error = format!("\u{1b}{}", "x".repeat(100))
        .parse::<Millis>()
        .expect_err("no duration");
    assert!(error.to_string().starts_with("\"\\u{1b}xxx"), "{error}");
    assert!(error.to_string().contains("x…\""), "{error}");
}

#[test]
fn sizes_are_read_and_written_in_the_same_form() {
    for (text, bytes) in [
        ("0B", 0),
        ("512B", 512),
        ("64KiB", 65_536),
        ("16MiB", 16 << 20),
        ("1GiB", 1 << 30),
        ("1025B", 1_025),
    ] {
        assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        assert_eq!(ByteSize(bytes).to_string(), text);
    }
}

#[test]
fn decimal_units_and_sums_are_not_sizes() {
    for text in [
        "",
        "16",
        "16MB",
        "16mib",
        "16 MiB",
        "1.5MiB",
        "1GiB512MiB",
        "16Mi",
        "é",
    ] {
        let error = text.parse::<ByteSize>().expect_err(text).to_string();
        assert!(error.contains("is not a size: write \"512B\""), "{error}");
    }
}

#[test]
fn json_has_strings() {
    assert_eq!(
        serde_json::to_string(&Seconds(120)).expect("a string"),
        "\"2m\""
    );
    assert_eq!(
        serde_json::from_str::<Millis>("\"20ms\"").expect("a duration"),
        Millis(20)
    );
    assert_eq!(
        serde_json::from_str::<ByteSize>("\"16\\u004diB\"").expect("a size"),
        ByteSize(16 << 20)
    );
    let error = serde_json::from_str::<Millis>("20")
        .expect_err("a number")
        .to_string();
    assert!(
        error.contains("integer `20`, expected a duration: write \"20ms\""),
        "{error}"
    );
}
