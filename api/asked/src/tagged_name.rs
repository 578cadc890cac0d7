//! The name that an image shall get.

use backends_images::Reference;
use journal_domain::ImageName;

use crate::Unfit;

/// Reads a name that an image shall get: a repository, and a tag apart, which may be in the repository too.
pub fn tagged_name(repository: &str, tag: &str) -> Result<ImageName, Unfit> {
    let name = Reference::parse(repository)?;
    if name.digest().is_some() {
        return Err(Unfit::invalid("refusing to create a tag with a digest reference"));
    }
    let name = if tag.is_empty() { name } else { name.with_tag(tag)? };
    Ok(ImageName::from_normalized(name.to_string()))
}
