//! The keys that say where a table is and how it is read, as they are written: of a source, of one of its tables, of the
//! people and allocations of `tracing:`.

/// Where a user and a password are; never they themselves.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLogin {
    pub user: Option<String>,
    pub password: Option<String>,
    pub file: Option<String>,
}

/// Gives a struct these keys beside its own, and `place()`, which are they alone.
macro_rules! with_table {
    ($(#[$of:meta])* pub struct $name:ident { $($(#[$own:meta])* pub $field:ident: $kind:ty,)* }) => {
        $(#[$of])*
        pub struct $name {
            pub file: Option<String>,
            pub kind: Option<String>,
            pub encoding: Option<String>,
            pub sheet: Option<String>,
            pub header_row: Option<u64>,
            pub delimiter: Option<String>,
            pub quote: Option<String>,
            pub max_inflated: Option<String>,
            pub connection: Option<String>,
            pub dsn: Option<String>,
            pub login: Option<$crate::config::raw_table::RawLogin>,
            pub query: Option<String>,
            $($(#[$own])* pub $field: $kind,)*
        }

        impl $name {
            /// The keys that say where it is and how it is read.
            pub fn place(&self) -> $crate::config::raw_table::RawTable {
                $crate::config::raw_table::RawTable {
                    file: self.file.clone(),
                    kind: self.kind.clone(),
                    encoding: self.encoding.clone(),
                    sheet: self.sheet.clone(),
                    header_row: self.header_row,
                    delimiter: self.delimiter.clone(),
                    quote: self.quote.clone(),
                    max_inflated: self.max_inflated.clone(),
                    connection: self.connection.clone(),
                    dsn: self.dsn.clone(),
                    login: self.login.clone(),
                    query: self.query.clone(),
                    key: None,
                }
            }
        }
    };
}
pub(super) use with_table;

/// One of the tables of a source.
#[derive(Debug, Default, Clone, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTable {
    pub file: Option<String>,
    pub kind: Option<String>,
    pub encoding: Option<String>,
    pub sheet: Option<String>,
    pub header_row: Option<u64>,
    pub delimiter: Option<String>,
    pub quote: Option<String>,
    pub max_inflated: Option<String>,
    pub connection: Option<String>,
    pub dsn: Option<String>,
    pub login: Option<RawLogin>,
    pub query: Option<String>,
    pub key: Option<String>,
}
