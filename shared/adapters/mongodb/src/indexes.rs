//! The indexes. The unique ones keep promises; the store does not open without them. They are
//! never partial: the server that tests run on takes a partial index for one over everything.
//! Elsewhere that costs speed alone.

mod archive;
mod people;
mod rooms;

use futures_util::future::try_join_all;
use mongodb::{
    Collection, IndexModel,
    bson::{Document, doc},
    error::ErrorKind,
    options::IndexOptions,
};

use crate::{db::Db, failure::Failure};

/// The index that numbers a room's rows, as errors name it.
pub(crate) const SEQ: &str = "room_seq";

/// The server's codes for an index that is there otherwise, and for values that are not unique.
const IN_THE_WAY: [i32; 3] = [85, 86, 11_000];

/// Makes the indexes that are missing. Returns the name of the first that the server then has
/// not, or has otherwise.
pub(crate) async fn ensure(db: &Db) -> Result<Option<String>, Failure> {
    let ensured = wanted(db)
        .into_iter()
        .map(|(of, wanted)| ensure_of(db, of, wanted));
    let wrong = try_join_all(ensured).await?;
    Ok(wrong.into_iter().flatten().next())
}

async fn ensure_of(
    db: &Db,
    collection: Collection<Document>,
    wanted: Vec<IndexModel>,
) -> Result<Option<String>, Failure> {
    make(db, &collection, &wanted).await?;
    let found: Vec<IndexModel> = db.all(collection.list_indexes()).await?;
    let mut wrong = wanted
        .iter()
        .filter(|wanted| !found.iter().any(|found| same(wanted, found)));
    let of = collection.name();
    Ok(wrong.next().map(|index| format!("{of}.{}", name(index))))
}

/// Makes what is missing. What stands in the way, an index of the same name or the same fields, or
/// documents that a unique one cannot have, is left there.
async fn make(
    db: &Db,
    collection: &Collection<Document>,
    wanted: &[IndexModel],
) -> Result<(), Failure> {
    let at_once = db.call(collection.create_indexes(wanted.to_vec())).await;
    match at_once {
        Err(failure) if in_the_way(&failure) => {}
        made => return made.map(drop),
    }
    for index in wanted {
        let made = db.call(collection.create_index(index.clone())).await;
        match made {
            Err(failure) if !in_the_way(&failure) => return Err(failure),
            _ => {}
        }
    }
    Ok(())
}

fn in_the_way(failure: &Failure) -> bool {
    let Failure::Driver(error) = failure else {
        return false;
    };
    matches!(error.kind.as_ref(), ErrorKind::Command(error) if IN_THE_WAY.contains(&error.code))
}

fn name(index: &IndexModel) -> String {
    let options = index.options.as_ref();
    options.and_then(|all| all.name.clone()).unwrap_or_default()
}

/// Every collection that has indexes, with them.
fn wanted(db: &Db) -> Vec<(Collection<Document>, Vec<IndexModel>)> {
    let mut wanted = rooms::wanted(db);
    wanted.extend(people::wanted(db));
    wanted.extend(archive::wanted(db));
    wanted
}

/// Whether an index is the one that is wanted. Key by key, since servers differ in the numbers'
/// type. Whether it is partial is not compared, since not every server says so.
fn same(wanted: &IndexModel, found: &IndexModel) -> bool {
    let unique = |index: &IndexModel| {
        let options = index.options.as_ref();
        options.and_then(|all| all.unique).unwrap_or_default()
    };
    let alike = wanted.keys.keys().eq(found.keys.keys()) && unique(wanted) == unique(found);
    alike && name(wanted) == name(found)
}

fn there(field: &str) -> Document {
    doc! {field: {"$exists": true}}
}

fn plain(name: &str, keys: Document) -> IndexModel {
    model(name, keys, IndexOptions::default())
}

fn partial(name: &str, keys: Document, of: Document) -> IndexModel {
    let options = IndexOptions::builder().partial_filter_expression(of);
    model(name, keys, options.build())
}

fn unique(name: &str, keys: Document) -> IndexModel {
    model(name, keys, IndexOptions::builder().unique(true).build())
}

/// Unique among the documents that have the field.
fn sparse(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().unique(true).sparse(true);
    model(name, keys, options.build())
}

fn model(name: &str, keys: Document, mut options: IndexOptions) -> IndexModel {
    options.name = Some(name.to_owned());
    IndexModel::builder().keys(keys).options(options).build()
}
