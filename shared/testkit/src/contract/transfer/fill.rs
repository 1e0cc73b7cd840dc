//! A store with something of everything that there is.

use std::time::Duration;

use domain::{
    Attachment, Content, ContentKind, Cursor, FileId, FileLink, FileName, HoldId, Mark, MediaType,
    MemberChange, Message, MessageId, NewChange, NewFile, NewRoom, NewRow, NewUser, Notification,
    Received, Role, RoomChange, RoomId, RoomKind, RowId, Rule, RunId, Seq, TenantId, Timestamp,
    UserId,
    archive::{Due, Hold, Phase, RestoreOrder, RoomOverride, RoomRule, Run, Trigger},
    notification::{Level, Mute},
    ports::Store,
};

use crate::{
    builders,
    contract::{
        archive::{
            policies::{policy, slot},
            runs::{count, run},
        },
        steps::{clear, put},
    },
};

/// What the cases look for.
pub struct Talk {
    /// The room in which most happened.
    pub room: RoomId,
    /// Somebody who is in it.
    pub member: UserId,
    /// The end of its log.
    pub head: Seq,
    /// What it shows.
    pub messages: Vec<Message>,
    /// Rows as they were sent.
    pub sent: Vec<NewRow>,
    /// Rows of the whole store that are not published, by id.
    pub marked: Vec<RowId>,
    /// How many copies a collection finds that no key points to.
    pub garbage: u64,
}

/// A moment after all others.
fn later() -> Timestamp {
    slot(4_000).expect("a moment")
}

fn moment(n: i64) -> Timestamp {
    slot(n).expect("a moment")
}

/// Fills a store with something of every part.
pub async fn fill(store: &dyn Store) -> Talk {
    let [ann, bob, eve] = people(store).await;
    let (room, sent) = talk(store, [ann, bob, eve]).await;
    let garbage = archive(store, room).await;
    records(store, room).await;
    files(store, ann, room, sent[0].id).await;
    other_rooms(store, [ann, bob]).await;
    marks(store, room, bob).await;
    let numbered = [room.into(), ann.into(), bob.into()];
    store
        .numbers(&TenantId::default(), &numbered)
        .await
        .unwrap();
    let page = store.page(room, Cursor::Newest, 100).await.unwrap();
    let marked = store.marked(Timestamp::MAX, 1_000).await.unwrap();
    let mut marked: Vec<_> = marked.iter().map(|hint| hint.id).collect();
    let published: Vec<_> = marked.iter().step_by(2).copied().collect();
    store.clear_marks(&published).await.unwrap();
    marked.retain(|id| !published.contains(id));
    marked.sort_unstable();
    Talk {
        room,
        member: bob,
        head: page.head,
        messages: page.messages,
        sent,
        marked,
        garbage,
    }
}

async fn people(store: &dyn Store) -> [UserId; 3] {
    let ann = NewUser {
        email: Some(builders::email("ann@example.org")),
        password_hash: Some("$2b$04$hash".to_owned()),
        alias: Some("42".to_owned()),
        names: builders::full_name("Ann", "Lee"),
        admin: true,
        ..builders::new_user("ann")
    };
    let eve = NewUser {
        tenant: TenantId::new("elsewhere"),
        ..builders::new_user("ann")
    };
    let people = [ann, builders::new_user("bob"), eve];
    let ids = people.each_ref().map(|user| user.id);
    for user in people {
        store.create_user(user).await.unwrap();
    }
    for (n, user) in (0..).zip(ids) {
        let mut family = builders::family(user, moment(n));
        store.begin_family(family.clone()).await.unwrap();
        (family.generation, family.previous) = (2, Some(1));
        assert!(store.renew_family(1, family.clone()).await.unwrap());
        if n == 1 {
            store.end_family(family.id, moment(2)).await.unwrap();
        }
        let token = format!("token {n}");
        store.revoke_token(&token, moment(n)).await.unwrap();
    }
    store.note_seen(&ids, moment(3)).await.unwrap();
    let gone = builders::new_user("gone");
    let gone = store.create_user(gone).await.unwrap().id;
    store.delete_user(gone).await.unwrap();
    ids
}

