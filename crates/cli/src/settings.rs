//! What shapes the outcomes of a run: kept in the output, and compared when it is resumed.

use encoding_rs::Encoding;
use imgmeta_extract::{HeaderName, HeaderValue};
use imgmeta_ingest::{Format, List};
use imgmeta_record::hex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::args::{ExifKeys, FetchArgs, MetadataArgs, RunArgs};

/// The settings that may not change between a run and its resumption.
pub(crate) fn settings(args: &RunArgs, list: &List) -> Map<String, Value> {
    let files: Vec<_> = list
        .files()
        .iter()
        .map(|file| {
            json!({
                "url": imgmeta_record::mask(&file.url),
                "bytes": file.bytes,
                "etag": file.etag,
                "modified": file.modified,
            })
        })
        .collect();
    let value = json!({
        "lists": files,
        "url_column": args.list.url_column.as_ref().map(ToString::to_string),
        "keep_columns": args.list.keep_columns.to_string(),
        "rows": args.list.rows.as_ref().map(|rows| format!("{}..{}", rows.start, rows.end)),
        "list_format": args.list.list_format.map(Format::name),
        "encoding": args.list.encoding.map(Encoding::name),
        "include": args.list.include,
        "exclude": args.list.exclude,
        "no_header": args.list.no_header,
        "delimiter": args.list.delimiter.map(|byte| char::from(byte).to_string()),
    });
    let mut settings = object(value);
    settings.extend(of_metadata(&args.extract.metadata));
    settings.extend(of_fetching(&args.extract.fetch));
    settings
}

/// What a server gives may depend on headers, and what is asked for on robots. Values of headers may be secrets.
fn of_fetching(args: &FetchArgs) -> Map<String, Value> {
    let header = |(name, value): &(HeaderName, HeaderValue)| json!({"name": name.as_str(), "sha256": hex(&Sha256::digest(value.as_bytes()))});
    let headers: Vec<_> = args.header.iter().map(header).collect();
    object(json!({
        "headers": if headers.is_empty() { Value::Null } else { headers.into() },
        "robots": args.robots.as_ref().map(|robots| &robots.directives),
    }))
}

fn of_metadata(args: &MetadataArgs) -> Map<String, Value> {
    object(json!({
        "exif_keys": match args.exif_keys { ExifKeys::Names => "names", ExifKeys::Ids => "ids" },
        "exif_encoding": args.exif_encoding.name(),
        // Absent from runs that are older than the flag: null is as good.
        "full": args.full.then_some(true),
        "xmp": args.xmp,
        "iptc": args.iptc,
        "maker_notes": args.maker_notes,
        "thumbnails": args.thumbnails,
    }))
}

/// What a run was told to read of images, by its settings; `None` where they are another version's.
pub(crate) fn metadata(settings: &Map<String, Value>) -> Option<MetadataArgs> {
    let flag = |name: &str| settings.get(name).and_then(Value::as_bool);
    let text = |name: &str| settings.get(name).and_then(Value::as_str);
    let exif_keys = match text("exif_keys")? {
        "names" => ExifKeys::Names,
        "ids" => ExifKeys::Ids,
        _ => return None,
    };
    Some(MetadataArgs {
        exif_encoding: Encoding::for_label(text("exif_encoding")?.as_bytes())?,
        exif_keys,
        full: flag("full").unwrap_or(false),
        xmp: flag("xmp")?,
        iptc: flag("iptc")?,
        maker_notes: flag("maker_notes")?,
        thumbnails: flag("thumbnails")?,
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => unreachable!("an object was written"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;

    #[test]
    fn what_shapes_outcomes_is_kept_and_found_again() {
        let args =
            ["imgmeta", "run", "l", "--output", "o", "--xmp", "--exif-keys", "ids", "--exif-encoding", "shift_jis"];
        let Command::Run(run) = Args::parse_from(args).command else { unreachable!("a run") };
        let kept = of_metadata(&run.extract.metadata);
        let found = metadata(&kept).expect("this version's settings");
        assert_eq!(of_metadata(&found), kept);
        assert!(found.xmp && !found.iptc && metadata(&Map::new()).is_none());
    }
}
