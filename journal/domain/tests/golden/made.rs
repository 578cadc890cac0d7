//! Images that are made here, and containers of builds.

use journal_domain::*;

use super::{at, container, digest, image, name, nameless, text};

const fn transfer() -> TransferId {
    TransferId::from_bytes([0x7b; 16])
}

fn made() -> MadeImage {
    MadeImage { image: image().into(), parent: Some(digest()), cache_key: Some(digest()) }
}

pub(crate) fn commands() -> Vec<Command> {
    let delete = DeleteImage { target: text("busybox"), target_name: Some(name()), force: false };
    let open = |source| OpenTransfer { id: transfer(), source, name: text("app") };
    let create = nameless(None);
    let options = vec![ContainerOption::Build(transfer())];
    vec![
        ContainerCommand::from(CreateContainerWith { create, options }).into(),
        ImageCommand::from(open(ImageSource::Commit)).into(),
        ImageCommand::from(open(ImageSource::Build)).into(),
        ImageCommand::from(AddMade {
            transfer: transfer(),
            images: vec![made()],
            commit: Some((container(), text("by hand"))),
            end: Some(MakingEnd { image: digest(), names: vec![name()] }),
        })
        .into(),
        ImageCommand::from(PruneBuildCache {
            all: true,
            until: Some(at()),
            labels: vec![LabelFilter { name: text("k"), value: Some(text("v")) }],
            ids: vec![text("d1d1")],
            kept_bytes: 4096,
        })
        .into(),
        ImageCommand::from(DeleteImageAlone { delete }).into(),
    ]
}

pub(crate) fn events() -> Vec<Event> {
    let MadeImage { parent, cache_key, .. } = made();
    let commit = Some((container(), text("by hand")));
    let options = vec![ContainerOption::Build(transfer())];
    vec![
        ContainerOptionsSet { id: container(), options }.into(),
        ImageMade { id: digest(), parent, cache_key, commit, names: vec![name()] }.into(),
        BuildCachePruned { reclaimed_bytes: 4096 }.into(),
    ]
}
