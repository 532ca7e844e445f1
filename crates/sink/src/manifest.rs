//! Manifests: what a shard consists of. Its put is the commit point.

use imgmeta_record::hex;
use object_store::PutPayload;
use roaring::RoaringTreemap;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Tally, rows};

/// Version of manifests and settings.
pub(crate) const FORMAT: u64 = 1;

/// Where manifests are.
pub(crate) const FOLDER: &str = "_imgmeta/manifests";

/// One committed shard.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Manifest {
    pub(crate) number: u64,
    /// The run that wrote it.
    pub(crate) run: String,
    pub(crate) files: Vec<File>,
    pub(crate) rows: RoaringTreemap,
    pub(crate) tally: Tally,
    /// Whether it names what completes the run.
    pub(crate) closing: bool,
}

/// One file of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Where it is published: `success_output/part-00000000.json`.
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sha256: String,
}

impl File {
    pub(crate) fn new(path: String, payload: &PutPayload) -> Self {
        let mut sha256 = Sha256::new();
        payload.iter().for_each(|piece| sha256.update(piece));
        Self { path, size: payload.content_length() as u64, sha256: hex(&sha256.finalize()) }
    }

    pub(crate) fn to_json(&self) -> Value {
        let Self { path, size, sha256 } = self;
        json!({"path": path, "size": size, "sha256": sha256})
    }

    pub(crate) fn from_json(json: &Value) -> Option<Self> {
        let text = |name: &str| json[name].as_str().map(ToOwned::to_owned);
        Some(Self { path: text("path")?, size: json["size"].as_u64()?, sha256: text("sha256")? })
    }
}

/// Where the manifest of a shard is.
pub(crate) fn path(number: u64) -> String {
    format!("{FOLDER}/{number:08}.json")
}

impl Manifest {
    /// Of a shard with these files.
    pub(crate) fn new(
        number: u64, run: String, files: &[(String, PutPayload)], rows: RoaringTreemap, tally: Tally,
    ) -> Self {
        let files = files.iter().map(|(path, payload)| File::new(path.clone(), payload)).collect();
        Self { number, run, files, rows, tally, closing: false }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(&self.to_json()).expect("a value becomes JSON");
        bytes.push(b'\n');
        bytes
    }

    pub(crate) fn to_json(&self) -> Value {
        let Self { number, run, files, rows, tally, closing } = self;
        let files: Vec<_> = files.iter().map(File::to_json).collect();
        json!({
            "format": FORMAT, "number": number, "run": run, "files": files, "rows": rows::to_text(rows),
            "tally": tally.to_json(), "closing": closing,
        })
    }

    /// # Errors
    /// What is wrong with it.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if json["format"] != FORMAT {
            return Err(format!("its format is {}, and this program knows {FORMAT}", json["format"]));
        }
        Self::from_json(&json).ok_or_else(|| "a key is missing or of another type".to_owned())
    }

    pub(crate) fn from_json(json: &Value) -> Option<Self> {
        Some(Self {
            number: json["number"].as_u64()?,
            run: json["run"].as_str()?.to_owned(),
            files: json["files"].as_array()?.iter().map(File::from_json).collect::<Option<_>>()?,
            rows: rows::from_text(json["rows"].as_str()?)?,
            tally: Tally::from_json(&json["tally"])?,
            closing: json["closing"].as_bool()?,
        })
    }
}
