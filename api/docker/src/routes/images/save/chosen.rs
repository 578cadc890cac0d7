//! Which images a client means by a list of names, and under which names they are saved.

use std::{collections::BTreeSet, sync::Arc};

use backends_images::{Digest, Reference, SavedImage};
use journal_domain::{Image, ImageName};
use projector_containers::State;

use crate::error::ApiError;

/// An image that is to be saved, with the names it is saved under.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) image: Arc<Image>,
    pub(super) names: BTreeSet<ImageName>,
}

/// Finds the images, each once, in the order in which they are first named.
///
/// As in dockerd: a name with a tag is that one, a name without a tag is all tags of its repository, and an identity
/// is the image without a name.
pub(super) fn chosen(state: &State, names: &[String]) -> Result<Vec<Chosen>, ApiError> {
    let mut all: Vec<Chosen> = Vec::new();
    for name in names {
        for (image, name) in found(state, name)? {
            match all.iter_mut().find(|known| known.image.id == image.id) {
                Some(known) => known.names.extend(name),
                None => {
                    all.push(Chosen {
                        image: Arc::clone(image),
                        names: name.into_iter().collect(),
                    });
                }
            }
        }
    }
    Ok(all)
}

type Found<'s> = Vec<(&'s Arc<Image>, Option<ImageName>)>;

fn found<'s>(state: &'s State, text: &str) -> Result<Found<'s>, ApiError> {
    let by_id = || Ok(vec![(state.find_image(text, None)?, None)]);
    if text.starts_with("sha256:") || is_id(text) {
        return by_id();
    }
    let reference = Reference::parse_untagged(text)?;
    if reference.digest().is_some() {
        return Ok(vec![(state.find_image(text, api_shown::image_name(text).as_ref())?, None)]);
    }
    if reference.tag().is_some() {
        let name = ImageName::from_normalized(reference.to_string());
        let image = state.images().named(&name);
        let missing = || ApiError::not_found("reference does not exist");
        return Ok(vec![(image.ok_or_else(missing)?, Some(name))]);
    }
    let of_repository = repository(state, &reference);
    if of_repository.is_empty() { by_id() } else { Ok(of_repository) }
}

/// Gives every image that has a tag in a repository, with each of them.
fn repository<'s>(state: &'s State, repository: &Reference) -> Found<'s> {
    let images = state.images();
    let named = images.iter().flat_map(|image| {
        let names = images.names(&image.id).iter();
        names.map(move |name| (image, Some(name.clone())))
    });
    named
        .filter(|(_, name)| {
            let parsed = name.as_ref().and_then(|name| Reference::parse(name.as_str()).ok());
            parsed.is_some_and(|name| name.tag().is_some() && name.name() == repository.name())
        })
        .collect()
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

// === impl Chosen ===

impl Chosen {
    /// Gives the image as the store knows it.
    pub(super) fn saved(&self) -> SavedImage {
        let stored = |digest: journal_domain::Digest| Digest::from_bytes(*digest.as_bytes());
        let names = self.names.iter().filter_map(|name| Reference::parse(name.as_str()).ok());
        let layers = self.image.layers.iter();
        SavedImage {
            id: stored(self.image.id),
            names: names.collect(),
            layers: layers.map(|layer| (stored(layer.diff_id), stored(layer.blob))).collect(),
        }
    }
}