async fn talk(store: &dyn Store, [ann, bob, eve]: [UserId; 3]) -> (RoomId, Vec<NewRow>) {
    let room = builders::new_channel("hall", ann);
    let room = store.create_room(room).await.unwrap().id;
    let mut sent = vec![builders::message(ann, "first")];
    for n in 2..=7 {
        sent.push(builders::message(
            if n % 2 == 0 { bob } else { ann },
            &format!("m{n}"),
        ));
    }
    let rows = [builders::join(bob, 1), builders::join(eve, 1)];
    for row in rows.into_iter().chain(sent.iter().cloned()) {
        put(store, room, row).await;
    }
    let (m, run) = (|n: usize| sent[n].id, RunId::new());
    let rows = [
        builders::row(ann, rich(m(0), bob)),
        builders::edit(bob, m(1), "edited", Some(1)),
        builders::deletion(ann, m(2), None),
        builders::reaction(ann, m(3), "👍", true),
        builders::reaction(bob, m(3), "👍", true),
        builders::reaction(bob, m(3), "👍", false),
        builders::role(ann, bob, Role::Admin, 2),
        builders::leave(eve, 2),
        builders::renamed(ann, "great hall", 2),
        builders::room_change(ann, RoomChange::read_only(true), 3),
        builders::row(ann, NewChange::Archive { run, through: 3 }),
    ];
    for row in rows {
        put(store, room, row).await;
    }
    tell(store, room, [ann, eve]).await;
    (room, sent)
}

/// All that a message can have.
fn rich(reply_to: MessageId, mentioned: UserId) -> NewChange {
    let content = Content {
        kind: ContentKind::File,
        attachment: Some(Attachment {
            file: FileId::new(),
            name: "naïve.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            bytes: 5,
        }),
        reply_to: Some(reply_to),
        mentions: vec![mentioned],
        ..builders::text("look")
    };
    NewChange::Message { content }
}

/// News of being added and of being removed, of which one is settled.
async fn tell(store: &dyn Store, room: RoomId, [ann, eve]: [UserId; 2]) {
    let changes = [
        (MemberChange::Joined, 3),
        (MemberChange::Removed, 4),
        (MemberChange::Joined, 5),
    ];
    for (change, rev) in changes {
        let row = NewRow {
            sender: ann,
            ..builders::membership(eve, change, Role::Member, rev)
        };
        let row = put(store, room, row).await;
        let news = Notification::of_membership(&row).expect("news");
        assert!(store.keep_notification(news).await.unwrap());
        if rev == 4 {
            assert!(
                store
                    .settle_notifications(eve, room, row.seq)
                    .await
                    .unwrap()
            );
        }
    }
}

/// Moves a message to the archive, another there and back, and leaves a third half way. Says how
/// many copies are garbage then.
async fn archive(store: &dyn Store, room: RoomId) -> u64 {
    let due = Due {
        room,
        cutoff: later(),
        after: 0,
    };
    let keys = store.due(due, later(), 100).await.unwrap();
    let (run, keys) = (RunId::new(), &keys[..3]);
    store.copy(room, run, keys).await.unwrap();
    store.swing(room, run, &keys[..2]).await.unwrap();
    let archived = store.archived(room, None, keys[0].seq, 10).await.unwrap();
    store.swing_back(room, &archived).await.unwrap();
    // The third waits for its swing, which may still come.
    1
}

