//! The demo.

use serde_json::Value;

use crate::command::{patchbay, stderr};

/// Seconds of the demo's day: 15, or 60 with PATCHBAY_LONG_TESTS set.
fn seconds() -> &'static str {
    match std::env::var_os("PATCHBAY_LONG_TESTS") {
        Some(_) => "60",
        None => "15",
    }
}

#[test]
fn the_demo_plays_its_day_and_ends() {
    let place = tempfile::tempdir().expect("a place");
    let keep = place.path().join("day");
    let keep = keep.to_str().expect("UTF-8");
    // Long enough for some replies on a busy machine; their number is not
    // checked.
    let output = patchbay(&[
        "demo",
        "--once",
        "--json",
        "--seconds",
        seconds(),
        "--keep",
        keep,
    ]);
    let day: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let problems = &day["problems"];
    assert_eq!(
        output.status.code(),
        Some(0),
        "{problems} {}",
        stderr(&output)
    );
    assert_eq!(day["failures"], 0, "{problems}");
    let all = &day["all"];
    let count = |group: &str, name: &str| all[group][name].as_u64().expect("a count");
    assert!(all["interactions"].as_u64().expect("a count") >= 300);
    assert!(count("offers", "accepted") > 0, "{all}");
    assert!(count("replies", "sent") > 0, "{all}");
    assert_eq!(count("replies", "sent"), count("replies", "delivered"));
    assert_eq!(count("replies", "sent"), count("delivered", "replies"));
    let settings = place.path().join("day/patchbay.toml");
    let settings = settings.to_str().expect("UTF-8");
    let check = patchbay(&["journal", "--config", settings, "check"]);
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
}

#[test]
fn the_demo_plays_a_file_and_refuses_a_directory_it_did_not_write() {
    let place = tempfile::tempdir().expect("a directory");
    let rows = place.path().join("rows.jsonl");
    let row = |id: u32| {
        format!(
            "{{\"id\": {id}, \"handle\": \"@p{}\", \"text\": \"My bag did not arrive!\", \"created_at\": \"2015-02-20T09:00:00Z\"}}\n",
            id % 40
        )
    };
    std::fs::write(&rows, (0..100).map(row).collect::<String>()).expect("written");
    let rows = rows.to_str().expect("UTF-8");
    let keep = place.path().join("kept");
    let kept = keep.to_str().expect("UTF-8");
    let played = [
        "demo",
        "--once",
        "--json",
        "--seconds",
        "4",
        "--input",
        rows,
        "--map",
        "airline",
        "--keep",
    ];
    let output = patchbay(&[&played[..], &[kept]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let day: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let companies = day["companies"].as_object().expect("companies");
    assert_eq!(companies.keys().collect::<Vec<_>>(), ["meridian-air"]);
    assert!(day["all"]["interactions"].as_u64().expect("a count") >= 100);

    let theirs = place.path().to_str().expect("UTF-8");
    let output = patchbay(&[&played[..], &[theirs]].concat());
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
}
