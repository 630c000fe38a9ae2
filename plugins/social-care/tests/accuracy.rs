//! How well the word lists do on text nobody here wrote. The data is not in
//! the repository; without it the figures are not measured.

use std::fs;
use std::path::Path;

use patchbay_sdk::prelude::*;
use patchbay_sdk::serde::Deserialize;
use patchbay_sdk::testing::{json, prepare};
use social_care::SocialCare;

#[derive(Deserialize)]
#[serde(crate = "patchbay_sdk::serde")]
struct Row {
    text: String,
    #[serde(alias = "sentiment")]
    label: String,
}

/// Rows of a file of the shared data; none, with a note, where it is absent.
fn rows(name: &str) -> Option<Vec<Row>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    let Ok(file) = fs::read_to_string(&path) else {
        note(&format!(
            "{name}: not measured, {} is absent",
            path.display()
        ));
        return None;
    };
    let read = |line: &str| settings::parse(line).ok();
    Some(file.lines().filter_map(read).collect())
}

#[expect(clippy::print_stderr, reason = "a measurement is there to be read")]
fn note(figures: &str) {
    eprintln!("{figures}");
}

fn policy() -> SocialCare {
    prepare(json!({})).unwrap_or_else(|_| panic!("the defaults do not fit"))
}

fn classified(policy: &SocialCare, channel: &str, text: &str) -> Classification {
    let interaction: Interaction = Interaction::example(channel, text).public().into();
    match policy.classify(&interaction) {
        Ok(Some(answer)) => answer,
        _ => panic!("declined"),
    }
}

/// Share of rows told rightly, and F1 of each label, in the order given.
fn measure<const N: usize>(name: &str, labels: [&str; N], rows: &[(usize, usize)]) -> (f64, f64) {
    let right = rows.iter().filter(|(is, said)| is == said).count();
    let accuracy = right as f64 / rows.len() as f64;
    let f1: Vec<f64> = (0..N)
        .map(|label| {
            let both = rows.iter().filter(|row| **row == (label, label)).count() as f64;
            let either = rows
                .iter()
                .map(|(is, said)| usize::from(*is == label) + usize::from(*said == label))
                .sum::<usize>() as f64;
            if either == 0.0 {
                0.0
            } else {
                2.0 * both / either
            }
        })
        .collect();
    let macro_f1 = f1.iter().sum::<f64>() / N as f64;
    let each: Vec<String> = labels
        .iter()
        .zip(&f1)
        .map(|(label, f1)| format!("{label} {f1:.3}"))
        .collect();
    note(&format!(
        "{name}: {} rows, accuracy {accuracy:.3}, macro-F1 {macro_f1:.3} ({})",
        rows.len(),
        each.join(", ")
    ));
    (accuracy, macro_f1)
}

#[test]
fn moods_of_customers_of_airlines() {
    let Some(rows) = rows("airline.jsonl") else {
        return;
    };
    let policy = policy();
    let labels = ["negative", "neutral", "positive"];
    let told: Vec<(usize, usize)> = rows
        .iter()
        .filter_map(|row| {
            let is = labels.iter().position(|label| *label == row.label)?;
            let mood = classified(&policy, "x", &row.text).sentiment.unwrap_or(0.0);
            let said = if mood <= -0.1 {
                0
            } else if mood < 0.4 {
                1
            } else {
                2
            };
            Some((is, said))
        })
        .collect();
    let (accuracy, macro_f1) = measure("airline mood", labels, &told);
    assert!(accuracy >= 0.72 && macro_f1 >= 0.65);
}

#[test]
fn spam_in_text_messages() {
    let Some(rows) = rows("sms_spam.jsonl") else {
        return;
    };
    let policy = policy();
    let labels = ["ham", "spam"];
    let told: Vec<(usize, usize)> = rows
        .iter()
        .filter_map(|row| {
            let is = labels.iter().position(|label| *label == row.label)?;
            let spam = classified(&policy, "sms", &row.text).spam.unwrap_or(0.0);
            Some((is, usize::from(spam >= 0.5)))
        })
        .collect();
    let (accuracy, macro_f1) = measure("text message spam", labels, &told);
    assert!(accuracy >= 0.95 && macro_f1 >= 0.88);
}

#[test]
fn abuse_in_posts() {
    let Some(rows) = rows("offensive.jsonl") else {
        return;
    };
    let policy = policy();
    let labels = ["neither", "offensive or hate"];
    let told: Vec<(usize, usize)> = rows
        .iter()
        .map(|row| {
            let abuse = classified(&policy, "x", &row.text).abuse.unwrap_or(0.0);
            (
                usize::from(row.label != "neither"),
                usize::from(abuse >= 0.5),
            )
        })
        .collect();
    let (accuracy, macro_f1) = measure("abuse", labels, &told);
    assert!(accuracy >= 0.91 && macro_f1 >= 0.85);
}

#[test]
fn customers_of_airlines_are_no_spam_and_few_are_abusive() {
    let Some(rows) = rows("airline.jsonl") else {
        return;
    };
    let policy = policy();
    let (mut spam, mut abuse, mut english) = (0, 0, 0);
    for row in &rows {
        let answer = classified(&policy, "x", &row.text);
        spam += usize::from(answer.spam >= Some(0.9));
        abuse += usize::from(answer.abuse >= Some(0.5));
        english += usize::from(answer.language.as_deref() == Some("en"));
    }
    let share = |count: usize| count as f64 / rows.len() as f64;
    note(&format!(
        "airline: closed as spam {:.4}, abusive {:.4}, told as English {:.4}",
        share(spam),
        share(abuse),
        share(english)
    ));
    assert!(share(spam) < 0.005 && share(abuse) < 0.05 && share(english) > 0.9);
}
