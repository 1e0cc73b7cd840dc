//! Reading all of it once, and deciding what becomes of it.
//!
//! Everything is met in the order of its ids, so that of two that want the same the earlier one gets
//! it, and whoever reads the same documents decides the same.

mod people;
mod rooms;
mod talk;

use std::collections::HashSet;

use domain::{Limits, Result, transfer::Finding};
use mongodb::bson::doc;
use uuid::Uuid;

use crate::{
    census::Census,
    db::{Db, Kind},
    documents::{Client, Flaw, Room},
    findings::{Findings, Matter},
    union::{Met, Tally, Union},
};

/// Where the epochs of what is carried are derived. Never changes.
const EPOCHS: Uuid = Uuid::from_u128(0x7ad1_40e6_83bf_4c25_9f72_d418_e6a3_05cb);

/// What is known so far.
struct Survey<'l> {
    limits: &'l Limits,
    census: Census,
    findings: Findings,
    /// Names and addresses that are somebody's.
    names: HashSet<String>,
    addresses: HashSet<String>,
    /// Names that are some room's.
    room_names: HashSet<String>,
}

/// Surveys a database. `seen` hears how many documents were read.
pub(crate) async fn run(
    db: &Db,
    limits: &Limits,
    seen: &(dyn Fn(u64) + Send + Sync),
) -> Result<(Census, Vec<Finding>)> {
    let mut survey = Survey {
        limits,
        census: Census::default(),
        findings: Findings::default(),
        names: HashSet::new(),
        addresses: HashSet::new(),
        room_names: HashSet::new(),
    };
    let mut tally = Tally::default();
    survey.read(db, &mut tally, seen).await?;
    survey.addresses = HashSet::new();
    let talk = survey.hear_all(db, tally.read, seen).await?;
    survey.census.epoch = epoch(limits, tally.digest, talk);
    Ok((survey.census, survey.findings.into_list()))
}

/// Tells one content from another, also one that was decided on under other limits.
fn epoch(limits: &Limits, people: Uuid, talk: Uuid) -> Uuid {
    let sizes = [limits.message_bytes, limits.room_name_chars];
    let told = format!("{people} {talk} {sizes:?}");
    Uuid::new_v5(&EPOCHS, told.as_bytes())
}

impl Survey<'_> {
    /// Reads the accounts, then the rooms.
    async fn read(
        &mut self,
        db: &Db,
        tally: &mut Tally,
        seen: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<()> {
        for kind in [Kind::Clients, Kind::Rooms] {
            let mut scan = db.scan(kind, doc! {}).await?;
            while let Some(document) = scan.next().await? {
                tally.count(document);
                seen(tally.read);
                let taken = match kind {
                    Kind::Clients => Client::read(document).map(|client| self.admit(&client)),
                    _ => Room::read(document).map(|room| self.furnish(&room)),
                };
                taken.unwrap_or_else(|flaw| self.leave_out(&flaw));
            }
        }
        Ok(())
    }

    /// Reads what was said; gives the digest of that.
    async fn hear_all(
        &mut self,
        db: &Db,
        read: u64,
        seen: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Uuid> {
        let mut union = Union::of(db, doc! {}).await?;
        while let Some(met) = union.next().await? {
            seen(read + union.tally.read);
            match met {
                Met::Said(said) => self.hear(&said),
                Met::Flawed(flaw) => self.leave_out(&flaw),
            }
        }
        Ok(union.tally.digest)
    }

    fn leave_out(&mut self, flaw: &Flaw) {
        self.findings.note(Matter::Flawed, flaw);
    }
}
