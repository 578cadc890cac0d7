//! The server itself on a disk that loses power: whatever it has answered is there after the next start.
//!
//! Its whole data directory is on the disk of `tests-powercut`: the log and its witness, the keys of sealed values, the store of
//! images. The power goes at a drawn operation, during a start or under a small load, and what was not synced is gone in part
//! and torn. Left out is what `syncfs` makes durable, of which such a disk is not told: unpacked layers, and the audit tiles of
//! a trimmed log. `SOCKERLESS_TEST_CUTS` sets how often, `SOCKERLESS_TEST_SEED` repeats the draws.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use tests_conformance::{Client, Server, eventually};
use tests_e2e::{Figures, cuts, seed, tell};
use tests_powercut::{Cut, Image, Lie, Moment, Mount};

use crate::setup;

/// Cuts of a plain run.
const CUTS: u32 = 6;

/// Cuts that one disk goes through before the next begins empty.
const LIVES: u32 = 10;

/// Cuts within which a disk that lies has to be found out: each of them finds it more often than not.
const LIES: u32 = 12;

/// Operations of the disk up to which the power goes, from a start and from the first call on.
const START_OPERATIONS: u64 = 150;
const LOAD_OPERATIONS: u64 = 500;

/// Clients that ask at once.
const CLIENTS: u32 = 3;

/// How long a server may take to notice that its disk is gone, and to end.
const END_LIMIT: Duration = Duration::from_secs(30);

/// The image that containers are made of.
const BASE: &str = "base";

/// What has become of something that a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was answered that it is there.
    There,
    /// It was answered that it is gone.
    Gone,
    /// It was not answered.
    Unknown,
}

/// What clients were answered, by name.
#[derive(Debug, Default)]
struct Answers {
    containers: BTreeMap<String, Fate>,
    images: BTreeMap<String, Fate>,
}

/// A data directory on a disk, through many cuts.
struct Life {
    folder: tempfile::TempDir,
    image: Image,
    answers: Mutex<Answers>,
}

