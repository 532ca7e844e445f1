//! Names as the schema spells them, however they were typed; and names for what has none.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::sql::sqlparser::ast::{
    AccessExpr, Expr, Ident, Query, SelectItem, SetExpr, Statement, Subscript, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer, TokenizerError};
use imgmeta_record::tags::{self, Ifd};

/// What names are there, by their lower case.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Of tables and columns.
    columns: HashMap<String, String>,
    /// Of fields in structs: `EXIF` is a column, and `Exif` a field of it.
    fields: HashMap<String, String>,
    /// Columns that have fields.
    structs: HashSet<String>,
}

impl Names {
    /// Those of tables: their own, and of all their columns and fields.
    pub(crate) fn of<'a>(tables: impl Iterator<Item = (&'a str, &'a Schema)>) -> Self {
        let mut names = Self::default();
        for (table, schema) in tables {
            names.columns.insert(table.to_lowercase(), table.to_owned());
            for field in schema.fields() {
                names.columns.insert(field.name().to_lowercase(), field.name().clone());
                names.add_fields(field);
            }
        }
        names
    }

    fn add_fields(&mut self, column: &FieldRef) {
        match column.data_type() {
            DataType::Struct(fields) => {
                self.structs.insert(column.name().clone());
                for field in fields {
                    self.fields.insert(field.name().to_lowercase(), field.name().clone());
                }
            }
            // `unnest` gives structs of them.
            DataType::List(item) => self.add_fields(item),
            _ => {}
        }
    }

    /// A question in which names are spelled as in the schema, and others as where they stand first. All else is as it was typed.
    ///
    /// # Errors
    /// Where it is no SQL: a quote that is not closed, say.
    pub(crate) fn spelled(&self, sql: &str) -> Result<String, TokenizerError> {
        let dialect = GenericDialect {};
        let placed = Tokenizer::new(&dialect, sql).with_unescape(false).tokenize_with_location()?;
        let starts = placed.iter().map(|token| offset(sql, token.span.start)).collect::<Vec<_>>();
        let mut tokens: Vec<_> = placed.into_iter().map(|token| token.token).collect();
        let mut seen: HashMap<String, String> = HashMap::new();
        let (mut text, mut copied) = (String::with_capacity(sql.len()), 0);
        for (at, start) in starts.into_iter().enumerate() {
            let (before, rest) = tokens.split_at_mut(at);
            let (start, typed, spelled) = match &mut rest[0] {
                Token::Word(word) => {
                    let lower = word.value.to_lowercase();
                    let spelled = self.known(before, &lower, seen.get(&lower)).unwrap_or(&word.value).clone();
                    seen.entry(lower).or_insert_with(|| spelled.clone());
                    let quote = usize::from(word.quote_style.is_some());
                    (start + quote, std::mem::replace(&mut word.value, spelled.clone()), spelled)
                }
                Token::SingleQuotedString(key) => {
                    let tag = ifd_before(before)
                        .and_then(|ifd| tags::rows(ifd).find(|tag| tag.name.eq_ignore_ascii_case(key)));
                    let Some(tag) = tag else { continue };
                    (start + 1, key.clone(), tag.name.to_owned())
                }
                _ => continue,
            };
            text.push_str(&sql[copied..start]);
            text.push_str(&spelled);
            copied = start + typed.len();
        }
        text.push_str(&sql[copied..]);
        Ok(text)
    }

    /// How a name is spelled that stands behind these tokens, and elsewhere in the question was spelled as `seen`.
    fn known<'a>(&'a self, before: &[Token], lower: &str, seen: Option<&'a String>) -> Option<&'a String> {
        let (column, field) = (self.columns.get(lower), self.fields.get(lower));
        match before {
            // `Camera.`
            [.., Token::Word(word), Token::Period] if self.structs.contains(&word.value) => field.or(column).or(seen),
            // `success.`, and what the question itself has named.
            [.., Token::Period] => column.or(seen).or(field),
            _ => column.or(seen),
        }
    }

    /// Gives what is chosen without `AS` the last name of its path, in all parts of a question.
    pub(crate) fn name_paths(&self, statement: &mut Statement) {
        let _ = statement.visit(&mut Paths(self));
    }
}

