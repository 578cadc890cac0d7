//! Steps that only set something, and `ARG` and `WORKDIR`.

use backends_images::Words;

use super::Stage;
use crate::{BuildError, Instruction, files::make_directory};

impl Stage<'_> {
    /// Does a step that sets something of the configuration.
    pub(super) async fn set(&mut self, it: &Instruction) -> Result<(), BuildError> {
        // A shell is not set by itself.
        let shell = self.shell();
        let text = self.apply(it)?;
        self.note_words(super::noted_by(shell, &text)).await
    }

    /// Gives the image a label that a client asks for.
    pub(crate) async fn label(&mut self, name: &str, value: &str) -> Result<(), BuildError> {
        self.changing.config.labels.insert(name.to_owned(), value.to_owned());
        self.note(&format!("LABEL {name}={value}")).await
    }

    /// Declares arguments.
    pub(super) async fn argument(&mut self, it: &Instruction) -> Result<(), BuildError> {
        let env = self.variables();
        let words = Words { env: &env, escape: self.around.escape };
        let asked = words.expand_and_split(&it.rest);
        let asked = asked.map_err(|error| BuildError::step(error.to_string()))?;
        for word in &asked {
            match word.split_once('=') {
                Some((name, value)) => self.arguments.declare(name, Some(value.to_owned())),
                None => self.arguments.declare(word, None),
            }
        }
        self.note(&format!("ARG {}", asked.join(" "))).await
    }

    /// Sets the working directory, and makes it where it is missing.
    pub(super) async fn work_in(&mut self, it: &Instruction) -> Result<(), BuildError> {
        let text = self.apply(it)?;
        let mut words = self.shell();
        // Such a step is noted without the blank that others have.
        words.push(format!("{}{text}", super::NOTHING_RUN));
        if self.find(&words).await? {
            return Ok(());
        }
        let path = self.changing.config.working_dir.clone();
        let draft = self.around.site.draft(&self.layers()).await?;
        let (draft, is_new) = super::copy::blocking(move || {
            let is_new = make_directory(draft.root(), &path)?;
            Ok((draft, is_new))
        })
        .await?;
        let layer = if is_new { super::copy::finished(draft).await? } else { None };
        self.add(&words, layer);
        Ok(())
    }

    fn apply(&mut self, it: &Instruction) -> Result<String, BuildError> {
        let flags = it.flags.iter().map(|(name, value)| match value {
            Some(value) => format!("--{name}={value} "),
            None => format!("--{name} "),
        });
        let rest: String = flags.chain([it.rest.clone()]).collect();
        let env = self.variables();
        let words = Words { env: &env, escape: self.around.escape };
        let told = self.changing.apply(&it.command, &rest, words);
        told.map_err(|error| BuildError::step(error.to_string()))
    }
}
