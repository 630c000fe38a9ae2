//! Runs every row of `conditions.toml`, which was written from the other system's documentation and public
//! source.

use automation_rules::AutomationRules;
use patchbay_sdk::prelude::*;
use patchbay_sdk::testing::*;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(crate = "patchbay_sdk::serde")]
struct Table {
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(crate = "patchbay_sdk::serde", deny_unknown_fields)]
struct Row {
    rule: String,
    event: Option<String>,
    /// attribute_key, filter_operator, values, query_operator, custom_attribute_type.
    conditions: Vec<Vec<Value>>,
    holds: Option<bool>,
    refused: Option<String>,
    at: Option<String>,
    text: Option<String>,
    channel: Option<String>,
    address: Option<String>,
    owner: Option<String>,
    queue: Option<String>,
    priority: Option<u8>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    attributes: std::collections::BTreeMap<String, String>,
}

impl Row {
    fn settings(&self) -> Value {
        let names = [
            "attribute_key",
            "filter_operator",
            "values",
            "query_operator",
            "custom_attribute_type",
        ];
        let conditions: Vec<Value> = self
            .conditions
            .iter()
            .map(|parts| {
                let fields = names.iter().zip(parts);
                fields
                    .map(|(name, part)| ((*name).to_owned(), part.clone()))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            })
            .collect();
        json!({
            "rules": [{
                "name": "row",
                "event_name": self.event.as_deref().unwrap_or("conversation_created"),
                "conditions": conditions,
                "actions": [{ "action_name": "assign_team", "action_params": [5] }],
            }],
            "agents": { "7": "ana", "8": "bo" },
            "teams": { "3": "billing", "5": "hit" },
            "inboxes": {
                "11": { "channel": "email" },
                "12": { "channel": "whatsapp" },
                "13": { "channel": "email", "account": "sales@shop.example" },
            },
            "custom-attributes": {
                "plan": "list", "tier": "text", "seats": "number", "renewed": "date", "vip": "checkbox",
            },
            "default-queue": "general",
            "accept": ["conversation_updated"],
        })
    }

    fn conversation(&self) -> Conversation {
        let mut interaction = Interaction::example(
            self.channel.as_deref().unwrap_or("email"),
            self.text.as_deref().unwrap_or("We want a refund!"),
        )
        .language("pt")
        .author(
            Contact::example()
                .id("42")
                .name("Jo Doe")
                .address(self.address.as_deref().unwrap_or("Jo@Example.org")),
        );
        for (name, value) in [
            ("plan", "Gold"),
            ("seats", "12"),
            ("renewed", "2025-12-01"),
            ("vip", "true"),
            ("country_code", "PT"),
            ("subject", "Order 100% late"),
        ] {
            let own = self.attributes.get(name).map(String::as_str);
            interaction = interaction.attribute(name, own.unwrap_or(value));
        }
        let mut conversation =
            Conversation::example(interaction).priority(self.priority.unwrap_or(0));
        for tag in &self.tags {
            conversation = conversation.tag(tag);
        }
        if let Some(owner) = &self.owner {
            conversation = conversation.owner(owner);
        }
        if let Some(queue) = &self.queue {
            conversation = conversation.queue(queue);
        }
        conversation.into()
    }

    fn fault(&self) -> Option<String> {
        let prepared = prepare::<AutomationRules>(self.settings());
        match (prepared, &self.refused) {
            (Err(problems), Some(expected)) => {
                let at = format!("/rules/0{}", self.at.as_deref().unwrap_or_default());
                let mut all = problems.iter();
                let found = all.any(|it| it.path == at && it.message.contains(expected.as_str()));
                (!found).then(|| format!("is refused otherwise: {problems}"))
            }
            (Err(problems), None) => Some(format!("is refused: {problems}")),
            (Ok(_), Some(_)) => Some("is accepted, and should be refused".to_owned()),
            (Ok(policy), None) => {
                let plan = World::new().enter(|| policy.route(&self.conversation()));
                let plan = plan.expect("a result");
                let holds = plan.is_some_and(|plan| plan.target.id.as_deref() == Some("hit"));
                (Some(holds) != self.holds).then(|| format!("holds: {holds}"))
            }
        }
    }
}

#[test]
fn every_row_of_the_table_holds() {
    let table: Table = toml::from_str(include_str!("conditions.toml")).expect("valid data");
    let faults: Vec<String> = table
        .row
        .iter()
        .filter_map(|row| Some(format!("{}\n    {}", row.rule, row.fault()?)))
        .collect();
    assert!(table.row.len() > 90, "{} rows", table.row.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
