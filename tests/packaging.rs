//! What is shipped around the programs names programs, settings and paths that there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use cargo_metadata::MetadataCommand;
use serde_json::Value;
use settings::{Inputs, Settings};

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn text(path: &str) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The composition, with what `.env` would say in place of `${…}`, and `<<` merged.
fn composition() -> Value {
    let mut text = text("docker-compose.yml");
    while let Some(at) = text.find("${") {
        let end = at + text[at..].find('}').expect("closed");
        let name: String = text[at + 2..end]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        text.replace_range(at..=end, &said(&name));
    }
    let mut all: Value = serde_saphyr::from_str(&text).expect("YAML");
    for service in all["services"]
        .as_object_mut()
        .expect("services")
        .values_mut()
    {
        merge(service);
    }
    all
}

fn merge(service: &mut Value) {
    let Some(Value::Object(base)) = service.as_object_mut().and_then(|own| own.remove("<<")) else {
        return;
    };
    for (key, value) in base {
        let own = service.as_object_mut().expect("a service");
        own.entry(key).or_insert(value);
    }
}

/// What somebody writes into a copy of `.env.example`.
fn said(name: &str) -> String {
    let example = text(".env.example");
    let line = example
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    match line.unwrap_or_else(|| panic!(".env.example does not tell of {name}")) {
        "" => "8f2c61b09d7e43a5f1c8e20b6d947a3e5b18c4f7".to_owned(),
        value => value.to_owned(),
    }
}

fn services(all: &Value) -> Vec<(&String, &Value)> {
    all["services"]
        .as_object()
        .expect("services")
        .iter()
        .collect()
}

fn words(value: &Value) -> Vec<&str> {
    let words = value.as_array().into_iter().flatten();
    words.map(|word| word.as_str().expect("a text")).collect()
}

/// The programs of the workspace, and the crate of each.
fn programs() -> BTreeMap<String, String> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("a workspace");
    let mut programs = BTreeMap::new();
    for package in metadata.packages {
        for target in package.targets.iter().filter(|target| target.is_bin()) {
            programs.insert(target.name.clone(), package.name.to_string());
        }
    }
    programs
}

const SERVICES: [&str; 3] = ["chat-service", "notification-service", "scheduler-service"];

#[test]
fn the_composition_runs_the_programs_that_the_image_holds() {
    let (all, dockerfile, programs) = (composition(), text("Dockerfile"), programs());
    for name in SERVICES {
        let service = &all["services"][name];
        let command = words(&service["command"]);
        assert_eq!(command[0], name);
        assert!(programs.contains_key(name), "{name} is a program");
        assert!(
            dockerfile.contains(&format!("target/release/{name}")),
            "{name} is in the image"
        );
        let (_, port) = command[2].rsplit_once(':').expect("a port");
        let probe = words(&service["healthcheck"]["test"]).join(" ");
        assert!(
            probe.ends_with(&format!("127.0.0.1:{port}/readyz")),
            "{probe}"
        );
    }
    assert!(dockerfile.contains("target/release/hubbub "));
    assert!(dockerfile.contains("USER hubbub"));
}

/// The settings of the services are good, as the programs read them.
#[test]
fn the_composition_sets_what_can_be_set() {
    for name in SERVICES {
        let all = composition();
        let environment = all["services"][name]["environment"]
            .as_object()
            .expect("variables");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut variables: BTreeMap<_, _> = environment
            .iter()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect();
        variables.extend(image_variables());
        let loaded = settings::load(&Inputs {
            variables,
            ..Inputs::default()
        });
        let settings = loaded
            .unwrap_or_else(|problems| panic!("{name}: {problems}"))
            .settings;
        assert_servers(&all, &settings);
        adapters::check(&settings).expect("adapters for every URL");
    }
}

/// Every server that a URL names is a service of the composition.
fn assert_servers(all: &Value, settings: &Settings) {
    let urls = &settings.backends;
    for url in [
        &urls.store_url,
        &urls.cache_url,
        &urls.bus_url,
        &urls.queue_url,
    ] {
        let authority = url
            .split("://")
            .nth(1)
            .expect("a server")
            .split(['/', '?'])
            .next();
        let host = authority.and_then(|all| all.rsplit('@').next()?.split(':').next());
        let host = host.expect("a host");
        assert!(
            all["services"].get(host).is_some(),
            "{host} is in the composition"
        );
    }
}

