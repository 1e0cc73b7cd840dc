//! What the rates that a request was counted by said, for the headers of its answer
//! (draft-ietf-httpapi-ratelimit-headers).

use std::{cell::RefCell, fmt::Write as _, time::Duration};

use domain::Rate;
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

use super::quota::Quota;

/// How many there may be, and in which time: `"sends";q=30;w=3`.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How many are left, and in how many seconds there is one more: `"sends";r=29;t=1`.
const STATE: HeaderName = HeaderName::from_static("ratelimit");

tokio::task_local! {
    static READINGS: RefCell<Vec<Reading>>;
}

/// What a rate said when it was asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// The rate.
    pub(super) rate: Rate,
    /// What it allows.
    pub(super) quota: Quota,
    /// How many more would pass now.
    pub(super) remaining: u32,
    /// Until one more than that passes, at most.
    pub(super) wait: Duration,
}

/// Runs `work`, the answering of a request, so that the rates that it asks are noted.
pub(crate) async fn scope<F: Future>(work: F) -> F::Output {
    READINGS.scope(RefCell::default(), work).await
}

/// Notes a reading for the answer that this task makes. Outside of any it is forgotten: sockets
/// tell their clients by themselves.
pub(super) fn note(reading: Reading) {
    let _ = READINGS.try_with(|readings| {
        let mut readings = readings.borrow_mut();
        readings.retain(|before| before.rate != reading.rate);
        readings.push(reading);
    });
}

/// Adds what was noted to the answer.
pub(crate) fn set_headers(headers: &mut HeaderMap) {
    let noted = READINGS.try_with(|readings| readings.borrow().clone());
    let readings = noted.unwrap_or_default();
    if readings.is_empty() {
        return;
    }
    let (mut policy, mut state) = (String::new(), String::new());
    for reading in &readings {
        let separator = if policy.is_empty() { "" } else { ", " };
        let (name, quota) = (reading.rate.name(), reading.quota.burst());
        let window = seconds(reading.quota.window());
        let (left, wait) = (reading.remaining, seconds(reading.wait));
        // Writing to a String cannot fail.
        let _ = write!(policy, "{separator}\"{name}\";q={quota};w={window}");
        let _ = write!(state, "{separator}\"{name}\";r={left};t={wait}");
    }
    for (name, value) in [(POLICY, policy), (STATE, state)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

/// Whole seconds, never too few, as in `Retry-After`.
fn seconds(time: Duration) -> u128 {
    time.as_millis().div_ceil(1_000).max(1)
}

#[cfg(test)]
mod tests {
    use domain::{Limits, UserId};

    use super::*;
    use crate::{Peer, Rates, rates::tests::rates};

    async fn headers_after(asks: impl FnOnce(&Rates)) -> [String; 2] {
        let rates = rates(&Limits::default());
        let mut headers = HeaderMap::new();
        scope(async {
            asks(&rates);
            set_headers(&mut headers);
        })
        .await;
        [POLICY, STATE].map(|name| {
            let value = headers.get(name).map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        })
    }

    #[tokio::test]
    async fn an_answer_tells_what_is_left() {
        let user = UserId::new();
        let [policy, state] = headers_after(|rates| {
            rates.send(user).unwrap();
            rates.send(user).unwrap();
        })
        .await;
        assert_eq!(policy, "\"sends\";q=30;w=3");
        assert_eq!(state, "\"sends\";r=28;t=1");
    }

    #[tokio::test]
    async fn a_refusal_tells_that_nothing_is_left() {
        let [policy, state] =
            headers_after(|rates| while rates.signup(Peer::local()).is_ok() {}).await;
        assert_eq!(policy, "\"signups\";q=20;w=3600");
        assert_eq!(state, "\"signups\";r=0;t=180");
    }

    #[tokio::test]
    async fn all_rates_that_had_a_part_are_named() {
        let [policy, state] = headers_after(|rates| {
            let tenant = domain::TenantId::default();
            rates.login(Peer::local(), &tenant, "ann").unwrap();
        })
        .await;
        assert_eq!(
            policy,
            "\"logins\";q=10;w=60, \"logins-of-name\";q=20;w=120"
        );
        assert_eq!(state, "\"logins\";r=9;t=6, \"logins-of-name\";r=19;t=6");
    }

    #[tokio::test]
    async fn an_answer_that_no_rate_had_a_part_in_says_nothing() {
        assert_eq!(headers_after(|_| {}).await, ["", ""]);
        // Outside of a request nothing is kept.
        rates(&Limits::default()).send(UserId::new()).unwrap();
    }
}
