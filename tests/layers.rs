//! The arrows between the crates point towards `domain`, and stay so.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate may use of ours in the product. Tests may use more (see [`TEST_ONLY`]).
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("protocol", &["domain"]),
    ("described", &["domain", "protocol"]),
    ("settings", &["domain"]),
    ("edge", &["domain", "protocol", "described", "settings"]),
    ("adapter-sqlite", &["domain"]),
    ("adapter-mongodb", &["domain"]),
    ("adapter-go-chat", &["domain"]),
    ("adapter-local", &["domain"]),
    ("adapter-redis", &["domain"]),
    ("adapter-rabbitmq", &["domain"]),
    ("adapter-blobs", &["domain"]),
    (
        "adapters",
        &[
            "domain",
            "settings",
            "adapter-sqlite",
            "adapter-mongodb",
            "adapter-go-chat",
            "adapter-local",
            "adapter-redis",
            "adapter-rabbitmq",
            "adapter-blobs",
        ],
    ),
    ("launch", &["domain", "settings", "edge", "adapters"]),
    (
        "chat-service",
        &[
            "domain",
            "protocol",
            "described",
            "settings",
            "edge",
            "launch",
        ],
    ),
    (
        "notification-service",
        &[
            "domain",
            "protocol",
            "described",
            "settings",
            "edge",
            "launch",
        ],
    ),
    (
        "scheduler-service",
        &[
            "domain",
            "protocol",
            "described",
            "settings",
            "edge",
            "launch",
        ],
    ),
    (
        "hubbub",
        &[
            "domain",
            "protocol",
            "described",
            "settings",
            "edge",
            "adapters",
            "chat-service",
            "notification-service",
            "scheduler-service",
        ],
    ),
    ("testkit", &["domain"]),
    ("models", &[]),
];

/// Crates that nothing but tests may use.
const TEST_ONLY: &[&str] = &["testkit", "models", "e2e", "bench"];

/// Crates that do I/O, which the inner layers must not know.
const OUTSIDE: &[&str] = &[
    "warp",
    "hyper",
    "tokio",
    "mongodb",
    "redis",
    "lapin",
    "rusqlite",
    "object_store",
    "tokio-tungstenite",
];

/// Each workspace crate's dependencies, by kind.
fn dependencies(kind: DependencyKind) -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo metadata");
    let of = |package: cargo_metadata::Package| {
        let wanted = package.dependencies.iter().filter(|d| d.kind == kind);
        let names = wanted.map(|d| d.name.clone()).collect();
        (package.name.to_string(), names)
    };
    metadata.packages.into_iter().map(of).collect()
}

#[test]
fn arrows_point_towards_the_domain() {
    let used = dependencies(DependencyKind::Normal);
    let ours: BTreeSet<&String> = used.keys().collect();
    for (name, uses) in &used {
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| known == name) else {
            assert!(
                TEST_ONLY.contains(&name.as_str()),
                "{name} has no row in MAY_USE"
            );
            continue;
        };
        for other in uses.iter().filter(|other| ours.contains(other)) {
            assert!(
                allowed.contains(&other.as_str()),
                "{name} must not use {other}"
            );
        }
    }
}

#[test]
fn the_inner_layers_do_no_io() {
    let used = dependencies(DependencyKind::Normal);
    for name in ["domain", "protocol"] {
        let outside = used[name]
            .iter()
            .find(|other| OUTSIDE.contains(&other.as_str()));
        assert_eq!(outside, None, "{name} must not do I/O");
    }
}

#[test]
fn test_crates_stay_out_of_the_product() {
    for (name, uses) in dependencies(DependencyKind::Normal) {
        if TEST_ONLY.contains(&name.as_str()) {
            continue;
        }
        for test_only in TEST_ONLY {
            assert!(
                !uses.contains(*test_only),
                "{name} must not be built with {test_only}"
            );
        }
    }
}
