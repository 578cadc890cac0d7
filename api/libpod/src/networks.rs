//! Routes of networks.

use std::collections::BTreeMap;

use api_http::RequestBody;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
    fields::Fields,
    spec::endpoint,
};

/// Answers what stands behind `/networks`.
pub(crate) async fn answer(
    call: &Call,
    rest: &[&str],
    sent: RequestBody,
) -> Result<Answer, Failure> {
    match (call.method(), rest) {
        ("POST", ["create"]) => create(call, sent).await,
        ("GET", ["json"]) => list(call).await,
        ("POST", ["prune"]) => Ok(body::json(StatusCode::OK, &pruned(call).await?)),
        ("GET", [name, "json"]) => {
            let dockers = call.get(&format!("/networks/{name}")).await?;
            Ok(body::json(StatusCode::OK, &shown(&dockers)))
        }
        ("GET", [name, "exists"]) => call.exists(&format!("/networks/{name}")).await,
        ("DELETE", [name]) => remove(call, name).await,
        ("POST", [name, "connect"]) => connect(call, name, sent).await,
        ("POST", [name, "disconnect"]) => disconnect(call, name, sent).await,
        _ => Err(Failure::no_such_page()),
    }
}

async fn create(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    fields.only("driver", &["bridge"])?;
    // What the server gives by itself, whatever a client sends; and names are answered in each network.
    fields.note(&["id", "created", "dns_enabled"]);
    let name: String = fields.take("name")?;
    let labels: BTreeMap<String, String> = fields.take("labels")?;
    let mut options: BTreeMap<String, String> = fields.take("options")?;
    let interface: String = fields.take("network_interface")?;
    if !interface.is_empty() {
        options.insert("com.docker.network.bridge.name".to_owned(), interface);
    }
    if let Some(mtu) = options.remove("mtu") {
        options.insert("com.docker.network.driver.mtu".to_owned(), mtu);
    }
    let mut ipam = fields.object("ipam_options")?;
    ipam.only("driver", &["host-local"])?;
    ipam.finish()?;
    let mut pools = Vec::new();
    for mut subnet in fields.objects("subnets")? {
        let (range, gateway): (String, String) = (subnet.take("subnet")?, subnet.take("gateway")?);
        subnet.finish()?;
        pools.push(json!({ "Subnet": range, "Gateway": gateway }));
    }
    let request = json!({
        "Name": if name.is_empty() { made_up_name(call) } else { name.clone() },
        "Driver": "bridge",
        "Internal": fields.take::<bool>("internal")?,
        "EnableIPv6": fields.take::<bool>("ipv6_enabled")?,
        "Labels": labels,
        "Options": options,
        "IPAM": { "Config": pools },
    });
    let is_welcome = call.query()?.bool("ignoreIfExists") && !name.is_empty();
    fields.finish()?;
    let made = call.post("/networks/create", Some(&request)).await;
    let id = match made {
        Ok(said) => said.json()?["Id"].as_str().unwrap_or_default().to_owned(),
        Err(failure) if is_welcome && failure.status() == StatusCode::CONFLICT => name,
        Err(failure) => return Err(failure),
    };
    let dockers = call.get(&format!("/networks/{id}")).await?;
    Ok(body::json(StatusCode::OK, &shown(&dockers)))
}

/// Makes up a name as podman does: the first of its kind that nobody has.
fn made_up_name(call: &Call) -> String {
    let world = call.caller().world();
    let is_free = |name: &String| world.state.networks().named(name).is_none();
    let mut names = (1_u32..).map(|number| format!("podman{number}"));
    names.find(is_free).expect("numbers do not end")
}

async fn list(call: &Call) -> Result<Answer, Failure> {
    let asked = call.same_filters()?;
    let networks = call.get(&format!("/networks{asked}")).await?;
    let shown: Vec<Value> = networks.as_array().into_iter().flatten().map(shown).collect();
    Ok(body::json(StatusCode::OK, &shown))
}

async fn remove(call: &Call, name: &str) -> Result<Answer, Failure> {
    if call.query()?.bool("force") {
        evict(call, name).await?;
    }
    call.ask(Method::DELETE, &format!("/networks/{name}"), None).await?;
    Ok(body::json(StatusCode::OK, &json!([{ "Name": name, "Err": null }])))
}

/// Removes the containers of a network, as podman does when it shall go by force.
async fn evict(call: &Call, name: &str) -> Result<(), Failure> {
    let network = call.get(&format!("/networks/{name}")).await?;
    let members = network["Containers"].as_object().into_iter().flat_map(|all| all.keys());
    for id in members {
        call.ask(Method::DELETE, &format!("/containers/{id}?force=true"), None).await?;
    }
    Ok(())
}

/// Removes those that no container is in, and tells which they were.
pub(crate) async fn pruned(call: &Call) -> Result<Vec<Value>, Failure> {
    let asked = call.same_filters()?;
    let said = call.post(&format!("/networks/prune{asked}"), None).await?.json()?;
    let gone = said["NetworksDeleted"].as_array().into_iter().flatten();
    Ok(gone.map(|name| json!({ "Name": name, "Error": null })).collect())
}

async fn connect(call: &Call, name: &str, sent: RequestBody) -> Result<Answer, Failure> {
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    let container: String = fields.take("container")?;
    let addresses: Vec<String> = fields.take("static_ips")?;
    let aliases: Vec<String> = fields.take("aliases")?;
    let endpoint = endpoint(&addresses, &aliases, &fields.take::<String>("static_mac")?);
    fields.finish()?;
    let request = json!({ "Container": container, "EndpointConfig": endpoint });
    call.post(&format!("/networks/{name}/connect"), Some(&request)).await?;
    Ok(body::json(StatusCode::OK, &"OK"))
}

async fn disconnect(call: &Call, name: &str, sent: RequestBody) -> Result<Answer, Failure> {
    let mut fields = Fields::of_body(&body::whole(sent).await?)?;
    let (container, force): (String, bool) = (fields.take("Container")?, fields.take("Force")?);
    fields.finish()?;
    let request = json!({ "Container": container, "Force": force });
    call.post(&format!("/networks/{name}/disconnect"), Some(&request)).await?;
    Ok(body::json(StatusCode::OK, &"OK"))
}

/// Says in podman's fields what Docker says of a network.
fn shown(dockers: &Value) -> Value {
    let pools = dockers["IPAM"]["Config"].as_array().into_iter().flatten();
    let subnets = pools.filter(|pool| pool["Subnet"].is_string());
    let subnets = subnets.map(|pool| {
        let mut subnet = json!({ "subnet": pool["Subnet"] });
        if let Some(gateway) = pool["Gateway"].as_str() {
            // Docker writes that of IPv6 with its prefix.
            subnet["gateway"] = gateway.split('/').next().unwrap_or_default().into();
        }
        subnet
    });
    let name = dockers["Name"].as_str().unwrap_or_default();
    let options = &dockers["Options"];
    let predefined = ["bridge", "host", "none"].contains(&name);
    json!({
        "name": name,
        "id": dockers["Id"],
        "driver": dockers["Driver"],
        "network_interface": options["com.docker.network.bridge.name"].as_str().unwrap_or_default(),
        "created": dockers["Created"],
        "subnets": subnets.collect::<Vec<_>>(),
        "ipv6_enabled": dockers["EnableIPv6"],
        "internal": dockers["Internal"],
        "dns_enabled": !predefined,
        "labels": dockers["Labels"],
        "options": options,
        "ipam_options": { "driver": "host-local" },
    })
}
