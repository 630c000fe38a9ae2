//! `patchbay:care/knowledge`: approved answers.

use std::sync::Arc;

use patchbay_model::knowledge::Knowledge;
use wasmtime::component::Resource;

use super::HostState;
use super::handles::{HostObject, NewHandle};
use super::host_calls::{functions, resource};
use super::host_result::HostResult;
use crate::contract::{self, knowledge};
use crate::limits::stop::Stop;

/// Bytes of a search text that are used: no deadline interrupts the search.
const QUERY_BYTES: usize = 4096;
/// Most articles in one answer.
const ARTICLES: usize = 64;

impl knowledge::Host for HostState {
    functions! { "knowledge":
        search(text: String, limit: u32) -> Vec<knowledge::Match>, "search", |state| {
            let query = &text[..text.floor_char_boundary(QUERY_BYTES)];
            let found = state.articles()?.search(query, (limit as usize).min(ARTICLES)).into_iter();
            found
                .map(|(article, score)| Ok((state.handles.insert(HostObject::Article(article))?, score)))
                .collect::<Result<Vec<(NewHandle, f64)>, Stop>>()
        };
        for_intent(intent: String) -> Vec<Resource<contract::Article>>, "for-intent", |state| {
            let knowledge = state.articles()?;
            let found = knowledge.for_intent(&intent).take(ARTICLES).cloned();
            state.handles.insert_all(found.map(HostObject::Article))
        };
    }
}

impl knowledge::HostArticle for HostState {
    resource! { contract::Article, "knowledge.article", article_at:
        id -> String, "id", |it| it.id.clone();
        title -> String, "title", |it| it.title.clone();
        text -> String, "text", |it| it.text.clone();
        intents -> Vec<String>, "intents", |it| it.intents.clone();
        language -> Option<String>, "language", |it| it.language.clone();
        never_say -> Vec<String>, "never-say", |it| it.never_say.clone();
    }
}

impl HostState {
    /// The articles, for plugins with the grant.
    fn articles(&self) -> Result<Arc<Knowledge>, Stop> {
        self.require("knowledge", |grants| grants.knowledge)?;
        Ok(Arc::clone(&self.situation()?.surroundings.knowledge))
    }
}

impl HostResult<Vec<knowledge::Match>> for Vec<(NewHandle, f64)> {
    fn into_contract(self) -> Vec<knowledge::Match> {
        let matches = self.into_iter().map(|(article, score)| knowledge::Match {
            article: article.into_contract(),
            score,
        });
        matches.collect()
    }
}
