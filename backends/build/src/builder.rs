//! A build: stages in order, only those that are needed, and what the client is told of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use backends_images::Words;
use journal_domain::Digest;

use crate::{
    Base, BuildError, Context, Dockerfile, Instruction, ParseError, Site,
    arguments::Arguments,
    stage::{Stage, Surroundings},
};

/// Digits of an id that clients are told.
const SHORT_DIGITS: usize = 12;

/// What a client asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// Build arguments; one without a value takes nothing from its default.
    pub arguments: BTreeMap<String, Option<String>>,
    /// Labels that the image gets.
    pub labels: BTreeMap<String, String>,
    /// The stage that is built; the last one where it is empty.
    pub target: String,
    /// Whether every step is done.
    pub no_cache: bool,
    /// Whether images are fetched although they are here.
    pub pull: bool,
    /// What machine the image is for; this host where nothing is said.
    pub platform: Option<String>,
    /// Images whose steps need not be done again.
    pub cache_from: Vec<String>,
}

/// A stage as it is written.
#[derive(Debug)]
pub(crate) struct Written {
    /// Its `FROM`.
    pub(crate) from: Instruction,
    /// Its name, in lower case; empty where it has none.
    pub(crate) name: String,
    /// The image or stage that it begins with, as it is written.
    pub(crate) base: String,
    /// Its steps.
    pub(crate) steps: Vec<Instruction>,
}

/// A stage that is built.
#[derive(Debug, Clone)]
pub(crate) struct Built {
    pub(crate) name: String,
    pub(crate) image: Option<Base>,
}

/// Builds the image that `dockerfile` says, of the files of `context`, and gives its identity.
pub async fn build(
    site: &dyn Site,
    dockerfile: &Dockerfile,
    context: Arc<Context>,
    options: &BuildOptions,
) -> Result<Digest, BuildError> {
    for warning in &dockerfile.warnings {
        site.say(format!("{warning}\n")).await?;
    }
    if !dockerfile.warnings.is_empty() {
        let end = "[WARNING]: Empty continuation lines will become errors in a future release.\n";
        site.say(end.to_owned()).await?;
    }
    let (global, mut stages) = divided(&dockerfile.instructions);
    cut_at(&mut stages, &options.target)?;
    let mut arguments = Arguments::new(options.arguments.clone());
    let mut sources = Vec::new();
    for name in &options.cache_from {
        sources.extend(site.here(name).await);
    }
    let around = Surroundings { site, context, options, escape: dockerfile.escape, sources };
    let mut teller = Teller { at: 0, total: 0 };
    let needed = needed(&stages, &global, &arguments, dockerfile.escape)?;
    let last = stages.len() - 1;
    teller.total = global.len()
        + needed.iter().map(|&at| 1 + stages[at].steps.len()).sum::<usize>()
        + options.labels.len();
    for it in &global {
        teller.step(site, &it.text).await?;
        declare_globally(&mut arguments, it, dockerfile.escape)?;
    }
    let mut built: Vec<Option<Built>> = Vec::new();
    for (at, written) in stages.iter().enumerate() {
        if !needed.contains(&at) {
            built.push(None);
            continue;
        }
        let labels = (at == last).then_some(&options.labels);
        built.push(Some(
            stage(&around, &mut arguments, &mut teller, &built, written, labels).await?,
        ));
    }
    let unused = arguments.unused();
    if !unused.is_empty() {
        let names = unused.join(" ");
        let text = format!("[Warning] One or more build-args [{names}] were not consumed\n");
        site.say(text).await?;
    }
    let image = built.pop().flatten().and_then(|built| built.image);
    let none = || BuildError::step("No image was generated. Is your Dockerfile empty?");
    Ok(image.ok_or_else(none)?.id)
}

/// Builds one stage.
async fn stage(
    around: &Surroundings<'_>,
    arguments: &mut Arguments,
    teller: &mut Teller,
    built: &[Option<Built>],
    written: &Written,
    labels: Option<&BTreeMap<String, String>>,
) -> Result<Built, BuildError> {
    let site = around.site;
    arguments.enter_stage();
    let mut stage = Stage::new(around, arguments.clone(), built);
    teller.step(site, &written.from.text).await?;
    stage.begin(&written.from, &written.base).await?;
    teller.image(site, stage.image()).await?;
    for it in &written.steps {
        teller.step(site, &it.text).await?;
        stage.step(it).await?;
        teller.image(site, stage.image()).await?;
    }
    for (name, value) in labels.into_iter().flatten() {
        teller.step(site, &format!("LABEL {name}={value}")).await?;
        stage.label(name, value).await?;
        teller.image(site, stage.image()).await?;
    }
    let (image, own) = stage.end().await?;
    arguments.note_declared(&own);
    if let Some(image) = &image {
        site.tell(image.id).await?;
    }
    Ok(Built { name: written.name.clone(), image })
}

