//! Looking at a server, without keeping anything in it.

use std::time::Duration;

use redis::{AsyncConnectionConfig, Cmd, RedisResult};
use tokio::time::timeout;

use crate::{failure::Failure, link::connect, place::Place};

/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The oldest server whose connections tell of events beside their answers.
const OLDEST: u32 = 6;

/// What a look at a server found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is fit; which it is.
    Fit(String),
    /// It is there, and something should be mended.
    Unfit(String),
    /// It cannot be asked, and why.
    Away(String),
}

/// Looks at a server for five seconds at most: whether it can be reached, takes us, and is new
/// enough.
pub async fn look(place: &Place) -> Finding {
    let asked = match timeout(PATIENCE, ask(place)).await {
        Ok(asked) => asked.map_err(Failure::from),
        Err(_) => Err(Failure::TimedOut),
    };
    match asked {
        Ok(info) => judge(place, &info),
        Err(failure) => Finding::Away(format!("{place}: {failure}")),
    }
}

async fn ask(place: &Place) -> RedisResult<String> {
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let mut connection = connect(&place.client()?, &config).await?;
    Cmd::new().arg("INFO").query_async(&mut connection).await
}

fn judge(place: &Place, info: &str) -> Finding {
    let line = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.strip_prefix(':')).unwrap_or("")
    };
    let version = line("redis_version");
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    let about = format!("{version} at {place}");
    if major.is_none_or(|major: u32| major < OLDEST) {
        return Finding::Unfit(format!("{about} is too old — use Redis {OLDEST} or newer"));
    }
    if line("role") != "master" {
        return Finding::Unfit(format!("{about} is a replica — name the primary"));
    }
    let bounded = line("maxmemory") != "0";
    if bounded && line("maxmemory_policy") == "noeviction" {
        let text = "refuses writes when it is full — set maxmemory-policy to allkeys-lru";
        return Finding::Unfit(format!("{about} {text}"));
    }
    Finding::Fit(about)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const FIT: &str =
        "redis_version:7.0.15\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\nrole:master\r\n";

    #[test]
    fn what_should_be_mended_is_told() {
        let place = Place::new("redis://u:secret@cache", Uuid::nil()).unwrap();
        let about = "7.0.15 at cache:6379".to_owned();
        assert_eq!(judge(&place, FIT), Finding::Fit(about));
        for (fit, unfit) in [
            ("version:7.0.15", "version:5.0.1"),
            ("role:master", "role:slave"),
            ("maxmemory:0", "maxmemory:1000000"),
        ] {
            let found = judge(&place, &FIT.replace(fit, unfit));
            assert!(matches!(found, Finding::Unfit(_)), "{found:?}");
        }
    }
}
