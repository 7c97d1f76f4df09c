use serde_json::json;

use super::*;

#[test]
fn a_document_says_what_it_is_and_which_edition() {
    let text = serde_json::to_value(ErrorDoc::new("conflict", "somebody was first", None)).unwrap();
    assert_eq!(
        text,
        json!({
            "kind": "stratum.error",
            "format_version": "1.0",
            "error": { "code": "conflict", "message": "somebody was first" },
        })
    );
}

#[test]
fn a_later_minor_edition_is_read_and_another_major_one_is_refused() {
    let document = |version: &str| json!({ "kind": "stratum.overrides", "format_version": version, "overrides": [], "colour": "blue" });
    for good in ["1.0", "1.7", "1.12"] {
        let read: OverridesDoc = serde_json::from_value(document(good)).unwrap();
        assert_eq!(read.format_version.as_str(), good);
    }
    for bad in ["2.0", "10.0", "1", "1.", "1.x", ""] {
        let error = serde_json::from_value::<OverridesDoc>(document(bad)).unwrap_err().to_string();
        assert!(error.contains("an incompatible version"), "{bad}: {error}");
    }
}

#[test]
fn a_document_of_another_kind_is_refused() {
    let history = json!({ "kind": "stratum.history", "format_version": "1.0", "overrides": [] });
    let error = serde_json::from_value::<OverridesDoc>(history).unwrap_err().to_string();
    assert!(error.contains("stratum.history") && error.contains("stratum.overrides"), "{error}");
}

#[test]
fn an_override_names_its_kind_beside_its_own_fields() {
    let table = [
        (
            json!({ "kind": "pool", "customer": "alice", "pool": "f2pool" }),
            OverrideAction::Pool { customer: "alice".into(), rental: None, pool: "f2pool".into() },
        ),
        (
            json!({ "kind": "out_of_service", "rig": "a-001" }),
            OverrideAction::OutOfService { rig: "a-001".into() },
        ),
        (
            json!({ "kind": "lend", "rig": "a-001", "rental": "alice/gold" }),
            OverrideAction::Lend { rig: "a-001".into(), rental: "alice/gold".into() },
        ),
    ];
    for (written, action) in table {
        assert_eq!(serde_json::to_value(&action).unwrap(), written);
        assert_eq!(serde_json::from_value::<OverrideAction>(written).unwrap(), action);
    }
}

#[test]
fn an_apply_request_survives_the_wire() {
    let request = ApplyRequest {
        kind: Default::default(),
        format_version: Default::default(),
        bundle: BundleDoc {
            files: vec![BundleFile { path: "farm.yaml".into(), text: "name: x # ü\n".into() }],
        },
        base_generation: 41,
        provenance: Provenance {
            commit: Some("1".repeat(40)),
            author: Some("Ann <ann@farm.example>".into()),
            dirty: true,
            tool_version: "0.1.0".into(),
            ..Provenance::default()
        },
        reason: None,
        max_delete: Some("5%".into()),
        idempotency_key: None,
    };
    let text = serde_json::to_string(&request).unwrap();
    assert!(!text.contains("reason"), "absent is left out, never null: {text}");
    assert_eq!(serde_json::from_str::<ApplyRequest>(&text).unwrap(), request);
}

#[test]
fn every_field_of_every_document_is_described() {
    let mut missing = Vec::new();
    let mut look = |name: &str, schema: schemars::Schema| {
        let schema = schema.to_value();
        let definitions = schema["$defs"].as_object().cloned().unwrap_or_default();
        for (of, part) in definitions.iter().chain([(&name.to_owned(), &schema)]) {
            for (field, about) in part["properties"].as_object().into_iter().flatten() {
                if about["description"].as_str().is_none_or(str::is_empty) {
                    missing.push(format!("{of}.{field}"));
                }
            }
        }
    };
    look("ApplyRequest", schemars::schema_for!(ApplyRequest));
    look("ApplyAnswer", schemars::schema_for!(ApplyAnswer));
    look("PlanRequest", schemars::schema_for!(PlanRequest));
    look("RollbackRequest", schemars::schema_for!(RollbackRequest));
    look("ConflictDoc", schemars::schema_for!(ConflictDoc));
    look("ShowDoc", schemars::schema_for!(ShowDoc));
    look("HistoryDoc", schemars::schema_for!(HistoryDoc));
    look("StatusDoc", schemars::schema_for!(StatusDoc));
    look("OverrideRequest", schemars::schema_for!(OverrideRequest));
    look("OverrideEndRequest", schemars::schema_for!(OverrideEndRequest));
    look("EventsDoc", schemars::schema_for!(EventsDoc));
    look("ErrorDoc", schemars::schema_for!(ErrorDoc));
    look("VersionDoc", schemars::schema_for!(VersionDoc));
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn open_api_knows_the_documents() {
    #[derive(utoipa::OpenApi)]
    #[openapi(components(schemas(StatusDoc, PlanDoc, ApplyRequest, EventsDoc, OverrideRequest)))]
    struct Api;
    let text = serde_json::to_value(<Api as utoipa::OpenApi>::openapi()).unwrap();
    let schemas = text["components"]["schemas"].as_object().unwrap();
    for name in
        ["StatusDoc", "RigStatus", "PlanDoc", "ChangeLine", "ApplyRequest", "EventDoc", "OverrideAction"]
    {
        assert!(schemas.contains_key(name), "{name} is missing from {:?}", schemas.keys());
    }
    assert_eq!(schemas["StatusKind"]["enum"], json!(["stratum.status"]));
    assert_eq!(schemas["FormatVersion"]["type"], "string");
}
