//! Arguments of `inspect`.

use clap::Args;

use super::ExtractArgs;

/// Show what is known of one or a few images.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  imgmeta inspect cat.jpg\n  imgmeta inspect --xmp --iptc cat.jpg\n  imgmeta inspect --json https://example.org/cat.jpg"
)]
pub struct InspectArgs {
    /// Paths or URLs of images
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<String>,
    /// Print one JSON object a line, as `run` writes it
    #[arg(long)]
    pub json: bool,
    /// How images are read.
    #[command(flatten)]
    pub extract: ExtractArgs,
}
