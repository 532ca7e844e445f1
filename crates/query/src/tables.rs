//! The tables `success` and `failure`.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::DataFusionError;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::SessionContext;
use object_store::ObjectMeta;
use object_store_engine::ObjectStoreExt;
use object_store_engine::path::Path;
use url::Url;

use crate::error::{self, Error};
use crate::names::Names;
use crate::store::RunStore;
use crate::turned::TurnedTable;
use crate::{Parts, Source};

/// Where the engine finds the run.
const ROOT: &str = "imgmeta://run/";

/// What tables there are.
#[derive(Debug)]
pub(crate) struct Tables([(&'static str, SchemaRef); 2]);

/// Makes the tables known to the engine. Bytes that are read of the mirror are counted.
pub(crate) async fn register(context: &SessionContext, source: &Source) -> Result<(Tables, Arc<AtomicU64>), Error> {
    let read = Arc::new(AtomicU64::new(0));
    let tables = [("success", &source.success), ("failure", &source.failure)];
    let parts = tables.iter().filter_map(|(_, parts)| match parts {
        Parts::Mirror(parts) => Some(parts),
        Parts::Turned(_) => None,
    });
    let store = RunStore::new(source, parts.flatten(), read.clone());
    let root = Url::parse(ROOT).expect("it is a URL");
    context.register_object_store(&root, Arc::new(store));
    let mut known = Vec::new();
    for (name, parts) in tables {
        let table: Arc<dyn TableProvider> = match parts {
            Parts::Mirror(parts) => Arc::new(mirror(context, parts).await.map_err(error::failed)?),
            Parts::Turned(parts) => Arc::new(TurnedTable::new(parts.clone()).await.map_err(error::failed)?),
        };
        known.push((name, table.schema()));
        context.register_table(name, table).map_err(error::failed)?;
    }
    let known = known.try_into().expect("two are two");
    Ok((Tables(known), read))
}

/// Parts of the mirror: what is not needed is not read.
async fn mirror(context: &SessionContext, parts: &[ObjectMeta]) -> Result<ListingTable, DataFusionError> {
    let format = Arc::new(ParquetFormat::default().with_options(context.copied_table_options().parquet));
    let first = Path::from(parts[0].location.as_ref());
    let (folder, _) = first.as_ref().rsplit_once('/').expect("a part is in a folder");
    let url = ListingTableUrl::parse(format!("{ROOT}{folder}/"))?;
    let store = context.runtime_env().object_store(&url)?;
    let schema = format.infer_schema(&context.state(), &store, &[store.head(&first).await?]).await?;
    let options = ListingOptions::new(format).with_file_extension("parquet");
    let config = ListingTableConfig::new(url).with_listing_options(options).with_schema(schema);
    ListingTable::try_new(config)
}

impl Tables {
    pub(crate) fn names(&self) -> Names {
        Names::of(self.0.iter().map(|(name, schema)| (*name, schema.as_ref())))
    }

    /// All columns, for an error: `success: URL, Camera (Make, Model), ...; failure: ...`.
    pub(crate) fn columns(&self) -> String {
        let tables = self.0.iter().map(|(name, schema)| {
            let columns: Vec<_> = schema.fields().iter().map(|field| outline(field)).collect();
            format!("{name}: {}", columns.join(", "))
        });
        tables.collect::<Vec<_>>().join("; ")
    }
}

fn outline(field: &Field) -> String {
    match field.data_type() {
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields.iter().map(|field| field.name().as_str()).collect();
            format!("{} ({})", field.name(), fields.join(", "))
        }
        _ => field.name().clone(),
    }
}
