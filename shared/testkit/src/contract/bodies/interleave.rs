//! Several at work on the same messages, in every order of their steps. After each step every
//! message reads as it should, and at the end exactly one body of each is left.

mod actors;

use futures_util::{StreamExt, stream};

use self::actors::{Actor, Deed};
use super::{
    BodiesWorld,
    talk::{Talk, texts},
};

/// How many orders are tried at once, each in a room of its own.
const AT_ONCE: usize = 32;

/// Of two movers one wins each message, whoever does what first.
pub async fn two_movers(world: &dyn BodiesWorld) {
    two_movers_and(world, Vec::new).await;
}

/// An edit is either stored, and then never lost to a move, or refused.
pub async fn two_movers_and_an_editor(world: &dyn BodiesWorld) {
    two_movers_and(world, || vec![Actor::Deed(Deed::Edit)]).await;
}

/// What was deleted does not come back out of a mover's hands.
pub async fn two_movers_and_a_deletion(world: &dyn BodiesWorld) {
    two_movers_and(world, || vec![Actor::Deed(Deed::Delete)]).await;
}

/// Nor does what was erased.
pub async fn two_movers_and_an_erasure(world: &dyn BodiesWorld) {
    two_movers_and(world, || vec![Actor::Deed(Deed::Erase)]).await;
}

/// Bodies go and come back, under movers that know the same revision at another place.
pub async fn two_movers_and_a_restorer(world: &dyn BodiesWorld) {
    two_movers_and(world, || vec![Actor::restorer()]).await;
}

/// A collection between any two steps takes nothing that is still needed.
pub async fn a_mover_a_restorer_and_a_collector(world: &dyn BodiesWorld) {
    let collect = || Actor::Deed(Deed::Collect);
    let actors = || vec![Actor::mover(), Actor::restorer(), collect(), collect()];
    in_every_order(world, actors).await;
}

/// A hold stops the move from its answer on, an edit or not.
pub async fn a_mover_an_editor_and_a_hold(world: &dyn BodiesWorld) {
    let deeds = || [Actor::Deed(Deed::Edit), Actor::Deed(Deed::Hold)];
    in_every_order(world, || {
        let mut actors = vec![Actor::mover()];
        actors.extend(deeds());
        actors
    })
    .await;
}

async fn two_movers_and(world: &dyn BodiesWorld, others: impl Fn() -> Vec<Actor>) {
    let actors = || {
        let mut actors = vec![Actor::mover(), Actor::mover()];
        actors.extend(others());
        actors
    };
    let mut orders = orders_of(&actors());
    orders.retain(|order| begins_before(order, 0, 1));
    in_orders(world, orders, actors).await;
}

async fn in_every_order(world: &dyn BodiesWorld, actors: impl Fn() -> Vec<Actor>) {
    in_orders(world, orders_of(&actors()), actors).await;
}

async fn in_orders(
    world: &dyn BodiesWorld,
    orders: Vec<Vec<usize>>,
    actors: impl Fn() -> Vec<Actor>,
) {
    stream::iter(orders)
        .map(|order| in_order(world, order, actors()))
        .buffer_unordered(AT_ONCE)
        .collect::<()>()
        .await;
}

/// Lets the actors step as `order` names them.
async fn in_order(world: &dyn BodiesWorld, order: Vec<usize>, mut actors: Vec<Actor>) {
    let talk = Talk::of(world, 2).await;
    let mut expected = texts(&talk.messages().await);
    for (step, who) in order.iter().enumerate() {
        let store = [world.first(), world.second()][who % 2];
        actors[*who].step(&talk, store, &mut expected).await;
        let read = texts(&talk.messages().await);
        assert_eq!(read, expected, "after step {step} of {order:?}");
    }
    talk.collect().await;
    one_body_each(&talk, &order).await;
    assert_eq!(texts(&talk.messages().await), expected, "{order:?}");
}

/// An archived message has one copy, any other has none.
async fn one_body_each(talk: &Talk<'_>, order: &[usize]) {
    for message in talk.messages().await {
        let copies = talk.world.copies(message.id).await;
        let wanted = usize::from(message.archived);
        assert_eq!(copies.len(), wanted, "{order:?}: {message:?}: {copies:?}");
    }
}

fn orders_of(actors: &[Actor]) -> Vec<Vec<usize>> {
    orders(actors.iter().map(Actor::steps).collect())
}

/// Whether `first` steps before `second` does. Where the two are alike, the orders in which it is
/// the other way round are these again under other names.
fn begins_before(order: &[usize], first: usize, second: usize) -> bool {
    let begins = order.iter().find(|who| [first, second].contains(who));
    begins == Some(&first)
}

/// Every order in which actors can take their steps: each is named as often as it steps.
fn orders(steps: Vec<usize>) -> Vec<Vec<usize>> {
    if steps.iter().all(|left| *left == 0) {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for who in (0..steps.len()).filter(|who| steps[*who] > 0) {
        let mut left = steps.clone();
        left[who] -= 1;
        for mut order in orders(left) {
            order.insert(0, who);
            all.push(order);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{begins_before, orders};

    #[test]
    fn every_order_is_tried_once() {
        assert_eq!(orders(vec![1, 1]), [[0, 1], [1, 0]]);
        let mut all = orders(vec![3, 3, 2]);
        assert_eq!(all.len(), 560);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 560);
    }

    #[test]
    fn of_two_that_are_alike_each_order_is_tried_under_one_name() {
        let all = orders(vec![3, 3, 2]);
        let (kept, left): (Vec<_>, Vec<_>) = all.iter().partition(|o| begins_before(o, 0, 1));
        let swapped = |order: &[usize]| -> Vec<usize> {
            let name = |who: &usize| [1, 0, 2][*who];
            order.iter().map(name).collect()
        };
        assert_eq!((kept.len(), left.len()), (280, 280));
        assert!(left.iter().all(|order| kept.contains(&&swapped(order))));
    }
}
