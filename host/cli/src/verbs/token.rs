//! `patchbay token`: create, list and revoke API tokens.

use jiff::Timestamp;
use patchbay_api::TokenDocument;
use patchbay_command::args::{NewLink, NewToken, TokenArgs, TokenVerb};
use patchbay_command::document::text;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_command::server::{JournalAccess, audit_entry, connect, settings};
use patchbay_config::duration::Seconds;
use patchbay_config::toml_document;
use patchbay_journal::{Secret, Token, TokenId, TokenState, Tokens};
use patchbay_journal_sqlite::SqliteJournal;
use patchbay_model::access::{Role, TokenScope, lifetime};
use patchbay_pack::regular_file::{MOST_BYTES, read_text};
use serde_json::{Value, json};

pub(crate) fn run(args: &TokenArgs) -> Outcome {
    let (config, as_json) = (&args.server.config, args.server.json);
    match &args.verb {
        // Creates the journal: a server that listens beyond loopback needs a
        // token before its first start.
        TokenVerb::Create(new) => create(args, &JournalAccess::open_or_create(config)?, new),
        TokenVerb::Link(new) => link(args, new),
        TokenVerb::List => list(&JournalAccess::open(config)?, as_json),
        TokenVerb::Revoke { id } => {
            let id: TokenId = id.parse().map_err(|error| {
                Failure::advised(
                    Exit::Usage,
                    format!("{id:?} is not a token id: {error}"),
                    "`patchbay token list` shows the ids; the secret is not needed",
                )
            })?;
            revoke(&JournalAccess::open(config)?, id)?;
            output::result(as_json, &json!({"revoked": id.to_string()}), || {
                output::line(format!("token {id} is revoked"))
            })
        }
    }
}

fn create(args: &TokenArgs, access: &JournalAccess, new: &NewToken) -> Outcome {
    let created = match access {
        JournalAccess::Server(api) => api.post("/v1/tokens", &body(new))?,
        JournalAccess::File(journal) => {
            if let Some(company) = &new.company {
                refuse_unknown(args, company)?;
            }
            let created = create_in_journal(journal, new)?;
            if !has_host_operator(journal)? {
                output::note(
                    "a running server needs an operator of the whole host to create further tokens: `patchbay token create --role operator`",
                );
            }
            created
        }
    };
    output::result(args.server.json, &created, || {
        let validity = match created["expires_at"].as_str() {
            Some(time) => format!("until {time}"),
            None => "until it is revoked".to_owned(),
        };
        // Only the secret goes to stdout, so that it can be redirected to a file.
        output::note(format!(
            "token {}, valid {validity}; the secret is printed only now:",
            text(&created, "id")
        ));
        output::line(text(&created, "secret"))
    })
}

/// Creates a one-time link. The code is in the memory of the server, so one must run.
fn link(args: &TokenArgs, new: &NewLink) -> Outcome {
    let api = connect(&args.server.config)?;
    let body = json!({
        "role": new.role,
        "company": new.company,
        "agent": new.agent,
        "name": new.name,
        "expires_in": new.expires.map(|span| span.to_string()),
    });
    let mut created = api.post("/v1/tokens/links", &body)?;
    let base = new.url.clone().unwrap_or_else(|| api.base_url());
    let address = format!("{}{}", base.trim_end_matches('/'), text(&created, "path"));
    created["url"] = address.as_str().into();
    output::result(args.server.json, &created, || {
        output::note(format!(
            "works once, until {}; token {} is behind it, and revoking that signs the person out:",
            text(&created, "works_until"),
            text(&created["token"], "id"),
        ));
        output::line(&address)
    })
}

fn body(new: &NewToken) -> Value {
    json!({
        "role": new.role,
        "company": new.company,
        "agent": new.agent,
        "name": new.name,
        "expires_in": new.expires.map(|span| span.to_string()),
        "never_expires": new.never_expires,
    })
}

