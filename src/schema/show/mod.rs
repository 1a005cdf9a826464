//! A schema for people, and for programs that ask: what `cld schema show` prints.

mod json;
mod text;

pub use json::{field_json, list_json, overview_json};
pub(crate) use text::{cited, row};
pub use text::{field_text, list_text, overview_text};

use super::model::{Domain, Make};

/// The domain of a pseudonym; other columns have none of their own.
fn domain(make: &Make) -> Option<&Domain> {
    match make {
        Make::Pseudonym(domain) => Some(domain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    fn schema() -> Schema {
        Schema::load("cld-release-2", None).unwrap()
    }

    #[test]
    fn a_field_tells_its_columns_conditions_and_sources() {
        let schema = schema();
        let field = &schema.fields[schema.position("NHS Number").unwrap()];
        let text = field_text(&schema, field);
        for part in [
            "NHS Number (nhs_number)",
            "Der_NHS_Number_Pseudo (pseudonym in nhs-number)",
            "conditions are  inferred",
            "GEN: General NHS or UK convention",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
        assert_eq!(
            field_json(&schema, field)["writes"][0]["domain"],
            "nhs-number"
        );
    }

    #[test]
    fn a_list_tells_values_and_what_became_of_others() {
        let schema = schema();
        let text = list_text(&schema, schema.list("event_outcome").unwrap());
        for part in [
            "<- was \"NFA- Other\"",
            "Retired",
            " 1 Progress to reablement/ST-Max",
            "17 NFA: Other",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        let json = list_json(schema.list("client_type").unwrap());
        assert_eq!(json["values"][1]["was"][0], "Carer");
    }

    #[test]
    fn the_overview_has_every_field_list_and_source() {
        let schema = schema();
        let (text, json) = (overview_text(&schema), overview_json(&schema));
        for field in &schema.fields {
            assert!(text.contains(&field.name), "{}", field.name);
        }
        assert_eq!(json["fields"].as_array().map(Vec::len), Some(50));
        assert_eq!(json["lists"].as_array().map(Vec::len), Some(26));
        assert_eq!(json["sources"].as_array().map(Vec::len), Some(22));
    }
}
