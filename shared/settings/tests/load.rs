//! What a person who configures Hubbub notices: which layer wins, where a value came from, and
//! one line that says what to do for everything that is wrong.

use std::{fs, path::PathBuf};

use settings::{Flags, Inputs, Origin, Variables, load};
use tempfile::TempDir;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn with_variables(pairs: &[(&str, &str)]) -> Inputs {
    Inputs {
        variables: variables(pairs),
        folder: PathBuf::from("/nonexistent"),
        ..Inputs::default()
    }
}

fn with_file(folder: &TempDir, text: &str) -> Inputs {
    fs::write(folder.path().join("hubbub.toml"), text).expect("a temporary file");
    Inputs {
        folder: folder.path().to_owned(),
        ..Inputs::default()
    }
}

fn problems(inputs: &Inputs) -> Vec<String> {
    let found = load(inputs).expect_err("should be refused");
    found.0.iter().map(ToString::to_string).collect()
}

/// The one problem of a file, without the folder it lies in.
fn problem_of_file(text: &str) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let found = problems(&with_file(&folder, text));
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn nothing_said_gives_the_defaults() {
    let loaded = load(&with_variables(&[])).unwrap();
    assert_eq!(loaded.settings.auth.bcrypt_cost, 12);
    assert_eq!(loaded.file, None);
    assert!(
        loaded
            .shown()
            .iter()
            .all(|row| row.origin == Origin::Default)
    );
}

#[test]
fn flags_beat_variables_beat_the_file_beats_the_defaults() {
    let folder = TempDir::new().unwrap();
    let file = "data = 'of-file'\n[auth]\nbcrypt_cost = 10\ntoken_seconds = 60\n";
    let mut inputs = with_file(&folder, file);
    inputs.variables = variables(&[
        ("HUBBUB_DATA", "of-var"),
        ("HUBBUB_AUTH__BCRYPT_COST", "11"),
    ]);
    inputs.flags = Flags {
        data: Some("of-flag".into()),
        ..Flags::default()
    };
    let loaded = load(&inputs).unwrap();
    assert_eq!(loaded.settings.data, PathBuf::from("of-flag"));
    assert_eq!(loaded.settings.auth.bcrypt_cost, 11);
    assert_eq!(loaded.settings.auth.token_seconds, 60);
    assert_eq!(loaded.settings.auth.password_min_chars, 8);
    let origin = |key| loaded.origin(key).to_string();
    assert_eq!(origin("data"), "flag --data");
    assert_eq!(
        origin("auth.bcrypt_cost"),
        "variable HUBBUB_AUTH__BCRYPT_COST"
    );
    assert!(origin("auth.token_seconds").ends_with("hubbub.toml:4"));
    assert_eq!(origin("auth.password_min_chars"), "default");
}

#[test]
fn lists_come_from_variables_with_commas_or_as_in_the_file() {
    let listen = [("HUBBUB_LISTEN", "127.0.0.1:8000, 127.0.0.1:8080")];
    assert_eq!(
        load(&with_variables(&listen))
            .unwrap()
            .settings
            .listen
            .len(),
        2
    );
    let policies =
        r#"[{name="old", older_than="90 days", action="archive", schedule="0 2 * * *"}]"#;
    let loaded = load(&with_variables(&[("HUBBUB_ARCHIVE__POLICIES", policies)])).unwrap();
    let policy = &loaded.settings.archive.policies[0];
    assert_eq!(policy.older_than, "90 days");
    assert_eq!(policy.timezone, "UTC");
}

#[test]
fn plain_urls_are_understood_and_the_prefixed_name_wins() {
    let plain = ("STORE_URL", "sqlite:plain.db");
    let loaded = load(&with_variables(&[plain])).unwrap();
    assert_eq!(loaded.settings.backends.store_url, "sqlite:plain.db");
    let prefixed = ("HUBBUB_BACKENDS__STORE_URL", "sqlite:prefixed.db");
    let loaded = load(&with_variables(&[plain, prefixed])).unwrap();
    assert_eq!(loaded.settings.backends.store_url, "sqlite:prefixed.db");
}

#[test]
fn the_originals_variables_count_only_where_ours_are_absent() {
    let original = [
        ("MONGO_URI", "mongodb://mongodb:27017"),
        ("REDIS_URI", "redis:6379"),
        ("SECRET_KEY", "0123"),
    ];
    let loaded = load(&with_variables(&original)).unwrap();
    assert_eq!(
        loaded.settings.backends.store_url,
        "mongodb://mongodb:27017"
    );
    assert_eq!(loaded.settings.backends.cache_url, "redis://redis:6379");
    assert_eq!(loaded.settings.backends.bus_url, "redis://redis:6379");
    assert_eq!(loaded.settings.auth.legacy_secret.reveal(), "0123");
    let folder = TempDir::new().unwrap();
    let mut inputs = with_file(&folder, "[backends]\nstore_url = 'sqlite:ours.db'\n");
    inputs.variables = variables(&original);
    let loaded = load(&inputs).unwrap();
    assert_eq!(loaded.settings.backends.store_url, "sqlite:ours.db");
}

