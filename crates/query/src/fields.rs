//! What `Camera.Model` and `EXIF."0th"['Make']` mean to the engine.
//!
//! It would make one path of all steps, the key of a map included, and then look for a column of that path in the file, which is not
//! there: DataFusion 55.2 ends so in an internal error. So a map is asked by a function of its own, which is no step of a path.

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, Result, ScalarValue, TableReference};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::functions_nested::expr_fn::{array_element, map_extract};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawFieldAccessExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess, lit};

use crate::map_value::{map_value, of_texts};

#[derive(Debug)]
pub(crate) struct Fields;

impl ExprPlanner for Fields {
    fn plan_field_access(
        &self, expr: RawFieldAccessExpr, schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let kind = expr.expr.get_type(schema)?;
        if !matches!(kind, DataType::Map(..)) {
            return Ok(PlannerResult::Original(expr));
        }
        Ok(match expr.field_access {
            GetFieldAccess::NamedStructField { name } => PlannerResult::Planned(value(expr.expr, &kind, lit(name))),
            GetFieldAccess::ListIndex { key } => PlannerResult::Planned(value(expr.expr, &kind, *key)),
            field_access @ GetFieldAccess::ListRange { .. } => {
                PlannerResult::Original(RawFieldAccessExpr { field_access, expr: expr.expr })
            }
        })
    }

    fn plan_compound_identifier(
        &self, field: &Field, qualifier: Option<&TableReference>, names: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        let (mut expr, mut kind) = (Expr::Column(Column::from((qualifier, field))), field.data_type());
        for name in names {
            (expr, kind) = match kind {
                DataType::Map(..) => {
                    let values = of_texts(kind).map_or(&DataType::Null, |value| value.data_type());
                    (value(expr, kind, lit(name.as_str())), values)
                }
                DataType::Struct(fields) => {
                    let kind = fields.find(name).map_or(&DataType::Null, |(_, field)| field.data_type());
                    (get_field(expr, name.as_str()), kind)
                }
                other => (get_field(expr, name.as_str()), other),
            };
        }
        Ok(PlannerResult::Planned(expr))
    }
}

/// The value of a key, null where the map has none of it.
fn value(map: Expr, kind: &DataType, key: Expr) -> Expr {
    match &key {
        Expr::Literal(ScalarValue::Utf8(Some(key)), _) if of_texts(kind).is_some() => map_value(map, key),
        _ => array_element(map_extract(map, key), lit(1)),
    }
}
