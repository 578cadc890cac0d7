//! `RUN`: a program in a container, and what it changed.

use backends_images::list;

use super::Stage;
use crate::{BuildError, Instruction, Run};

impl Stage<'_> {
    /// Runs a program.
    pub(super) async fn run(&mut self, it: &Instruction) -> Result<(), BuildError> {
        let asked = list(&it.rest).map_err(|error| BuildError::step(error.to_string()))?;
        let command = asked.unwrap_or_else(|| [self.shell(), vec![it.rest.clone()]].concat());
        let env = self.changing.config.env.clone();
        let noted = self.arguments.noted(&env);
        let mut words = command.clone();
        if !noted.is_empty() {
            let count = format!("|{}", noted.len());
            words = [vec![count], noted, words].concat();
        }
        if self.find(&words).await? {
            return Ok(());
        }
        let Some(image) = self.image.as_ref().map(|image| image.id) else {
            let program = command.first().map(String::as_str).unwrap_or_default();
            return Err(BuildError::Step(format!(
                "exec: {program:?}: no such file or directory: the image has no files yet"
            )));
        };
        self.keep().await?;
        let env = [env.clone(), self.arguments.variables(&env)].concat();
        let config = self.changing.config.clone();
        let run = Run { image, config, command: command.clone(), env };
        let ran = self.around.site.run(run).await?;
        if ran.code != 0 {
            return Err(BuildError::Exit { command: command.join(" "), code: ran.code });
        }
        self.add(&words, ran.layer);
        Ok(())
    }
}
