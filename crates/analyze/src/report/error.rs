//! Why a finished run cannot be analysed.

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A part is not what it should be.
    #[error("`{name}` in `{url}` cannot be understood: {why}; is it complete, and of this version of imgmeta?")]
    Damaged {
        /// The run.
        url: String,
        /// The part.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A part cannot be read.
    #[error("cannot read `{name}` in `{url}`")]
    Read {
        /// The run.
        url: String,
        /// The part.
        name: String,
        /// Why.
        source: object_store::Error,
    },
    /// A column that the mirror must have is missing or of another type.
    #[error(
        "`{name}` in `{url}` has no column `{column}` of the type that this version of imgmeta writes: make the mirror again"
    )]
    Column {
        /// The run.
        url: String,
        /// The part.
        name: String,
        /// The column.
        column: String,
    },
}
