//! The records of runs.

use async_trait::async_trait;
use domain::{
    PolicyId, Result, RunId,
    archive::{Phase, Run},
    ports::Runs,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::{
    SqliteStore,
    columns::{blob, int, json, limit, millis, uint},
    error::Failure,
    writer::Lane,
};

/// Beyond the id of every run.
const NEWEST: [u8; 16] = [0xff; 16];

#[async_trait]
impl Runs for SqliteStore {
    async fn claim_run(&self, run: Run) -> Result<bool> {
        self.write(Lane::Command, move |conn| claim(conn, &run))
            .await
    }

    async fn save_run(&self, run: &Run) -> Result<bool> {
        let body = serde_json::to_string(run).map_err(domain::Error::internal)?;
        let (id, phase, fence) = (blob(run.id.uuid()), name(run.phase), int(run.fence));
        self.write(Lane::Background, move |conn| {
            let sql = "UPDATE runs SET phase = ?3, body = ?4 WHERE id = ?1 AND fence = ?2";
            Ok(conn
                .prepare_cached(sql)?
                .execute((id, fence, phase, body))?
                == 1)
        })
        .await
    }

    async fn take_over_run(&self, id: RunId, fence: u64) -> Result<Option<Run>> {
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE runs SET fence = fence + 1
                WHERE id = ?1 AND fence = ?2 AND phase = 'running'
                RETURNING body, fence, cancel";
            let params = (blob(id.uuid()), int(fence));
            Ok(conn
                .prepare_cached(sql)?
                .query_row(params, read)
                .optional()?)
        })
        .await
    }

    async fn cancel_run(&self, id: RunId) -> Result<bool> {
        self.write(Lane::Command, move |conn| {
            let sql = "UPDATE runs SET cancel = 1 WHERE id = ?1 AND phase = 'running'";
            Ok(conn.prepare_cached(sql)?.execute([blob(id.uuid())])? == 1)
        })
        .await
    }

    async fn run(&self, id: RunId) -> Result<Option<Run>> {
        self.read(move |conn| {
            let sql = "SELECT body, fence, cancel FROM runs WHERE id = ?1";
            let mut statement = conn.prepare_cached(sql)?;
            let run = statement.query_row([blob(id.uuid())], read);
            Ok(run.optional()?)
        })
        .await
    }

    async fn runs(
        &self,
        policy: Option<PolicyId>,
        before: Option<RunId>,
        size: usize,
    ) -> Result<Vec<Run>> {
        self.read(move |conn| Ok(list(conn, policy, before, size)?))
            .await
    }

    async fn unfinished_runs(&self) -> Result<Vec<Run>> {
        self.read(|conn| {
            let sql = "SELECT body, fence, cancel FROM runs WHERE phase = 'running' ORDER BY id";
            let mut statement = conn.prepare_cached(sql)?;
            let runs = statement.query_map([], read)?;
            Ok(runs.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// Stores a new run, unless its id or its slot is taken; says whether it did.
pub(crate) fn claim(conn: &Connection, run: &Run) -> Result<bool, Failure> {
    let sql = "INSERT INTO runs (id, policy, slot, phase, fence, cancel, body, started_at)
        VALUES (:id, :policy, :slot, :phase, :fence, :cancel, :body, :started_at)
        ON CONFLICT DO NOTHING";
    let claimed = conn.prepare_cached(sql)?.execute(named_params! {
        ":id": blob(run.id.uuid()),
        ":policy": blob(run.policy.id.uuid()),
        ":slot": run.slot.map(millis),
        ":phase": name(run.phase),
        ":fence": int(run.fence),
        ":cancel": run.cancel,
        ":body": serde_json::to_string(run)?,
        ":started_at": millis(run.started_at),
    })?;
    Ok(claimed == 1)
}

/// Lists runs, newest first; of one policy over its own index.
fn list(
    conn: &Connection,
    policy: Option<PolicyId>,
    before: Option<RunId>,
    size: usize,
) -> rusqlite::Result<Vec<Run>> {
    let of_policy = policy.map_or("", |_| "AND policy = :policy");
    let sql = format!(
        "SELECT body, fence, cancel FROM runs
        WHERE id < :before {of_policy} ORDER BY id DESC LIMIT :limit"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let (before, limit) = (before.map_or(NEWEST, |run| blob(run.uuid())), limit(size));
    let runs = match policy.map(|policy| blob(policy.uuid())) {
        Some(policy) => statement.query_map(
            named_params! { ":before": before, ":limit": limit, ":policy": policy },
            read,
        )?,
        None => statement.query_map(named_params! { ":before": before, ":limit": limit }, read)?,
    };
    runs.collect()
}

/// Reads a run; what others than its worker change lies in columns of its own.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    let run: Run = json(row, 0)?;
    Ok(Run {
        fence: uint(row, 1)?,
        cancel: row.get(2)?,
        ..run
    })
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Running => "running",
        Phase::Finished => "finished",
        Phase::Failed => "failed",
        Phase::Cancelled => "cancelled",
    }
}
