//! `patchbay token`: who may ask a server, and for what.

use jiff::Timestamp;
use patchbay_journal::{Journal, Secret, SqliteJournal, Token, TokenId, TokenState};
use patchbay_model::access::{Role, Standing, lifetime};
use patchbay_model::duration::Seconds;
use patchbay_server::ServerSettings;
use serde_json::{Value, json};

use super::audit::act;
use super::journal::failure;
use crate::api::{Api, Reach};
use crate::args::{NewToken, TokenArgs, TokenVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::loading::rejected;
use crate::output;

pub(crate) fn run(args: &TokenArgs) -> Outcome {
    match &args.verb {
        // A server that is to listen beyond loopback needs one before it starts.
        TokenVerb::Create(wanted) => create(args, &Reach::made(&args.config)?, wanted),
        TokenVerb::List => list(&Reach::of(&args.config)?, args.json),
        TokenVerb::Revoke { id } => {
            let id: TokenId = id.parse().map_err(|error| {
                Failure::advised(
                    Exit::Usage,
                    format!("{id:?}: {error}"),
                    "`patchbay token list` names them; the secret is not needed",
                )
            })?;
            revoke(&Reach::of(&args.config)?, id)?;
            match args.json {
                true => output::json(&json!({"revoked": id.to_string()}))?,
                false => output::line(format!("{id} is revoked"))?,
            }
            Ok(Exit::Success)
        }
    }
}

fn create(args: &TokenArgs, reach: &Reach, wanted: &NewToken) -> Outcome {
    let made = match reach {
        Reach::Server(api) => of_server(api, wanted)?,
        Reach::Journal(journal) => {
            if let Some(company) = &wanted.company {
                refuse_unknown(args, company)?;
            }
            let made = of_journal(journal, wanted)?;
            if !has_keeper(journal)? {
                output::note(
                    "nobody can make tokens through a running server: that takes an operator's for the whole host, `patchbay token create --role operator`",
                );
            }
            made
        }
    };
    if args.json {
        output::json(&made)?;
        return Ok(Exit::Success);
    }
    let text = |field: &str| made.get(field).and_then(Value::as_str);
    // Only the secret goes to stdout: it is meant for a file.
    output::note(format!(
        "token {}, good {}; this is told once:",
        text("id").unwrap_or_default(),
        text("expires_at").map_or_else(
            || "until it is revoked".to_owned(),
            |time| format!("until {time}")
        )
    ));
    output::line(text("secret").unwrap_or_default())?;
    Ok(Exit::Success)
}

fn of_server(api: &Api, wanted: &NewToken) -> Result<Value, Failure> {
    let mut body = json!({"role": wanted.role, "never_expires": wanted.never_expires});
    let texts = [
        ("company", &wanted.company),
        ("agent", &wanted.agent),
        ("name", &wanted.name),
        ("expires_in", &wanted.expires.map(|span| span.to_string())),
    ];
    for (field, text) in texts {
        if let Some(text) = text {
            body[field] = text.as_str().into();
        }
    }
    api.post("/v1/tokens", &body)
}

fn of_journal(journal: &SqliteJournal, wanted: &NewToken) -> Result<Value, Failure> {
    let now = Timestamp::now();
    let span: Option<Seconds> = match wanted.never_expires {
        true => None,
        false => Some(
            lifetime(wanted.expires)
                .map_err(|error| Failure::new(Exit::Usage, format!("--expires {error}")))?,
        ),
    };
    let standing = Standing {
        company: wanted.company.clone(),
        role: wanted.role,
        agent: wanted.agent.clone(),
    };
    if let Err(error) = standing.check() {
        let what = format!("--{} {error}", error.field());
        return Err(Failure::new(Exit::Usage, what));
    }
    let id = TokenId::make().map_err(failure)?;
    let secret = Secret::make().map_err(failure)?;
    let name = wanted.name.clone();
    let token = Token::new(id, &secret, name, standing, now, "command-line").good_for(span);
    let about = json!({
        "token": id.to_string(),
        "role": wanted.role,
        "agent": wanted.agent,
        "expires_at": token.expires_at,
    });
    let entry = act("token.created", wanted.company.as_deref(), &about);
    journal.put_token(token.clone(), entry).map_err(failure)?;
    let mut made = document(&token, now);
    made["secret"] = secret.reveal().into();
    Ok(made)
}

/// Whether anybody can make tokens through a server.
fn has_keeper(journal: &SqliteJournal) -> Result<bool, Failure> {
    let now = Timestamp::now();
    let tokens = journal.tokens().map_err(failure)?;
    Ok(tokens.iter().any(|token| {
        let standing = &token.standing;
        standing.role == Role::Operator
            && standing.company.is_none()
            && token.state(now) == TokenState::Active
    }))
}

/// A company the server does not serve is likely misspelt, and its token good
/// for nothing.
fn refuse_unknown(args: &TokenArgs, company: &str) -> Result<(), Failure> {
    let settings = ServerSettings::read(&args.config).map_err(rejected)?;
    let mut known = Vec::new();
    for file in &settings.company_files() {
        let named = std::fs::read_to_string(file)
            .ok()
            .and_then(|text| text.parse::<toml::Table>().ok())
            .and_then(|table| Some(table.get("company")?.as_str()?.to_owned()));
        // What cannot be read is no reason to refuse: serving says what is wrong.
        let Some(named) = named else {
            return Ok(());
        };
        known.push(named);
    }
    match known.iter().any(|known| known == company) {
        true => Ok(()),
        false => Err(Failure::advised(
            Exit::NotRight,
            format!("there is no company {company:?}"),
            format!("{} serves {}", args.config.display(), known.join(", ")),
        )),
    }
}

fn revoke(reach: &Reach, id: TokenId) -> Result<(), Failure> {
    match reach {
        Reach::Server(api) => api.delete(&format!("/v1/tokens/{id}")).map(|_| ()),
        Reach::Journal(journal) => {
            let tokens = journal.tokens().map_err(failure)?;
            let known = tokens.iter().find(|token| token.id == id);
            let company = known.and_then(|token| token.standing.company.as_deref());
            let entry = act("token.revoked", company, &json!({"token": id.to_string()}));
            let revoked = journal.revoke_token(id, Timestamp::now(), entry);
            revoked.map(|_| ()).map_err(failure)
        }
    }
}

fn list(reach: &Reach, as_json: bool) -> Outcome {
    let tokens = match reach {
        Reach::Server(api) => api.get("/v1/tokens")?,
        Reach::Journal(journal) => {
            let now = Timestamp::now();
            let tokens = journal.tokens().map_err(failure)?;
            let tokens: Vec<_> = tokens.iter().map(|token| document(token, now)).collect();
            json!({"tokens": tokens})
        }
    };
    if as_json {
        output::json(&tokens)?;
        return Ok(Exit::Success);
    }
    let tokens = tokens["tokens"].as_array().map_or(&[][..], Vec::as_slice);
    let rows = tokens.iter().map(|token| {
        let text = |field: &str, absent| token.get(field).and_then(Value::as_str).unwrap_or(absent);
        vec![
            text("id", "").to_owned(),
            text("state", "").to_owned(),
            text("role", "").to_owned(),
            text("company", "the whole host").to_owned(),
            text("name", "").to_owned(),
            text("expires_at", "it is revoked").to_owned(),
        ]
    });
    output::table(
        &["id", "state", "role", "of", "name", "good until"],
        &rows.collect::<Vec<_>>(),
        "none: the server answers programs on its own machine, whoever they are",
    )?;
    Ok(Exit::Success)
}

/// A token without its secret, as the API tells it.
fn document(token: &Token, now: Timestamp) -> Value {
    let mut document = json!({
        "id": token.id.to_string(),
        "name": token.name,
        "role": token.standing.role,
        "state": token.state(now).as_str(),
        "created_at": token.created_at,
        "created_by": token.created_by,
    });
    let texts = [
        ("company", token.standing.company.clone()),
        ("agent", token.standing.agent.clone()),
        ("expires_at", token.expires_at.map(|time| time.to_string())),
        ("revoked_at", token.revoked_at.map(|time| time.to_string())),
    ];
    for (field, text) in texts {
        if let Some(text) = text {
            document[field] = text.into();
        }
    }
    document
}
