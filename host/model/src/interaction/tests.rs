use serde_json::json;

use super::*;

fn least() -> Value {
    json!({"id": "1", "channel": "x", "text": "hi"})
}

#[test]
fn three_fields_are_enough() {
    let read = Interaction::from_outside(least()).expect("valid");
    assert_eq!(read.direction, Direction::Inbound);
    assert_eq!(read.visibility(), Visibility::Public);
    assert_eq!(read.attributes.len(), 0);
}

#[test]
fn a_missing_field_is_named() {
    for field in ["id", "channel", "text"] {
        let mut value = least();
        value.as_object_mut().expect("an object").remove(field);
        let error = Interaction::from_outside(value).expect_err("incomplete");
        assert_eq!(
            error,
            InputError::Missing {
                field: field.into()
            }
        );
    }
}

#[test]
fn unknown_fields_of_an_integrator_become_attributes() {
    let mut value = least();
    value["retweets"] = json!(3);
    value["attributes"] = json!({"brand": "Delta"});
    let read = Interaction::from_outside(value).expect("valid");
    assert_eq!(read.attributes["retweets"], 3);
    assert_eq!(read.attributes["brand"], "Delta");
}

#[test]
fn an_attribute_wins_over_an_unknown_field_of_the_same_name() {
    let mut value = least();
    value["brand"] = json!("outer");
    value["attributes"] = json!({"brand": "inner"});
    let read = Interaction::from_outside(value).expect("valid");
    assert_eq!(read.attributes["brand"], "inner");
}

#[test]
fn unknown_fields_in_project_files_are_rejected() {
    let mut value = least();
    value["retweets"] = json!(3);
    let error = Interaction::from_own(value).expect_err("unknown field");
    assert!(
        error.to_string().contains("`retweets` is unknown"),
        "{error}"
    );
}

#[test]
fn a_nested_field_of_the_wrong_type_is_named() {
    let mut value = least();
    value["author"] = json!({"reach": "many"});
    let error = Interaction::from_outside(value).expect_err("wrong type");
    assert_eq!(error.field(), Some("author.reach"));
}

#[test]
fn a_field_over_its_limit_names_limit_and_size() {
    let mut value = least();
    value["text"] = json!("x".repeat(input::TEXT_BYTES + 1));
    let error = Interaction::from_own(value).expect_err("too long");
    assert_eq!(
        error.to_string(),
        "`text` is 65537 bytes long; the limit is 65536"
    );
}

#[test]
fn every_limited_list_is_limited() {
    let mut value = least();
    value["attachments"] = json!(vec![json!({"kind": "image"}); 33]);
    assert!(Interaction::from_outside(value).is_err());
    let mut value = least();
    for index in 0..65 {
        value[format!("k{index}")] = json!(1);
    }
    assert!(Interaction::from_outside(value).is_err());
    let mut value = least();
    value["blob"] = json!("x".repeat(17 * 1024));
    assert!(Interaction::from_outside(value).is_err());
}

#[test]
fn codes_and_identifiers_are_checked() {
    for (field, bad) in [
        ("channel", "X Corp"),
        ("channel", ""),
        ("id", ""),
        ("id", "a\u{0}b"),
    ] {
        let mut value = least();
        value[field] = json!(bad);
        let error = Interaction::from_outside(value).expect_err(bad);
        assert_eq!(error.field(), Some(field));
    }
}

#[test]
fn syntax_errors_are_located() {
    let error = Interaction::parse("{\"id\": \"1\",\n oops}").expect_err("no JSON");
    assert!(
        matches!(error, InputError::Syntax { line: 2, .. }),
        "{error:?}"
    );
}