fn create_in_journal(journal: &SqliteJournal, new: &NewToken) -> Result<Value, Failure> {
    let now = Timestamp::now();
    let span: Option<Seconds> = match new.never_expires {
        true => None,
        false => Some(
            lifetime(new.expires)
                .map_err(|error| Failure::new(Exit::Usage, format!("--expires {error}")))?,
        ),
    };
    let standing = TokenScope {
        company: new.company.clone(),
        role: new.role,
        agent: new.agent.clone(),
    };
    if let Err(error) = standing.check() {
        let what = format!("--{} {error}", error.field());
        return Err(Failure::new(Exit::Usage, what));
    }
    let id = TokenId::generate()?;
    let secret = Secret::generate()?;
    let name = new.name.clone();
    let token = Token::new(id, &secret, name, standing, now, "command-line").with_lifetime(span);
    let details = json!({
        "token": id.to_string(),
        "role": new.role,
        "agent": new.agent,
        "expires_at": token.expires_at,
    });
    let entry = audit_entry("token.created", new.company.as_deref(), &details);
    journal.put_token(token.clone(), entry)?;
    let mut created = json!(TokenDocument::of(token, now));
    created["secret"] = secret.reveal().into();
    Ok(created)
}

/// Whether there is a token that may create others through a server.
fn has_host_operator(journal: &SqliteJournal) -> Result<bool, Failure> {
    let now = Timestamp::now();
    let tokens = journal.tokens()?;
    Ok(tokens.iter().any(|token| {
        let standing = &token.standing;
        standing.role == Role::Operator
            && standing.company.is_none()
            && token.state(now) == TokenState::Active
    }))
}

/// Refuse a company that the server does not serve: it is likely misspelt.
fn refuse_unknown(args: &TokenArgs, company: &str) -> Result<(), Failure> {
    let config = &args.server.config;
    let mut known = Vec::new();
    let files = settings(config)?.company_files();
    for file in files.used.iter().chain(&files.beyond) {
        let named = read_text(file, MOST_BYTES)
            .ok()
            .and_then(|text| toml_document::read::<toml::Table>(&text).ok())
            .and_then(|table| Some(table.get("company")?.as_str()?.to_owned()));
        // An invalid file is no reason to refuse: `serve` reports it.
        let Some(named) = named else {
            return Ok(());
        };
        known.push(named);
    }
    match known.iter().any(|known| known == company) {
        true => Ok(()),
        false => Err(Failure::advised(
            Exit::NotRight,
            format!("unknown company {company:?}"),
            format!(
                "{} has the companies {}",
                config.display(),
                known.join(", ")
            ),
        )),
    }
}

fn revoke(access: &JournalAccess, id: TokenId) -> Result<(), Failure> {
    match access {
        JournalAccess::Server(api) => {
            api.delete(&format!("/v1/tokens/{id}"))?;
        }
        JournalAccess::File(journal) => {
            let tokens = journal.tokens()?;
            let known = tokens.iter().find(|token| token.id == id);
            let company = known.and_then(|token| token.standing.company.as_deref());
            let details = json!({"token": id.to_string()});
            let entry = audit_entry("token.revoked", company, &details);
            journal.revoke_token(id, Timestamp::now(), entry)?;
        }
    }
    Ok(())
}

fn list(access: &JournalAccess, as_json: bool) -> Outcome {
    let tokens = match access {
        JournalAccess::Server(api) => api.get("/v1/tokens")?,
        JournalAccess::File(journal) => {
            let now = Timestamp::now();
            let tokens = journal.tokens()?.into_iter();
            let tokens: Vec<_> = tokens.map(|token| TokenDocument::of(token, now)).collect();
            json!({"tokens": tokens})
        }
    };
    let rows = patchbay_command::document::list(&tokens, "tokens")
        .iter()
        .map(|token| {
            let text =
                |field: &str, absent| token.get(field).and_then(Value::as_str).unwrap_or(absent);
            vec![
                text("id", "").to_owned(),
                text("state", "").to_owned(),
                text("role", "").to_owned(),
                text("company", "the whole host").to_owned(),
                text("name", "").to_owned(),
                text("expires_at", "revoked").to_owned(),
            ]
        });
    output::result(as_json, &tokens, || {
        output::table(
            &["id", "state", "role", "company", "name", "valid until"],
            &rows.collect::<Vec<_>>(),
            "no tokens: the server accepts every program on its own machine",
        )
    })
}
