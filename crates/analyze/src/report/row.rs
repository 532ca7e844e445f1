//! What of an outcome is counted.

/// What of a record is counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Record<'a> {
    pub(super) format: &'a str,
    pub(super) mode: &'a str,
    /// The right way up, in pixels.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) orientation: Option<u8>,
    /// Year and hour, by the camera's clock.
    pub(super) taken: Option<(u16, u8)>,
    pub(super) make: Option<&'a str>,
    pub(super) model: Option<&'a str>,
    pub(super) lens: Option<&'a str>,
    /// Latitude and longitude in degrees.
    pub(super) position: Option<(f64, f64)>,
    pub(super) bytes: Option<u64>,
    pub(super) bytes_read: u64,
}

/// What of a failure is counted, and shown as an example.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Failure<'a> {
    pub(super) url: &'a str,
    pub(super) error: &'a str,
    pub(super) kind: &'a str,
    pub(super) phase: &'a str,
    pub(super) status: Option<u16>,
}
