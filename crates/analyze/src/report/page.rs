//! The page: one file, in which everything is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::data::Data;

const TEMPLATE: &str = include_str!("../../assets/page.html");
const STYLE: &str = include_str!("../../assets/page.css");
/// plotly.js, as `build.rs` took it out of its crate.
const LIBRARY: &str = include_str!(concat!(env!("OUT_DIR"), "/plotly.min.js"));
/// Coastlines and borders.
const WORLD: &str = include_str!("../../assets/countries-110m.json");
/// The page's own script, of which each file goes on where the one before has ended.
const SCRIPT: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("../../assets/words.js"),
    include_str!("../../assets/counts.js"),
    include_str!("../../assets/figure.js"),
    include_str!("../../assets/bars.js"),
    include_str!("../../assets/records.js"),
    include_str!("../../assets/sizes.js"),
    include_str!("../../assets/map.js"),
    include_str!("../../assets/failures.js"),
    include_str!("../../assets/summary.js"),
    include_str!("../../assets/main.js"),
    "})();\n",
);

/// Between what stands in the template and the names of what is put into it.
const MARK: &str = "@@";

pub(super) fn html(data: &Data) -> String {
    let data = text_of(&serde_json::to_string(data).expect("numbers and strings become JSON"));
    let policy = policy();
    let mut page = String::with_capacity(LIBRARY.len() + WORLD.len() + SCRIPT.len() + data.len() + (64 << 10));
    for (at, piece) in TEMPLATE.split(MARK).enumerate() {
        page.push_str(match piece {
            literal if at % 2 == 0 => literal,
            "policy" => &policy,
            "style" => STYLE,
            "data" => &data,
            "world" => WORLD,
            "library" => LIBRARY,
            "script" => SCRIPT,
            other => unreachable!("the template has a mark {other}"),
        });
    }
    page
}

/// JSON as the text of a `script` element, which no string in it can end.
fn text_of(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// What the browser may do: run these scripts, use this style, and fetch nothing. plotly.js makes style elements that are
/// empty at first, sets attributes, and draws heat maps as images of its own.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {} {}; style-src-elem {} {}; style-src-attr 'unsafe-inline'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        hash(LIBRARY),
        hash(SCRIPT),
        hash(STYLE),
        hash(""),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_the_run_can_end_the_element_that_holds_it() {
        let text = text_of(r#"{"a":"</script><img src=x onerror=alert(1)>&amp;<!--"}"#);
        assert!(!text.contains(['<', '>', '&']));
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["a"], "</script><img src=x onerror=alert(1)>&amp;<!--");
    }

    #[test]
    fn what_stands_in_the_page_is_what_its_policy_allows() {
        for script in [LIBRARY, SCRIPT, STYLE, WORLD] {
            // The browser hashes what stands between the tags: nothing in there may end them.
            let text = script.to_lowercase();
            assert!(!text.contains("</script") && !text.contains("</style") && !text.contains("<!--"));
        }
        assert_eq!(TEMPLATE.matches(MARK).count(), 12);
    }

    #[test]
    fn the_own_script_never_makes_markup_of_text() {
        for means in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "srcdoc", "setHTML"] {
            assert!(!SCRIPT.contains(means), "{means}");
        }
    }
}
