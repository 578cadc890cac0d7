//! A large image of many layers, as a registry keeps it and as `docker save` writes it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests_conformance::{command, run};

/// Layers of the image: what images of applications have.
const LAYERS: u32 = 10;

/// Its name in the registry's folder.
pub(crate) const REPOSITORY: &str = "bench/large";

/// Its name in the archive.
pub(crate) const TAG: &str = "sockerless-bench/large:latest";

const LAYER_TYPE: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const CONFIG_TYPE: &str = "application/vnd.docker.container.image.v1+json";
const MANIFEST_TYPE: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The image in a folder.
#[derive(Debug)]
pub(crate) struct LargeImage {
    /// The folder that a registry serves.
    pub(crate) registry: PathBuf,
    /// The archive for `docker load`.
    pub(crate) archive: PathBuf,
    /// Bytes of its layers, unpacked.
    pub(crate) bytes: u64,
}

impl LargeImage {
    /// Makes the image in `folder`, with layers that come to `megabytes`.
    pub(crate) fn make(folder: &Path, megabytes: u32) -> Result<Self> {
        let registry = folder.join("registry");
        let store = Store { root: registry.join("docker/registry/v2") };
        let parts = folder.join("parts");
        fs::create_dir_all(&parts)?;
        let mut random = fastrand::Rng::with_seed(1);
        let (mut diff_ids, mut layers, mut files, mut bytes) = (vec![], vec![], vec![], 0);
        for number in 0..LAYERS {
            let name = format!("layer-{number}.tar");
            let tar = layer(&parts, &name, megabytes / LAYERS, &mut random)?;
            bytes += fs::metadata(&tar)?.len();
            diff_ids.push(format!("sha256:{}", digest_of(&tar)?));
            run(command("gzip").args(["-1", "--keep", "--no-name"]).arg(&tar))?;
            let packed = parts.join(format!("{name}.gz"));
            let descriptor = store.blob(LAYER_TYPE, &packed)?;
            store.link("_layers", &descriptor)?;
            layers.push(descriptor);
            files.push(name);
        }
        let config = json!({
            "architecture": architecture(), "os": "linux", "created": "2024-01-01T00:00:00Z",
            "config": {"Cmd": ["true"]}, "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        fs::write(parts.join("config.json"), config.to_string())?;
        fs::write(
            parts.join("manifest.json"),
            json!([{"Config": "config.json", "RepoTags": [TAG], "Layers": files}]).to_string(),
        )?;
        let archive = folder.join("large.tar");
        let names = ["manifest.json", "config.json"].map(str::to_owned).into_iter().chain(files);
        run(command("tar").arg("-C").arg(&parts).arg("-cf").arg(&archive).args(names))?;
        store.manifest(&parts, &layers)?;
        Ok(Self { registry, archive, bytes })
    }
}

/// A registry's folder.
struct Store {
    root: PathBuf,
}

impl Store {
    /// Moves a file to the blobs and returns its descriptor.
    fn blob(&self, media_type: &str, file: &Path) -> Result<Value> {
        let digest = digest_of(file)?;
        let size = fs::metadata(file)?.len();
        let folder = self.root.join("blobs/sha256").join(&digest[..2]).join(&digest);
        fs::create_dir_all(&folder)?;
        fs::rename(file, folder.join("data"))?;
        Ok(json!({"mediaType": media_type, "size": size, "digest": format!("sha256:{digest}")}))
    }

    /// Says that the repository has a blob, in the folder `kind`.
    fn link(&self, kind: &str, descriptor: &Value) -> Result<()> {
        let digest = descriptor["digest"].as_str().context("a digest")?;
        let hex = digest.trim_start_matches("sha256:");
        let folder = self.root.join("repositories").join(REPOSITORY).join(kind).join("sha256");
        write(&folder.join(hex).join("link"), digest)
    }

    fn manifest(&self, parts: &Path, layers: &[Value]) -> Result<()> {
        let config = self.blob(CONFIG_TYPE, &parts.join("config.json"))?;
        self.link("_layers", &config)?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": layers,
        });
        let file = parts.join("registry-manifest.json");
        fs::write(&file, manifest.to_string())?;
        let descriptor = self.blob(MANIFEST_TYPE, &file)?;
        self.link("_manifests/revisions", &descriptor)?;
        self.link("_manifests/tags/latest/index", &descriptor)?;
        let tag = self.root.join("repositories").join(REPOSITORY).join("_manifests/tags/latest");
        write(&tag.join("current/link"), descriptor["digest"].as_str().context("a digest")?)
    }
}

/// Makes a layer: files of a megabyte, half of it noise, for real layers shrink to about that.
fn layer(parts: &Path, name: &str, megabytes: u32, random: &mut fastrand::Rng) -> Result<PathBuf> {
    let folder = parts.join("tree");
    let inside = folder.join("opt").join(name);
    fs::create_dir_all(&inside)?;
    for number in 0..megabytes {
        let mut content = vec![b'.'; 1_000_000];
        random.fill(&mut content[..500_000]);
        fs::write(inside.join(number.to_string()), content)?;
    }
    let tar = parts.join(name);
    run(command("tar")
        .arg("-C")
        .arg(&folder)
        .args(["--owner=0", "--group=0", "-cf"])
        .arg(&tar)
        .arg("opt"))?;
    fs::remove_dir_all(&folder)?;
    Ok(tar)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("a folder")?)?;
    Ok(fs::write(path, text)?)
}

fn digest_of(file: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut fs::File::open(file)?, &mut hasher)?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The architecture as images name it.
fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

#[cfg(test)]
mod tests;
