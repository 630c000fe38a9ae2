use super::*;

fn capacity(toml: &str) -> Result<FloorSettings, toml::de::Error> {
    toml::from_str(toml)
}

#[test]
fn a_call_uses_all_of_an_agents_capacity() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "call", "phone", 0);
    wait(&mut floor, "chat", "chat", 1);
    assert_eq!(offered(&mut floor, 2), ["call>ana"]);
}

#[test]
fn an_agent_has_capacity_for_four_messages_or_two_posts_or_a_mix() {
    for (channels, fit) in [
        (["chat", "whatsapp", "sms", "telegram", "messenger"], 4),
        (["email", "x", "facebook", "web", "email"], 2),
        (["chat", "email", "chat", "chat", "chat"], 3),
    ] {
        let mut floor = staffed(&["ana"]);
        for (second, channel) in channels.into_iter().enumerate() {
            wait(&mut floor, &format!("c{second}"), channel, second as i64);
        }
        assert_eq!(offered(&mut floor, 9).len(), fit, "{channels:?}");
    }
}

#[test]
fn a_maximum_limits_an_agent_with_capacity_left() {
    let mut floor = floor();
    add(&mut floor, r#"{"id": "ana", "capacity": 1000}"#, 0);
    for number in 0..6 {
        wait(&mut floor, &format!("c{number}"), "chat", number);
    }
    assert_eq!(offered(&mut floor, 9).len(), 4);
}

#[test]
fn a_weight_limits_an_agent_below_the_maximum() {
    let mut floor = floor();
    add(&mut floor, r#"{"id": "ana", "capacity": 60}"#, 0);
    for number in 0..4 {
        wait(&mut floor, &format!("c{number}"), "chat", number);
    }
    assert_eq!(offered(&mut floor, 9).len(), 2);
}

#[test]
fn a_private_conversation_on_a_public_channel_is_a_message() {
    let rules = Capacity::default();
    let private = Some(patchbay_model::channel::Visibility::Private);
    assert_eq!(rules.medium("instagram", None), "post");
    assert_eq!(rules.medium("instagram", private), "message");
    assert_eq!(rules.medium("whatsapp", private), "message");
    assert_eq!(rules.medium("phone", None), "call");
    assert_eq!(rules.medium("carrier-pigeon", None), "post");
}

#[test]
fn a_medium_is_offered_over_those_it_interrupts_but_not_the_reverse() {
    let rules = r#"
        [capacity.media.call]
        channels = ["phone"]
        weight = 100
        maximum = 1
        interrupts = ["post"]
        [capacity.media.post]
        channels = ["email"]
        weight = 50
        maximum = 2
    "#;
    let settings = capacity(rules).expect("valid");
    let mut floor = Floor::new(settings, [queue("general")]).expect("valid");
    add(&mut floor, r#"{"id": "ana"}"#, 0);
    wait(&mut floor, "mail", "email", 0);
    assert_eq!(offered(&mut floor, 0), ["mail>ana"]);
    wait(&mut floor, "call", "phone", 1);
    assert_eq!(offered(&mut floor, 1), ["call>ana"]);
    wait(&mut floor, "more mail", "email", 2);
    assert_eq!(offered(&mut floor, 2), [""; 0]);
    wait(&mut floor, "second call", "phone", 3);
    assert_eq!(offered(&mut floor, 3), [""; 0]);
}

#[test]
fn by_default_no_medium_interrupts_another() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "mail", "email", 0);
    wait(&mut floor, "call", "phone", 1);
    assert_eq!(offered(&mut floor, 1), ["mail>ana"]);
}

#[test]
fn invalid_capacity_rules_are_rejected() {
    for (toml, message) in [
        ("[capacity]\nsize = 3", "unknown field `size`"),
        ("time-out = 3", "unknown field `time-out`"),
        (
            "[capacity]\nother = \"post\"\n[capacity.media.call]\nchannels = []\nweight = 1\nmaximum = 1",
            "other names the medium \"post\", which is not defined",
        ),
        (
            "[capacity]\nother = \"a\"\n[capacity.media.a]\nchannels = [\"x\"]\nweight = 1\nmaximum = 1\n[capacity.media.b]\nchannels = [\"x\"]\nweight = 1\nmaximum = 1",
            "channel \"x\" is in two media",
        ),
        (
            "[capacity]\nother = \"a\"\n[capacity.media.a]\nchannels = []\nweight = 1\nmaximum = 1\ninterrupts = [\"b\"]\n[capacity.media.b]\nchannels = []\nweight = 1\nmaximum = 1\ninterrupts = [\"a\"]",
            "would interrupt itself",
        ),
        (
            "[capacity]\nother = \"a\"\n[capacity.media.a]\nchannels = []\nweight = 1000001\nmaximum = 1",
            "media.a.weight is 1000001",
        ),
        ("[capacity.media]\n", "0 media are defined"),
    ] {
        let error = capacity(toml).expect_err(toml).to_string();
        assert!(error.contains(message), "{toml}\n{error}");
    }
}

#[test]
fn settings_round_trip_through_toml() {
    let settings = FloorSettings::default();
    let text = toml::to_string(&settings).expect("plain data");
    assert_eq!(capacity(&text), Ok(settings.clone()));
    assert_eq!(capacity(""), Ok(settings));
}

#[test]
fn an_offer_timeout_outside_its_range_is_rejected() {
    for seconds in [0, 86_401] {
        let settings = FloorSettings {
            offer_timeout: Seconds(seconds),
            ..FloorSettings::default()
        };
        let error = Floor::new(settings, []).expect_err("out of range");
        assert_eq!(error, FloorError::OfferTimeout { seconds });
    }
}
