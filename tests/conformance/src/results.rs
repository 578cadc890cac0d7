//! What became of every row at one endpoint, as it is kept in a JSON file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::acceptance::id_of;
use crate::http::Client;

/// The results of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// What the endpoint is called in the matrix.
    pub endpoint: String,
    /// The version that it tells.
    pub version: String,
    /// The newest API version that it speaks.
    pub api_version: String,
    /// The kernel that it runs on.
    pub kernel: String,
    /// The day of the run.
    pub date: String,
    /// The tests of each row that was asked.
    pub rows: BTreeMap<String, Vec<TestResult>>,
}

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The test's name.
    pub test: String,
    /// What became of it.
    pub result: Word,
    /// Why it is not `pass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// What became of a test, in order of weight: the worst of its tests is what a row shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Word {
    /// The endpoint cannot know the behaviour, or differs from it on purpose.
    #[serde(rename = "not asked")]
    NotAsked,
    /// It does what the row says.
    #[serde(rename = "pass")]
    Pass,
    /// It answered 501 and said why.
    #[serde(rename = "unsupported")]
    Unsupported,
    /// It does something else.
    #[serde(rename = "fail")]
    Fail,
}

impl Word {
    /// How the word is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAsked => "not asked",
            Self::Pass => "pass",
            Self::Unsupported => "unsupported",
            Self::Fail => "fail",
        }
    }
}

impl Results {
    /// Asks an endpoint what it is; no test has a result yet.
    pub async fn of(endpoint: &str, client: &Client) -> Result<Self> {
        let version = client.get("/version").await?.expect_status(200)?.json()?;
        let text = |field: &str| version[field].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            endpoint: endpoint.to_owned(),
            version: text("Version"),
            api_version: text("ApiVersion"),
            kernel: text("KernelVersion"),
            date: jiff::Zoned::now().date().to_string(),
            rows: BTreeMap::new(),
        })
    }

    /// Adds the result of a test to its row; tests that are named for no row are left out.
    pub fn add(&mut self, result: TestResult) {
        let Some(id) = id_of(&result.test) else { return };
        let tests = self.rows.entry(id).or_default();
        tests.retain(|test| test.test != result.test);
        tests.push(result);
        tests.sort_by(|a, b| a.test.cmp(&b.test));
    }

    /// Adds what a plain test suite printed: lines `test path::name ... ok`.
    pub fn add_printed(&mut self, text: &str) {
        for line in text.lines() {
            let Some((name, word)) =
                line.strip_prefix("test ").and_then(|line| line.split_once(" ... "))
            else {
                continue;
            };
            let test = name.trim().rsplit("::").next().unwrap_or(name).to_owned();
            let (result, reason) = match word.trim() {
                "ok" => (Word::Pass, None),
                "FAILED" => (Word::Fail, Some("see the output of the suite".to_owned())),
                _ => continue,
            };
            self.add(TestResult { test, result, reason, duration_ms: None });
        }
    }

    /// What a row shows: the worst of its tests, or none where it has no test.
    pub fn word(&self, id: &str) -> Option<Word> {
        self.rows.get(id)?.iter().map(|test| test.result).max()
    }

    /// Reads a file of results.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is no file of results", path.display()))
    }

    /// Writes a file of results.
    pub fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
    }
}

/// The files of results in a folder: ours first, the others by name.
pub fn committed(folder: &Path) -> Result<Vec<Results>> {
    let mut all = Vec::new();
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            all.push(Results::read(&path)?);
        }
    }
    all.sort_by_key(|results| (results.endpoint != "sockerless", results.endpoint.clone()));
    Ok(all)
}

#[cfg(test)]
mod tests;
