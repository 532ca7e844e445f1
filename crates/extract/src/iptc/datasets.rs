//! The table of IPTC's datasets (IPTC-NAA Information Interchange Model 4.2, 5 to 9; Digital Newsphoto Parameter Record
//! 4): record, number, name, and what its bytes are. Names are those that exiftool has, too; rows are sorted.

/// What the bytes of a dataset are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// A whole number of one, two or four bytes.
    Number,
    /// Bytes.
    Bytes,
}

use Kind::{Bytes, Number, Text};

type Row = (u8, u8, &'static str, Kind);

const ROWS: &[Row] = &[
    (1, 0, "EnvelopeRecordVersion", Number),
    (1, 5, "Destination", Text),
    (1, 20, "FileFormat", Number),
    (1, 22, "FileVersion", Number),
    (1, 30, "ServiceIdentifier", Text),
    (1, 40, "EnvelopeNumber", Text),
    (1, 50, "ProductID", Text),
    (1, 60, "EnvelopePriority", Text),
    (1, 70, "DateSent", Text),
    (1, 80, "TimeSent", Text),
    (1, 90, "CodedCharacterSet", Text),
    (1, 100, "UniqueObjectName", Text),
    (1, 120, "ARMIdentifier", Number),
    (1, 122, "ARMVersion", Number),
    (2, 0, "ApplicationRecordVersion", Number),
    (2, 3, "ObjectTypeReference", Text),
    (2, 4, "ObjectAttributeReference", Text),
    (2, 5, "ObjectName", Text),
    (2, 7, "EditStatus", Text),
    (2, 8, "EditorialUpdate", Text),
    (2, 10, "Urgency", Text),
    (2, 12, "SubjectReference", Text),
    (2, 15, "Category", Text),
    (2, 20, "SupplementalCategories", Text),
    (2, 22, "FixtureIdentifier", Text),
    (2, 25, "Keywords", Text),
    (2, 26, "ContentLocationCode", Text),
    (2, 27, "ContentLocationName", Text),
    (2, 30, "ReleaseDate", Text),
    (2, 35, "ReleaseTime", Text),
    (2, 37, "ExpirationDate", Text),
    (2, 38, "ExpirationTime", Text),
    (2, 40, "SpecialInstructions", Text),
    (2, 42, "ActionAdvised", Text),
    (2, 45, "ReferenceService", Text),
    (2, 47, "ReferenceDate", Text),
    (2, 50, "ReferenceNumber", Text),
    (2, 55, "DateCreated", Text),
    (2, 60, "TimeCreated", Text),
    (2, 62, "DigitalCreationDate", Text),
    (2, 63, "DigitalCreationTime", Text),
    (2, 65, "OriginatingProgram", Text),
    (2, 70, "ProgramVersion", Text),
    (2, 75, "ObjectCycle", Text),
    (2, 80, "By-line", Text),
    (2, 85, "By-lineTitle", Text),
    (2, 90, "City", Text),
    (2, 92, "Sub-location", Text),
    (2, 95, "Province-State", Text),
    (2, 100, "Country-PrimaryLocationCode", Text),
    (2, 101, "Country-PrimaryLocationName", Text),
    (2, 103, "OriginalTransmissionReference", Text),
    (2, 105, "Headline", Text),
    (2, 110, "Credit", Text),
    (2, 115, "Source", Text),
    (2, 116, "CopyrightNotice", Text),
    (2, 118, "Contact", Text),
    (2, 120, "Caption-Abstract", Text),
    (2, 121, "LocalCaption", Text),
    (2, 122, "Writer-Editor", Text),
    (2, 125, "RasterizedCaption", Bytes),
    (2, 130, "ImageType", Text),
    (2, 131, "ImageOrientation", Text),
    (2, 135, "LanguageIdentifier", Text),
    (2, 150, "AudioType", Text),
    (2, 151, "AudioSamplingRate", Text),
    (2, 152, "AudioSamplingResolution", Text),
    (2, 153, "AudioDuration", Text),
    (2, 154, "AudioOutcue", Text),
    (2, 184, "JobID", Text),
    (2, 185, "MasterDocumentID", Text),
    (2, 186, "ShortDocumentID", Text),
    (2, 187, "UniqueDocumentID", Text),
    (2, 188, "OwnerID", Text),
    (2, 200, "ObjectPreviewFileFormat", Number),
    (2, 201, "ObjectPreviewFileVersion", Number),
    (2, 202, "ObjectPreviewData", Bytes),
    (2, 221, "Prefs", Text),
    (2, 225, "ClassifyState", Text),
    (2, 228, "SimilarityIndex", Text),
    (2, 230, "DocumentNotes", Text),
    (2, 231, "DocumentHistory", Text),
    (2, 232, "ExifCameraInfo", Text),
    (2, 255, "CatalogSets", Text),
    (3, 0, "NewsPhotoVersion", Number),
    (3, 10, "IPTCPictureNumber", Text),
    (3, 20, "IPTCImageWidth", Number),
    (3, 30, "IPTCImageHeight", Number),
    (3, 40, "IPTCPixelWidth", Number),
    (3, 50, "IPTCPixelHeight", Number),
    (3, 55, "SupplementalType", Number),
    (3, 60, "ColorRepresentation", Number),
    (3, 64, "InterchangeColorSpace", Number),
    (3, 65, "ColorSequence", Number),
    (3, 66, "ICC_Profile", Bytes),
    (3, 70, "ColorCalibrationMatrix", Bytes),
    (3, 80, "LookupTable", Bytes),
    (3, 84, "NumIndexEntries", Number),
    (3, 85, "ColorPalette", Bytes),
    (3, 86, "IPTCBitsPerSample", Number),
    (3, 90, "SampleStructure", Number),
    (3, 100, "ScanningDirection", Number),
    (3, 102, "IPTCImageRotation", Number),
    (3, 110, "DataCompressionMethod", Number),
    (3, 120, "QuantizationMethod", Number),
    (3, 125, "EndPoints", Bytes),
    (3, 130, "ExcursionTolerance", Number),
    (3, 135, "BitsPerComponent", Number),
    (3, 140, "MaximumDensityRange", Number),
    (3, 145, "GammaCompensatedValue", Number),
    (7, 10, "SizeMode", Number),
    (7, 20, "MaxSubfileSize", Number),
    (7, 90, "ObjectSizeAnnounced", Number),
    (7, 95, "MaximumObjectSize", Number),
    (8, 10, "SubFile", Bytes),
    (9, 10, "ConfirmedObjectSize", Number),
];

/// The name and kind of a dataset; one that is not in the table has none.
pub(super) fn lookup(record: u8, number: u8) -> Option<(&'static str, Kind)> {
    let at = ROWS.binary_search_by_key(&(record, number), |row| (row.0, row.1)).ok()?;
    Some((ROWS[at].2, ROWS[at].3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_are_sorted_and_names_are_unique() {
        assert!(ROWS.windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1)));
        let names: HashSet<_> = ROWS.iter().map(|row| row.2.to_ascii_lowercase()).collect();
        assert_eq!(names.len(), ROWS.len());
        assert_eq!(lookup(2, 120), Some(("Caption-Abstract", Text)));
        assert_eq!(lookup(2, 1), None);
    }
}
