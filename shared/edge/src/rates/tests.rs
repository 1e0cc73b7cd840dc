use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use domain::{Budget, ports::Spent};
use tokio::time::{Instant, sleep};
use tokio_util::{sync::DropGuard, task::TaskTracker};

use super::*;
use crate::locks::lock;

pub(super) fn rates(limits: &Limits) -> Rates {
    Rates::new(limits, false, &secret())
}

fn secret() -> Secret {
    Secret::new(crate::testing::SECRET)
}

fn peer(text: &str) -> Peer {
    Peer(text.parse().unwrap())
}

#[test]
fn a_burst_passes_and_then_the_wait_is_told() {
    let rates = rates(&Limits::default());
    let user = UserId::new();
    for _ in 0..30 {
        rates.send(user).unwrap();
    }
    let error = rates.send(user).unwrap_err();
    assert_eq!(error.code(), Code::RateLimited);
    let wait = error.retry_after().unwrap();
    assert!(
        wait > Duration::ZERO && wait <= Duration::from_millis(100),
        "{wait:?}"
    );
    rates.send(UserId::new()).expect("others are not held up");
}

#[test]
fn guessing_from_one_address_stops_and_the_owner_still_comes_in() {
    let rates = rates(&Limits::default());
    let tenant = TenantId::default();
    let guesses = (0..1_000)
        .filter(|_| rates.login(peer("10.0.0.1:1"), &tenant, "ann").is_ok())
        .count();
    assert_eq!(guesses, 10);
    rates.login(peer("10.0.0.2:1"), &tenant, "ann").unwrap();
}

#[test]
fn however_an_account_is_spelled_it_is_one() {
    for (one, other) in [
        ("Jos\u{e9}", "Jose\u{301}"),
        ("Kim", "\u{212a}im"),
        ("Ann@Example.org", "ann@example.org"),
    ] {
        let limits = Limits {
            logins_per_minute: 1,
            ..Limits::default()
        };
        let (rates, tenant) = (rates(&limits), TenantId::default());
        let attempt = |n: u8, name| rates.login(peer(&format!("10.0.0.{n}:1")), &tenant, name);
        attempt(1, one).unwrap();
        attempt(2, other).unwrap();
        attempt(3, one).expect_err(one);
        attempt(4, other).expect_err(other);
        attempt(5, "somebody else").unwrap();
    }
}

#[test]
fn guessing_one_name_from_everywhere_stops() {
    let rates = rates(&Limits::default());
    let guesses = (0..=255)
        .filter(|n| {
            let peer = peer(&format!("10.0.0.{n}:1"));
            rates.login(peer, &TenantId::default(), "ann").is_ok()
        })
        .count();
    assert_eq!(guesses, 20);
}

#[test]
fn lifted_rates_let_everything_pass() {
    let rates = Rates::new(&Limits::default(), true, &secret());
    for _ in 0..100 {
        rates.signup(peer("10.0.0.1:1")).unwrap();
    }
}

/// What Redis does, with a way to it of some milliseconds, and away at times.
#[derive(Default)]
struct Together {
    whole: Mutex<HashMap<Budget, Instant>>,
    away: AtomicBool,
    silent: AtomicBool,
}

/// Half of the way there and back.
const WAY: Duration = Duration::from_millis(5);

#[async_trait]
impl Budgets for Together {
    async fn spend(&self, spent: &[Spent]) -> Result<Vec<Duration>> {
        if self.silent.load(Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.away.load(Relaxed) {
            return Err(Error::unavailable("away"));
        }
        sleep(WAY).await;
        let now = Instant::now();
        let add = |spent: &Spent| {
            let mut all = lock(&self.whole);
            let whole = all.entry(spent.budget).or_insert(now);
            *whole = (*whole + spent.taken).max(now + spent.owed);
            *whole = (*whole).min(now + spent.most);
            whole.saturating_duration_since(now)
        };
        let owed = spent.iter().map(add).collect();
        sleep(WAY).await;
        Ok(owed)
    }
}

/// Two processes.
struct House {
    together: Arc<Together>,
    rates: [Arc<Rates>; 2],
    user: UserId,
    _stop: DropGuard,
}

impl House {
    fn of(limits: &Limits) -> Self {
        let together = Arc::new(Together::default());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let start = |()| {
            let rates = rates(limits).shared_by(Some(together.clone()));
            let rates = Arc::new(rates);
            for task in rates.clone().tasks(&stop) {
                tasks.spawn(task.run());
            }
            rates
        };
        let rates = [(), ()].map(start);
        Self {
            together,
            rates,
            user: UserId::new(),
            _stop: stop.drop_guard(),
        }
    }

