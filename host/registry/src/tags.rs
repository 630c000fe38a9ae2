//! Lists the tags of a repository, page by page.

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::{Method, StatusCode};
use patchbay_config::web_address::WebAddress;
use patchbay_pack::pack_file::tag_version;
use semver::Version;
use serde::Deserialize;
use tokio::time::timeout;

use crate::error::RegistryError;
use crate::link::next_target;
use crate::reference::is_tag;
use crate::session::{Call, Registry, resolve};

/// Most tags that are listed, indexes of signatures included.
const MOST_TAGS: usize = 20_000;
/// Most pages. Some registries have a hundred tags on each, whatever a client asks for.
const MOST_PAGES: usize = 200;
/// Tags of a page that are asked for.
const PAGE: usize = 1_000;
/// Most bytes of a page: a registry may list all tags on one.
const PAGE_BYTES: u64 = 1 << 20;
/// Most bytes that the time for all pages allows for.
const LIST_BYTES: u64 = 4 << 20;

#[derive(Deserialize)]
struct TagPage {
    /// Some registries write `null` for none.
    tags: Option<Vec<String>>,
}

impl Registry {
    /// The tags of the repository, of all pages: versions in their order, then others by name.
    /// Indexes of signatures are left out.
    ///
    /// # Errors
    /// [`RegistryError`]; also where there are more than 20,000 tags or 200 pages, and where a page
    /// leads to another registry or repository.
    pub async fn tags(&mut self) -> Result<Vec<String>, RegistryError> {
        let limit = self.limits.transfer(LIST_BYTES);
        let mut tags = self.all_pages(limit).await?;
        // Indexes of signatures are no packs.
        tags.retain(|tag| !tag.starts_with("sha256-"));
        let mut tags: Vec<String> = tags.into_iter().collect();
        tags.sort_by_cached_key(|tag| {
            let version = tag_version(tag);
            (version.is_none(), version, tag.clone())
        });
        Ok(tags)
    }

    /// The versions of the pack of this repository, the lowest first: tags that are whole versions.
    ///
    /// # Errors
    /// Those of [`tags`](Registry::tags).
    pub async fn versions(&mut self) -> Result<Vec<Version>, RegistryError> {
        let tags = self.tags().await?;
        Ok(tags.iter().filter_map(|tag| tag_version(tag)).collect())
    }

    async fn all_pages(&mut self, limit: Duration) -> Result<BTreeSet<String>, RegistryError> {
        let listed = timeout(limit, self.pages()).await;
        listed.unwrap_or_else(|_| Err(self.slow("the list of tags", limit)))
    }

    async fn pages(&mut self) -> Result<BTreeSet<String>, RegistryError> {
        let first = self.address(&format!("tags/list?n={PAGE}"))?;
        let mut known = BTreeSet::from([first.path_and_query().to_owned()]);
        let mut tags = BTreeSet::new();
        let mut next = Some(first);
        while let Some(page) = next {
            let (listed, following) = self.page(&page).await?;
            tags.extend(listed.into_iter().filter(|tag| is_tag(tag)));
            next = following;
            if let Some(next) = &next
                && !known.insert(next.path_and_query().to_owned())
            {
                let problem = "lists its tags in a circle: a page leads to one that was read";
                return Err(self.misbehaved(problem.to_owned()));
            }
            let is_over = tags.len() > MOST_TAGS || known.len() > MOST_PAGES;
            if is_over {
                return Err(self.misbehaved(format!(
                    "lists more than {MOST_TAGS} tags or {MOST_PAGES} pages for {}; delete tags there that are not needed",
                    self.reference.repository()
                )));
            }
        }
        Ok(tags)
    }

    /// The tags of a page, and where the next is.
    async fn page(
        &mut self,
        page: &WebAddress,
    ) -> Result<(Vec<String>, Option<WebAddress>), RegistryError> {
        let answer = self.call(&Call::new(Method::GET, page.clone())).await?;
        if answer.status != StatusCode::OK {
            let what = format!("repository {}", self.reference.repository());
            return Err(self.refusal(answer, &what).await);
        }
        let next = match next_target(&answer.headers) {
            Ok(None) => None,
            Ok(Some(target)) => Some(self.next_page(page, &target)?),
            Err(problem) => {
                return Err(self.misbehaved(format!(
                    "sends a field Link with the list of tags that {problem}"
                )));
            }
        };
        let bytes = self.read(answer, PAGE_BYTES, "the list of tags").await?;
        let list: TagPage = serde_json::from_slice(&bytes)
            .map_err(|_| self.misbehaved("sends a list of tags that is none".to_owned()))?;
        Ok((list.tags.unwrap_or_default(), next))
    }

    /// The address of the next page: of the same list, whatever its query.
    fn next_page(&self, page: &WebAddress, target: &str) -> Result<WebAddress, RegistryError> {
        let path = path_of(page);
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let is_relative = !target.contains("://") && !target.starts_with('/');
        let found = match is_relative {
            true if target.starts_with('?') => resolve(page, &format!("{path}{target}")),
            true => resolve(page, &format!("{directory}/{target}")),
            false => resolve(page, target),
        };
        match found {
            Some(next) if self.is_own(&next) && path_of(&next) == path => Ok(next),
            Some(next) if !self.is_own(&next) => Err(self.misbehaved(format!(
                "leads to {} for more tags: a list of tags goes on at the same registry",
                next.origin()
            ))),
            Some(_) => Err(self.misbehaved(format!(
                "leads to another repository or interface for more tags of {}",
                self.reference.repository()
            ))),
            None => Err(self.misbehaved("leads to no valid address for more tags".to_owned())),
        }
    }
}

fn path_of(address: &WebAddress) -> &str {
    let text = address.path_and_query();
    text.split('?').next().unwrap_or(text)
}
