//! What the words before a number say about it.

use patchbay_text::{fold_case, words};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// A card follows: "my card".
    Card,
    /// A telephone number follows: "call me on".
    Phone,
    /// Another number follows: "order".
    OtherNumber,
}

/// How many words before a number may say what it is, and how many bytes they take at most.
const REACH: usize = 3;
const REACH_BYTES: usize = 80;

/// The label that stands nearest before the number at a byte. "Number" is one only with its owner: "my
/// number is".
pub(crate) fn before(text: &str, at: usize) -> Option<Label> {
    let mut start = at.saturating_sub(REACH_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let before = text.get(start..at)?;
    // A label does not reach over the end of a line or sentence.
    let before = &before[before.rfind(['\n', '!', '?']).map_or(0, |end| end + 1)..];
    let before = &before[before
        .rfind(". ")
        .filter(|end| !is_abbreviation(&before[..*end]))
        .map_or(0, |end| end + 2)..];
    if ["wa.me/", "tel:", "phone=", "sms:"]
        .iter()
        .any(|scheme| before.ends_with(scheme) || before.trim_end_matches('+').ends_with(scheme))
    {
        return Some(Label::Phone);
    }
    let mut nearest: Vec<String> = words(before).map(|word| fold_case(word.text)).collect();
    let (mut is_number, mut is_own) = (false, false);
    for _ in 0..REACH {
        let Some(word) = nearest.pop() else { break };
        if PHONE.contains(&&*word) {
            return Some(Label::Phone);
        }
        if CARD.contains(&&*word) {
            return Some(Label::Card);
        }
        if OTHER_NUMBER.contains(&&*word) {
            return Some(Label::OtherNumber);
        }
        is_number |= NUMBER.contains(&&*word);
        is_own |= POSSESSIVES.contains(&&*word);
    }
    (is_number && is_own).then_some(Label::Phone)
}

/// Whether a full stop belongs to the word before it: "Tel. 555".
fn is_abbreviation(before: &str) -> bool {
    words(before).last().is_some_and(|word| {
        word.bytes.end == before.len()
            && matches!(
                &*fold_case(word.text),
                "tel" | "no" | "nr" | "num" | "mob" | "ph" | "ref" | "tlf" | "n"
            )
    })
}

const NUMBER: [&str; 7] = [
    "number", "num", "numero", "nummer", "numer", "numara", "contact",
];

const POSSESSIVES: [&str; 12] = [
    "my", "our", "meu", "minha", "nosso", "mi", "mon", "notre", "mein", "meine", "unsere", "mio",
];

const PHONE: [&str; 56] = [
    "call",
    "calling",
    "phone",
    "mobile",
    "mob",
    "cell",
    "cellphone",
    "telephone",
    "tel",
    "tlf",
    "ph",
    "whatsapp",
    "text",
    "texting",
    "ring",
    "dial",
    "fax",
    "landline",
    "reach",
    "sms",
    "telefone",
    "telemovel",
    "celular",
    "ligar",
    "ligue",
    "liga",
    "liguem",
    "contato",
    "telefono",
    "movil",
    "llamar",
    "llame",
    "llamenme",
    "llamame",
    "llamen",
    "portable",
    "appeler",
    "appelez",
    "appelle",
    "rappelez",
    "joindre",
    "telefon",
    "telefonnummer",
    "handy",
    "handynummer",
    "anrufen",
    "rufen",
    "ruf",
    "mobil",
    "mobilnummer",
    "cellulare",
    "telefonino",
    "chiamare",
    "chiamatemi",
    "bellen",
    "ring",
];

const CARD: [&str; 14] = [
    "card",
    "cards",
    "visa",
    "mastercard",
    "maestro",
    "amex",
    "pan",
    "cc",
    "cartao",
    "tarjeta",
    "carte",
    "karte",
    "kreditkarte",
    "carta",
];

const OTHER_NUMBER: [&str; 86] = [
    "order",
    "orders",
    "tracking",
    "track",
    "parcel",
    "package",
    "shipment",
    "invoice",
    "receipt",
    "ticket",
    "case",
    "flight",
    "serial",
    "imei",
    "sku",
    "item",
    "model",
    "id",
    "incident",
    "transaction",
    "claim",
    "consignment",
    "waybill",
    "awb",
    "ean",
    "isbn",
    "upc",
    "barcode",
    "pedido",
    "encomenda",
    "rastreio",
    "rastreamento",
    "fatura",
    "factura",
    "envio",
    "paquete",
    "seguimiento",
    "commande",
    "colis",
    "facture",
    "suivi",
    "dossier",
    "bestellung",
    "bestellnummer",
    "bestell",
    "sendung",
    "sendungsnummer",
    "rechnung",
    "rechnungsnummer",
    "paket",
    "protocolo",
    "voo",
    "vuelo",
    "vol",
    "flug",
    "meter",
    "policy",
    "ref",
    "reference",
    "referencia",
    "referenz",
    "booking",
    "pnr",
    "reserva",
    "reservation",
    "buchung",
    "account",
    "conta",
    "cuenta",
    "compte",
    "konto",
    "kontonummer",
    "customer",
    "member",
    "membership",
    "kundennummer",
    "vorgangsnummer",
    "contract",
    "vertrag",
    "version",
    "timestamp",
    "epoch",
    "status",
    "statuses",
    "tweet",
    "post",
];
