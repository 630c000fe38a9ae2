//! What every scheme refuses.

use patchbay_adapter::{Rejection, Scheme, SecretError, Secrets};

use crate::sample::{Sample, secrets};
use crate::vectors::samples;

/// Schemes that send the signature as the value of a header.
fn with_header() -> impl Iterator<Item = Sample> {
    let is_parameter = |scheme: Scheme| scheme.as_str().starts_with("vonage-sms");
    samples()
        .into_iter()
        .filter(move |sample| !is_parameter(sample.scheme))
}

#[test]
fn a_signature_that_is_absent_empty_or_doubled_is_refused() {
    for sample in with_header() {
        let name = sample.name;
        let mut absent = sample.clone();
        let signature = absent.headers.remove(0);
        assert_eq!(absent.verify(), Err(Rejection::Missing), "{name}");
        assert_eq!(
            sample.signed("").verify(),
            Err(Rejection::Missing),
            "{name}"
        );
        let mut doubled = sample.clone();
        let upper = signature.0.to_ascii_uppercase();
        doubled.headers.push((upper, signature.1));
        assert_eq!(doubled.verify(), Err(Rejection::Doubled), "{name}");
    }
}

#[test]
fn a_signature_has_one_spelling() {
    for sample in with_header() {
        let signature = sample.headers[0].1.clone();
        let end = signature.rfind(['=', ',', '.']).map_or(0, |end| end + 1);
        let last = signature.chars().last().expect("a character");
        let mut others = vec![
            signature[..signature.len() - 1].to_owned(),
            format!("{signature}{last}"),
            format!("{signature}0"),
            format!(" {signature}"),
            format!("{signature} "),
            format!("\"{signature}\""),
            signature.to_ascii_uppercase(),
            signature.to_ascii_lowercase(),
            signature.replace('+', "-").replace('/', "_"),
            signature.trim_end_matches('=').to_owned(),
            signature[..end.min(7)].to_owned(),
        ];
        if let Some((_, bare)) = signature.split_once(['=', ',']) {
            others.push(bare.to_owned());
        }
        others.retain(|other| *other != signature);
        // Blanks separate signatures here, and the first character of a JWT's
        // scheme may be in either case.
        let is_lenient = sample.scheme == Scheme::StandardWebhooks;
        for other in others {
            let is_same = is_lenient && other.trim() == signature;
            let result = sample.signed(&other).verify();
            assert_eq!(result.is_ok(), is_same, "{}: {other:?}", sample.name);
        }
    }
}

#[test]
fn another_secret_is_refused_and_each_of_several_is_accepted() {
    for sample in samples() {
        let right = sample.secrets[0].clone();
        let with = |secrets: Vec<Vec<u8>>| {
            Sample {
                secrets,
                ..sample.clone()
            }
            .verify()
        };
        let wrong = b"another_secret".to_vec();
        let name = sample.name;
        assert_eq!(
            with(vec![wrong.clone()]),
            Err(Rejection::Mismatch),
            "{name}"
        );
        assert_eq!(with(vec![wrong.clone(), right.clone()]), Ok(()), "{name}");
        assert_eq!(with(vec![right, wrong]), Ok(()), "{name}");
    }
}

#[test]
fn another_body_is_refused() {
    for sample in samples() {
        if sample.scheme == Scheme::Telegram {
            continue;
        }
        let with = |body: Vec<u8>| {
            Sample {
                body,
                ..sample.clone()
            }
            .verify()
        };
        let body = &sample.body;
        assert!(
            with([body, b"&a=b".as_slice()].concat()).is_err(),
            "{}",
            sample.name
        );
        assert!(
            with([b"x=y&".as_slice(), body].concat()).is_err(),
            "{}",
            sample.name
        );
        if !body.is_empty() {
            assert!(with(Vec::new()).is_err(), "{}", sample.name);
            assert!(with(body[1..].to_vec()).is_err(), "{}", sample.name);
        }
    }
}

