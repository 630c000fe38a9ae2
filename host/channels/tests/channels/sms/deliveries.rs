use patchbay_adapter::{Item, Method};

use super::{ACCOUNT, SERVICE, SUBJECT};
use crate::golden::{Delivery, message_id};

const FORM: &str = "application/x-www-form-urlencoded";

fn items(body: &str) -> Vec<Item> {
    SUBJECT
        .decode(Delivery::new(FORM, body.as_bytes()))
        .expect("signed")
}

/// A webhook that is entered with the method GET has its parameters in the query.
#[test]
fn a_request_by_get_is_verified_and_decoded() {
    let query = "MessageSid=SM1&From=%2B351912345678&To=%2B351210000000&Body=Ol%C3%A1+a+todos";
    let mut delivery = Delivery::new(FORM, b"");
    delivery.method = Method::Get;
    delivery.url = format!("https://care.example:8443/hooks?{query}");
    match &SUBJECT.decode(delivery).expect("signed")[..] {
        [Item::Interaction(decoded)] => {
            assert_eq!(decoded.interaction.text, "Olá a todos");
            assert_eq!(decoded.interaction.id, message_id("sms", ACCOUNT, "SM1"));
        }
        other => panic!("{other:?}"),
    }
}

/// The number that the customer wrote to answers. A messaging service does where the
/// settings name it and not the number.
#[test]
fn the_account_is_the_number_or_else_the_messaging_service() {
    for (to, service, account) in [
        ("%2B351210000000", SERVICE, Some(ACCOUNT)),
        ("%2B351219999999", SERVICE, Some(SERVICE)),
        ("%2B351219999999", "MG0", None),
    ] {
        let body = format!("MessageSid=SM1&From=%2B1&To={to}&MessagingServiceSid={service}&Body=a");
        let found = match &items(&body)[..] {
            [Item::Interaction(decoded)] => decoded.interaction.account.clone(),
            _ => None,
        };
        assert_eq!(found.as_deref(), account, "{body}");
    }
}

/// Intake takes 32 files of a message; Twilio sends 10 at most.
#[test]
fn the_files_of_a_message_are_bounded() {
    let files = (0..40).map(|index| format!("&MediaUrl{index}=https://a.example/{index}"));
    let body = format!(
        "MessageSid=MM1&From=%2B1&To=%2B351210000000&NumMedia=40{}",
        files.collect::<String>()
    );
    match &items(&body)[..] {
        [Item::Interaction(decoded)] => {
            assert_eq!(decoded.interaction.attachments.len(), 32);
            let urls = decoded.interaction.attachments.iter();
            assert!(urls.flat_map(|file| &file.url).next().is_none());
        }
        other => panic!("{other:?}"),
    }
}
