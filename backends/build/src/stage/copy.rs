//! `COPY` and `ADD`: files of the context, of a stage, of an image or of the network become a layer.

use std::sync::Arc;

use backends_core::Draft;
use backends_images::{join_path, list};
use journal_domain::Layer;
use sha2::{Digest as _, Sha256};

use super::Stage;
use crate::{
    BuildError, Instruction,
    files::{CopyHow, Sum, Tree, copy, find_owner},
};

/// Sources of one step.
const SOURCES_MAX: usize = 100_000;

/// One source.
struct Source {
    tree: Tree,
    path: String,
    /// What a file is called in a directory.
    name: String,
    sum: Sum,
    /// Whether an archive is unpacked: one that was fetched is not.
    unpacks: bool,
}

impl Stage<'_> {
    /// Copies files.
    pub(super) async fn copy(&mut self, it: &Instruction) -> Result<(), BuildError> {
        let name = it.command.to_uppercase();
        let asked = list(&it.rest).map_err(|error| BuildError::step(error.to_string()))?;
        let asked =
            asked.unwrap_or_else(|| it.rest.split_whitespace().map(str::to_owned).collect());
        let asked: Vec<String> =
            asked.iter().map(|word| self.expand(word)).collect::<Result<_, _>>()?;
        let Some((target, asked)) = asked.split_last().filter(|(_, asked)| !asked.is_empty())
        else {
            return Err(BuildError::Step(format!("No source files were specified for {name}")));
        };
        let failed = |error: BuildError| error.of_step(&name);
        let from = it.flag("from").map(|from| self.expand(from)).transpose()?;
        let sources = self.sources(it, asked, from.as_deref()).await.map_err(failed)?;
        if sources.len() > 1 && !target.ends_with('/') {
            return Err(BuildError::Step(format!(
                "When using {name} with more than one source file, the destination must be a \
                 directory and end with a /"
            )));
        }
        let owner = it.flag("chown").map(|owner| self.expand(owner)).transpose()?;
        let mode = it.flag("chmod").map(|mode| self.expand(mode)).transpose()?;
        let mode = mode.as_deref().map(read_mode).transpose()?;
        let flags = [("chown", owner.as_deref()), ("chmod", it.flag("chmod"))];
        let flags: String = flags
            .iter()
            .filter_map(|(flag, value)| value.map(|value| format!("--{flag}={value}")))
            .collect();
        let text = format!("{name} {flags}{} in {target} ", all(&sources));
        // Such a step is noted without the blank that others have.
        let mut words = self.shell();
        words.push(format!("{}{text}", super::NOTHING_RUN));
        if self.find(&words).await? {
            return Ok(());
        }
        let place = self.place(target);
        let keeps_owner = from.is_some() && owner.is_none();
        let draft = self.around.site.draft(&self.layers()).await?;
        let draft = blocking(move || {
            let owner = match owner {
                Some(owner) => Some(find_owner(draft.root(), &owner)?),
                None if keeps_owner => None,
                None => Some((0, 0)),
            };
            for Source { tree, path, name, unpacks, .. } in &sources {
                let how = CopyHow { owner, mode, unpacks: *unpacks };
                copy(tree.root()?, path, name, draft.root(), &place, how)?;
            }
            Ok(draft)
        })
        .await
        .map_err(failed)?;
        let layer = finished(draft).await?;
        self.add(&words, layer);
        Ok(())
    }

    /// Finds all sources and sums them up.
    async fn sources(
        &self,
        it: &Instruction,
        asked: &[String],
        from: Option<&str>,
    ) -> Result<Vec<Source>, BuildError> {
        let is_add = it.command == "add";
        let tree = self.tree(from).await?;
        let mut sources = Vec::new();
        for text in asked {
            if is_add && is_url(text) {
                let fetched = self.around.site.fetch(text).await?;
                let name = fetched.name.ok_or_else(|| {
                    BuildError::Step(format!("cannot determine filename for url: {text}"))
                });
                let at_end = it.rest.trim_end().ends_with('/');
                // It is called by the destination, unless that is a directory.
                let name = if at_end { name? } else { name.unwrap_or_default() };
                let (tree, path) = (Tree::Shown(fetched.tree), fetched.file);
                let (looked_at, at) = (tree.clone(), path.clone());
                let sum = blocking(move || looked_at.sum(&at)).await?;
                sources.push(Source { tree, path, name, sum, unpacks: false });
                continue;
            }
            let (tree, text) = (tree.clone(), text.clone());
            let found = blocking(move || {
                let mut found = Vec::new();
                for path in tree.find(&text)? {
                    let sum = tree.sum(&path)?;
                    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
                    let tree = tree.clone();
                    found.push(Source { tree, path, name, sum, unpacks: is_add });
                }
                Ok(found)
            });
            sources.extend(found.await?);
            if sources.len() > SOURCES_MAX {
                return Err(BuildError::Step(format!("there are more than {SOURCES_MAX} sources")));
            }
        }
        Ok(sources)
    }

    /// Gives the tree that sources are in: the context, or what `--from` names.
    async fn tree(&self, from: Option<&str>) -> Result<Tree, BuildError> {
        let Some(from) = from else { return Ok(Tree::Context(Arc::clone(&self.around.context))) };
        let lower = from.to_lowercase();
        let named = self.before.iter().flatten().rev().find(|built| built.name == lower);
        let named = named.filter(|_| !lower.is_empty());
        let image = if let Some(built) = named {
            built.image.clone()
        } else if let Ok(number) = from.parse::<usize>() {
            let built = self.before.get(number).and_then(Option::as_ref);
            let wrong = || {
                let what = if number == self.before.len() {
                    "refers to current build block"
                } else {
                    "invalid index"
                };
                BuildError::Step(format!("invalid from flag value {from}: {what}"))
            };
            built.ok_or_else(wrong)?.image.clone()
        } else {
            let base = self.around.site.base(from, self.platform.as_deref(), false).await;
            Some(base.map_err(|error| {
                BuildError::Step(format!("invalid from flag value {from}: {error}"))
            })?)
        };
        let layers = image.map(|image| image.layers).unwrap_or_default();
        let layers: Vec<_> = layers.iter().map(|layer| layer.diff_id).collect();
        Ok(Tree::Shown(self.around.site.show(&layers).await?))
    }

    /// Gives the path in the image that a destination means; a directory keeps its slash.
    fn place(&self, target: &str) -> String {
        let path = join_path(&self.changing.config.working_dir, target);
        let is_directory = target.ends_with('/') || matches!(target, "." | "..");
        if is_directory && !path.ends_with('/') { format!("{path}/") } else { path }
    }
}

/// Sums up all sources.
fn all(sources: &[Source]) -> String {
    match sources {
        [one] => {
            let kind = if one.sum.is_directory { "dir" } else { "file" };
            format!("{kind}:{}", one.sum.hex)
        }
        several => {
            let mut hash = Sha256::new();
            for source in several {
                hash.update([u8::from(source.sum.is_directory)]);
                hash.update(&source.name);
                hash.update(&source.sum.hex);
            }
            format!("multi:{}", hex::encode(hash.finalize()))
        }
    }
}

fn is_url(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

fn read_mode(text: &str) -> Result<u32, BuildError> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    let wrong = || {
        BuildError::Step(format!("invalid chmod parameter: '{text}' is no octal number up to 7777"))
    };
    mode.ok_or_else(wrong)
}

/// Does what waits for the disk on a thread that may wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BuildError> + Send + 'static,
) -> Result<T, BuildError> {
    let ending = |_| BuildError::step("the server is ending");
    tokio::task::spawn_blocking(work).await.map_err(ending)?
}

/// Ends a layer.
pub(super) async fn finished(draft: Box<dyn Draft>) -> Result<Option<Layer>, BuildError> {
    draft.finish().await.map_err(|error| BuildError::step(error.to_string()))
}
