//! Checks that the schema of the settings cannot express.

use patchbay_sdk::prelude::*;

use super::Settings;
use crate::tone;

/// Problems with settings, each with its path.
pub(crate) fn problems(settings: &Settings) -> Problems {
    let mut problems = Problems::new();
    for code in settings.intents.keys() {
        check_code(&mut problems, "/intents", code);
    }
    for code in settings.topics.keys() {
        check_code(&mut problems, "/topics", code);
    }
    for (path, value, least, most) in [
        ("/least-confidence", settings.least_confidence, 0.0, 1.0),
        ("/close-spam-from", settings.close_spam_from, 0.0, 2.0),
        ("/public-share", settings.public_share, 0.01, 1.0),
        ("/apology-at-mood", settings.apology_at_mood, -1.0, 1.0),
        ("/surge-factor", settings.surge_factor, 1.0, f64::MAX),
    ] {
        check_range(&mut problems, path, value, least, most);
    }
    for (code, skills) in &settings.skills {
        for (skill, proficiency) in skills {
            if !(1..=5).contains(proficiency) {
                problems.add(
                    format!("/skills/{}/{}", escaped(code), escaped(skill)),
                    format!("must be a proficiency from 1 to 5, not {proficiency}"),
                );
            }
        }
    }
    for (index, level) in settings.service_levels.iter().enumerate() {
        if level.priority > 100 {
            problems.add(
                format!("/service-levels/{index}/priority"),
                format!("must be a priority from 0 to 100, not {}", level.priority),
            );
        }
    }
    for code in settings.severities.keys() {
        if !tone::FINDINGS.iter().any(|(known, _)| known == code) {
            problems.add(
                format!("/severities/{}", escaped(code)),
                format!(
                    "unknown finding; the findings are {}",
                    tone::FINDINGS.map(|(code, _)| code).join(", ")
                ),
            );
        }
    }
    for team in settings.teams.keys() {
        if !TEAMS.contains(&team.as_str()) {
            problems.add(
                format!("/teams/{}", escaped(team)),
                format!("unknown team; the teams are {}", TEAMS.join(", ")),
            );
        }
    }
    for (index, domain) in settings.approved_domains.iter().enumerate() {
        if domain.contains(['/', ':', ' ', '@']) || !domain.contains('.') {
            problems.add(
                format!("/approved-domains/{index}"),
                format!("`{domain}` is not a domain; write it like example.com"),
            );
        }
    }
    problems
}

/// Keys of `teams`.
const TEAMS: [&str; 5] = ["press", "safety", "legal", "fraud", "manager"];

fn check_code(problems: &mut Problems, at: &str, code: &str) {
    let letters = code.bytes().all(|byte| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    });
    if code.is_empty() || code.len() > 64 || !letters {
        problems.add(
            format!("{at}/{}", escaped(code)),
            "must have 1 to 64 lower-case letters, digits, hyphens and dots",
        );
    }
}

fn check_range(problems: &mut Problems, at: &str, value: f64, least: f64, most: f64) {
    if !(least..=most).contains(&value) {
        let range = if most == f64::MAX {
            format!("at least {least}")
        } else {
            format!("from {least} to {most}")
        };
        problems.add(at, format!("must be {range}, not {value}"));
    }
}

/// A key, escaped for a JSON Pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
