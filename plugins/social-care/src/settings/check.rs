//! What the schema cannot say about settings.

use patchbay_sdk::prelude::*;

use super::Settings;
use crate::tone;

/// Problems with settings, each at its place.
pub(crate) fn problems(settings: &Settings) -> Problems {
    let mut problems = Problems::new();
    for code in settings.intents.keys() {
        check_code(&mut problems, "/intents", code);
    }
    for code in settings.topics.keys() {
        check_code(&mut problems, "/topics", code);
    }
    share(
        &mut problems,
        "/least-confidence",
        settings.least_confidence,
        0.0,
        1.0,
    );
    share(
        &mut problems,
        "/close-spam-from",
        settings.close_spam_from,
        0.0,
        2.0,
    );
    share(
        &mut problems,
        "/public-share",
        settings.public_share,
        0.01,
        1.0,
    );
    share(
        &mut problems,
        "/apology-at-mood",
        settings.apology_at_mood,
        -1.0,
        1.0,
    );
    share(
        &mut problems,
        "/surge-factor",
        settings.surge_factor,
        1.0,
        f64::MAX,
    );
    for (of, skills) in &settings.skills {
        for (skill, proficiency) in skills {
            if !(1..=5).contains(proficiency) {
                problems.add(
                    format!("/skills/{}/{}", escaped(of), escaped(skill)),
                    format!("a proficiency is 1 to 5, not {proficiency}"),
                );
            }
        }
    }
    for (index, level) in settings.service_levels.iter().enumerate() {
        if level.priority > 100 {
            problems.add(
                format!("/service-levels/{index}/priority"),
                format!("a priority is 0 to 100, not {}", level.priority),
            );
        }
    }
    for code in settings.severities.keys() {
        if !tone::CODES.contains(&code.as_str()) {
            problems.add(
                format!("/severities/{}", escaped(code)),
                format!(
                    "there is no such finding; there are {}",
                    tone::CODES.join(", ")
                ),
            );
        }
    }
    for team in settings.teams.keys() {
        if !TEAMS.contains(&team.as_str()) {
            problems.add(
                format!("/teams/{}", escaped(team)),
                format!("nothing is escalated to it; there are {}", TEAMS.join(", ")),
            );
        }
    }
    for (index, domain) in settings.approved_domains.iter().enumerate() {
        if domain.contains(['/', ':', ' ', '@']) || !domain.contains('.') {
            problems.add(
                format!("/approved-domains/{index}"),
                format!("`{domain}` is no domain; write it like example.com"),
            );
        }
    }
    problems
}

/// Names `teams` may have.
const TEAMS: [&str; 5] = ["press", "safety", "legal", "fraud", "manager"];

fn check_code(problems: &mut Problems, at: &str, code: &str) {
    let letters = code.bytes().all(|byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    });
    if code.is_empty() || code.len() > 64 || !letters {
        problems.add(
            format!("{at}/{}", escaped(code)),
            "a code is 1 to 64 lower-case letters, digits, hyphens and dots",
        );
    }
}

fn share(problems: &mut Problems, at: &str, value: f64, least: f64, most: f64) {
    if !(least..=most).contains(&value) {
        let most = if most == f64::MAX {
            "no limit".to_owned()
        } else {
            most.to_string()
        };
        problems.add(at, format!("must be from {least} to {most}, not {value}"));
    }
}

/// A key as a part of a JSON Pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
