//! `Content-Range`: RFC 9110, 14.4.

/// What a 206 says that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) start: u64,
    /// Behind the last byte.
    pub(super) end: u64,
    /// The whole length, where it is known and not contradicted.
    pub(super) total: Option<u64>,
}

/// Reads the header's value; `None` where it is none or contradicts itself.
pub(super) fn parse(value: &str) -> Option<ContentRange> {
    let rest = value.trim().strip_prefix("bytes")?.trim_start_matches([' ', '=']);
    let (range, total) = rest.split_once('/').unwrap_or((rest, "*"));
    let (start, last) = range.split_once('-')?;
    let start: u64 = start.trim().parse().ok()?;
    let end = last.trim().parse::<u64>().ok()?.checked_add(1)?;
    let total = total.trim().parse().ok().filter(|&total| total >= end);
    (start < end).then_some(ContentRange { start, end, total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_that_contradicts_the_range_is_not_believed() {
        let range = |start, end, total| Some(ContentRange { start, end, total });
        for (value, parsed) in [
            ("bytes 0-9/100", range(0, 10, Some(100))),
            ("bytes 5-9/*", range(5, 10, None)),
            ("bytes 5-9", range(5, 10, None)),
            ("bytes 0-9/4", range(0, 10, None)),
            ("bytes=0-9/10", range(0, 10, Some(10))),
            ("bytes */100", None),
            ("bytes 9-5/100", None),
            ("pages 1-2/3", None),
            ("bytes 0-18446744073709551615/1", None),
        ] {
            assert_eq!(parse(value), parsed, "{value}");
        }
    }
}