/// Where a place is in a text, in bytes: it is told by line and character, both from 1.
fn offset(sql: &str, place: Location) -> usize {
    let line = usize::try_from(place.line).unwrap_or(usize::MAX).saturating_sub(1);
    let start: usize = sql.split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize::try_from(place.column).unwrap_or(usize::MAX).saturating_sub(1);
    sql[start..].char_indices().nth(column).map_or(sql.len(), |(at, _)| start + at)
}

/// The IFD of which the next token is a key: `"0th"[` or `Exif[`.
fn ifd_before(tokens: &[Token]) -> Option<Ifd> {
    let [.., Token::Word(word), Token::LBracket] = tokens else { return None };
    Ifd::ALL.into_iter().find(|ifd| ifd.name().eq_ignore_ascii_case(&word.value))
}

struct Paths<'a>(&'a Names);

impl VisitorMut for Paths<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.name(&mut query.body);
        ControlFlow::Continue(())
    }
}

impl Paths<'_> {
    fn name(&self, body: &mut SetExpr) {
        match body {
            SetExpr::Select(select) => {
                let mut taken: HashSet<_> = select.projection.iter().filter_map(own_name).collect();
                for item in &mut select.projection {
                    let SelectItem::UnnamedExpr(expr) = item else { continue };
                    let Some(name) = last_name(expr) else { continue };
                    // As other parts of the question spell it.
                    let name = self.0.columns.get(&name.to_lowercase()).cloned().unwrap_or(name);
                    // Of two the first has it; the other keeps the engine's name, which is longer.
                    if taken.insert(name.clone()) {
                        *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', name) };
                    }
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.name(left);
                self.name(right);
            }
            // A query in brackets is visited by itself.
            _ => {}
        }
    }
}

/// What people call the columns of an answer, where it is not what the engine does: an alias as it was `typed`, and a path by
/// its last name as it is `spelled` in the schema. `Camera.Model` and `EXIF."0th"['Model']` both are `Model`.
pub(crate) fn outputs(typed: &Statement, spelled: &Statement) -> Vec<Option<String>> {
    let (Some(typed), Some(spelled)) = (chosen(typed), chosen(spelled)) else { return Vec::new() };
    let name = |(typed, spelled): (&SelectItem, &SelectItem)| match (typed, spelled) {
        (SelectItem::ExprWithAlias { alias, .. }, _) => Some(Some(alias.value.clone())),
        (_, SelectItem::UnnamedExpr(expr)) => Some(last_name(expr)),
        // A wildcard is any number of columns.
        _ => None,
    };
    typed.iter().zip(spelled).map(name).collect::<Option<_>>().unwrap_or_default()
}

/// What a question chooses: of several that are joined by `UNION` the first names the columns.
fn chosen(statement: &Statement) -> Option<&[SelectItem]> {
    let Statement::Query(query) = statement else { return None };
    let mut body = query.body.as_ref();
    loop {
        body = match body {
            SetExpr::Select(select) => return Some(&select.projection),
            SetExpr::SetOperation { left, .. } => left,
            SetExpr::Query(query) => &query.body,
            _ => return None,
        };
    }
}

/// The name that an item has without help.
fn own_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(name.value.clone()),
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    }
}

