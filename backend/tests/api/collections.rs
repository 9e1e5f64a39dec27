//! The example collections: what is true of each of them.

use axum::http::StatusCode;
use latchkey::{catalogue::Catalogue, collections, rql::Kind};
use serde_json::{Value, json};

use crate::harness::{ALL, Server, Sqlite};

#[tokio::test]
async fn every_collection_pages_filters_orders_and_searches() {
    let server = Server::start(Sqlite).await;
    let key = server.key(&server.admin().await.create("Reader", &[ALL]).await);
    for collection in collections::ALL {
        let path = collection.path;
        let total = collection.rows.len();
        let page = key.get(&format!("{path}/?limit=3&offset=2")).await;
        assert_eq!(page.header("content-range"), format!("items 2-4/{total}"), "{path}");
        let first = &collection.rows[0];
        let id = first["id"].as_str().unwrap();
        assert_eq!(key.get(&format!("{path}/{id}/")).await.expect(StatusCode::OK), *first);
        key.get(&format!("{path}/nothing")).await.refused(404, "NFND_000");
        let found = key.get(&format!("{path}?eq(id,{id})")).await.expect(StatusCode::OK);
        assert_eq!(found, json!([first]), "{path}");
        for property in collection.properties {
            let name = property.name;
            let answer = key.get(&format!("{path}?ne({name},null())&limit=1000")).await.expect(StatusCode::OK);
            assert!(!answer.as_array().unwrap().is_empty(), "{path} {name}");
            let ordered = key.get(&format!("{path}?ordering(-{name})")).await.status;
            let expected = if property.orderable { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            assert_eq!(ordered, expected, "{path} ordering({name})");
            if property.searchable && property.kind == Kind::Text {
                let pointer = format!("/{}", name.replace('.', "/"));
                let words = collection.rows.iter().find_map(|row| row.pointer(&pointer)?.as_str()).unwrap();
                let words = words.replace(' ', "+").replace('(', "%28").replace(')', "%29").replace('&', "%26");
                let found = key.get(&format!("{path}?search={words}")).await.expect(StatusCode::OK);
                assert!(!found.as_array().unwrap().is_empty(), "{path} search={words}");
            }
        }
        let refused = key.get(&format!("{path}?eq(nothing,1)")).await.refused(400, "VAL_001");
        assert!(refused.contains("at character 4: `nothing`"), "{refused}");
        let name = collection.properties[1].name;
        let without = key.get(&format!("{path}?select(-{name})&limit=1")).await.expect(StatusCode::OK);
        assert_eq!(without[0].pointer(&format!("/{}", name.replace('.', "/"))), None::<&Value>, "{path} {name}");
    }
}

#[tokio::test]
async fn each_is_guarded_by_its_module_and_can_be_left_out() {
    let server = Server::start(Sqlite).await;
    let key = server.key(&server.admin().await.create("No modules", &[]).await);
    for (path, module) in [
        ("/agreements", "Partners"),
        ("/products", "Products"),
        ("/assets", "Subscriptions"),
        ("/requests", "Subscriptions"),
        ("/tier/accounts", "Customers"),
        ("/localization/locales", "Localization"),
        ("/localization/translations", "Localization"),
    ] {
        let refused = key.get(path).await.refused(403, "AUTH_003");
        assert!(refused.contains(&format!("module {module} ")), "{refused}");
    }
    let bare = Server::start_with(Sqlite, &["--no-examples"], Catalogue::built_in().unwrap()).await;
    let admin = bare.admin().await;
    for collection in collections::ALL {
        admin.get(collection.path).await.refused(404, "NFND_000");
    }
    assert_eq!(bare.app.store.accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn filters_of_ccli_match_some_rows_and_not_others() {
    let server = Server::start(Sqlite).await;
    let key = server.key(&server.admin().await.create("Reader", &[ALL]).await);
    for query in [
        "or(eq(visibility.listing,true),eq(visibility.syndication,true))&limit=25&offset=0",
        "and(eq(visibility.owner,true),eq(version,null()))&limit=25&offset=0",
    ] {
        let found = key.get(&format!("/products?{query}")).await.expect(StatusCode::OK);
        assert!(found.as_array().unwrap().len() > 3, "{query}");
    }
    let accounts = server.app.store.accounts().await.unwrap();
    let prefixes: Vec<&str> = accounts.iter().map(|account| &account.id[..3]).collect();
    assert_eq!(prefixes, ["VA-", "PA-"]);
}
