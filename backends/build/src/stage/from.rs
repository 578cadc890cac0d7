//! `FROM`: where a stage begins, and what its image wants done first.

use backends_images::{Changing, Words};

use super::Stage;
use crate::{BuildError, Instruction};

/// The image that is none.
const SCRATCH: &str = "scratch";

/// Where programs are looked for in an image that does not say so.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Triggers of an image. Each is a step of every image that is built on it.
const TRIGGERS_MAX: usize = 1_000;

impl Stage<'_> {
    /// Begins with an image, an earlier stage, or nothing, and does what the image wants done.
    pub(crate) async fn begin(&mut self, it: &Instruction, base: &str) -> Result<(), BuildError> {
        let env = self.arguments.global_variables();
        let words = Words { env: &env, escape: self.around.escape };
        let expand = |text: &str| {
            words
                .expand(text)
                .map_err(|error| BuildError::Step(format!("failed to process {text:?}: {error}")))
        };
        let name = expand(base)?;
        if name.is_empty() {
            return Err(BuildError::Step(format!("base name ({base}) should not be blank")));
        }
        let asked = it.flag("platform").map(expand).transpose()?.filter(|text| !text.is_empty());
        self.platform = asked.or_else(|| self.around.options.platform.clone());
        let lower = name.to_lowercase();
        let earlier = self.before.iter().flatten().rev();
        let mut earlier = earlier.filter(|built| !built.name.is_empty());
        if let Some(built) = earlier.find(|built| built.name == lower) {
            self.image.clone_from(&built.image);
        } else if name != SCRATCH {
            let (platform, fresh) = (self.platform.as_deref(), self.around.options.pull);
            self.image = Some(self.around.site.base(&name, platform, fresh).await?);
        }
        self.changing = Changing::of(
            self.image.as_ref().map(|image| image.config.config.clone()).unwrap_or_default(),
        );
        let config = &mut self.changing.config;
        if !config.env.iter().any(|variable| variable.starts_with("PATH=")) && self.image.is_some()
        {
            config.env.push(PATH.to_owned());
        }
        let triggers = std::mem::take(&mut config.on_build);
        self.trigger(triggers).await
    }

    async fn trigger(&mut self, triggers: Vec<String>) -> Result<(), BuildError> {
        if triggers.is_empty() {
            return Ok(());
        }
        if triggers.len() > TRIGGERS_MAX {
            let what = format!("the image has more than {TRIGGERS_MAX} build triggers");
            return Err(BuildError::Step(what));
        }
        let (count, end) = (triggers.len(), if triggers.len() > 1 { "s" } else { "" });
        self.around.site.say(format!("# Executing {count} build trigger{end}\n")).await?;
        for trigger in triggers {
            let it = Instruction::parse(1, &trigger, "ONBUILD")?;
            if matches!(it.command.as_str(), "from" | "onbuild" | "maintainer") {
                let name = it.command.to_uppercase();
                let what = format!("{name} isn't allowed as an ONBUILD trigger");
                return Err(BuildError::Step(what));
            }
            // A step is no call of itself: a trigger cannot be one that has triggers.
            Box::pin(self.step(&it)).await?;
        }
        Ok(())
    }
}
