//! Reaching a server and making sure that it is fit.

use std::time::Duration;

use mongodb::{
    Client,
    options::{Acknowledgment, ClientOptions, ReadConcern, WriteConcern},
};

use crate::{db::Db, failure::Failure, indexes, store::Timings};

/// The database, where the URI names none.
const DATABASE: &str = "hubbub";

/// How long the driver looks for a server, and for a connection to it.
const REACH: Duration = Duration::from_secs(2);

/// Connections, where the URI does not say how many. The driver's own ten are few for many rooms.
const POOL: u32 = 64;

/// Why a store could not be opened. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URI is no MongoDB connection string.
    #[error("this is not a MongoDB connection string: {source}")]
    Uri {
        /// What the driver said.
        source: mongodb::error::Error,
    },
    /// No server answered, or it refused.
    #[error("the MongoDB server cannot be used: {source}. Check that it runs and may be reached.")]
    Unreachable {
        /// What the driver said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An index is not as the store needs it.
    #[error(
        "the index {name} is missing or not as Hubbub makes it: drop it, and start again to have it made anew"
    )]
    Index {
        /// The index.
        name: String,
    },
}

/// Connects and makes sure of the indexes.
pub(crate) async fn connect(
    uri: &str,
    database: Option<&str>,
    timings: Timings,
) -> Result<Db, ConnectError> {
    let client = options(uri)
        .await
        .and_then(Client::with_options)
        .map_err(|source| ConnectError::Uri { source })?;
    let database = match database {
        Some(name) => client.database(name),
        None => client
            .default_database()
            .unwrap_or_else(|| client.database(DATABASE)),
    };
    let db = Db::new(&database, timings.call);
    match indexes::ensure(&db.within(timings.opening)).await {
        Ok(None) => Ok(db),
        Ok(Some(name)) => Err(ConnectError::Index { name }),
        Err(failure) => Err(unreachable(failure)),
    }
}

fn unreachable(failure: Failure) -> ConnectError {
    let source = Box::new(failure);
    ConnectError::Unreachable { source }
}

/// The URI's options, with ours where promises hang on them: what is acknowledged is on the disks
/// of a majority, what is read is too, and no write is sent twice behind the store's back.
async fn options(uri: &str) -> mongodb::error::Result<ClientOptions> {
    let mut options = ClientOptions::parse(uri).await?;
    let durable = WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build();
    options.write_concern = Some(durable);
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria = None;
    options.retry_writes = Some(false);
    options.max_pool_size.get_or_insert(POOL);
    options.server_selection_timeout.get_or_insert(REACH);
    options.connect_timeout.get_or_insert(REACH);
    options.app_name.get_or_insert_with(|| DATABASE.to_owned());
    Ok(options)
}