/// Schemes that sign a time, and how far off it may be.
#[test]
fn a_signed_time_is_at_most_five_minutes_off() {
    let mut seen = 0;
    for sample in samples() {
        let is_timed = matches!(
            sample.scheme,
            Scheme::Slack
                | Scheme::Chatwoot
                | Scheme::Zendesk
                | Scheme::StandardWebhooks
                | Scheme::MessageBirdRequest
                | Scheme::VonageMessages
                | Scheme::VonageSmsMd5
                | Scheme::VonageSmsSha1
                | Scheme::VonageSmsSha256
                | Scheme::VonageSmsSha512
        );
        seen += usize::from(is_timed);
        for (seconds, is_fresh) in [
            (0, true),
            (300, true),
            (-300, true),
            (301, false),
            (-301, false),
        ] {
            let result = sample.clone().at(sample.now + seconds).verify();
            let expected = match is_fresh || !is_timed {
                true => Ok(()),
                false => Err(Rejection::Stale),
            };
            assert_eq!(result, expected, "{} {seconds}", sample.name);
        }
    }
    assert!(seen > 10);
}

#[test]
fn the_header_of_a_signed_time_must_be_a_time_and_is_signed() {
    for sample in samples() {
        let is_time =
            |(name, _): &(String, String)| name.to_ascii_lowercase().ends_with("timestamp");
        let Some(index) = sample.headers.iter().position(is_time) else {
            continue;
        };
        let with = |value: &str| {
            let mut other = sample.clone();
            other.headers[index].1 = value.to_owned();
            other.verify()
        };
        let time = sample.headers[index].1.clone();
        assert_eq!(with(""), Err(Rejection::Missing), "{}", sample.name);
        for value in ["now", "-1", "1e9", &format!("{time} "), &format!("+{time}")] {
            assert_eq!(
                with(value),
                Err(Rejection::Malformed),
                "{} {value:?}",
                sample.name
            );
        }
        let later = match time.strip_suffix("27Z") {
            Some(start) => format!("{start}28Z"),
            None => (time.parse::<i64>().expect("a number") + 1).to_string(),
        };
        assert_eq!(with(&later), Err(Rejection::Mismatch), "{}", sample.name);
        let mut absent = sample.clone();
        absent.headers.remove(index);
        assert_eq!(absent.verify(), Err(Rejection::Missing), "{}", sample.name);
        let mut doubled = sample.clone();
        doubled.headers.push(sample.headers[index].clone());
        assert_eq!(doubled.verify(), Err(Rejection::Doubled), "{}", sample.name);
    }
}

#[test]
fn a_body_beyond_the_limit_is_refused_before_it_is_hashed() {
    for sample in samples() {
        let body = vec![b' '; sample.scheme.body_limit() + 1];
        let large = Sample {
            body,
            ..sample.clone()
        };
        assert_eq!(large.verify(), Err(Rejection::TooLarge), "{}", sample.name);
    }
}

fn named(name: &str) -> Sample {
    let found = samples().into_iter().find(|sample| sample.name == name);
    found.expect("a sample")
}

#[test]
fn one_of_several_signatures_is_enough_and_unknown_versions_are_skipped() {
    let sample = named("standard webhooks");
    let right = &sample.headers[0].1;
    let wrong = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (value, result) in [
        (format!("{wrong} {right}"), Ok(())),
        (format!("v9,new v1a,AAAA {wrong} {right}"), Ok(())),
        (format!("{right} {wrong}"), Ok(())),
        (wrong.to_owned(), Err(Rejection::Mismatch)),
        (right.replace("v1,", "v2,"), Err(Rejection::Mismatch)),
        ("v1,".to_owned(), Err(Rejection::Mismatch)),
        ("v1".to_owned(), Err(Rejection::Mismatch)),
        (
            format!("{}{right}", "v1,x ".repeat(16)),
            Err(Rejection::Mismatch),
        ),
    ] {
        assert_eq!(sample.signed(&value).verify(), result, "{value}");
    }
    // A full stop in the id would move the boundary of what is signed.
    let mut moved = sample.clone();
    moved.headers[1].1.push_str(".1");
    assert_eq!(moved.verify(), Err(Rejection::Malformed));
}

