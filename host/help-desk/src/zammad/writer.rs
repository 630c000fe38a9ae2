//! The customer of a ticket and of an article, with an address that a reply can go to.

use patchbay_adapter::field::Fields;
use serde_json::Value;

use super::article::is_mail;
use crate::desk_item::Customer;
use crate::help_desk::number;

/// Begins the address of a customer without a mail address.
const CUSTOMER: &str = "customer";

/// The customer who wrote an article, or whom an echo answers.
pub(super) fn customer(
    ticket: &Value,
    article: &Value,
    network: Option<&str>,
    is_echo: bool,
) -> Customer {
    let user = user(ticket, article, is_echo);
    let id = user.id(&["id"]).or_else(|| {
        let is_of_ticket = std::ptr::eq(user, &ticket["customer"]);
        ticket.id(&["customer_id"]).filter(|_| is_of_ticket)
    });
    let id = id.filter(|id| number(id).is_some());
    let mail = user.text(&["email"]);
    let mail = mail.or_else(|| user.text(&["login"]).filter(|login| login.contains('@')));
    let number_at = match is_echo {
        true => "to",
        false => "from",
    };
    let telephone = article.text(&[number_at]).filter(|it| is_telephone(it));
    let numbered = |prefix: &str| id.as_deref().map(|id| format!("{prefix}:{id}"));
    let mail = mail.map(str::to_owned);
    let address = match network {
        Some("sms") => telephone.map(str::to_owned).or_else(|| numbered("sms")),
        Some(network) if !is_mail(network) => numbered(network),
        _ => mail.clone().or_else(|| numbered(CUSTOMER)),
    };
    let second_address = mail.filter(|mail| Some(mail) != address.as_ref());
    Customer {
        second_address: second_address.filter(|_| address.is_some()),
        address,
        name: name(user),
    }
}

/// The user who is meant: the ticket's customer, unless another customer wrote the article.
fn user<'a>(ticket: &'a Value, article: &'a Value, is_echo: bool) -> &'a Value {
    let customer = &ticket["customer"];
    let author = &article["created_by"];
    let is_on_behalf = article.id(&["origin_by_id"]).is_some();
    let roles = author.list("roles");
    let is_customer = !roles.is_empty() && roles.iter().all(|role| role == "Customer");
    match is_customer && !is_on_behalf && !is_echo {
        true => author,
        false => customer,
    }
}

fn name(user: &Value) -> Option<String> {
    let names = ["firstname", "lastname"].into_iter();
    let names = names.filter_map(|field| user.text(&[field]));
    let names: Vec<&str> = names.filter(|name| *name != "-").collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// Whether a text is a telephone number in the international form.
pub(super) fn is_telephone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (5..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
