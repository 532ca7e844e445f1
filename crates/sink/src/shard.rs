//! The open shard: outcomes that will be committed as a unit.

use imgmeta_record::Outcome;
use imgmeta_record::json::{self, Keys};
use object_store::PutPayload;
use roaring::RoaringTreemap;

use crate::manifest::Manifest;
use crate::output::{Encoder, Output, Outputs};
use crate::part::Head;
use crate::{Error, Tally};

/// The mirror's share of the JSON's bytes, roughly: what it will be is known only when it is compressed.
const MIRROR_SHARE: u64 = 10;

/// What a shard takes.
#[derive(Debug)]
pub(crate) enum Entry {
    Outcome(Outcome),
    /// An outcome that was written as JSON, by this program, with the keys that the shard has.
    Line(Vec<u8>),
}

impl From<Outcome> for Entry {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

/// Outcomes in the order in which they finished, on their way into the parts of a shard.
#[derive(Debug)]
pub(crate) struct Shard {
    outputs: Outputs,
    keys: Keys,
    encoders: Vec<(Output, Encoder)>,
    rows: RoaringTreemap,
    tally: Tally,
    bytes: u64,
    line: Vec<u8>,
}

impl Shard {
    pub(crate) fn new(outputs: Outputs, keys: Keys) -> Self {
        Self {
            outputs,
            keys,
            encoders: outputs.iter().map(|output| (output, Encoder::new(output, outputs))).collect(),
            rows: RoaringTreemap::new(),
            tally: Tally::default(),
            bytes: 0,
            line: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, outcome: &Outcome) -> Result<(), Error> {
        self.line.clear();
        json::write_line(&mut self.line, outcome, self.keys);
        for (_, encoder) in &mut self.encoders {
            encoder.add(outcome, &self.line, self.keys)?;
        }
        self.bytes += self.line.len() as u64;
        self.rows.extend(outcome.row());
        self.tally.add(outcome);
        Ok(())
    }

    /// Takes an outcome that was written as JSON.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub(crate) fn add_line(&mut self, line: &[u8]) -> Result<(), String> {
        let head = Head::of(line)?;
        for (_, encoder) in &mut self.encoders {
            encoder.add_line(head.rows(), line)?;
        }
        self.bytes += line.len() as u64;
        self.rows.extend(head.row);
        self.tally.add_line(&head);
        Ok(())
    }

    /// Outcomes so far.
    pub(crate) fn len(&self) -> u64 {
        self.tally.rows
    }

    /// Bytes of all outputs together, before the JSON is compressed.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes + if self.outputs.mirror { self.bytes / MIRROR_SHARE } else { 0 }
    }

    /// The shard's manifest and files; an output without outcomes has none.
    pub(crate) fn finish(self, number: u64, run: String) -> Result<(Manifest, Vec<(String, PutPayload)>), Error> {
        let Self { outputs, encoders, rows, tally, keys: _, bytes: _, line: _ } = self;
        let mut files = Vec::new();
        for (output, encoder) in encoders.into_iter().filter(|(_, encoder)| !encoder.is_empty()) {
            files.push((output.part(number, outputs.compression), encoder.finish(outputs.compression)?));
        }
        Ok((Manifest::new(number, run, &files, rows, tally), files))
    }
}
