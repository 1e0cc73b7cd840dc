//! The S3 adapter keeps the contract of its port on a server that others wrote: moto, which many
//! test their S3 clients with. It is started here where `python3` has it
//! (`pip install 'moto[s3,server]'`); where not, the cases are skipped and say so, and fail where
//! `CI` is set.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, LazyLock},
    time::Duration,
};

use adapter_blobs::{S3Blobs, S3Options};
use domain::FileId;
use testkit::contract::blobs::BlobWorld;

/// Says its address once the bucket is there, and ends when nobody holds its input any more: with
/// this process, however that dies.
const PROGRAM: &str = "
import sys
import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
address = 'http://%s:%d' % server.get_host_and_port()
client = boto3.client('s3', endpoint_url=address, region_name='us-east-1',
                      aws_access_key_id='AKIAHUBBUBTEST', aws_secret_access_key='secret')
client.create_bucket(Bucket='hubbub')
print(address, flush=True)
sys.stdin.read()
server.stop()
";

/// A server that all cases share.
struct Moto {
    address: String,
    _child: (Child, ChildStdin),
}

static MOTO: LazyLock<Result<Moto, String>> = LazyLock::new(Moto::start);

impl Moto {
    fn start() -> Result<Self, String> {
        let mut python = Command::new("python3");
        python.args(["-c", PROGRAM]);
        python.stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = python.stderr(Stdio::null()).spawn();
        let mut child = started.map_err(|error| format!("python3 does not start: {error}"))?;
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut address = String::new();
        let read = BufReader::new(stdout).read_line(&mut address);
        match read {
            Ok(1..) => Ok(Self {
                address: address.trim().to_owned(),
                _child: (child, stdin),
            }),
            _ => Err("python3 has no moto (pip install 'moto[s3,server]')".to_owned()),
        }
    }
}

async fn server() -> Option<BlobWorld> {
    let moto = testkit::or_skip("S3", MOTO.as_ref())?;
    let blobs = S3Blobs::open(&S3Options {
        endpoint: moto.address.clone(),
        region: "us-east-1".to_owned(),
        bucket: "hubbub".to_owned(),
        // Of each case its own.
        prefix: FileId::new().to_string(),
        access_key_id: "AKIAHUBBUBTEST".to_owned(),
        secret_access_key: "secret".to_owned(),
        virtual_host: false,
        timeout: Duration::from_secs(20),
    });
    Some(BlobWorld::new(Arc::new(blobs.unwrap()), ()))
}

testkit::blobs_contract!(server);