async fn records(store: &dyn Store, room: RoomId) {
    for (n, until) in [(1, None), (2, Some(later()))] {
        let hold = Hold {
            id: HoldId::new(),
            room,
            from: 100 * n,
            through: 100 * n + 9,
            reason: "court".to_owned(),
            by: "ann".to_owned(),
            since: moment(1),
            until,
        };
        store.place_hold(hold).await.unwrap();
    }
    let (nightly, weekly) = (policy("nightly"), policy("weekly"));
    for policy in [&nightly, &weekly] {
        assert!(store.save_policy(policy.clone(), None).await.unwrap());
    }
    let rules = [
        RoomRule::Exempt,
        RoomRule::OlderThan(Duration::from_hours(7)),
        RoomRule::Policy(weekly.id),
    ];
    for rule in rules {
        let own = RoomOverride {
            room: RoomId::new(),
            tenant: TenantId::default(),
            rule,
            by: "ops".to_owned(),
            since: moment(2),
        };
        store.set_override(own).await.unwrap();
    }
    runs(store, room).await;
}

async fn runs(store: &dyn Store, room: RoomId) {
    let scheduled = run();
    let restored = Run {
        id: RunId::new(),
        trigger: Trigger::Restore,
        slot: None,
        phase: Phase::Finished,
        at: None,
        restore: Some(RestoreOrder {
            room: Some(room),
            hold_until: later(),
        }),
        ..run()
    };
    for run in [&scheduled, &restored] {
        assert!(store.claim_run(run.clone()).await.unwrap());
    }
    for room in [room, RoomId::new()] {
        let outcome = count(room);
        let (id, fence) = (scheduled.id, scheduled.fence);
        assert!(store.save_room_count(id, fence, &outcome).await.unwrap());
    }
    let taken = store.take_over_run(scheduled.id, scheduled.fence).await;
    assert!(taken.unwrap().is_some());
    assert!(store.cancel_run(scheduled.id).await.unwrap());
}

async fn files(store: &dyn Store, owner: UserId, room: RoomId, message: MessageId) {
    let new = || NewFile {
        id: FileId::new(),
        tenant: TenantId::default(),
        owner,
        name: FileName::stored("notes.txt".to_owned()),
        media_type: MediaType::stored("text/plain".to_owned()),
    };
    let (held, loose, coming) = (new(), new(), new());
    let received = Received {
        bytes: 5,
        sha256: [7; 32],
    };
    for file in [&held, &loose, &coming] {
        store.begin_file(file.clone()).await.unwrap();
        if file.id != coming.id {
            store.finish_file(file.id, received).await.unwrap();
        }
    }
    for message in [message, MessageId::new()] {
        let link = FileLink {
            file: held.id,
            room,
            message,
        };
        assert!(store.link_file(link, moment(9)).await.unwrap());
    }
}

/// A room for two, one that nothing was said in, one that was deleted, and one that was cleared.
async fn other_rooms(store: &dyn Store, [ann, bob]: [UserId; 2]) {
    let direct = NewRoom {
        id: RoomId::direct(&TenantId::default(), ann, bob),
        kind: RoomKind::Direct,
        name: None,
        init: [ann, bob].map(|user| builders::join(user, 1)).into(),
        ..builders::new_channel("direct", ann)
    };
    let direct = store.create_room(direct).await.unwrap().id;
    put(store, direct, builders::message(ann, "between us")).await;
    let silent = builders::new_channel("silent", bob);
    store.create_room(silent).await.unwrap();
    for (name, cleared) in [("cleared", true), ("deleted", false)] {
        let room = builders::new_channel(name, ann);
        let room = store.create_room(room).await.unwrap().id;
        put(store, room, builders::message(ann, "farewell")).await;
        if cleared {
            clear(store, room).await;
        } else {
            let deletion = builders::room_change(ann, RoomChange::Deleted, 2);
            put(store, room, deletion).await;
        }
    }
}

async fn marks(store: &dyn Store, room: RoomId, user: UserId) {
    let marks = [Mark::Read, Mark::Received, Mark::Notified, Mark::Hidden];
    for (mark, seq) in marks.into_iter().zip(2..) {
        store.raise_mark(room, user, mark, seq).await.unwrap();
    }
    let rule = Rule {
        level: Level::Mentions,
        mutes: vec![Mute {
            from: moment(1),
            until: later(),
        }],
    };
    store.set_rule(room, user, rule).await.unwrap();
}
