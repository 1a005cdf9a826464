//! A council's own completion of lists that this project does not know in full.

use super::lookup::{fold, shown};
use super::model::{Completeness, ListValue, Schema};
use crate::nearest::nearest;

/// A completion that cannot be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompletionError {
    /// No field has that name.
    #[error("there is no field `{field}`{}", nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?")))]
    UnknownField {
        /// The name in the configuration.
        field: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// The field has no list of values.
    #[error("`{field}` has no list{}", nearest.as_ref().map_or(String::new(), |n| format!("; did you mean `{n}`?")))]
    NoList {
        /// The name in the configuration.
        field: String,
        /// The field with a list whose name is nearest.
        nearest: Option<String>,
    },
    /// A value that counts as blank.
    #[error("a value of `{field}` is blank")]
    Blank {
        /// The name in the configuration.
        field: String,
    },
}

impl Schema {
    /// Adds the values that a council names to the lists of their fields and regards these lists as complete. Fields go
    /// by header or snake name. A value that the list has already, but for capitals, keeps the spelling of the schema.
    /// On an error nothing is changed.
    pub fn complete_lists(
        &mut self,
        additions: &[(String, String)],
    ) -> Result<(), CompletionError> {
        let lists = additions
            .iter()
            .map(|(field, value)| self.list_to_complete(field, value))
            .collect::<Result<Vec<usize>, _>>()?;
        for (list, (_, value)) in lists.into_iter().zip(additions) {
            let list = &mut self.lists[list];
            list.complete = Completeness::ByCouncil;
            if !list
                .values
                .iter()
                .any(|known| fold(&known.value) == fold(value))
            {
                list.values.push(ListValue {
                    value: value.trim().to_owned(),
                    was: Vec::new(),
                    mapping_confidence: String::new(),
                    mapping_note: "named by the council's configuration".into(),
                });
            }
        }
        Ok(())
    }

    fn list_to_complete(&self, name: &str, value: &str) -> Result<usize, CompletionError> {
        let field = name.to_owned();
        let near = |with_list: bool| {
            let known = self
                .fields
                .iter()
                .filter(|f| !with_list || f.list.is_some());
            let others = known.filter(|f| f.name != name && f.snake != name);
            nearest(name, others.map(|f| f.name.as_str())).map(str::to_owned)
        };
        let Some(at) = self.position(name) else {
            return Err(CompletionError::UnknownField {
                field,
                nearest: near(false),
            });
        };
        let Some(list) = self.fields[at].list else {
            return Err(CompletionError::NoList {
                field,
                nearest: near(true),
            });
        };
        if shown(value).is_empty() {
            return Err(CompletionError::Blank { field });
        }
        Ok(list)
    }
}
