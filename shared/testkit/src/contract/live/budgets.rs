//! How far rates are used up, over all processes.

use std::{sync::Arc, time::Duration};

use domain::{
    Budget, Rate, UserId,
    ports::{Budgets, Spent},
};

use super::BudgetWorld;

const MINUTE: Duration = Duration::from_secs(60);

/// A budget that nobody has taken anything of.
fn fresh() -> Budget {
    Budget {
        rate: Rate::Sends,
        holder: UserId::new().into(),
    }
}

/// Somebody has taken of it what takes this long to come back. What that process knows to be owed
/// is for the caller to add.
fn spent(budget: Budget, taken: Duration) -> Spent {
    Spent {
        budget,
        taken,
        owed: Duration::ZERO,
        most: 60 * MINUTE,
    }
}

/// Until a budget is whole again, by what is told of it now.
async fn owed(budgets: &Arc<dyn Budgets>, told: Spent) -> Duration {
    let owed = budgets.spend(&[told]).await.unwrap();
    assert_eq!(owed.len(), 1);
    owed[0]
}

/// Some of it may have come back while the test ran.
fn is_about(owed: Duration, expected: Duration) {
    let bounds = expected.saturating_sub(MINUTE / 2)..=expected;
    assert!(bounds.contains(&owed), "{owed:?}, not {expected:?}");
}

/// Whoever takes it.
pub async fn what_is_taken_adds_up(world: &dyn BudgetWorld) {
    let (budgets, budget) = (world.budgets(), fresh());
    for taken in 1..=3 {
        let one = Spent {
            owed: MINUTE,
            ..spent(budget, MINUTE)
        };
        is_about(owed(&budgets, one).await, taken * MINUTE);
    }
    let asked = spent(budget, Duration::ZERO);
    is_about(owed(&budgets, asked).await, 3 * MINUTE);
}

/// In the order told, also of very many.
pub async fn every_budget_is_apart(world: &dyn BudgetWorld) {
    let budgets = world.budgets();
    assert_eq!(budgets.spend(&[]).await.unwrap(), []);
    let ann = fresh();
    let logins = Budget {
        rate: Rate::Logins,
        ..ann
    };
    let mut all = vec![ann, logins];
    all.extend((0..1_200).map(|_| fresh()));
    let told = all.iter().zip(1..);
    let told = told.map(|(budget, n)| Spent {
        owed: n * MINUTE,
        most: 2_000 * MINUTE,
        ..spent(*budget, MINUTE)
    });
    let told: Vec<Spent> = told.collect();
    let owed = budgets.spend(&told).await.unwrap();
    assert_eq!(owed.len(), told.len());
    for (owed, told) in owed.into_iter().zip(told) {
        is_about(owed, told.owed);
    }
}

/// A budget that was forgotten begins with what each process has counted itself.
pub async fn what_a_process_counted_itself_is_owed(world: &dyn BudgetWorld) {
    let (budgets, budget) = (world.budgets(), fresh());
    let knows = |owed| Spent {
        owed,
        ..spent(budget, MINUTE)
    };
    is_about(owed(&budgets, knows(9 * MINUTE)).await, 9 * MINUTE);
    is_about(owed(&budgets, knows(5 * MINUTE)).await, 10 * MINUTE);
}

/// And no longer, so that it is soon over when many overdrew it.
pub async fn nobody_owes_more_than_the_most(world: &dyn BudgetWorld) {
    let (budgets, budget) = (world.budgets(), fresh());
    let much = Spent {
        owed: 10 * MINUTE,
        most: 20 * MINUTE,
        ..spent(budget, 10 * MINUTE)
    };
    for expected in [10, 20, 20] {
        is_about(owed(&budgets, much).await, expected * MINUTE);
    }
}

/// And then it is as if nobody had taken anything.
pub async fn what_is_taken_comes_back(world: &dyn BudgetWorld) {
    let (budgets, budget) = (world.budgets(), fresh());
    let moment = Duration::from_millis(200);
    let some = Spent {
        owed: moment,
        ..spent(budget, moment)
    };
    assert!(!owed(&budgets, some).await.is_zero());
    let asked = spent(budget, Duration::ZERO);
    while !owed(&budgets, asked).await.is_zero() {
        tokio::time::sleep(moment / 4).await;
    }
    tokio::time::sleep(moment).await;
    let one = Spent {
        owed: MINUTE,
        ..spent(budget, MINUTE)
    };
    is_about(owed(&budgets, one).await, MINUTE);
}

/// Each counts.
pub async fn many_at_once_lose_nothing(world: &dyn BudgetWorld) {
    let (budgets, budget) = (world.budgets(), fresh());
    let one = Spent {
        owed: MINUTE,
        ..spent(budget, MINUTE)
    };
    let all = (0..32).map(|_| owed(&budgets, one));
    let answers = futures_util::future::join_all(all).await;
    is_about(answers.into_iter().max().unwrap(), 32 * MINUTE);
}
