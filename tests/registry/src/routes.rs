//! The requests of the distribution protocol.

use std::io;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, RANGE};
use hyper::{Method, Request, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::answer::{Canned, End, Scripted};
use crate::{Seen, State, digest};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub(crate) async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Scripted>, io::Error> {
    let (head, body) = request.into_parts();
    let target = head.uri.to_string();
    let line = format!("{} {target}", head.method);
    let authorization = text(&head.headers, AUTHORIZATION);
    let host = text(&head.headers, HOST).unwrap_or_default();
    {
        let mut state = state.lock();
        state.seen.push(Seen {
            line: line.clone(),
            authorization: authorization.clone(),
            range: text(&head.headers, RANGE),
        });
        let mut canned = state.canned.iter();
        if let Some((_, canned)) = canned.find(|(request, _)| line.contains(request)) {
            return Ok(canned.clone().respond());
        }
        if head.uri.path() == "/token" {
            return Ok(state.protection.token(authorization.as_deref()).respond());
        }
        if let Some(refusal) = state.protection.refusal(authorization.as_deref(), &host) {
            return Ok(refusal.respond());
        }
    }
    let path = head.uri.path().strip_prefix("/v2/").unwrap_or_default();
    let query = head.uri.query().unwrap_or_default();
    let answer = match split(path) {
        Some((repository, "manifests", name)) if head.method == Method::PUT => {
            let media_type = text(&head.headers, CONTENT_TYPE).unwrap_or_default();
            let bytes = body.collect().await.map_err(io::Error::other)?.to_bytes();
            put_manifest(&mut state.lock(), (repository, name), &media_type, bytes)
        }
        Some((repository, "manifests", name)) => manifest(&state.lock(), repository, name),
        Some((repository, "referrers", pack)) => referrers(&state.lock(), repository, pack),
        Some((repository, "tags", "list")) => tags(&state.lock(), repository, query),
        Some((repository, "blobs", "uploads/")) => {
            let mut state = state.lock();
            let id = format!("u{}", state.seen.len());
            state.uploads.insert(id.clone(), Vec::new());
            Canned::status(202).with("location", &session(repository, &id, 0))
        }
        Some((repository, "blobs", name)) => match name.strip_prefix("uploads/") {
            Some(id) => upload(&state, (&head.method, repository, id, query), body).await?,
            None => blob(&mut state.lock(), name, text(&head.headers, RANGE)),
        },
        _ => Canned::status(404),
    };
    let answer = match head.method == Method::HEAD {
        // The length stays.
        true => answer.with_body(Bytes::new()),
        false => answer,
    };
    Ok(answer.respond())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Repository, kind and rest of a path.
fn split(path: &str) -> Option<(&str, &str, &str)> {
    let kinds = ["manifests", "blobs", "referrers", "tags"];
    kinds.into_iter().find_map(|kind| {
        let (repository, rest) = path.split_once(&format!("/{kind}/"))?;
        Some((repository, kind, rest))
    })
}

fn put_manifest(
    state: &mut State,
    (repository, name): (&str, &str),
    media_type: &str,
    bytes: Bytes,
) -> Canned {
    let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let parts = document["layers"].as_array().into_iter().flatten();
    let parts = parts.chain([&document["config"]]);
    let mut digests = parts.filter_map(|part| part["digest"].as_str());
    if let Some(missing) = digests.find(|digest| !state.blobs.contains_key(*digest)) {
        let body = json!({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": missing}]});
        return Canned::status(404).with_body(body.to_string());
    }
    let named = digest(&bytes);
    for name in [name, &named] {
        let content = (media_type.to_owned(), bytes.clone());
        state
            .manifests
            .insert(format!("{repository} {name}"), content);
    }
    let answer = Canned::status(201).with("docker-content-digest", &named);
    match document["subject"]["digest"].as_str() {
        Some(subject) if state.has_referrers => answer.with("oci-subject", subject),
        _ => answer,
    }
}

fn manifest(state: &State, repository: &str, name: &str) -> Canned {
    match state.manifests.get(&format!("{repository} {name}")) {
        None => Canned::status(404),
        Some((media_type, bytes)) => Canned::status(200)
            .with("content-type", media_type)
            .with("docker-content-digest", &digest(bytes))
            .with_body(bytes.clone()),
    }
}

fn referrers(state: &State, repository: &str, pack: &str) -> Canned {
    if !state.has_referrers {
        return Canned::status(404).with_body("404 page not found");
    }
    let mut listed = Vec::new();
    for (key, (media_type, bytes)) in &state.manifests {
        let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let is_by_digest = key.starts_with(&format!("{repository} sha256:"));
        if is_by_digest && document["subject"]["digest"] == pack {
            listed.push(json!({
                "mediaType": media_type,
                "digest": digest(bytes),
                "size": bytes.len(),
                "artifactType": document["artifactType"],
            }));
        }
    }
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": listed});
    Canned::status(200)
        .with("content-type", INDEX)
        .with_body(index.to_string())
}

fn tags(state: &State, repository: &str, query: &str) -> Canned {
    let keys = state.manifests.keys();
    let names = keys.filter_map(|key| key.strip_prefix(&format!("{repository} ")));
    let mut tags: Vec<&str> = names.filter(|name| !name.contains(':')).collect();
    tags.sort_unstable();
    let field = |wanted: &str| {
        let mut fields = query.split('&').filter_map(|field| field.split_once('='));
        let found = fields.find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value)
    };
    if state.has_endless_tags {
        let last = field("last").and_then(|last| last.strip_prefix('t'));
        let tag = format!("t{}", last.map_or(0, |last| last.parse().unwrap_or(0) + 1));
        return Canned::status(200)
            .with_body(json!({"name": repository, "tags": [tag]}).to_string())
            .with("link", &format!("<list?n=1&last={tag}>; rel=next"));
    }
    if let Some(last) = field("last") {
        tags.retain(|tag| *tag > last);
    }
    let asked = field("n").and_then(|number| number.parse().ok());
    let page = asked.unwrap_or(usize::MAX).min(state.tag_page);
    let is_whole = tags.len() <= page;
    tags.truncate(page);
    let answer =
        Canned::status(200).with_body(json!({"name": repository, "tags": tags}).to_string());
    match tags.last() {
        Some(last) if !is_whole => {
            let next = format!("</v2/{repository}/tags/list?n={page}&last={last}>; rel=\"next\"");
            answer.with("link", &next)
        }
        _ => answer,
    }
}

fn blob(state: &mut State, name: &str, range: Option<String>) -> Canned {
    let Some(bytes) = state.blobs.get(name).cloned() else {
        return Canned::status(404);
    };
    let start = range.and_then(|range| {
        let start = range.strip_prefix("bytes=")?.strip_suffix('-')?;
        start.parse::<usize>().ok()
    });
    let answer = match start.filter(|_| !state.ignores_ranges) {
        Some(start) if start >= bytes.len() => return Canned::status(416),
        Some(start) => {
            let range = format!("bytes {start}-{}/{}", bytes.len() - 1, bytes.len());
            Canned::status(206)
                .with("content-range", &range)
                .with_body(bytes.slice(start..))
        }
        None => Canned::status(200).with_body(bytes),
    };
    let length = answer.body.len().to_string();
    let answer = answer.with("content-length", &length);
    match state.cut_downloads.pop_front() {
        Some(cut) if cut < answer.body.len() => {
            let part = answer.body.slice(..cut);
            answer.with_body(part).ending(End::Cut)
        }
        _ => answer,
    }
}

fn session(repository: &str, id: &str, offset: usize) -> String {
    format!("/v2/{repository}/blobs/uploads/{id}?offset={offset}")
}

async fn upload(
    state: &Mutex<State>,
    (method, repository, id, query): (&Method, &str, &str, &str),
    mut body: Incoming,
) -> Result<Canned, io::Error> {
    let cut = {
        let mut state = state.lock();
        if !state.uploads.contains_key(id) {
            return Ok(Canned::status(404));
        }
        match *method == Method::PATCH {
            true if state.refuses_chunks => return Ok(Canned::status(405)),
            true => state.cut_uploads.pop_front(),
            false => None,
        }
    };
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(io::Error::other)?.into_data() else {
            continue;
        };
        let left = cut.map_or(bytes.len(), |cut| cut.saturating_sub(received));
        received += bytes.len();
        let mut state = state.lock();
        if let Some(upload) = state.uploads.get_mut(id) {
            upload.extend_from_slice(&bytes[..left.min(bytes.len())]);
        }
        if cut.is_some_and(|cut| received >= cut) {
            if state.forgets_uploads {
                state.uploads.remove(id);
            }
            return Err(io::Error::other("cut"));
        }
    }
    let mut state = state.lock();
    let bytes = state.uploads.get(id).cloned().unwrap_or_default();
    let range = format!("0-{}", bytes.len().saturating_sub(1));
    Ok(match *method {
        Method::PATCH => Canned::status(202)
            .with("location", &session(repository, id, bytes.len()))
            .with("range", &range),
        Method::GET => Canned::status(204)
            .with("location", &session(repository, id, bytes.len()))
            .with("range", &range),
        Method::PUT => {
            let wanted = query
                .split('&')
                .find_map(|field| field.strip_prefix("digest="));
            match wanted == Some(&*digest(&bytes)) {
                true => {
                    state.uploads.remove(id);
                    state.put_blob(&bytes);
                    Canned::status(201)
                }
                false => Canned::status(400)
                    .with_body(r#"{"errors":[{"code":"DIGEST_INVALID","message":"other bytes"}]}"#),
            }
        }
        _ => Canned::status(405),
    })
}