    /// How many pass of very many at once, at one of the two.
    fn burst(&self, at: usize) -> usize {
        let passes = |_: &usize| self.rates[at].send(self.user).is_ok();
        (0..1_000).filter(passes).count()
    }

    /// How many pass while somebody tries at each, by turns, again and again.
    async fn rush(&self, time: Duration) -> usize {
        let (begun, mut passed) = (Instant::now(), 0);
        while begun.elapsed() < time {
            let tried = self.rates.iter().map(|rates| rates.send(self.user));
            passed += tried.filter(Result::is_ok).count();
            sleep(Duration::from_millis(10)).await;
        }
        passed
    }
}

/// Longer than a telling takes.
async fn a_while() {
    sleep(Duration::from_millis(250)).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_at_two_processes_has_one_budget() {
    let house = House::of(&Limits::default());
    let passed = house.rush(Duration::from_secs(10)).await;
    // 30 at once and 10 a second, and of what came back while both were told of it, one more each.
    assert!((128..=132).contains(&passed), "{passed}");
}

#[tokio::test(start_paused = true)]
async fn what_is_overdrawn_while_nobody_knew_comes_back_before_more_passes() {
    let house = House::of(&Limits::default());
    let mut passed = house.burst(0) + house.burst(1);
    assert_eq!(passed, 60, "nobody knew");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(10)).await;
        passed += house.burst(0) + house.burst(1);
    }
    // 30 at once and 10 a second, as if there were one, and a few of which the other does not know.
    assert!((628..=640).contains(&passed), "{passed}");
}

#[tokio::test(start_paused = true)]
async fn who_is_at_one_process_alone_has_all_of_it() {
    let house = House::of(&Limits::default());
    for _ in 0..5 {
        assert_eq!(house.burst(0), 30);
        sleep(Duration::from_secs(3)).await;
    }
    assert_eq!(house.burst(0), 30);
    for _ in 0..50 {
        sleep(Duration::from_millis(100)).await;
        assert_eq!(house.burst(0), 1, "as much as comes back");
    }
}

#[tokio::test(start_paused = true)]
async fn while_nobody_can_be_told_each_counts_its_own() {
    for silent in [false, true] {
        let house = House::of(&Limits::default());
        let is_down = match silent {
            true => &house.together.silent,
            false => &house.together.away,
        };
        is_down.store(true, Relaxed);
        assert_eq!((house.burst(0), house.burst(1)), (30, 30));
        a_while().await;
        assert_eq!((house.burst(0), house.burst(1)), (2, 2), "what came back");
        is_down.store(false, Relaxed);
        sleep(Duration::from_secs(5)).await;
        assert_eq!(house.burst(0), 30);
        a_while().await;
        house.rates[1]
            .send(house.user)
            .expect("it is told with this");
        a_while().await;
        assert!(house.burst(1) <= 4, "as much as came back");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_of_a_process_tells_it_where_all_stand() {
    let house = House::of(&Limits::default());
    for _ in 0..20 {
        house.rates[0].send(house.user).unwrap();
    }
    sleep(Duration::from_millis(20)).await;
    house.rates[1].send(house.user).unwrap();
    sleep(Duration::from_millis(20)).await;
    assert_eq!(house.burst(1), 9);
}

#[test]
fn processes_of_one_installation_agree_on_who_it_is() {
    let limits = Limits::default();
    let [one, other] = [rates(&limits), rates(&limits)];
    let tenant = TenantId::default();
    let ann = peer("10.0.0.1:1");
    assert_eq!(one.address(ann), other.address(peer("10.0.0.1:2")));
    assert_eq!(one.name(&tenant, "ann"), other.name(&tenant, "ann"));
    let elsewhere = Secret::new("another secret of at least 32 by");
    let elsewhere = Rates::new(&limits, false, &elsewhere);
    assert_ne!(
        one.address(ann),
        elsewhere.address(ann),
        "not to be guessed"
    );
    assert_ne!(one.name(&tenant, "ann"), elsewhere.name(&tenant, "ann"));
}