#[test]
fn a_secret_can_lie_in_a_file_of_its_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "0123456789abcdef0123456789abcdef\n").unwrap();
    let path = path.to_str().unwrap();
    let loaded = load(&with_variables(&[("HUBBUB_AUTH__SECRET_FILE", path)])).unwrap();
    assert_eq!(loaded.settings.auth.secret.reveal().len(), 32);
    let both = [("SECRET_KEY", "x"), ("SECRET_KEY_FILE", path)];
    assert!(problems(&with_variables(&both))[0].contains("unset one of them"));
    let missing = [("SECRET_KEY_FILE", "/nonexistent")];
    assert!(problems(&with_variables(&missing))[0].contains("cannot be read"));
}

#[test]
fn an_empty_variable_says_nothing() {
    let loaded = load(&with_variables(&[("STORE_URL", ""), ("HUBBUB_LISTEN", "")])).unwrap();
    assert_eq!(loaded.settings.backends.store_url, "sqlite:hubbub.db");
}

#[test]
fn what_kubernetes_sets_beside_a_service_of_our_name_is_left_alone() {
    let set = [
        ("HUBBUB_PORT", "tcp://10.0.0.1:80"),
        ("HUBBUB_SERVICE_HOST", "10.0.0.1"),
        ("HUBBUB_PORT_80_TCP_ADDR", "10.0.0.1"),
    ];
    assert!(load(&with_variables(&set)).is_ok());
}

