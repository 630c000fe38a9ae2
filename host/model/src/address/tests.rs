//! Expected forms, from what the platforms and RFCs say; not from the code.

use super::*;

/// Channel, and groups of addresses: each group is one person, and no two
/// groups are the same person.
const PEOPLE: &[(&str, &[&[&str]])] = &[
    (
        "email",
        &[
            &[
                "jo@example.org",
                "Jo@Example.ORG",
                "JO@EXAMPLE.ORG.",
                " jo@example.org ",
                "Jo <jo@example.org>",
                "<jo@example.org>",
                "mailto:jo@example.org",
                "\"jo\"@example.org",
                "\"j\\o\"@example.org",
                "jo＠example.org",
                "jo@ｅｘａｍｐｌｅ.org",
                "jo@example。org",
            ],
            &["j.o@example.org", "\"j.o\"@example.org"],
            &["jo+shop@example.org", "JO+Shop@example.org"],
            &["jo@example.com"],
            &["jo@mail.example.org"],
            &[
                "info@bücher.example",
                "INFO@BÜCHER.example",
                "info@bu\u{308}cher.example",
                "info@xn--bcher-kva.example",
                "info@XN--BCHER-KVA.EXAMPLE",
            ],
            &["info@bucher.example"],
            &["用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"],
            &[
                "josé@example.org",
                "jose\u{301}@example.org",
                "JOSÉ@example.org",
            ],
            &["\"jo doe\"@example.org", "\"Jo Doe\"@Example.org"],
            &["o'brien@example.org", "O'Brien@example.org"],
            &["jo@[192.0.2.1]", "Jo@[192.0.2.1]"],
        ],
    ),
    (
        "x",
        &[
            &[
                "@jo_doe",
                "jo_doe",
                "@Jo_Doe",
                "JO_DOE",
                "＠jo_doe",
                " @jo_doe ",
            ],
            &["@jodoe"],
            // A number is a user's id, which never changes; a name may consist
            // of digits.
            &["1234567890"],
            &["@1234567890"],
        ],
    ),
    ("x-direct", &[&["@Jo", "jo"], &["@ben"]]),
    (
        "instagram",
        &[&["@jo.doe", "Jo.Doe"], &["@jodoe"], &["17841400000000000"]],
    ),
    (
        "telegram",
        &[&["@JoDoe", "jodoe"], &["123456789"], &["-100123456789"]],
    ),
    (
        "sms",
        &[
            &[
                "+41791234567",
                "(+41) 79 123 45 67",
                "(0041) 79 123 45 67",
                "+41 79 123 45 67",
                "+41-79-123-45-67",
                "+41 (79) 123.45.67",
                "+41 (0)79 123 45 67",
                "0041791234567",
                "0041 79 123 45 67",
                "41791234567",
                "tel:+41-79-123-45-67",
                "＋４１７９１２３４５６７",
                "\u{202a}+41\u{a0}79\u{2011}123\u{2011}45\u{2011}67\u{202c}",
                "+٤١٧٩١٢٣٤٥٦٧",
            ],
            // The country is unknown.
            &["0791234567", "079 123 45 67", "079/123 45 67"],
            &[
                "+14158675309",
                "14158675309",
                "+1 (415) 867-5309",
                "001 415 867 5309",
            ],
            &["4158675309", "(415) 867-5309"],
            &["+442079460018", "+44 (0)20 7946 0018"],
            &["+390612345678", "+39 06 12345678", "+39 (0)6 12345678"],
            // Short codes, words and services.
            &["12345", "123 45"],
            &["MyBank"],
            &["MYBANK"],
            &["+41791234567;ext=5"],
            // Brazil: the ninth digit of mobile numbers.
            &[
                "+5511987654321",
                "+551187654321",
                "5511987654321",
                "+55 11 8765-4321",
            ],
            &["+551133334444", "+55 11 3333-4444"],
            // Argentina and Mexico.
            &["+5491123456789", "+541123456789", "+54 9 11 2345-6789"],
            &["+5215512345678", "+525512345678"],
        ],
    ),
    (
        "whatsapp",
        &[
            &[
                "4791234567",
                "+47 912 34 567",
                "whatsapp:+4791234567",
                "004791234567",
            ],
            &["+5511987654321", "551187654321", "whatsapp:5511987654321"],
            // Business-scoped user ids.
            &["US.13491208655302741918"],
            &["us.13491208655302741918"],
        ],
    ),
    (
        "call",
        &[&["+41791234567", "0041 79 1234567"], &["anonymous"]],
    ),
    (
        "chat",
        &[
            &["José", "Jose\u{301}", " José"],
            &["josé"],
            &["Zm9vQmFy"],
            &["zm9vqmfy"],
        ],
    ),
    ("fax", &[&["Å", "A\u{30a}", "\u{212b}"], &["å"]]),
];

#[test]
fn the_spellings_of_an_address_have_one_form_and_two_people_have_two() {
    for (channel, people) in PEOPLE {
        let mut forms: Vec<String> = Vec::new();
        for spellings in *people {
            let form = canonical(channel, spellings[0]);
            for spelling in *spellings {
                assert_eq!(
                    canonical(channel, spelling),
                    form,
                    "{channel}: {spelling:?}"
                );
            }
            assert!(!forms.contains(&form), "{channel}: {form} is of two people");
            forms.push(form);
        }
    }
}

#[test]
fn a_form_is_its_own_form() {
    for (channel, people) in PEOPLE {
        for address in people.iter().copied().flatten() {
            let form = canonical(channel, address);
            assert_eq!(canonical(channel, &form), form, "{channel}: {address:?}");
        }
    }
}

#[test]
fn a_text_with_control_characters_is_no_address() {
    for text in [
        "\0message <jo@example.org>",
        "\0message @jo",
        "\0message 41791234567",
    ] {
        for channel in channel::CHANNELS {
            assert_eq!(canonical(channel.code, text), text);
        }
    }
}

#[test]
fn an_account_of_the_company_keeps_its_at_sign() {
    for (channel, account, form) in [
        (
            "email",
            "Support@Northwind.example",
            "support@northwind.example",
        ),
        ("x", "@NorthWind", "@northwind"),
        ("x", "northwind", "northwind"),
        ("whatsapp", "1065509", "1065509"),
        ("chat", "Shop", "Shop"),
    ] {
        assert_eq!(canonical_account(channel, account), form);
    }
}

#[test]
fn forms_are_stable() {
    for (channel, address, form) in [
        ("email", "Jo@Bücher.example", "jo@xn--bcher-kva.example"),
        ("x", "Jo_Doe", "@jo_doe"),
        ("x", "42", "42"),
        ("sms", "0041 79 123 45 67", "+41791234567"),
        ("whatsapp", "551187654321", "+5511987654321"),
        ("web", "Visitor 7", "Visitor 7"),
    ] {
        assert_eq!(canonical(channel, address), form);
    }
}

#[test]
fn any_text_has_a_form() {
    let long = "9".repeat(512);
    for channel in channel::CHANNELS {
        for address in [
            "",
            "@",
            "+",
            "00",
            "()",
            "@@",
            "\"",
            "\"\\\"@x",
            "<>",
            "<@>",
            "tel:",
            "é",
            "🙂@🙂",
            "+0",
            "0",
            &long,
            "\u{200b}",
            "a@b@c",
        ] {
            let form = canonical(channel.code, address);
            assert_eq!(
                canonical(channel.code, &form),
                form,
                "{}: {address:?}",
                channel.code
            );
        }
    }
}
