//! Credential helpers: programs that give the credentials of a registry.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use super::Credentials;
use crate::error::RegistryError;

/// How long a helper may take: it may ask a person.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Most bytes that a helper may write.
const OUTPUT_BYTES: u64 = 64 << 10;
/// Time between two looks at a helper.
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Deserialize)]
struct HelperAnswer {
    #[serde(rename = "Username", default)]
    user: String,
    #[serde(rename = "Secret", default)]
    secret: String,
}

/// The credentials that `docker-credential-NAME` gives for a registry.
pub(super) fn get(name: &str, server: &str) -> Result<Option<Credentials>, RegistryError> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(is_known) {
        return Err(RegistryError::Credentials(format!(
            "{name:?} is not the name of a credential helper"
        )));
    }
    let program = format!("docker-credential-{name}");
    run(Command::new(&program), &program, server, TIMEOUT)
}

fn run(
    mut command: Command,
    program: &str,
    server: &str,
    limit: Duration,
) -> Result<Option<Credentials>, RegistryError> {
    let failed = |problem: String| RegistryError::Credentials(format!("{program} {problem}"));
    let started = command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut helper = started.map_err(|error| {
        failed(format!(
            "does not start: {error}; install it, or remove it from config.json"
        ))
    })?;
    if let Some(mut input) = helper.stdin.take() {
        // A helper that does not read it has its own reasons.
        let _ = writeln!(input, "{server}");
    }
    let (output, status) = match wait(&mut helper, limit) {
        Ok(ended) => ended,
        Err(problem) => {
            let _ = helper.kill();
            let _ = helper.wait();
            return Err(failed(problem));
        }
    };
    if !status {
        // Its message may hold what is secret: it is compared, not shown.
        let text = String::from_utf8_lossy(&output);
        return match text.contains("credentials not found") {
            true => Ok(None),
            false => Err(failed(format!("fails for {server}; run it to see why"))),
        };
    }
    let answer: HelperAnswer = serde_json::from_slice(&output)
        .map_err(|_| failed("answers with something else than its credentials".to_owned()))?;
    let secret = Zeroizing::new(answer.secret);
    Ok(match (answer.user.as_str(), secret.is_empty()) {
        (_, true) => None,
        ("<token>", _) => Some(Credentials::IdentityToken(secret)),
        _ => Some(Credentials::Password {
            user: answer.user,
            password: secret,
        }),
    })
}

/// What a helper wrote, and whether it succeeded.
fn wait(helper: &mut Child, limit: Duration) -> Result<(Zeroizing<Vec<u8>>, bool), String> {
    let until = Instant::now() + limit;
    let Some(output) = helper.stdout.take() else {
        return Err("has no output".to_owned());
    };
    let (sender, receiver) = mpsc::channel();
    // Ends when the helper does, or at the limit of its output.
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = output.take(OUTPUT_BYTES + 1).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    let late = || format!("did not answer within {} s", limit.as_secs_f32());
    let bytes = receiver.recv_timeout(limit).map_err(|_| late())?;
    let bytes = bytes.map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > OUTPUT_BYTES {
        return Err(format!("writes more than {OUTPUT_BYTES} bytes"));
    }
    loop {
        match helper.try_wait() {
            Ok(Some(status)) => return Ok((bytes, status.success())),
            Ok(None) if Instant::now() < until => thread::sleep(PAUSE),
            Ok(None) => return Err(late()),
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a helper with this script gives.
    fn get_from(script: &str, limit: Duration) -> Result<Option<Credentials>, String> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "helper"]);
        let found = run(command, "helper", "registry.example", limit);
        found.map_err(|error| error.to_string())
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_helper_gives_the_credentials_of_the_server_that_it_reads() {
        let script = r#"read server; [ "$1" = get ] && printf '{"ServerURL":"%s","Username":"ana","Secret":"%s"}' "$server" "$server""#;
        let found = get_from(script, LONG).expect("an answer");
        let password = Zeroizing::new("registry.example".to_owned());
        let user = "ana".to_owned();
        assert_eq!(found, Some(Credentials::Password { user, password }));
        let script = r#"echo '{"Username":"<token>","Secret":"t"}'"#;
        let found = get_from(script, LONG).expect("an answer");
        let token = Zeroizing::new("t".to_owned());
        assert_eq!(found, Some(Credentials::IdentityToken(token)));
    }

    #[test]
    fn a_helper_without_credentials_for_the_server_is_no_error() {
        let script = "echo 'credentials not found in native keychain'; exit 1";
        assert_eq!(get_from(script, LONG), Ok(None));
    }

    #[test]
    fn the_output_of_a_helper_that_fails_is_not_shown() {
        for script in ["echo secret; exit 1", "echo secret"] {
            let error = get_from(script, LONG).expect_err(script);
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_helper_that_does_not_end_or_writes_without_end_is_stopped() {
        let started = Instant::now();
        let error = get_from("exec sleep 60", Duration::from_millis(200)).expect_err("late");
        assert!(error.contains("did not answer"), "{error}");
        let error = get_from("exec cat /dev/zero", LONG).expect_err("too much");
        assert!(error.contains("writes more than"), "{error}");
        // Without output it still does not end.
        let error = get_from("exec >&-; exec sleep 60", Duration::from_millis(200));
        assert!(error.expect_err("late").contains("did not answer"));
        assert!(started.elapsed() < LONG);
    }

    #[test]
    fn the_name_of_a_helper_is_no_path() {
        for name in ["", "../evil", "a b", "/bin/sh"] {
            let error = get(name, "registry.example").expect_err(name).to_string();
            assert!(error.contains("is not the name"), "{error}");
        }
    }
}
