use domain::{Recent, Row};
use serde::{Deserialize, Serialize};

use super::{RowRecord, VERSION, decoded, encoded};

/// What a fill of the cache read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BlockRecord {
    v: u32,
    upto: u64,
    from: u64,
    rows: Vec<RowRecord>,
}

impl BlockRecord {
    pub(crate) fn encoded(recent: &Recent) -> Vec<u8> {
        encoded(&Self {
            v: VERSION,
            upto: recent.upto,
            from: recent.from,
            rows: recent.rows.iter().map(RowRecord::from).collect(),
        })
    }

    pub(crate) fn decoded(stored: &[u8]) -> Option<Recent> {
        let record: Self = decoded(stored)?;
        (record.v == VERSION).then(|| Recent {
            upto: record.upto,
            from: record.from,
            rows: record.rows.into_iter().map(Row::from).collect(),
        })
    }
}

/// A row that was added behind a block.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AddedRecord {
    v: u32,
    row: RowRecord,
}

impl AddedRecord {
    pub(crate) fn encoded(row: &Row) -> Vec<u8> {
        encoded(&Self {
            v: VERSION,
            row: row.into(),
        })
    }

    pub(crate) fn decoded(stored: &[u8]) -> Option<Row> {
        let record: Self = decoded(stored)?;
        (record.v == VERSION).then(|| record.row.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = r#"{"v":1,"upto":7,"from":3,"rows":[]}"#;

    #[test]
    fn a_block_is_read_and_written_as_it_always_was() {
        let recent = BlockRecord::decoded(BLOCK.as_bytes()).unwrap();
        assert_eq!((recent.upto, recent.from), (7, 3));
        assert_eq!(BlockRecord::encoded(&recent), BLOCK.as_bytes());
    }

    #[test]
    fn another_version_is_no_block() {
        let later = BLOCK.replace(r#""v":1"#, r#""v":2"#);
        for other in [later.as_str(), "", "{}", "\u{0}"] {
            assert_eq!(BlockRecord::decoded(other.as_bytes()), None, "{other}");
        }
    }
}