#[test]
fn an_interaction_round_trips_through_json() {
    let value = json!({
        "id": "1", "channel": "x", "text": "hi", "direction": "inbound", "visibility": "private",
        "account": "@n", "language": "pt", "received_at": "2026-03-02T10:15:00Z",
        "author": {"address": "@jo", "name": "Jo", "reach": 120, "verified": false},
        "conversation": "c", "in_reply_to": "0",
        "attachments": [{"kind": "image", "size": 3}],
        "edited_at": "2026-03-02T10:16:00Z", "automatic": true, "attributes": {"k": [1, 2]}
    });
    let read = Interaction::from_own(value.clone()).expect("valid");
    assert_eq!(serde_json::to_value(&read).expect("serialises"), value);
}

#[test]
fn a_draft_rejects_unknown_fields() {
    let error = Draft::from_value(json!({"id": "1", "channel": "x", "text": "", "tone": "warm"}))
        .expect_err("unknown");
    assert_eq!(error.field(), Some("tone"));
}

#[test]
fn what_is_said_is_the_text_and_the_files_without_what_signs_their_urls() {
    let with = |field: &str, value: Value| {
        let mut whole = least();
        whole["attachments"] = json!([{"kind": "image", "url": "https://a.example/1.jpg?sig=1"}]);
        whole[field] = value;
        Interaction::from_outside(whole).expect("valid")
    };
    let before = with("text", least()["text"].clone());
    let file = |url: &str| json!([{"kind": "image", "url": url}]);
    for (field, value, is_same) in [
        ("likes", json!(7), true),
        ("author", json!({"reach": 9}), true),
        ("received_at", json!("2026-03-02T10:15:00Z"), true),
        ("attachments", file("https://a.example/1.jpg?sig=2#x"), true),
        ("attachments", file("https://a.example/2.jpg?sig=1"), false),
        ("attachments", json!([]), false),
        ("text", json!("other words"), false),
    ] {
        let context = format!("{field} {value}");
        assert_eq!(
            with(field, value).says_the_same(&before),
            is_same,
            "{context}"
        );
    }
}

#[test]
fn automatic_is_a_flag_that_may_be_absent_or_null() {
    let read = |flag: Value| {
        let mut value = least();
        value["automatic"] = flag;
        Interaction::from_outside(value).map(|read| read.automatic)
    };
    let absent = Interaction::from_outside(least()).expect("valid");
    assert!(!absent.automatic);
    assert_eq!(read(Value::Null), Ok(false));
    assert_eq!(read(json!(false)), Ok(false));
    assert_eq!(read(json!(true)), Ok(true));
    for bad in [json!("yes"), json!(1)] {
        let error = read(bad).expect_err("no flag");
        assert_eq!(error.field(), Some("automatic"));
    }
}

#[test]
fn an_edit_is_dated_by_its_own_time_else_by_that_of_the_message() {
    let mut value = least();
    value["received_at"] = json!("2026-03-02T10:15:00Z");
    let written_at = |value: &Value| {
        let read = Interaction::from_outside(value.clone()).expect("valid");
        read.written_at().expect("dated").to_string()
    };
    assert_eq!(written_at(&value), "2026-03-02T10:15:00Z");
    value["edited_at"] = json!("2026-03-02T10:16:00Z");
    assert_eq!(written_at(&value), "2026-03-02T10:16:00Z");
}

#[test]
fn an_author_is_the_same_by_every_spelling_of_the_address() {
    let by = |channel: &str, address: Option<&str>| {
        let author = json!({"address": address});
        let value = json!({"id": "1", "channel": channel, "text": "", "author": author});
        Interaction::from_outside(value).expect("valid")
    };
    for (channel, one, other, same) in [
        (
            "email",
            Some("Jo@example.org"),
            Some("jo@example.org"),
            true,
        ),
        (
            "email",
            Some("jo@example.org"),
            Some("ben@example.org"),
            false,
        ),
        ("x", Some("@Jo"), Some("jo"), true),
        ("chat", Some("Jo"), Some("jo"), false),
        ("chat", Some("jo"), None, false),
        ("chat", None, None, false),
    ] {
        let (one, other) = (by(channel, one), by(channel, other));
        assert_eq!(
            one.has_same_author(&other),
            same,
            "{:?} {:?}",
            one.author,
            other.author
        );
    }
}
