//! What an author can do about a policy that ended neither `ok` nor `declined`.

use serde_json::Value;

/// Texts of the standard library where the sandbox has nothing, and what to use instead.
const SANDBOX: [(&[&str], &str); 5] = [
    (
        &[
            "pre-opened file descriptor",
            "Os { code: 44,",
            "No such file or directory (os error",
            "Bad file descriptor (os error",
        ],
        "a policy has no files: include the data with include_str! or include_bytes!, or pass it in the settings",
    ),
    (
        &[
            "operation not supported on this platform",
            "threads are not supported",
            "failed to spawn thread",
            "Os { code: 58,",
        ],
        "a policy has no threads and no processes: do the work in the call itself",
    ),
    (
        &[
            "Permission denied (os error",
            "failed to lookup address",
            "Connection refused (os error",
        ],
        "a policy has no network: what it needs comes from the host's interfaces or from the settings",
    ),
    (
        &[
            "an `Err` value: NotPresent",
            "environment variable not found",
        ],
        "a policy has no environment variables: pass what it needs in the settings",
    ),
    (
        &["is outside the sandbox"],
        "a policy has no files, sockets or processes: what it needs comes from the host's interfaces or from the settings",
    ),
];

/// Advice on a decision's document, where the host knows some.
pub(super) fn of_decision(decision: &Value) -> Option<String> {
    let detail = decision["problem"]["detail"].as_str().unwrap_or_default();
    if decision["outcome"] == "denied"
        && let Some(what) = denied_grant(detail)
    {
        return Some(format!("add `{}` under [needs] in pack.toml", needs(what)));
    }
    let plugins = decision["stamp"]["plugins"].as_array();
    let lines = plugins
        .into_iter()
        .flatten()
        .flat_map(|plugin| plugin["log"].as_array().into_iter().flatten())
        .filter_map(|line| line["message"].as_str());
    of_texts(std::iter::once(detail).chain(lines))
}

/// Advice on messages of a policy that used what the sandbox does not have.
pub fn of_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    texts.into_iter().find_map(|text| {
        let found = SANDBOX
            .iter()
            .find(|(parts, _)| parts.iter().any(|part| text.contains(part)));
        found.map(|(_, advice)| (*advice).to_owned())
    })
}

/// What a call was denied for lack of: `` `agents` is not granted ``.
fn denied_grant(detail: &str) -> Option<&str> {
    let (before, _) = detail.split_once("` is not granted")?;
    before.rsplit_once('`').map(|(_, what)| what)
}

/// The line of `[needs]` for a grant: `agents`, or `state "contact"`.
fn needs(what: &str) -> String {
    match what.split_once(' ') {
        Some((name, scope)) => format!("{name} = [{scope}]"),
        None => format!("{what} = true"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_denied_call_says_what_to_add_to_the_manifest() {
        for (detail, line) in [
            ("`agents` is not granted; add it", "agents = true"),
            (
                "`state \"contact\"` is not granted; add it",
                "state = [\"contact\"]",
            ),
        ] {
            let decision = json!({"outcome": "denied", "problem": {"detail": detail}});
            let advice = of_decision(&decision).expect("advice");
            assert!(advice.contains(line), "{advice}");
        }
    }

    /// As the standard library prints them in a guest.
    #[test]
    fn what_the_sandbox_lacks_is_named() {
        for (printed, lacks) in [
            (
                "failed to spawn thread: Os { code: 58, kind: Unsupported, message: \"Not supported\" }",
                "no threads",
            ),
            (
                "called `Result::unwrap()` on an `Err` value: Os { code: 58, kind: Unsupported, message: \"Not supported\" }",
                "no threads",
            ),
            (
                "called `Result::unwrap()` on an `Err` value: Error { kind: Unsupported, message: \"operation not supported on this platform\" }",
                "no processes",
            ),
            (
                "called `Result::unwrap()` on an `Err` value: NotPresent",
                "no environment variables",
            ),
            (
                "called `Result::unwrap()` on an `Err` value: Os { code: 44, kind: NotFound, message: \"No such file or directory\" }",
                "no files",
            ),
        ] {
            let advice = of_texts([printed]).expect(printed);
            assert!(advice.contains(lacks), "{printed}: {advice}");
        }
        assert_eq!(
            of_texts(["called `Option::unwrap()` on a `None` value"]),
            None
        );
    }

    #[test]
    fn a_file_that_a_policy_opens_gives_advice_instead_of_an_error_number() {
        let log = "failed to find a pre-opened file descriptor through which \"words.txt\" could be opened";
        let decision = json!({"outcome": "trapped", "stamp": {"plugins": [{"log": [{"level": "stderr", "message": log}]}]}});
        let advice = of_decision(&decision).expect("advice");
        assert!(advice.contains("include_str!"), "{advice}");
        assert_eq!(of_decision(&json!({"outcome": "trapped"})), None);
    }
}