/// What the image sets itself.
fn image_variables() -> BTreeMap<String, String> {
    let dockerfile = text("Dockerfile");
    let lines = dockerfile.lines().filter(|line| !line.starts_with('#'));
    let words = lines
        .flat_map(str::split_whitespace)
        .filter(|word| word.starts_with("HUBBUB_"));
    let pairs = words.filter_map(|word| word.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn all_of_the_composition_is_watched_and_waited_for() {
    let all = composition();
    let networks = all["networks"].as_object().expect("networks");
    let volumes = all["volumes"].as_object().expect("volumes");
    for (name, service) in services(&all) {
        assert!(
            service["healthcheck"]["test"].is_array(),
            "{name} has a health check"
        );
        assert!(
            !words(&service["profiles"]).is_empty(),
            "{name} is of a profile"
        );
        let needs = service["depends_on"].as_object();
        for (other, how) in needs.into_iter().flatten() {
            assert!(all["services"].get(other).is_some(), "{name} needs {other}");
            assert_eq!(how["condition"], "service_healthy", "{name} needs {other}");
        }
        for network in words(&service["networks"]) {
            assert!(networks.contains_key(network), "{network}");
        }
        for volume in words(&service["volumes"]) {
            let (from, _) = volume.split_once(':').expect("a place");
            let there = from.starts_with("./") && root().join(from).is_file();
            assert!(there || volumes.contains_key(from), "{volume}");
        }
        for port in words(&service["ports"]) {
            assert!(
                port.starts_with("127.0.0.1:"),
                "{name} is open to the world at {port}"
            );
        }
    }
}

/// `infra` is what the services need, and nothing of ours.
#[test]
fn the_profiles_are_all_and_only_the_servers() {
    let all = composition();
    let of = |profile: &str| -> BTreeSet<String> {
        let services = services(&all).into_iter();
        let has = |service: &Value| words(&service["profiles"]).contains(&profile);
        services
            .filter(|(_, service)| has(service))
            .map(|(name, _)| name.clone())
            .collect()
    };
    let servers = ["mongodb", "redis", "rabbitmq"].map(str::to_owned);
    assert_eq!(of("infra"), BTreeSet::from(servers));
    assert_eq!(of("full").len(), services(&all).len());
}

#[test]
fn no_secret_is_shipped() {
    for line in text(".env.example")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        if let Some((name, value)) = line.split_once('=') {
            let secret = ["SECRET", "PASSWORD", "KEY"]
                .iter()
                .any(|word| name.contains(word));
            assert!(!secret || value.is_empty(), "{name} has a value");
        }
    }
}

/// The units start programs that there are, where the balancers look for them.
#[test]
fn the_units_start_the_programs() {
    let programs = programs();
    let upstreams = text("deploy/nginx/upstreams-local.conf");
    let caddy = text("deploy/Caddyfile");
    for name in [
        "hubbub.service",
        "hubbub-chat.service",
        "hubbub-notification.service",
        "hubbub-scheduler.service",
    ] {
        let unit = text(&format!("deploy/systemd/{name}"));
        let line = |key: &str| {
            unit.lines()
                .find_map(|line| line.strip_prefix(key))
                .expect("a line")
        };
        let start: Vec<&str> = line("ExecStart=").split(' ').collect();
        let program = start[0].strip_prefix("/usr/local/bin/").expect("a place");
        assert!(programs.contains_key(program), "{program}");
        if let Some(at) = start.iter().position(|word| *word == "--listen") {
            assert!(
                upstreams.contains(&format!("server {} ", start[at + 1])),
                "{name}"
            );
            assert!(caddy.contains(start[at + 1]), "{name}");
        }
    }
}

/// A path goes to the same service by nginx's file, by Caddy's and by the table for those who
/// write their own.
#[test]
fn the_balancers_and_the_documents_agree_on_whose_each_path_is() {
    let (caddy, documents) = (text("deploy/Caddyfile"), text("docs/operations.md"));
    let paths = e2e::balancer::Paths::shipped();
    let prefixes: Vec<_> = paths.prefixes().collect();
    assert_eq!(prefixes.len(), 4, "{prefixes:?}");
    for (path, upstream) in prefixes {
        let mut matchers = caddy.lines().map(str::trim);
        let matcher = matchers.find(|line| line.split(' ').any(|word| word == format!("{path}*")));
        let wanted = format!("@{upstream} path ");
        assert!(
            matcher.is_some_and(|line| line.starts_with(&wanted)),
            "{path} in Caddy's file: {matcher:?}"
        );
        let service = format!("{}-service", upstream.trim_end_matches('s'));
        let mut rows = documents.lines().filter(|line| line.starts_with("| `/"));
        let row = rows.find(|row| row.contains(&format!("`{path}")));
        assert!(
            row.is_some_and(|row| row.contains(&service)),
            "{path} in the table: {row:?}"
        );
    }
}
