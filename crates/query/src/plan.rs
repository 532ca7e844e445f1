//! From a question to a stream of its answer.

use std::path::Path;
use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Sql;

use crate::fields::Fields;
use crate::tables::Tables;
use crate::{Error, Options, error, names};

/// Bytes at the end of a part that are read at once, as its footer is there. That of 10,000 records has 14 KB.
const FOOTER: usize = 16 << 10;
/// Rows of a batch. A row is a thousand bytes wide with its tags: of batches of the usual 8192 rows few fit into little memory.
const BATCH: usize = 2048;

/// An engine without tables, which spills to a folder.
pub(crate) fn context(options: &Options, spill: &Path) -> Result<SessionContext, Error> {
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(options.memory)));
    let runtime = runtime.with_temp_file_path(spill).build_arc().map_err(error::failed)?;
    let config = SessionConfig::new().with_target_partitions(options.tasks.get()).with_information_schema(true);
    let mut config = config.with_batch_size(BATCH);
    let settings = config.options_mut();
    // Names are spelled by `names`.
    settings.sql_parser.enable_ident_normalization = false;
    // Views of text are counted with all that they view, over and over: what was sorted could not be merged for want of memory.
    settings.sql_parser.map_string_types_to_utf8view = false;
    settings.execution.parquet.schema_force_view_types = false;
    // What each task keeps back for merging what it has spilled: the usual 10 MiB, or as much as there is.
    let share = options.memory / options.tasks / 4;
    settings.execution.sort_spill_reservation_bytes = settings.execution.sort_spill_reservation_bytes.min(share);
    // Parts are many and alike: to read all footers before anything else took longer than it saved.
    settings.execution.collect_statistics = false;
    settings.execution.parquet.metadata_size_hint = Some(FOOTER);
    settings.execution.parquet.pushdown_filters = true;
    settings.execution.parquet.reorder_filters = true;
    let mut state = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
    // Who is asked first, answers.
    state.expr_planners().get_or_insert_default().insert(0, Arc::new(Fields));
    Ok(SessionContext::new_with_state(state.build()))
}

/// An answer that has begun, and what people call its columns, where they do not call them as the engine does.
pub(crate) struct Begun {
    pub(crate) stream: SendableRecordBatchStream,
    pub(crate) names: Vec<Option<String>>,
}

/// Begins to answer.
pub(crate) async fn answer(context: &SessionContext, tables: &Tables, sql: &str) -> Result<Begun, Error> {
    let explained = |error| error::of(error, tables);
    let (known, state) = (tables.names(), context.state());
    let spelled = known.spelled(sql).map_err(|error| Error::Syntax { why: error.to_string() })?;
    let (mut statement, typed) = (parsed(&state, &spelled)?, parsed(&state, sql)?);
    let question = question(&mut statement).ok_or(Error::Forbidden)?;
    let names = match &typed {
        Statement::Statement(typed) => names::outputs(typed, question),
        _ => Vec::new(),
    };
    known.name_paths(question);
    let plan = state.statement_to_plan(statement).await.map_err(explained)?;
    let only_questions = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    only_questions.verify_plan(&plan).map_err(|_| Error::Forbidden)?;
    let frame = context.execute_logical_plan(plan).await.map_err(explained)?;
    let stream = frame.execute_stream().await.map_err(explained)?;
    Ok(Begun { stream, names })
}

fn parsed(state: &SessionState, sql: &str) -> Result<Statement, Error> {
    let dialect = state.config_options().sql_parser.dialect;
    state.sql_to_statement(sql, &dialect).map_err(|error| match error.find_root() {
        DataFusionError::SQL(why, _) => Error::Syntax { why: why.to_string() },
        DataFusionError::Plan(why) => Error::Syntax { why: why.clone() },
        // There are several.
        _ => Error::Forbidden,
    })
}

/// The question in a statement, if it is one.
fn question(statement: &mut Statement) -> Option<&mut Sql> {
    match statement {
        Statement::Statement(sql) if is_question(sql) => Some(sql),
        Statement::Explain(explain) => question(&mut explain.statement),
        _ => None,
    }
}

fn is_question(sql: &Sql) -> bool {
    matches!(
        sql,
        Sql::Query(_)
            | Sql::ShowTables { .. }
            | Sql::ShowColumns { .. }
            | Sql::ExplainTable { .. }
            | Sql::Explain { .. }
    )
}