#[test]
fn unknown_keys_are_refused_with_the_nearest() {
    let cases = [
        (
            "[auth]\nbcript_cost = 12",
            "hubbub.toml:2: auth.bcript_cost: unknown key; did you mean `auth.bcrypt_cost`?",
        ),
        (
            "bcrypt_cost = 12",
            "hubbub.toml:1: bcrypt_cost: unknown key; did you mean `auth.bcrypt_cost`?",
        ),
        (
            "zzz = 1",
            "hubbub.toml:1: zzz: unknown key; see docs/configuration.md for all there are",
        ),
        (
            "\n[limit]\npage = 1",
            "hubbub.toml:3: limit.page: unknown key; did you mean `limits.page`?",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(problem_of_file(text), expected, "{text}");
    }
    let found = problems(&with_variables(&[("HUBBUB_AUTH__BCRYPTCOST", "12")]));
    assert_eq!(
        found,
        [
            "variable HUBBUB_AUTH__BCRYPTCOST: auth.bcryptcost: unknown key; did you mean `auth.bcrypt_cost`?"
        ]
    );
}

#[test]
fn keys_of_policies_are_checked_too() {
    let text = "[[archive.policies]]\nname = 'a'\nolderthan = '1 day'\n";
    let folder = TempDir::new().unwrap();
    let found = problems(&with_file(&folder, text));
    assert!(
        found.iter().any(|line| line.contains("hubbub.toml:3: archive.policies[0].olderthan: unknown key; did you mean `archive.policies[].older_than`?")),
        "{found:?}"
    );
}

/// What a file says, and how what is told of it begins.
const WRONG: &[(&str, &str)] = &[
    (
        "[auth]\nbcrypt_cost = 'high'",
        "hubbub.toml:2: auth.bcrypt_cost: must be a whole number from 0, not string",
    ),
    ("mode = 'prod'", "hubbub.toml:1: mode: "),
    (
        "dialects = ['rooms', 'klingon']",
        "hubbub.toml:1: dialects[1]: ",
    ),
    (
        "[limits]\npage = -1",
        "hubbub.toml:2: limits.page: must be a whole number from 0, not -1",
    ),
    (
        "[limits]\n\npage = 500",
        "hubbub.toml:3: limits.page: must not be more than limits.page_max",
    ),
    (
        "[limits]\nrun_batch = 0",
        "hubbub.toml:2: limits.run_batch: must be at least 1",
    ),
    (
        "[limits]\nchange_days = 0",
        "hubbub.toml:2: limits.change_days: must be at least 1",
    ),
    (
        "[auth]\nbcrypt_cost = 40",
        "hubbub.toml:2: auth.bcrypt_cost: must be between 4 and 14",
    ),
    (
        "[auth]\nsecret = 'short'",
        "hubbub.toml:2: auth.secret: needs at least 32 bytes",
    ),
    (
        "mode = 'production'",
        "auth.secret: must be set in production",
    ),
    (
        "dialects = ['rooms', 'rooms']",
        "hubbub.toml:1: dialects: names a dialect twice",
    ),
    (
        "listen = []",
        "hubbub.toml:1: listen: needs at least one address",
    ),
    (
        "no_limits = true\nlisten = ['0.0.0.0:80']",
        "hubbub.toml:1: no_limits: is for benchmarks",
    ),
    (
        "[http]\nallowed_origins = ['*']",
        "hubbub.toml:2: http.allowed_origins[0]: must be a scheme",
    ),
    ("this is no toml", "hubbub.toml:1: not TOML: "),
];

#[test]
fn wrong_types_and_values_name_the_key_and_the_line() {
    for (text, expected) in WRONG {
        let found = problem_of_file(text);
        assert!(found.starts_with(expected), "{text}\n  gives {found}");
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn half_an_address_is_told_what_a_whole_one_is() {
    for half in ["8080", "localhost:80"] {
        assert_eq!(
            problem_of_file(&format!("listen = ['{half}']")),
            "hubbub.toml:1: listen[0]: must be an IP address and a port, like 127.0.0.1:8080"
        );
    }
}

#[test]
fn a_policy_is_read_and_its_faults_name_its_line() {
    let good = "[[archive.policies]]\nname = 'a'\nolder_than = '90 days'\naction = 'archive'\nschedule = '0 2 * * *'\n";
    let folder = TempDir::new().unwrap();
    let loaded = load(&with_file(&folder, good)).unwrap();
    let fault = (
        "archive.policies[0].schedule".to_owned(),
        "never comes".to_owned(),
    );
    let found = loaded.problems([fault]).unwrap().to_string();
    assert!(
        found.ends_with("hubbub.toml:5: archive.policies[0].schedule: never comes"),
        "{found}"
    );
    assert_eq!(loaded.problems([]), None);
    let found = problem_of_file(&good.replace("'archive'", "'eat'"));
    assert_eq!(
        found,
        "hubbub.toml:4: archive.policies[0].action: unknown variant `eat`, expected `log` or `archive`"
    );
    let found = problem_of_file(&good.replace("older_than = '90 days'", ""));
    assert!(found.contains("older_than"), "{found}");
    let found = problem_of_file(&good.replace("action = 'archive'", ""));
    assert!(
        found.ends_with("action: is missing: say `log` or `archive`"),
        "{found}"
    );
}

#[test]
fn production_refuses_what_no_generator_gives() {
    let load = |mode: &str, secret: &str| {
        load(&with_variables(&[
            ("HUBBUB_MODE", mode),
            ("HUBBUB_AUTH__SECRET", secret),
        ]))
    };
    let (one, few) = ("a".repeat(40), "abcdefg".repeat(3) + "gfedcbaabcde");
    for secret in [&one, &few, &"1234567890".repeat(4)] {
        let refused = load("production", secret).unwrap_err().to_string();
        assert_eq!(
            refused,
            "variable HUBBUB_AUTH__SECRET: auth.secret: is a few characters over and over: \
             `openssl rand -hex 32` makes a good one"
        );
        assert!(load("development", secret).is_ok());
    }
    let strong = "c4bd0b5b0d1a6d4bd4c1f3a9e07c2b16";
    assert!(load("production", strong).is_ok());
}

#[test]
fn one_look_finds_everything_that_is_wrong() {
    let folder = TempDir::new().unwrap();
    let text = "mode = 'prod'\nlisten = ['x']\nspeed = 1\n[auth]\nbcrypt_cost = 99\n";
    let found = problems(&with_file(&folder, text));
    assert_eq!(found.len(), 4, "{found:#?}");
    let all = load(&with_file(&folder, text)).unwrap_err().to_string();
    assert!(
        all.ends_with("(and 3 more: see `hubbub config check`)"),
        "{all}"
    );
}

#[test]
fn secrets_are_not_shown() {
    let hidden = "0123456789abcdef0123456789abcdef";
    let loaded = load(&with_variables(&[
        ("HUBBUB_AUTH__SECRET", hidden),
        ("SECRET_KEY", hidden),
        ("STORE_URL", "mongodb://ann:hunter2@db/x"),
    ]))
    .unwrap();
    let shown = format!("{:?}", loaded.shown());
    assert!(
        !shown.contains(hidden) && !shown.contains("hunter2"),
        "{shown}"
    );
    let row = loaded
        .shown()
        .into_iter()
        .find(|row| row.key == "auth.secret");
    assert_eq!(row.unwrap().value, "\"***\"");
    assert!(!format!("{:?}", loaded.settings).contains(hidden));
}

#[test]
fn a_named_file_must_be_there() {
    let inputs = Inputs {
        file: Some("/nonexistent/hubbub.toml".into()),
        ..Inputs::default()
    };
    assert!(problems(&inputs)[0].starts_with("/nonexistent/hubbub.toml cannot be read"));
}

#[test]
fn proxies_are_addresses_and_networks_and_never_everybody() {
    let networks = "10.0.0.2, 10.1.0.0/16,::1";
    let loaded = load(&with_variables(&[(
        "HUBBUB_SERVER__TRUSTED_PROXIES",
        networks,
    )]))
    .unwrap();
    let proxies = &loaded.settings.server.trusted_proxies;
    let shown: Vec<_> = proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.2", "10.1.0.0/16", "::1"]);
    assert_eq!(
        problem_of_file("[server]\ntrusted_proxies = ['10.0.0.2', 'proxy']\n"),
        "hubbub.toml:2: server.trusted_proxies[1]: must be an address or a network, like 10.0.0.2 or 10.1.0.0/16"
    );
    let everybody = problem_of_file("[server]\ntrusted_proxies = ['0.0.0.0/0']\n");
    assert!(everybody.contains("name the proxies"), "{everybody}");
}

#[test]
fn a_certificate_and_its_key_come_together() {
    assert_eq!(
        problem_of_file("[server.tls]\ncert_file = 'chat.pem'\n"),
        "server.tls.key_file: is missing beside server.tls.cert_file: name the file of its private key"
    );
    let alone = problem_of_file("[server]\ntls.key_file = 'chat.key'\n");
    assert!(
        alone.starts_with("server.tls.cert_file: is missing"),
        "{alone}"
    );
}

#[test]
fn an_issuer_has_one_algorithm_and_the_kind_of_key_that_belongs_to_it() {
    let issuer = |lines: &str| format!("[[auth.issuers]]\n{lines}");
    let exactly = "needs exactly one of secret, jwks_file and jwks_url";
    let goes = "HS256 goes with a secret; RS256 and EdDSA with jwks_file or jwks_url";
    for (lines, key, fault) in [
        ("algorithm = 'HS256'\n", "", exactly),
        (
            "algorithm = 'RS256'\nsecret = 'x'\njwks_file = 'y'\n",
            "",
            exactly,
        ),
        ("algorithm = 'RS256'\nsecret = 'x'\n", ".algorithm", goes),
        ("algorithm = 'HS256'\njwks_file = 'x'\n", ".algorithm", goes),
        (
            "algorithm = 'HS256'\nsecret = 'x'\ntenant = 'a'\ntenant_claim = 'b'\ntenants = ['*']\n",
            ".tenant_claim",
            "and tenant exclude each other: leave one out",
        ),
        (
            "algorithm = 'HS256'\nsecret = 'x'\ntenant_claim = 'b'\n",
            ".tenants",
            "goes with tenant_claim: the tenants that it may name, or [\"*\"] for any",
        ),
        (
            "algorithm = 'HS256'\nsecret = 'x'\ntenants = ['a']\n",
            ".tenants",
            "goes with tenant_claim: the tenants that it may name, or [\"*\"] for any",
        ),
        (
            "algorithm = 'HS256'\nsecret = 'x'\ntenant_claim = 'b'\ntenants = ['a', '']\n",
            ".tenants",
            "has an empty name: the default tenant is called default",
        ),
        (
            "algorithm = 'EdDSA'\njwks_url = 'https://a:b@c'\n",
            ".jwks_url",
            "must be an address without a user: https://login.example.org/jwks.json",
        ),
    ] {
        let found = problem_of_file(&issuer(lines));
        assert!(
            found.ends_with(&format!("auth.issuers[0]{key}: {fault}")),
            "{found}"
        );
    }
    let found = problem_of_file(&issuer("algorithm = 'none'\nsecret = 'x'\n"));
    assert!(
        found.contains("one of `RS256`, `EdDSA`, `HS256`"),
        "{found}"
    );
}

#[test]
fn the_secret_of_an_issuer_is_not_shown() {
    let folder = TempDir::new().unwrap();
    let text = "[[auth.issuers]]\nalgorithm = 'HS256'\nsecret = 'never seen'\n";
    let loaded = load(&with_file(&folder, text)).unwrap();
    assert_eq!(
        loaded.settings.auth.issuers[0].secret.reveal(),
        "never seen"
    );
    let shown = loaded.shown();
    let row = shown.iter().find(|row| row.key == "auth.issuers").unwrap();
    assert!(
        row.value.contains("***") && !row.value.contains("never"),
        "{}",
        row.value
    );
}