/// Tells the client where the build is.
struct Teller {
    at: usize,
    total: usize,
}

impl Teller {
    async fn step(&mut self, site: &dyn Site, text: &str) -> Result<(), BuildError> {
        self.at += 1;
        site.say(format!("Step {}/{} : {text}\n", self.at, self.total)).await
    }

    async fn image(&self, site: &dyn Site, image: Option<&Base>) -> Result<(), BuildError> {
        let shown = image.map(|image| short(image.id)).unwrap_or_default();
        site.say(format!(" ---> {shown}\n")).await
    }
}

/// Gives the beginning of an id.
pub(crate) fn short(id: Digest) -> String {
    let mut hex = id.hex();
    hex.truncate(SHORT_DIGITS);
    hex
}

/// Divides a Dockerfile into what stands before its stages, and those.
fn divided(instructions: &[Instruction]) -> (Vec<Instruction>, Vec<Written>) {
    let mut global = Vec::new();
    let mut stages: Vec<Written> = Vec::new();
    for it in instructions {
        if it.command == "from" {
            let words: Vec<&str> = it.rest.split_whitespace().collect();
            let name = words.get(2).map(|name| name.to_lowercase()).unwrap_or_default();
            let base = words.first().copied().unwrap_or_default().to_owned();
            stages.push(Written { from: it.clone(), name, base, steps: Vec::new() });
        } else if let Some(stage) = stages.last_mut() {
            stage.steps.push(it.clone());
        } else {
            global.push(it.clone());
        }
    }
    (global, stages)
}

/// Leaves out what is behind the stage that is asked for.
fn cut_at(stages: &mut Vec<Written>, target: &str) -> Result<(), BuildError> {
    if stages.is_empty() {
        return Err(ParseError::NoStage.into());
    }
    if target.is_empty() {
        return Ok(());
    }
    let named = stages.iter().position(|stage| stage.name == target.to_lowercase());
    let found = named.or_else(|| target.parse().ok().filter(|at| *at < stages.len()));
    let missing =
        || BuildError::Asked(format!("failed to reach build target {target} in Dockerfile"));
    stages.truncate(found.ok_or_else(missing)? + 1);
    Ok(())
}

/// Finds the stages that the last one needs. A stage knows those before it, so they cannot be in a circle.
fn needed(
    stages: &[Written],
    global: &[Instruction],
    arguments: &Arguments,
    escape: char,
) -> Result<BTreeSet<usize>, BuildError> {
    let mut arguments = arguments.clone();
    for it in global {
        declare_globally(&mut arguments, it, escape)?;
    }
    let variables = arguments.global_variables();
    let words = Words { env: &variables, escape };
    let mut needed = BTreeSet::new();
    let mut next = vec![stages.len() - 1];
    while let Some(at) = next.pop() {
        if !needed.insert(at) {
            continue;
        }
        let before = &stages[..at];
        let of_name = |name: &str| {
            before.iter().rposition(|stage| !stage.name.is_empty() && stage.name == name)
        };
        // What cannot be expanded fails when the stage is begun.
        let base = words.expand(&stages[at].base).unwrap_or_default().to_lowercase();
        next.extend(of_name(&base));
        for it in &stages[at].steps {
            // A trigger is for others; it names stages of theirs.
            let Some(from) = it.flag("from").map(str::to_lowercase) else { continue };
            let number = || from.parse().ok().filter(|number| *number < at);
            next.extend(of_name(&from).or_else(number));
        }
        if stages[at].steps.iter().any(|it| it.flag("from").is_some_and(|from| from.contains('$')))
        {
            next.extend(0..at);
        }
    }
    Ok(needed)
}

/// Declares the arguments of an `ARG` before the first stage.
fn declare_globally(
    arguments: &mut Arguments,
    it: &Instruction,
    escape: char,
) -> Result<(), BuildError> {
    let variables = arguments.global_variables();
    let words = Words { env: &variables, escape };
    let asked = words.expand_and_split(&it.rest);
    for word in asked.map_err(|error| BuildError::step(error.to_string()))? {
        let (name, default) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        arguments.declare_globally(name, default);
    }
    Ok(())
}
