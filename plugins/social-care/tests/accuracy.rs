//! Accuracy of mood, spam and abuse.
//!
//! The small data sets in `tests/data` are invented and always measured. The large ones are not in
//! the repository; measure them with
//! `PATCHBAY_DATA=<directory> cargo test -p social-care --test accuracy -- --ignored --nocapture`.
//! The directory holds `airline.jsonl`, `sms_spam.jsonl` and `offensive.jsonl`, one object
//! `{"text": …, "label": …}` a line.

use std::fs;
use std::path::PathBuf;

use patchbay_sdk::prelude::*;
use patchbay_sdk::testing::{json, prepare};
use social_care::SocialCare;

#[derive(Deserialize)]
#[serde(crate = "patchbay_sdk::serde")]
struct Row {
    text: String,
    #[serde(alias = "sentiment")]
    label: String,
}

fn small(name: &str) -> Vec<Row> {
    rows(
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data")
            .join(name),
    )
}

fn large(name: &str) -> Vec<Row> {
    let directory = std::env::var_os("PATCHBAY_DATA");
    let directory =
        directory.unwrap_or_else(|| panic!("set PATCHBAY_DATA to the data's directory"));
    rows(PathBuf::from(directory).join(name))
}

fn rows(path: PathBuf) -> Vec<Row> {
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = |line| settings::parse(line).unwrap_or_else(|problems| panic!("{line}: {problems}"));
    text.lines().map(read).collect()
}

#[expect(clippy::print_stderr, reason = "measurements are for people")]
fn print(figures: &str) {
    eprintln!("{figures}");
}

fn classifications<'a>(
    channel: &'a str,
    rows: &'a [Row],
) -> impl Iterator<Item = (&'a Row, Classification)> {
    let policy: SocialCare = prepare(json!({})).unwrap_or_else(|problems| panic!("{problems}"));
    rows.iter().map(move |row| {
        let interaction: Interaction = Interaction::example(channel, &*row.text).public().into();
        match policy.classify(&interaction) {
            Ok(Some(answer)) => (row, answer),
            _ => panic!("declined: {}", row.text),
        }
    })
}

/// Accuracy and macro-F1 of pairs of the right and the assigned label.
fn measure<const N: usize>(name: &str, labels: [&str; N], pairs: &[(usize, usize)]) -> (f64, f64) {
    let count = |holds: &dyn Fn(&(usize, usize)) -> bool| {
        pairs.iter().filter(|pair| holds(pair)).count() as f64
    };
    let accuracy = count(&|(right, assigned)| right == assigned) / pairs.len() as f64;
    let f1: [f64; N] = std::array::from_fn(|label| {
        let both = count(&|pair| *pair == (label, label));
        let either = count(&|(right, _)| *right == label) + count(&|(_, given)| *given == label);
        2.0 * both / either.max(1.0)
    });
    let macro_f1 = f1.iter().sum::<f64>() / N as f64;
    let each = labels
        .iter()
        .zip(f1)
        .map(|(label, f1)| format!("{label} {f1:.3}"));
    let each: Vec<String> = each.collect();
    print(&format!(
        "{name}: {} rows, accuracy {accuracy:.3}, macro-F1 {macro_f1:.3} ({})",
        pairs.len(),
        each.join(", ")
    ));
    (accuracy, macro_f1)
}

fn assert_at_least((accuracy, macro_f1): (f64, f64), least: (f64, f64)) {
    assert!(
        accuracy >= least.0 && macro_f1 >= least.1,
        "accuracy {accuracy:.3}, macro-F1 {macro_f1:.3}; expected at least {least:?}"
    );
}

fn mood(name: &str, rows: &[Row]) -> (f64, f64) {
    let labels = ["negative", "neutral", "positive"];
    let pairs: Vec<_> = classifications("x", rows)
        .filter_map(|(row, answer)| {
            let right = labels.iter().position(|label| *label == row.label)?;
            let assigned = match answer.sentiment.unwrap_or(0.0) {
                mood if mood <= -0.1 => 0,
                mood if mood < 0.4 => 1,
                _ => 2,
            };
            Some((right, assigned))
        })
        .collect();
    measure(name, labels, &pairs)
}

fn spam(name: &str, rows: &[Row]) -> (f64, f64) {
    let pairs: Vec<_> = classifications("sms", rows)
        .map(|(row, answer)| {
            (
                usize::from(row.label == "spam"),
                usize::from(answer.spam >= Some(0.5)),
            )
        })
        .collect();
    measure(name, ["ham", "spam"], &pairs)
}

fn abuse(name: &str, rows: &[Row]) -> (f64, f64) {
    let pairs: Vec<_> = classifications("x", rows)
        .map(|(row, answer)| {
            (
                usize::from(row.label != "neither"),
                usize::from(answer.abuse >= Some(0.5)),
            )
        })
        .collect();
    measure(name, ["neither", "offensive or hate"], &pairs)
}

#[test]
fn moods_of_invented_messages_are_mostly_right() {
    assert_at_least(mood("invented mood", &small("mood.jsonl")), (0.85, 0.85));
}

#[test]
fn spam_among_invented_messages_is_mostly_found() {
    assert_at_least(spam("invented spam", &small("spam.jsonl")), (0.9, 0.9));
}

#[test]
fn abuse_among_invented_posts_is_mostly_found() {
    assert_at_least(abuse("invented abuse", &small("abuse.jsonl")), (0.9, 0.9));
}

#[test]
#[ignore = "needs airline.jsonl, which is not in the repository: set PATCHBAY_DATA"]
fn moods_of_airline_customers() {
    assert_at_least(mood("airline mood", &large("airline.jsonl")), (0.72, 0.65));
}

#[test]
#[ignore = "needs sms_spam.jsonl, which is not in the repository: set PATCHBAY_DATA"]
fn spam_in_text_messages() {
    assert_at_least(
        spam("text message spam", &large("sms_spam.jsonl")),
        (0.95, 0.88),
    );
}

#[test]
#[ignore = "needs offensive.jsonl, which is not in the repository: set PATCHBAY_DATA"]
fn abuse_in_posts() {
    assert_at_least(abuse("abuse", &large("offensive.jsonl")), (0.91, 0.85));
}

#[test]
#[ignore = "needs airline.jsonl, which is not in the repository: set PATCHBAY_DATA"]
fn airline_customers_are_not_spam_and_few_are_abusive() {
    let rows = large("airline.jsonl");
    let (mut spam, mut abuse, mut english) = (0, 0, 0);
    for (_, answer) in classifications("x", &rows) {
        spam += usize::from(answer.spam >= Some(0.9));
        abuse += usize::from(answer.abuse >= Some(0.5));
        english += usize::from(answer.language.as_deref() == Some("en"));
    }
    let share = |count: usize| count as f64 / rows.len() as f64;
    print(&format!(
        "airline: closed as spam {:.4}, abusive {:.4}, detected as English {:.4}",
        share(spam),
        share(abuse),
        share(english)
    ));
    assert!(share(spam) < 0.005 && share(abuse) < 0.05 && share(english) > 0.9);
}
