//! The root file system: an overlay of the image's layers, or a prepared tree.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, fsconfig_create, fsconfig_set_flag,
    fsconfig_set_string, fsmount, fsopen, mount,
};
use sandbox_shim::Rootfs;

use crate::error::{During, StartError, step};
use crate::mount::{copy_of, copy_of_path};

/// The longest value fsconfig takes, in bytes.
const VALUE_MAX_BYTES: usize = 255;

/// Features that would make the container's layer unreadable to those who export and commit it.
const KEPT_PLAIN: &[&str] = &["index", "metacopy"];

/// Another one, which is off by itself where the notes are users' attributes, and refused there whatever it is set to.
const REDIRECTS: &str = "redirect_dir";

/// Has the notes be users' attributes.
const USER_XATTRS: &str = "userxattr";

/// What a mount without syncs leaves behind in the work directory, to refuse the next one.
const VOLATILE_MARK: &str = "work/incompat";

/// The root as a detached mount.
pub(super) fn make(rootfs: &Rootfs, mount_point: &Path) -> Result<OwnedFd, StartError> {
    match rootfs {
        Rootfs::Directory { path } => {
            copy_of_path(path).during(step!("mounting {}", path.display()))
        }
        Rootfs::Overlay { lower, upper, work, volatile, user_xattrs } => {
            if *volatile {
                // It is there to tell of a crash of the host, after which such a container is not started again.
                drop(std::fs::remove_dir_all(work.join(VOLATILE_MARK)));
            }
            let layers = Layers::open(lower.iter().map(AsRef::as_ref), upper, work)?;
            let flags: Vec<&str> = [(*volatile, "volatile"), (*user_xattrs, USER_XATTRS)]
                .into_iter()
                .filter_map(|(is_set, flag)| is_set.then_some(flag))
                .collect();
            match layers.mount(&flags) {
                // Linux before 6.7 takes lower directories only in one string.
                Err(Errno::INVAL) => layers
                    .mount_in_one_string(&flags, mount_point)
                    .during(step!("mounting the root file system")),
                mounted => mounted.during(step!("mounting the root file system")),
            }
        }
    }
}

/// The directories of an overlay, open, each with the text that names it.
struct Layers {
    lower: Vec<Layer>,
    upper: Layer,
    work: Layer,
}

struct Layer {
    name: String,
    directory: File,
}

impl Layer {
    fn open(path: &Path) -> Result<Self, StartError> {
        let directory = File::open(path).during(step!("opening layer {}", path.display()))?;
        let short = path.to_str().filter(|path| path.len() <= VALUE_MAX_BYTES);
        // A colon, comma or backslash would have to be escaped, differently for each kernel.
        let plain = short.filter(|path| !path.contains([':', ',', '\\']));
        let name = plain.map_or_else(|| link(&directory), str::to_owned);
        Ok(Self { name, directory })
    }
}

/// A short path for a directory that is open, good as long as it is.
fn link(directory: &File) -> String {
    format!("/proc/self/fd/{}", directory.as_raw_fd())
}

impl Layers {
    fn open<'a>(
        lower: impl Iterator<Item = &'a Path>,
        upper: &Path,
        work: &Path,
    ) -> Result<Self, StartError> {
        let lower = lower.map(Layer::open).collect::<Result<_, _>>()?;
        Ok(Self { lower, upper: Layer::open(upper)?, work: Layer::open(work)? })
    }

    fn mount(&self, flags: &[&str]) -> Result<OwnedFd, Errno> {
        let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_set_string(&context, "source", "overlay")?;
        for option in KEPT_PLAIN {
            fsconfig_set_string(&context, *option, "off")?;
        }
        if !flags.contains(&USER_XATTRS) {
            fsconfig_set_string(&context, REDIRECTS, "off")?;
        }
        for layer in &self.lower {
            fsconfig_set_string(&context, "lowerdir+", layer.name.as_str())?;
        }
        fsconfig_set_string(&context, "upperdir", self.upper.name.as_str())?;
        fsconfig_set_string(&context, "workdir", self.work.name.as_str())?;
        for flag in flags {
            fsconfig_set_flag(&context, *flag)?;
        }
        fsconfig_create(&context)?;
        fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
    }

    fn mount_in_one_string(&self, flags: &[&str], mount_point: &Path) -> Result<OwnedFd, Errno> {
        let lower: Vec<String> = self.lower.iter().map(|layer| link(&layer.directory)).collect();
        let (upper, work) = (link(&self.upper.directory), link(&self.work.directory));
        let flags: String = flags.iter().map(|flag| format!(",{flag}")).collect();
        let options =
            format!("lowerdir={},upperdir={upper},workdir={work}{flags}", lower.join(":"));
        let options = CString::new(options).map_err(|_| Errno::INVAL)?;
        mount("overlay", mount_point, "overlay", MountFlags::empty(), options.as_c_str())?;
        copy_of(
            File::open(mount_point)
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?,
        )
    }
}
