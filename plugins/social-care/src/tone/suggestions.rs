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

/// Asks to remove posted details.
pub(super) fn removal(language: Option<&str>) -> &'static str {
    match language.map(primary) {
        Some("pt") => "Para sua segurança, apague os seus dados pessoais da publicação.",
        Some("es") => "Por su seguridad, elimine sus datos personales de la publicación.",
        Some("fr") => {
            "Pour votre sécurité, merci de supprimer vos données personnelles de la publication."
        }
        Some("de") => {
            "Bitte löschen Sie zu Ihrer Sicherheit Ihre persönlichen Daten aus dem Beitrag."
        }
        _ => "For your safety, please delete your personal details from the post.",
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