impl Life {
    /// Makes a disk on which a server has had its first start, and has an image.
    async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut life = Self { folder, image: Image::empty(), answers: Mutex::default() };
        let mount = life.mount(Lie::No)?;
        let mut server = server(&mount)?;
        server.start_again().await?;
        life.import(&server.client(), BASE).await?;
        server.stop()?;
        life.image = mount.end()?;
        drop(server);
        Ok(life)
    }

    fn mount(&self, lie: Lie) -> Result<Mount> {
        Ok(Mount::new(self.folder.path(), self.image.clone(), lie)?)
    }

    /// Has a server work until the power goes, and tells what the next one finds lost.
    async fn cut(&mut self, lie: Lie, random: &mut fastrand::Rng) -> Result<Option<String>> {
        let (cut, seed) = (Cut::draw(random), random.u64(..));
        let is_in_start = random.u8(..4) == 0;
        let mount = self.mount(lie)?;
        let mut server = server(&mount)?;
        if is_in_start {
            mount.plan(random.u64(1..=START_OPERATIONS), Moment::Cut(cut, seed));
        }
        let what = format!("{cut:?}, {}", if is_in_start { "from the start on" } else { "later" });
        match server.start_again().await {
            Ok(()) => {
                if !is_in_start {
                    let operation = mount.operations() + random.u64(1..=LOAD_OPERATIONS);
                    mount.plan(operation, Moment::Cut(cut, seed));
                }
                self.load(&server, &mount, random).await.with_context(|| what.clone())?;
            }
            Err(error) => ensure!(mount.is_cut(), "{what}: it does not start: {error:#}"),
        }
        let status = eventually("the server ends", END_LIMIT, async || server.ended()).await?;
        // A start that fails may say so in other ways, but for those that keep it from being tried again.
        let is_told = status.code() == Some(70) || is_in_start && status.code() == Some(1);
        ensure!(is_told, "{what}: a failed disk ends it, and not {status}: {}", server.log_end());
        self.image = mount.end()?;
        drop(server);
        Ok(self.check().await?.map(|lost| format!("{what}: {lost}\n{}", self.image.listing())))
    }

    /// Looks at a copy of the disk, so that the next server meets what the cut has left.
    async fn check(&self) -> Result<Option<String>> {
        let mount = self.mount(Lie::No)?;
        let mut server = server(&mount)?;
        let checked = match server.start_again().await {
            Ok(()) => self.find_lost(&server).await,
            Err(error) => Err(error.context("the next server does not start")),
        };
        server.kill()?;
        mount.end()?;
        drop(server);
        Ok(checked.err().map(|error| format!("{error:#}")))
    }

    /// Compares what a server has with what clients were answered; what is lost is the error.
    async fn find_lost(&self, server: &Server) -> Result<()> {
        server.journal(&["verify"])?;
        let client = server.client();
        let (containers, images) = {
            let answers = self.answers();
            (answers.containers.clone(), answers.images.clone())
        };
        let names = setup::names(server).await?;
        for (name, fate) in &containers {
            match (names.contains(name), fate) {
                (false, Fate::There) => bail!("container {name} is gone"),
                (true, Fate::Gone) => bail!("container {name} is there again"),
                (true, Fate::There) => {
                    let env = setup::inspect(server, name).await?["Config"]["Env"].to_string();
                    ensure!(env.contains(&format!("TOKEN=of-{name}")), "{name}: {env}");
                }
                (true | false, Fate::Unknown) | (false, Fate::Gone) => {}
            }
        }
        for name in images.iter().filter(|(_, fate)| **fate == Fate::There).map(|(name, _)| name) {
            let saved = client.get(&format!("/images/{name}/get")).await?;
            let saved = saved.expect_status(200).with_context(|| format!("image {name}"))?.body;
            let inside = content(name);
            let has_it = saved.windows(inside.len()).any(|bytes| bytes == inside.as_bytes());
            ensure!(has_it, "image {name} is not what was imported");
        }
        Ok(())
    }

    /// Has clients ask until the power is gone.
    async fn load(&self, server: &Server, mount: &Mount, random: &mut fastrand::Rng) -> Result<()> {
        let life = random.u32(..);
        let clients = (0..CLIENTS).map(|number| {
            let random = fastrand::Rng::with_seed(random.u64(..));
            self.ask(server.client(), mount, format!("p{life:x}-{number}"), random)
        });
        futures_util::future::try_join_all(clients).await.map(drop)
    }

    /// Asks for containers and images, and for some of them to go.
    async fn ask(
        &self,
        client: Client,
        mount: &Mount,
        prefix: String,
        mut random: fastrand::Rng,
    ) -> Result<()> {
        for call in 0.. {
            let name = format!("{prefix}-{call}");
            let answered = match random.u8(..6) {
                0 => self.import(&client, &name).await,
                _ => self.create(&client, &name, random.bool()).await,
            };
            match answered {
                Err(_) if mount.is_cut() => break,
                answered => answered?,
            }
        }
        Ok(())
    }

    /// Has a container made, and perhaps removed.
    async fn create(&self, client: &Client, name: &str, is_removed: bool) -> Result<()> {
        let note = |fate| self.answers().containers.insert(name.to_owned(), fate);
        note(Fate::Unknown);
        let body = json!({"Image": BASE, "Cmd": ["true"], "Env": [format!("TOKEN=of-{name}")]});
        let path = format!("/containers/create?name={name}");
        client.post_json(&path, &body).await?.expect_status(201)?;
        note(Fate::There);
        if is_removed {
            note(Fate::Unknown);
            client.delete(&format!("/containers/{name}")).await?.expect_status(204)?;
            note(Fate::Gone);
        }
        Ok(())
    }

    /// Has an image of one file made.
    async fn import(&self, client: &Client, name: &str) -> Result<()> {
        let note = |fate| self.answers().images.insert(name.to_owned(), fate);
        note(Fate::Unknown);
        let mut archive = tar::Builder::new(Vec::new());
        let content = content(name);
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, "content", content.as_bytes())?;
        let path = format!("/images/create?fromSrc=-&repo={name}&tag=latest");
        let reply = client.post_tar(&path, archive.into_inner()?).await?.expect_status(200)?;
        ensure!(!reply.text().contains("\"error\""), "{}", reply.text());
        note(Fate::There);
        Ok(())
    }

    /// Counts what was answered.
    fn answered(&self) -> u64 {
        let answers = self.answers();
        let fates = answers.containers.values().chain(answers.images.values());
        fates.filter(|fate| **fate != Fate::Unknown).count() as u64
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn server(mount: &Mount) -> Result<Server> {
    Server::prepare_on(&mount.path().join("data"), &[])
}

fn content(name: &str) -> String {
    format!("bytes of {name}")
}

#[tokio::test]
async fn nothing_answered_is_lost_by_a_power_cut() -> Result<()> {
    let (cuts, seed) = (cuts(CUTS)?, seed()?);
    let mut figures = Figures::new("server-powercut", seed);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut life = Life::new().await?;
    for number in 0..cuts {
        if number > 0 && number.is_multiple_of(LIVES) {
            life = Life::new().await?;
        }
        let before = life.answered();
        let told = || format!("cut {number}, SOCKERLESS_TEST_SEED={seed}");
        if let Some(lost) = life.cut(Lie::No, &mut random).await.with_context(told)? {
            figures.lost();
            figures.print();
            bail!("{}: {lost}", told());
        }
        figures.tried(u64::from(cuts));
        figures.add("answered", life.answered() - before);
    }
    figures.print();
    Ok(())
}

#[tokio::test]
async fn a_server_whose_disk_lies_about_syncs_is_found_to_lose() -> Result<()> {
    let seed = seed()?;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut life = Life::new().await?;
    for number in 1..=LIES {
        if let Some(lost) = life.cut(Lie::Sync, &mut random).await? {
            let lost = lost.lines().next().unwrap_or_default();
            tell(&format!("found out by cut {number}, seed {seed}: {lost}"));
            return Ok(());
        }
    }
    bail!("a disk that lied through {LIES} cuts was not found out, SOCKERLESS_TEST_SEED={seed}")
}
