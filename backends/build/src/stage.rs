//! A stage: the image as it is by now, and the step that comes next.

mod copy;
mod from;
mod run;
mod set;

use std::sync::Arc;

use backends_images::{
    Changing, Digest as StoredDigest, History, ImageConfig, Platform, RootFs, Words,
};
use journal_domain::{Digest, Layer};
use sha2::{Digest as _, Sha256};

use crate::{
    Base, BuildError, BuildOptions, Context, Instruction, Made, Site, arguments::Arguments,
    builder::Built,
};

/// The shell of steps that name no program.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// Begins a step that runs nothing, in the history.
const NOTHING_RUN: &str = "#(nop) ";

/// What all stages have in common.
pub(crate) struct Surroundings<'b> {
    pub(crate) site: &'b dyn Site,
    pub(crate) context: Arc<Context>,
    pub(crate) options: &'b BuildOptions,
    pub(crate) escape: char,
    /// Images whose steps need not be done again.
    pub(crate) sources: Vec<Base>,
}

/// A stage that is being built.
pub(crate) struct Stage<'b> {
    around: &'b Surroundings<'b>,
    arguments: Arguments,
    /// The stages before; those that nobody needs are not built.
    before: &'b [Option<Built>],
    image: Option<Base>,
    changing: Changing,
    author: String,
    platform: Option<String>,
    /// Whether a step was done, so that none after it can have been done before.
    is_new: bool,
    /// Images that are made and not kept yet: the next program, or the end, wants them kept.
    made: Vec<Made>,
}

impl<'b> Stage<'b> {
    pub(crate) fn new(
        around: &'b Surroundings<'b>,
        arguments: Arguments,
        before: &'b [Option<Built>],
    ) -> Self {
        Self {
            around,
            arguments,
            before,
            image: None,
            changing: Changing::default(),
            author: String::new(),
            platform: None,
            is_new: false,
            made: Vec::new(),
        }
    }

    /// Gives the image as it is by now; a stage of nothing has none at first.
    pub(crate) const fn image(&self) -> Option<&Base> {
        self.image.as_ref()
    }

    /// Does one step.
    pub(crate) async fn step(&mut self, it: &Instruction) -> Result<(), BuildError> {
        match it.command.as_str() {
            "run" => self.run(it).await,
            "add" | "copy" => self.copy(it).await,
            "arg" => self.argument(it).await,
            "maintainer" => {
                self.author.clone_from(&it.rest);
                self.note(&format!("MAINTAINER {}", it.rest)).await
            }
            "workdir" => self.work_in(it).await,
            _ => self.set(it).await,
        }
    }

    /// Keeps what is not kept yet, and gives the image.
    pub(crate) async fn end(mut self) -> Result<(Option<Base>, Arguments), BuildError> {
        self.keep().await?;
        Ok((self.image, self.arguments))
    }

    async fn keep(&mut self) -> Result<(), BuildError> {
        if self.made.is_empty() {
            return Ok(());
        }
        self.around.site.keep(std::mem::take(&mut self.made)).await
    }

    /// Gives the variables that words are read with: those of the image come before arguments.
    fn variables(&self) -> Vec<String> {
        let env = &self.changing.config.env;
        env.iter().cloned().chain(self.arguments.variables(env)).collect()
    }

    fn expand(&self, text: &str) -> Result<String, BuildError> {
        let env = self.variables();
        let expanded = Words { env: &env, escape: self.around.escape }.expand(text);
        expanded.map_err(|error| BuildError::Step(format!("failed to process {text:?}: {error}")))
    }

    fn shell(&self) -> Vec<String> {
        let own = || SHELL.iter().map(|word| (*word).to_owned()).collect();
        self.changing.config.shell.clone().unwrap_or_else(own)
    }

    /// Makes the words by which a step that runs nothing is known.
    fn noted(&self, text: &str) -> Vec<String> {
        noted_by(self.shell(), text)
    }

    /// Makes an image of a step that changes no file.
    async fn note(&mut self, text: &str) -> Result<(), BuildError> {
        self.note_words(self.noted(text)).await
    }

    async fn note_words(&mut self, words: Vec<String>) -> Result<(), BuildError> {
        if !self.find(&words).await? {
            self.add(&words, None);
        }
        Ok(())
    }

