//! `GET /images/{name}/json`.

use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read},
    convert,
    error::ApiError,
    path::{Target, name_before},
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::get()
        .and(name_before("json"))
        .and(call())
        .then(|name: Target, call: Call| {
            call.answer("/images/{name}/json", move |call| inspect(call, name.0))
        })
        .boxed()
}

async fn inspect(call: Call, name: String) -> Result<Response, ApiError> {
    let version = call.version()?;
    let world = call.world();
    let image = world.state.find_image(&name, convert::image_name(&name).as_ref())?;
    let driver = call.context().backend.info().storage_driver;
    let mut shown = convert::image_inspect(world.state.images(), image, driver);
    let layers: Vec<_> = image.layers.iter().map(|layer| layer.diff_id).collect();
    let directories = call.context().backend.directories(&layers, None);
    shown.graph_driver.data = directories.as_ref().map(convert::image_data);
    shown.virtual_size = convert::virtual_size(version, shown.size);
    Ok(read(&world, &shown))
}
