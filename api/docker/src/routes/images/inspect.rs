//! `GET /images/{name}/json`.

use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    path::{Target, name_before},
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::get()
        .and(name_before("json"))
        .and(call())
        .then(|name: Target, call: Call| {
            call.look("/images/{name}/json", move |look| inspect(look, name.0))
        })
        .boxed()
}

async fn inspect(look: Look, name: String) -> Result<Response, ApiError> {
    let version = look.version()?;
    let world = look.world();
    let image = world.state.find_image(&name, api_shown::image_name(&name).as_ref())?;
    let driver = look.backend().storage_driver;
    let mut shown = api_shown::image_inspect(world.state.images(), image, driver);
    let layers: Vec<_> = image.layers.iter().map(|layer| layer.diff_id).collect();
    let directories = look.directories(&layers, None);
    shown.graph_driver.data = directories.as_ref().map(api_shown::image_data);
    shown.virtual_size = api_shown::virtual_size(version, shown.size);
    Ok(read(&world, &shown))
}
