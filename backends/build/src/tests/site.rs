//! A site whose images are numbers, whose programs do as they are told, and whose layers are directories that nobody reads.

use std::{
    collections::BTreeMap,
    fs::File,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use backends_core::{Draft, FilesError, Shown};
use backends_images::{History, ImageConfig};
use journal_domain::{Digest, Layer};
use journal_log::Timestamp;
use tempfile::TempDir;

use crate::{Base, BuildError, Fetched, Made, Ran, Run, Site, stage::identity};

#[derive(Default)]
struct World {
    said: String,
    runs: Vec<Run>,
    named: BTreeMap<String, Base>,
    steps: BTreeMap<(Option<Digest>, Digest), Base>,
    /// Images in the order in which they were told of, for numbers that do not change.
    numbers: Vec<String>,
    last: Option<Base>,
    layers: u8,
}

pub(super) struct FakeSite(Mutex<World>);

struct Tree {
    root: OwnedFd,
    _dir: TempDir,
}

fn tree() -> Tree {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x"), "x").unwrap();
    Tree { root: File::open(dir.path()).unwrap().into(), _dir: dir }
}

impl Shown for Tree {
    fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }
}

struct Writing(Tree, Layer);

impl Shown for Writing {
    fn root(&self) -> BorrowedFd<'_> {
        self.0.root()
    }
}

#[async_trait]
impl Draft for Writing {
    async fn finish(self: Box<Self>) -> Result<Option<Layer>, FilesError> {
        Ok(Some(self.1))
    }
}

impl FakeSite {
    pub(super) fn new() -> Self {
        let site = Self(Mutex::default());
        site.add("base", |_| {});
        site
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    pub(super) fn add(&self, name: &str, set: impl FnOnce(&mut ImageConfig)) {
        let mut config = ImageConfig { os: "linux".into(), ..ImageConfig::default() };
        config.history.push(History { created_by: name.into(), ..History::default() });
        set(&mut config);
        let base = Base { id: identity(&config), config, layers: vec![layer(0)] };
        self.world().named.insert(name.to_owned(), base);
    }

    /// Gives what was said, each id as the number of its turn.
    pub(super) fn take_said(&self) -> String {
        let mut world = self.world();
        world.numbers.clear();
        std::mem::take(&mut world.said)
    }

    pub(super) fn runs(&self) -> Vec<Run> {
        self.world().runs.clone()
    }

    pub(super) fn last(&self) -> Base {
        self.world().last.clone().unwrap()
    }

    /// Gives the last image a name.
    pub(super) fn publish(&self, name: &str) {
        let last = self.last();
        self.world().named.insert(name.to_owned(), last);
    }

    pub(super) fn forget_steps(&self) {
        self.world().steps.clear();
    }
}

fn layer(number: u8) -> Layer {
    let digest = Digest::from_bytes([number; 32]);
    Layer { diff_id: digest, blob: digest, size_bytes: 1 }
}

impl World {
    fn layer(&mut self) -> Layer {
        self.layers += 1;
        layer(self.layers)
    }

    fn number(&mut self, short: &str) -> usize {
        match self.numbers.iter().position(|known| known == short) {
            Some(at) => at + 1,
            None => {
                self.numbers.push(short.to_owned());
                self.numbers.len()
            }
        }
    }
}

#[async_trait]
impl Site for FakeSite {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(0)
    }

    async fn say(&self, text: String) -> Result<(), BuildError> {
        let mut world = self.world();
        let text = match text.strip_prefix(" ---> ").map(str::trim) {
            Some(id) if id.len() == 12 => format!(" ---> {}\n", world.number(id)),
            _ => text,
        };
        world.said.push_str(&text);
        Ok(())
    }

    async fn tell(&self, id: Digest) -> Result<(), BuildError> {
        let mut world = self.world();
        let number = world.number(&id.hex()[..12]);
        world.said.push_str(&format!("= {number}\n"));
        Ok(())
    }

    async fn base(&self, name: &str, _: Option<&str>, _: bool) -> Result<Base, BuildError> {
        let missing = || BuildError::Step(format!("pull access denied for {name}"));
        self.here(name).await.ok_or_else(missing)
    }

    async fn here(&self, name: &str) -> Option<Base> {
        self.world().named.get(name).cloned()
    }

    async fn cached(
        &self,
        parent: Option<Digest>,
        key: Digest,
    ) -> Result<Option<Base>, BuildError> {
        Ok(self.world().steps.get(&(parent, key)).cloned())
    }

    async fn keep(&self, made: Vec<Made>) -> Result<(), BuildError> {
        let mut world = self.world();
        for made in made {
            world.last = Some(made.image.clone());
            world.steps.insert((made.parent, made.cache_key), made.image);
        }
        Ok(())
    }

    async fn run(&self, run: Run) -> Result<Ran, BuildError> {
        let mut world = self.world();
        let code = run.command.last().and_then(|last| last.strip_prefix("exit ")?.parse().ok());
        world.runs.push(run);
        let layer = world.layer();
        Ok(Ran { code: code.unwrap_or_default(), layer: Some(layer) })
    }

    async fn show(&self, _: &[Digest]) -> Result<Arc<dyn Shown>, BuildError> {
        Ok(Arc::new(tree()))
    }

    async fn draft(&self, _: &[Digest]) -> Result<Box<dyn Draft>, BuildError> {
        let layer = self.world().layer();
        Ok(Box::new(Writing(tree(), layer)))
    }

    async fn fetch(&self, url: &str) -> Result<Fetched, BuildError> {
        Err(BuildError::Step(format!("{url} is not here")))
    }
}
