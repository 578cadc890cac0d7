//! The repository as the rules see it: its packages, Rust sources and texts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::modules::reached;
use crate::source::Source;

/// What holds no text of the project. `.git` is a file in a linked checkout.
const SKIPPED: &[&str] = &[".git", "target", "node_modules"];

/// The repository, read once.
#[derive(Debug)]
pub struct Tree {
    /// The manifest at the root.
    pub root: toml::Table,
    /// Every package, sorted by name.
    pub packages: Vec<Package>,
    /// Every text file by its path from the root, with `/` between the parts.
    pub texts: BTreeMap<String, String>,
}

/// One package of the workspace.
#[derive(Debug)]
pub struct Package {
    /// The name in its manifest.
    pub name: String,
    /// Its folder from the root, such as `journal/log`.
    pub folder: String,
    /// Its manifest.
    pub manifest: toml::Table,
    /// What it depends on, for the product and for its tests.
    pub dependencies: Vec<Dependency>,
    /// Its Rust files, sorted by path.
    pub sources: Vec<Source>,
}

/// One line of a manifest that asks for another package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The package asked for.
    pub name: String,
    /// True where only tests ask for it.
    pub test_only: bool,
    /// True where version and path come from the root.
    pub from_root: bool,
}

/// Why the repository could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// A file or folder could not be read.
    Io(PathBuf, std::io::Error),
    /// A manifest is not valid TOML.
    Manifest(String, toml::de::Error),
    /// A Rust file cannot be parsed.
    Rust(String, syn::Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(path, error) => write!(out, "reading {} failed: {error}", path.display()),
            Self::Manifest(path, error) => write!(out, "{path} is not valid TOML: {error}"),
            Self::Rust(path, error) => write!(out, "{path} cannot be parsed: {error}"),
        }
    }
}

impl std::error::Error for ReadError {}

impl Tree {
    /// Reads the repository whose root is `root`.
    pub fn read(root: &Path) -> Result<Self, ReadError> {
        let mut texts = BTreeMap::new();
        collect(root, root, &mut texts)?;
        Self::of(texts)
    }

    /// Makes a tree of texts given by their paths from the root.
    pub fn of(texts: BTreeMap<String, String>) -> Result<Self, ReadError> {
        let root = match texts.get("Cargo.toml") {
            Some(text) => manifest("Cargo.toml", text)?,
            None => toml::Table::new(),
        };
        let mut packages = Vec::new();
        for (path, text) in &texts {
            let Some(folder) = path.strip_suffix("/Cargo.toml") else { continue };
            packages.push(Package::of(folder, manifest(path, text)?, &texts)?);
        }
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { root, packages, texts })
    }

    /// Makes a tree of pairs of a path and a text, for the tests of the rules.
    #[cfg(test)]
    pub(crate) fn of_pairs(pairs: &[(&str, &str)]) -> Self {
        let texts = pairs.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self::of(texts.collect()).expect("the pairs of a test are well formed")
    }

    /// Every Rust file of every package.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.packages.iter().flat_map(|package| &package.sources)
    }
}

impl Package {
    fn of(
        folder: &str,
        manifest: toml::Table,
        texts: &BTreeMap<String, String>,
    ) -> Result<Self, ReadError> {
        let name = manifest
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(toml::Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let inside = format!("{folder}/");
        let mut sources = Vec::new();
        for (path, text) in texts.range(inside.clone()..) {
            let Some(local) = path.strip_prefix(&inside) else { break };
            if local.ends_with(".rs") {
                sources.push(
                    Source::parse(path, local, text)
                        .map_err(|error| ReadError::Rust(path.clone(), error))?,
                );
            }
        }
        for (local, role) in reached(&sources, |local| is_root(&manifest, local)) {
            if let Some(source) = sources.iter_mut().find(|source| source.local == local) {
                (source.role, source.is_reached) = (role, true);
            }
        }
        let mut dependencies = dependencies_in(&manifest);
        if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
            for target in targets.values().filter_map(toml::Value::as_table) {
                dependencies.extend(dependencies_in(target));
            }
        }
        Ok(Self { name, folder: folder.to_owned(), manifest, dependencies, sources })
    }

    /// True for the crates under `tests/`, which are not part of the product.
    pub fn is_test_package(&self) -> bool {
        self.folder.starts_with("tests/")
    }
}

/// True for the files that cargo takes as roots by itself, or that the manifest names by `path`.
fn is_root(manifest: &toml::Table, local: &str) -> bool {
    let mut parts = local.split('/');
    let place = (parts.next(), parts.next(), parts.next());
    let by_place = match place {
        (Some("src"), Some("lib.rs" | "main.rs"), None) | (Some("build.rs"), None, _) => true,
        (Some("tests" | "benches" | "examples"), Some(file), None) => file.ends_with(".rs"),
        (Some("tests" | "benches" | "examples"), Some(_), Some(file)) => file == "main.rs",
        (Some("src"), Some("bin"), Some(file)) => file.ends_with(".rs"),
        _ => false,
    };
    let is_it =
        |target: &toml::Value| target.get("path").and_then(toml::Value::as_str) == Some(local);
    let by_name = ["lib", "bin", "test", "bench", "example"].iter().any(|section| {
        match manifest.get(*section) {
            Some(toml::Value::Array(targets)) => targets.iter().any(is_it),
            Some(target) => is_it(target),
            None => false,
        }
    });
    by_place || by_name
}

fn dependencies_in(table: &toml::Table) -> Vec<Dependency> {
    let mut found = Vec::new();
    for (section, test_only) in
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
    {
        let Some(entries) = table.get(section).and_then(toml::Value::as_table) else { continue };
        for (name, value) in entries {
            let from_root = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
            found.push(Dependency { name: name.clone(), test_only, from_root });
        }
    }
    found
}

fn manifest(path: &str, text: &str) -> Result<toml::Table, ReadError> {
    text.parse().map_err(|error| ReadError::Manifest(path.to_owned(), error))
}

fn collect(
    root: &Path,
    folder: &Path,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), ReadError> {
    let broken = |error| ReadError::Io(folder.to_owned(), error);
    for entry in std::fs::read_dir(folder).map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let path = entry.path();
        let kind = entry.file_type().map_err(broken)?;
        let name = entry.file_name();
        if SKIPPED.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if kind.is_dir() {
            collect(root, &path, texts)?;
        } else if kind.is_file() {
            // What is not UTF-8 (golden records, images) is no text of the project.
            let bytes = std::fs::read(&path).map_err(|error| ReadError::Io(path.clone(), error))?;
            if let (Ok(text), Ok(local)) = (String::from_utf8(bytes), path.strip_prefix(root)) {
                texts.insert(local.to_string_lossy().into_owned(), text);
            }
        }
    }
    Ok(())
}
