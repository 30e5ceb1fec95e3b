//! What stands in paths until somebody types another: the demo's own ids where the demo has some.

use serde_json::{Value, json};

/// A store of the demo that is always open.
const STORE: &str = "019aa8dc-4883-7518-b416-a51e317821cf";
/// A dish there that needs no options.
const DISH: &str = "019aa8dc-4881-71c4-9fa0-56741d0b328d";
/// Nobody's; a new order has an id of its own.
const ORDER: &str = "01a21b7b-21a4-744b-bed6-910ee547a43f";

/// The parameters in `path`, each with an example.
pub(super) fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let (schema, example) = (shape(name), sample(path, name));
        json!({"name": name, "in": "path", "required": true, "schema": schema, "example": example})
    };
    names.map(parameter).collect()
}

fn shape(name: &str) -> Value {
    match name {
        "accountId" => json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}),
        "token" | "reference" | "file" => json!({"type": "string", "minLength": 1}),
        "id" => json!({"type": "integer", "format": "int64"}),
        _ => json!({"type": "string", "format": "uuid"}),
    }
}

fn sample(path: &str, name: &str) -> Value {
    match name {
        "accountId" => json!("demo-rider"),
        "storeId" => json!(STORE),
        "menuId" => json!(DISH),
        "file" if path.starts_with("/schemas/") => json!("baedal.app.OrderPlaced.v1.json"),
        "file" => json!("page.css"),
        "id" => json!(1),
        // The first try to pay an order.
        "reference" => json!(format!("{ORDER}-1")),
        "token" => json!("4kJ2mS9xQeW7tZ1nLbVh3A"),
        _ => json!(ORDER),
    }
}