#[test]
fn twilio_signs_every_body_or_the_request_is_refused() {
    // The signature of the URL alone, as for a GET; Python.
    let sample = named("twilio json");
    let mut form = sample.clone();
    form.headers[1].1 = "application/x-www-form-urlencoded".to_owned();
    assert_eq!(
        form.verify(),
        Ok(()),
        "the digest counts, whatever the type"
    );
    let without_digest = sample
        .clone()
        .url("https://mycompany.com/myapp.php?foo=1&bar=2");
    assert_eq!(without_digest.verify(), Err(Rejection::Missing));
    let doubled = sample.clone().url(&format!("{}&bodySHA256=00", sample.url));
    assert_eq!(doubled.verify(), Err(Rejection::Doubled));
    let other = Sample {
        body: b"{}".to_vec(),
        ..sample.clone()
    };
    assert_eq!(other.verify(), Err(Rejection::Mismatch));
    let upper = sample
        .url
        .to_ascii_uppercase()
        .replace("BODYSHA256", "bodySHA256");
    assert_eq!(
        sample.clone().url(&upper).verify(),
        Err(Rejection::Mismatch)
    );
    // The query is not sorted and not encoded again.
    let form = named("twilio");
    let sorted = form
        .clone()
        .url("https://mycompany.com/myapp.php?bar=2&foo=1");
    assert_eq!(sorted.verify(), Err(Rejection::Mismatch));
    let fragment = form.clone().url(&format!("{}#rc=2", form.url));
    assert_eq!(fragment.verify(), Ok(()));
}

#[test]
fn vonage_parameters_occur_once_and_sign_all() {
    let sample = named("vonage sha256");
    for (change, result) in [
        ("&param=value", Err(Rejection::Doubled)),
        ("&sig=00", Err(Rejection::Doubled)),
        ("&timestamp=1234567890", Err(Rejection::Doubled)),
        ("&more=1", Err(Rejection::Mismatch)),
    ] {
        let other = sample.clone().url(&format!("{}{change}", sample.url));
        assert_eq!(other.verify(), result, "{change}");
    }
    let with = |from: &str, to: &str| sample.clone().url(&sample.url.replace(from, to)).verify();
    assert_eq!(with("&timestamp=1234567890", ""), Err(Rejection::Missing));
    assert_eq!(
        with("timestamp=1234567890", "timestamp=soon"),
        Err(Rejection::Malformed)
    );
    assert_eq!(with("&sig=", "&other="), Err(Rejection::Missing));
    assert_eq!(with("sig=620b", "sig=620B"), Err(Rejection::Malformed));
    assert_eq!(with("sig=620b", "sig=20b"), Err(Rejection::Malformed));
}

#[test]
fn the_form_of_a_secret_is_checked_when_a_channel_starts() {
    let check = |scheme: Scheme, secret: &str| {
        let result = scheme.check_secrets(&secrets(&[secret.as_bytes().to_vec()]));
        if let Err(error) = &result {
            assert!(!error.to_string().contains(secret), "{error}");
        }
        result.is_ok()
    };
    for (scheme, secret, is_right) in [
        (
            Scheme::StandardWebhooks,
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            true,
        ),
        (
            Scheme::StandardWebhooks,
            "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
            true,
        ),
        (
            Scheme::StandardWebhooks,
            "any other text of 24 bytes or more",
            true,
        ),
        (Scheme::StandardWebhooks, "any other text", false),
        (Scheme::StandardWebhooks, "whsec_c2hvcnQ=", false),
        (Scheme::StandardWebhooks, "whsec_*", false),
        (Scheme::StandardWebhooks, "whsec_", false),
        (Scheme::StandardWebhooks, "whpk_AAAA", false),
        (Scheme::StandardWebhooks, "whsk_AAAA", false),
        (Scheme::Telegram, "A-Secret_1", true),
        (Scheme::Telegram, "a secret", false),
        (Scheme::Telegram, &"a".repeat(257), false),
        (Scheme::Meta, "any", true),
    ] {
        assert_eq!(check(scheme, secret), is_right, "{scheme} {secret}");
    }
    assert_eq!(Secrets::one("").err(), Some(SecretError::Empty));
}
