//! Suggested texts, in the customer's language where there is one, else in English.

use crate::lexicon::languages::primary;

/// Asks for details in a private message.
pub(super) fn in_private(language: Option<&str>) -> &'static str {
    match language.map(primary) {
        Some("pt") => "Envie-nos os seus dados por mensagem privada, por favor.",
        Some("es") => "Envíenos sus datos por mensaje privado, por favor.",
        Some("fr") => "Merci de nous envoyer vos coordonnées en message privé.",
        Some("de") => "Bitte senden Sie uns Ihre Daten per Privatnachricht.",
        _ => "Please send us your details in a private message.",
    }
}

/// Apologises.
pub(super) fn apology(language: Option<&str>) -> &'static str {
    match language.map(primary) {
        Some("pt") => "Pedimos desculpa pelo sucedido.",
        Some("es") => "Sentimos mucho lo ocurrido.",
        Some("fr") => "Nous sommes désolés de cette situation.",
        Some("de") => "Das tut uns leid.",
        _ => "We are sorry about this.",
    }
}

/// Replaces blame.
pub(super) fn understanding(language: Option<&str>) -> &'static str {
    match language.map(primary) {
        Some("pt") => "Compreendemos a sua situação",
        Some("es") => "Entendemos su situación",
        Some("fr") => "Nous comprenons votre situation",
        Some("de") => "Wir verstehen Ihre Lage",
        _ => "We understand how this happened",
    }
}
