//! Approved answers, for agents.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use patchbay_http::problem::Problem;
use patchbay_model::knowledge::{Article, MOST_ARTICLES};
use patchbay_model::language_tag;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use patchbay_http::descriptions;
use patchbay_http::request_fields::page_limit;

/// Articles per answer, unless the request says otherwise.
const USUAL: usize = 10;
/// Longest search, in bytes.
const QUERY_BYTES: usize = 1_024;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct KnowledgeQuery {
    /// Words to look for, without case and accents; at most 1,024 bytes. The last one may
    /// be incomplete. Absent: all articles, in the company's order.
    #[serde(default)]
    q: Option<String>,
    /// Language (BCP 47). Articles of it and those that serve every language come first,
    /// then those of another variant of it; others only if there are none.
    #[serde(default)]
    language: Option<String>,
    /// Most articles; default 10.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 64)]
    limit: Option<String>,
}

/// Approved answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnowledgeList {
    /// The most relevant first: by words of the title, the id, the intents and the text.
    articles: Vec<ArticleDocument>,
    /// Whether none is of the requested language, and these are of others.
    other_language: bool,
}

/// An approved answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Article)]
pub(crate) struct ArticleDocument {
    /// Its id.
    id: String,
    /// Language (BCP 47); absent where it serves every language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Title.
    title: String,
    /// The approved wording.
    text: String,
    /// Intents that it answers, sorted.
    intents: Vec<String>,
    /// Phrases that a reply on this topic must not contain.
    never_say: Vec<String>,
}

impl From<&Article> for ArticleDocument {
    fn from(article: &Article) -> ArticleDocument {
        ArticleDocument {
            id: article.id.clone(),
            language: article.language.clone(),
            title: article.title.clone(),
            text: article.text.clone(),
            intents: article.intents.clone(),
            never_say: article.never_say.clone(),
        }
    }
}

/// Search approved answers
///
/// Of the active generation's knowledge, which policies read too.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/knowledge",
    operation_id = "knowledge",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company."), KnowledgeQuery),
    responses((status = 200, description = "The articles found.", body = KnowledgeList), descriptions::ReadErrors)
)]
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<KnowledgeQuery>,
) -> Result<Json<KnowledgeList>, Problem> {
    let limit = page_limit(query.limit.as_deref(), USUAL, MOST_ARTICLES)?;
    let words = query.q.unwrap_or_default();
    if words.len() > QUERY_BYTES {
        let (limit, size) = (QUERY_BYTES as u64, Some(words.len() as u64));
        let problem = Problem::bad_parameter("q", format!("has more than {QUERY_BYTES} bytes"));
        return Err(problem.limit(limit, size, "bytes"));
    }
    let language = match query.language {
        None => None,
        Some(tag) => Some(language_tag::normalize(&tag).ok_or_else(|| {
            Problem::bad_parameter(
                "language",
                "is not a language tag (BCP 47); write it as in `pt-BR`",
            )
        })?),
    };
    let state = Arc::clone(&app);
    app.read(move |desk| {
        let generation = desk.generation(&company)?;
        let found = state.articles.with(&generation, |index| {
            index.search(&words, language.as_deref(), limit)
        });
        let knowledge = &generation.surroundings.knowledge;
        let articles = found.places.into_iter();
        Ok(Json(KnowledgeList {
            articles: articles
                .filter_map(|place| knowledge.at(place))
                .map(Into::into)
                .collect(),
            other_language: found.is_other_language,
        }))
    })
    .await
}