/// The last name of a path into a struct or a map.
fn last_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::CompoundIdentifier(names) => Some(names.last()?.value.clone()),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last()? {
            AccessExpr::Dot(Expr::Identifier(name)) => Some(name.value.clone()),
            AccessExpr::Subscript(Subscript::Index { index: Expr::Value(key) }) => match &key.value {
                Value::SingleQuotedString(key) => Some(key.clone()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::Field;
    use datafusion::sql::sqlparser::parser::Parser;

    fn names() -> Names {
        let of = |names: &[&str]| {
            DataType::Struct(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect())
        };
        let schema = Schema::new(vec![
            Field::new("URL", DataType::Utf8, false),
            Field::new("Bytes", DataType::Int64, true),
            Field::new("Camera", of(&["Model"]), true),
            Field::new("EXIF", of(&["0th", "Exif"]), true),
        ]);
        Names::of([("success", &schema)].into_iter())
    }

    fn parsed(sql: &str) -> Statement {
        Parser::parse_sql(&GenericDialect {}, sql).unwrap().remove(0)
    }

    #[test]
    fn names_are_spelled_as_in_the_schema_and_else_as_first_seen() {
        for (typed, spelled) in [
            ("select url from SUCCESS", "select URL from success"),
            (
                "SELECT camera.MODEL AS Cam FROM success GROUP BY cAm",
                "SELECT Camera.Model AS Cam FROM success GROUP BY Cam",
            ),
            (
                "SELECT 'é☃',\n\t\"url\", E'\\'' , URL\nFROM Success",
                "SELECT 'é☃',\n\t\"URL\", E'\\'' , URL\nFROM success",
            ),
            ("SELECT camera.model FROM success ORDER BY MODEL", "SELECT Camera.Model FROM success ORDER BY Model"),
            ("SELECT model FROM (SELECT 1 AS model)", "SELECT model FROM (SELECT 1 AS model)"),
            (
                "SELECT exif.exif, s.exif.EXIF, Exif FROM success s",
                "SELECT EXIF.Exif, s.EXIF.Exif, EXIF FROM success s",
            ),
            ("SELECT 'url', \"url\" -- url\nFROM success", "SELECT 'url', \"URL\" -- url\nFROM success"),
            ("SELECT 'it''s', 'a\\b', E'\\n' FROM success", "SELECT 'it''s', 'a\\b', E'\\n' FROM success"),
            ("SELECT EXIF.\"0th\"['make'], Extra['make']", "SELECT EXIF.\"0th\"['Make'], Extra['make']"),
        ] {
            assert_eq!(names().spelled(typed).unwrap(), spelled);
        }
    }

    #[test]
    fn a_path_that_is_chosen_can_be_named_by_its_last_name() {
        for (sql, named) in [
            ("SELECT Camera.Model FROM success", "SELECT Camera.Model AS \"Model\" FROM success"),
            ("SELECT EXIF.\"0th\"['Make'] FROM success", "SELECT EXIF.\"0th\"['Make'] AS \"Make\" FROM success"),
            ("SELECT EXIF.Exif FROM success", "SELECT EXIF.Exif AS \"EXIF\" FROM success"),
            ("SELECT a.x, b.x, count(*) FROM t", "SELECT a.x AS \"x\", b.x, count(*) FROM t"),
            ("SELECT x, a.x FROM t UNION SELECT a.y FROM t", "SELECT x, a.x FROM t UNION SELECT a.y AS \"y\" FROM t"),
            ("SELECT 1 FROM (SELECT a.x FROM t)", "SELECT 1 FROM (SELECT a.x AS \"x\" FROM t)"),
        ] {
            let mut statement = parsed(sql);
            names().name_paths(&mut statement);
            assert_eq!(statement.to_string(), named);
        }
    }

    #[test]
    fn columns_of_an_answer_have_the_names_that_were_typed_or_the_last_of_their_path() {
        for (typed, called) in [
            ("SELECT sum(bytes) AS bytes, max(url) U FROM success", vec![Some("bytes"), Some("U")]),
            ("SELECT camera.model, exif.exif, count(*) FROM success", vec![Some("Model"), Some("Exif"), None]),
            ("SELECT url, 1 AS URL FROM success UNION SELECT 1 AS x, 2", vec![None, Some("URL")]),
            ("SELECT *, url AS u FROM success", vec![]),
        ] {
            let spelled = parsed(&names().spelled(typed).unwrap());
            let called: Vec<_> = called.into_iter().map(|name| name.map(ToOwned::to_owned)).collect();
            assert_eq!(outputs(&parsed(typed), &spelled), called, "{typed}");
        }
    }
}
