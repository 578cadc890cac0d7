//! `DELETE /images/remove`, `DELETE /images/{name}` and `POST /images/{name}/untag`.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{bare_id, whole_name};
use crate::{
    body::{self, Answer},
    call::{Call, encoded, query_of},
    error::Failure,
};

/// What podman's client ends with when an image is not there, and when one is in use.
const CODES: [(StatusCode, i64); 2] = [(StatusCode::NOT_FOUND, 1), (StatusCode::CONFLICT, 2)];

/// Removes several images; what becomes of each is told in one answer.
pub(super) async fn several(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    let mut named: Vec<String> = query.get_all("images").map(str::to_owned).collect();
    if query.bool("all") {
        let shown = call.get("/images/json").await?;
        let ids = shown.as_array().into_iter().flatten().filter_map(|line| line["Id"].as_str());
        named.extend(ids.map(str::to_owned));
    }
    let (mut untagged, mut deleted, mut errors, mut code) = (vec![], vec![], vec![], 0);
    for name in named {
        match removed(call, &encoded(&name), query.bool("force")).await {
            Ok((tags, ids)) => {
                untagged.extend(tags);
                deleted.extend(ids);
            }
            Err(failure) if failure.is_absent() && query.bool("ignore") => {}
            Err(failure) => {
                code = CODES
                    .iter()
                    .find(|(status, _)| *status == failure.status())
                    .map_or(125, |c| c.1);
                errors.push(failure.message().to_owned());
            }
        }
    }
    let report =
        json!({ "Untagged": untagged, "Deleted": deleted, "Errors": errors, "ExitCode": code });
    Ok(body::json(StatusCode::OK, &report))
}

/// Removes one image.
pub(super) async fn one(call: &Call, name: &str) -> Result<Answer, Failure> {
    let force = call.query()?.bool("force");
    let (untagged, deleted) = removed(call, name, force).await?;
    let report = json!({ "Untagged": untagged, "Deleted": deleted, "ExitCode": 0 });
    Ok(body::json(StatusCode::OK, &report))
}

/// Takes a name from an image; without one that is said, all of them.
pub(super) async fn untag(call: &Call, name: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    let Some(repository) = query.get("repo").filter(|text| !text.is_empty()) else {
        return Err(Failure::not_built("untag without a name"));
    };
    let tag = query.get("tag").filter(|tag| !tag.is_empty()).unwrap_or("latest");
    let image = call.get(&format!("/images/{name}/json")).await?;
    let tags = super::list::names(&image["RepoTags"]);
    let named = whole_name(&format!("{repository}:{tag}"));
    if !tags.contains(&named) {
        return Err(Failure::absent("tag not known", format!("{named}: tag not known")));
    }
    if tags.len() < 2 {
        return Err(Failure::not_built("untag of the last name, which would leave the image"));
    }
    removed(call, &encoded(&named), false).await?;
    Ok(body::empty(StatusCode::CREATED))
}

async fn removed(
    call: &Call,
    name: &str,
    force: bool,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let asked = query_of(&[("force", Some(&force.to_string()))]);
    // Docker names the layers that go beside the images.
    let before = call.caller().world();
    let is_image = |id: &&Value| {
        let id = id.as_str().and_then(|id| id.parse().ok());
        id.is_some_and(|id| before.state.images().get(&id).is_some())
    };
    let said = call.ask(Method::DELETE, &format!("/images/{name}{asked}"), None).await?.json()?;
    let items = || said.as_array().into_iter().flatten();
    let tags = items().filter_map(|item| item["Untagged"].as_str()).map(whole_name).collect();
    let ids = items()
        .filter_map(|item: &Value| item.get("Deleted"))
        .filter(is_image)
        .map(bare_id)
        .collect();
    Ok((tags, ids))
}
