//! Packets in the forms that RDF allows, and hostile ones.

use super::*;

const HEAD: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:d="http://purl.org/dc/elements/1.1/"
 xmlns:xap="http://ns.adobe.com/xap/1.0/" xmlns:own="http://example.org/own/" xmlns:dc="http://example.org/dc/">
 <rdf:RDF>"#;
const TAIL: &str = "</rdf:RDF></x:xmpmeta><?xpacket end='w'?>";

fn of(rdf: &str) -> (Vec<(String, String)>, Option<String>) {
    let xmp = read(format!("{HEAD}{rdf}{TAIL}").as_bytes(), encoding_rs::WINDOWS_1252);
    let pairs = xmp.properties.into_iter().map(|(name, text)| (name.to_string(), text.expect("text"))).collect();
    (pairs, xmp.wrong)
}

#[test]
fn each_form_of_a_property_is_read_under_its_usual_name() {
    for (inner, name, text) in [
        ("<xap:Rating>4</xap:Rating>", "xmp:Rating", "4"),
        ("<own:a> x &amp; &#65; </own:a>", "own:a", "x & A"),
        ("<own:a><![CDATA[<b>]]></own:a>", "own:a", "<b>"),
        ("<dc:x>y</dc:x>", "dc_:x", "y"),
        (
            "<d:subject><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag></d:subject>",
            "dc:subject",
            r#"["a","b"]"#,
        ),
        ("<d:creator><rdf:Seq><rdf:li>A</rdf:li></rdf:Seq></d:creator>", "dc:creator", r#"["A"]"#),
        ("<d:title><rdf:Alt><rdf:li xml:lang='x-default'>T</rdf:li></rdf:Alt></d:title>", "dc:title", "T"),
        (
            "<d:title><rdf:Alt><rdf:li xml:lang='de'>K</rdf:li><rdf:li xml:lang='x-default'>C</rdf:li></rdf:Alt></d:title>",
            "dc:title",
            r#"{"x-default":"C","de":"K"}"#,
        ),
        ("<own:s rdf:parseType='Resource'><own:a>1</own:a></own:s>", "own:s", r#"{"own:a":"1"}"#),
        (
            "<own:s><rdf:Description own:a='1'><own:b>2</own:b></rdf:Description></own:s>",
            "own:s",
            r#"{"own:a":"1","own:b":"2"}"#,
        ),
        ("<own:s own:a='1'/>", "own:s", r#"{"own:a":"1"}"#),
        ("<own:u rdf:resource='http://example.org/'/>", "own:u", "http://example.org/"),
        (
            "<own:l><rdf:Seq><rdf:li rdf:parseType='Resource'><own:a>1</own:a></rdf:li></rdf:Seq></own:l>",
            "own:l",
            r#"[{"own:a":"1"}]"#,
        ),
        ("<own:e/>", "own:e", ""),
    ] {
        let found = of(&format!("<rdf:Description rdf:about=''>{inner}</rdf:Description>"));
        assert_eq!(found, (vec![(name.to_owned(), text.to_owned())], None), "{inner}");
    }
}

#[test]
fn of_attributes_that_stand_for_properties_the_first_counts() {
    let attributes =
        of("<rdf:Description rdf:about='' xap:Rating=' 5 '/><rdf:Description xap:Rating='1' xap:Label='x'/>");
    let expected = [("xmp:Rating", "5"), ("xmp:Label", "x")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(attributes, (expected.to_vec(), None));
}

#[test]
fn a_packet_may_be_utf_16_or_mislabelled() {
    let packet = format!("{HEAD}<rdf:Description xap:Label='K\u{f6}ln'/>{TAIL}");
    let wide: Vec<u8> = packet.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin: Vec<u8> = packet.chars().map(|char| u8::try_from(u32::from(char)).expect("Latin-1")).collect();
    for bytes in [packet.clone().into_bytes(), wide, latin, format!("\u{feff}{packet}\0\0").into_bytes()] {
        assert_eq!(read(&bytes, encoding_rs::WINDOWS_1252).get("xmp:Label"), Some("K\u{f6}ln"));
    }
}

#[test]
fn entities_of_a_document_type_are_never_expanded() {
    let bomb =
        "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>";
    let packet = format!(
        "{bomb}{HEAD}<rdf:Description xap:Label='&b;'><xap:Nickname>&b;&f;</xap:Nickname></rdf:Description>{TAIL}"
    );
    let xmp = read(packet.as_bytes(), encoding_rs::WINDOWS_1252);
    assert_eq!((xmp.get("xmp:Label"), xmp.get("xmp:Nickname")), (Some("&b;"), Some("&b;&f;")));
}

#[test]
fn what_is_too_deep_too_many_or_cut_gives_what_was_before() {
    let first = "<rdf:Description><xap:Rating>1</xap:Rating>";
    let deep = format!("{first}{}", "<own:d>".repeat(100_000));
    let many = format!("{first}<own:m><rdf:Bag>{}", "<rdf:li/>".repeat(100_000));
    let cut = format!("{first}<xap:Label>hal");
    for rdf in [deep, many, cut] {
        let xmp = read(format!("{HEAD}{rdf}").as_bytes(), encoding_rs::WINDOWS_1252);
        assert!(xmp.wrong.is_some());
        let names: Vec<_> = xmp.properties.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["xmp:Rating"]);
    }
    assert!(read(b"no XML at all", encoding_rs::WINDOWS_1252).wrong.is_some());
}

#[test]
fn damage_of_any_byte_is_an_answer_and_never_a_panic() {
    let packet = format!(
        "{HEAD}<rdf:Description xap:Label='x'><d:title><rdf:Alt><rdf:li xml:lang='de'>K</rdf:li></rdf:Alt></d:title></rdf:Description>{TAIL}"
    );
    let mut random = fastrand::Rng::with_seed(1);
    for at in 0..packet.len() {
        let mut bytes = packet.clone().into_bytes();
        bytes[at] = random.u8(..);
        let xmp = read(&bytes, encoding_rs::WINDOWS_1252);
        assert!(xmp.properties.len() <= 3);
        read(&bytes[..at], encoding_rs::WINDOWS_1252);
    }
}
