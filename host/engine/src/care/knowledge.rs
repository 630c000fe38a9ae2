//! `patchbay:care/knowledge`: approved answers.

use std::sync::Arc;

use patchbay_model::knowledge::Article;
use wasmtime::component::Resource;

use super::HostState;
use super::handles::number;
use super::handles::{Given, Item};
use super::types::{another_kind, reads};
use crate::contract::{self, knowledge};
use crate::stop::Stop;

/// Bytes of a search text that are looked at: a long one costs host time that
/// no deadline interrupts.
const QUERY_BYTES: usize = 4096;
/// Most articles in one answer.
const ARTICLES: usize = 64;

impl HostState {
    fn may_read_knowledge(&self) -> Result<(), Stop> {
        self.granted("knowledge", |grants| grants.knowledge)
    }

    fn article_at(&self, this: &Resource<contract::Article>) -> Result<&Arc<Article>, Stop> {
        match self.handles.get(this)? {
            Item::Article(article) => Ok(article),
            _ => Err(another_kind()),
        }
    }
}

impl knowledge::Host for HostState {
    fn search(&mut self, text: String, limit: u32) -> wasmtime::Result<Vec<knowledge::Match>> {
        let found = self.call("knowledge.search", (&text, limit), |state| {
            state.may_read_knowledge()?;
            let knowledge = Arc::clone(&state.situation()?.surroundings.knowledge);
            let asked = &text[..text.floor_char_boundary(QUERY_BYTES)];
            knowledge
                .search(asked, (limit as usize).min(ARTICLES))
                .into_iter()
                .map(|(article, score)| Ok((state.handles.give(Item::Article(article))?, score)))
                .collect::<Result<Vec<(Given, f64)>, Stop>>()
        })?;
        Ok(found
            .into_iter()
            .map(|(given, score)| knowledge::Match {
                article: given.into_handle(),
                score,
            })
            .collect())
    }

    fn for_intent(&mut self, intent: String) -> wasmtime::Result<Vec<Resource<contract::Article>>> {
        let found = self.call("knowledge.for-intent", &intent, |state| {
            state.may_read_knowledge()?;
            let knowledge = Arc::clone(&state.situation()?.surroundings.knowledge);
            knowledge
                .for_intent(&intent)
                .take(ARTICLES)
                .map(|article| state.handles.give(Item::Article(Arc::clone(article))))
                .collect::<Result<Vec<Given>, Stop>>()
        })?;
        Ok(found.into_iter().map(Given::into_handle).collect())
    }
}

impl knowledge::HostArticle for HostState {
    reads! { contract::Article, article_at:
        id -> String, "knowledge.article.id", |it| it.id.clone();
        title -> String, "knowledge.article.title", |it| it.title.clone();
        text -> String, "knowledge.article.text", |it| it.text.clone();
        intents -> Vec<String>, "knowledge.article.intents", |it| it.intents.clone();
        language -> Option<String>, "knowledge.article.language", |it| it.language.clone();
        never_say -> Vec<String>, "knowledge.article.never-say", |it| it.never_say.clone();
    }

    fn drop(&mut self, this: Resource<contract::Article>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}