    /// Finds what a step has made before, and takes that.
    async fn find(&mut self, words: &[String]) -> Result<bool, BuildError> {
        if self.around.options.no_cache || self.is_new {
            return Ok(false);
        }
        let site = self.around.site;
        let parent = self.image.as_ref().map(|image| image.id);
        if let Some(found) = site.cached(parent, key(words)).await? {
            site.say(" ---> Using cache\n".to_owned()).await?;
            self.changing.config = found.config.config.clone();
            self.image = Some(found);
            return Ok(true);
        }
        if self.find_in_sources(words).await? {
            return Ok(true);
        }
        self.is_new = true;
        Ok(false)
    }

    /// Finds a step in the history of an image that a client names: that image has the steps up to here, and then this one.
    async fn find_in_sources(&mut self, words: &[String]) -> Result<bool, BuildError> {
        let history = self.image.as_ref().map_or(&[][..], |image| &image.config.history);
        let layers = self.image.as_ref().map_or(&[][..], |image| &image.layers);
        let at = history.len();
        let created_by = words.join(" ");
        let is_it = |source: &&Base| {
            let same = |one: &History, other: &History| {
                (&one.created_by, one.empty_layer) == (&other.created_by, other.empty_layer)
            };
            let theirs = &source.config.history;
            theirs.get(at).is_some_and(|step| step.created_by == created_by)
                && theirs.iter().zip(history).all(|(one, other)| same(one, other))
                && source.layers.len() >= layers.len()
                && source.layers.iter().zip(layers).all(|(one, own)| one.diff_id == own.diff_id)
        };
        let Some(source) = self.around.sources.iter().find(is_it) else { return Ok(false) };
        let (step, layer) = (source.config.history[at].clone(), source.layers.get(layers.len()));
        let layer = layer.copied().filter(|_| !step.empty_layer);
        self.around.site.say(" ---> Using cache\n".to_owned()).await?;
        if at + 1 == source.config.history.len() {
            self.changing.config = source.config.config.clone();
            self.image = Some(source.clone());
        } else {
            self.add_step(words, layer, step);
        }
        Ok(true)
    }

    /// Makes an image of what is there and one step more.
    fn add(&mut self, words: &[String], layer: Option<Layer>) {
        let step = History {
            created: self.around.site.now().to_string(),
            created_by: words.join(" "),
            author: self.author.clone(),
            comment: String::new(),
            empty_layer: layer.is_none(),
        };
        self.add_step(words, layer, step);
    }

    fn add_step(&mut self, words: &[String], layer: Option<Layer>, step: History) {
        let parent = self.image.as_ref().map(|image| image.id);
        let mut config = self.image.as_ref().map_or_else(nothing, |image| image.config.clone());
        let mut layers = self.image.as_ref().map(|image| image.layers.clone()).unwrap_or_default();
        layers.extend(layer);
        config.created.clone_from(&step.created);
        if !self.author.is_empty() {
            config.author.clone_from(&self.author);
        }
        config.comment.clear();
        config.config = self.changing.config.clone();
        config.history.push(step);
        let diff_ids = layers.iter().map(|layer| stored(layer.diff_id)).collect();
        config.rootfs = Some(RootFs { kind: "layers".to_owned(), diff_ids });
        let image = Base { id: identity(&config), config, layers };
        self.image = Some(image.clone());
        self.made.push(Made { image, parent, cache_key: key(words) });
    }

    fn layers(&self) -> Vec<Digest> {
        let layers = self.image.as_ref().map_or(&[][..], |image| &image.layers);
        layers.iter().map(|layer| layer.diff_id).collect()
    }
}

fn noted_by(mut shell: Vec<String>, text: &str) -> Vec<String> {
    shell.extend([NOTHING_RUN.to_owned(), text.to_owned()]);
    shell
}

/// Begins an image of nothing.
fn nothing() -> ImageConfig {
    let Platform { os, architecture, variant } = Platform::host();
    ImageConfig { os, architecture, variant, ..ImageConfig::default() }
}

/// Gives the identity of an image: the digest of its configuration, as it will be written.
pub(crate) fn identity(config: &ImageConfig) -> Digest {
    let bytes = serde_json::to_vec(config).unwrap_or_default();
    Digest::from_bytes(StoredDigest::of(&bytes).to_bytes())
}

const fn stored(digest: Digest) -> StoredDigest {
    StoredDigest::from_bytes(*digest.as_bytes())
}

/// Gives what a step is known by. The image that it is done on tells the rest.
fn key(words: &[String]) -> Digest {
    let mut hash = Sha256::new();
    for word in words {
        hash.update((word.len() as u64).to_le_bytes());
        hash.update(word);
    }
    Digest::from_bytes(hash.finalize().into())
}
