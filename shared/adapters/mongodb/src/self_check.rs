//! Whether a server that speaks the protocol also does what it says. Some do not: they lose
//! updates under a race, or ignore parts of a command without a word. All that follows rests on
//! this, so a server that fails is refused before anything is kept on it.

use domain::RowId;
use futures_util::future::join_all;
use mongodb::{
    Collection, IndexModel,
    bson::{Bson, Document, doc},
    options::IndexOptions,
};

use crate::{connect::ConnectError, db::Db, failure::Failure};

/// How many try the same at once, and how often.
const AT_ONCE: i32 = 6;
const ROUNDS: i32 = 6;

/// The check that a server failed, or why none could be made.
enum Fault {
    Failed(&'static str),
    Broken(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

/// Checks a server in a collection of its own, which is gone afterwards. Takes below a second.
pub(crate) async fn run(db: &Db) -> Result<(), ConnectError> {
    let scratch = Scratch::new(db);
    let checked = scratch.all().await;
    let dropped = db.call(scratch.rows.drop()).await;
    match checked {
        Err(Fault::Failed(check)) => Err(ConnectError::Unfit { check }),
        Err(Fault::Broken(failure)) => Err(failure.into()),
        Ok(()) => Ok(dropped?),
    }
}

struct Scratch<'a> {
    db: &'a Db,
    rows: Collection<Document>,
}

impl<'a> Scratch<'a> {
    fn new(db: &'a Db) -> Self {
        let name = format!("self_check_{}", RowId::new().uuid().simple());
        Self {
            db,
            rows: db.scratch(&name),
        }
    }

    async fn all(&self) -> Result<(), Fault> {
        let passed = |check, passed: bool| passed.then_some(()).ok_or(Fault::Failed(check));
        self.index("number", false).await?;
        self.index("name", true).await?;
        passed(
            "a unique index under a race",
            self.unique_in_a_race().await?,
        )?;
        passed("a sparse unique index", self.sparse().await?)?;
        passed("compare-and-set", self.compare_and_set().await?)?;
        passed(
            "an ordered insert stops at a duplicate",
            self.stops().await?,
        )?;
        passed("$push with $slice", self.push_and_slice().await?)
    }

    async fn index(&self, field: &str, sparse: bool) -> Result<(), Failure> {
        let options = IndexOptions::builder().unique(true).sparse(sparse);
        let index = IndexModel::builder().keys(doc! {field: 1});
        let index = index.options(options.build()).build();
        self.db.call(self.rows.create_index(index)).await?;
        Ok(())
    }

    /// Stores a row; `false` when something of it is taken.
    async fn insert(&self, row: Document) -> Result<bool, Failure> {
        match self.db.call(self.rows.insert_one(row)).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Of all who take a number, one has it.
    async fn unique_in_a_race(&self) -> Result<bool, Failure> {
        for number in 0..ROUNDS {
            let row = |n| doc! {"_id": format!("race {number} {n}"), "number": number};
            let taken = join_all((0..AT_ONCE).map(|n| self.insert(row(n)))).await;
            let taken: Vec<_> = taken.into_iter().collect::<Result<_, _>>()?;
            if taken.iter().filter(|taken| **taken).count() != 1 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Those without the field do not take it from each other.
    async fn sparse(&self) -> Result<bool, Failure> {
        let row = |id: &str, number: i32| doc! {"_id": id, "number": number};
        let named = |id: &str, number: i32| doc! {"_id": id, "number": number, "name": "ann"};
        let without = self.insert(row("one", -1)).await? && self.insert(row("two", -2)).await?;
        let with = self.insert(named("ann", -3)).await?;
        Ok(without && with && !self.insert(named("another", -4)).await?)
    }

    /// Of all who raise a revision, one succeeds.
    async fn compare_and_set(&self) -> Result<bool, Failure> {
        self.insert(doc! {"_id": "rev", "number": -5, "rev": 0})
            .await?;
        for rev in 0..ROUNDS {
            let raise = || {
                let same = doc! {"_id": "rev", "rev": rev};
                let raised = self.rows.update_one(same, doc! {"$inc": {"rev": 1}});
                self.db.call(raised)
            };
            let raised = join_all((0..AT_ONCE).map(|_| raise())).await;
            let raised: Vec<_> = raised.into_iter().collect::<Result<_, _>>()?;
            if raised.iter().map(|one| one.matched_count).sum::<u64>() != 1 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What comes before a duplicate is stored, and what comes after it is not.
    async fn stops(&self) -> Result<bool, Failure> {
        let row = |id: &str, number: i32| doc! {"_id": id, "number": number};
        let rows = [row("before", -6), row("double", -6), row("after", -7)];
        let Err(failure) = self.db.call(self.rows.insert_many(rows)).await else {
            return Ok(false);
        };
        let Some((at, _)) = failure.stopped_at() else {
            return Err(failure);
        };
        let ids = doc! {"_id": {"$in": ["before", "double", "after"]}};
        let stored = self.db.all(self.rows.find(ids)).await?;
        let ids: Vec<_> = stored
            .iter()
            .filter_map(|row| row.get_str("_id").ok())
            .collect();
        Ok(at == 1 && ids == ["before"])
    }

    /// The last two are kept.
    async fn push_and_slice(&self) -> Result<bool, Failure> {
        self.insert(doc! {"_id": "list", "number": -8}).await?;
        for n in 0..4 {
            let push = doc! {"$push": {"list": {"$each": [n], "$slice": -2}}};
            let pushed = self.rows.update_one(doc! {"_id": "list"}, push);
            self.db.call(pushed).await?;
        }
        let found = self
            .db
            .call(self.rows.find_one(doc! {"_id": "list"}))
            .await?;
        let list = found.as_ref().and_then(|row| row.get_array("list").ok());
        Ok(list == Some(&vec![Bson::Int32(2), Bson::Int32(3)]))
    }
}
