"""Makes of the API document one whose every value is surely taken.

The document is for people and generators: no pattern in it is stricter than the server. A fuzzer takes all that it does not
exclude for valid, and some rules no schema can say: that an expiry is later than now, which modules there are, or which texts
stand for themselves in RQL. So it gets patterns of its own.
"""

import copy

SHOWN = r"[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]"
VISIBLE = r"[A-Za-z0-9\u00c0-\u00d6\u0391-\u03a1\u0410-\u044f\u4e00-\u4eff]"
TEXTS = {
    "TokenName": f"^{SHOWN}*{VISIBLE}{SHOWN}*$",
    "ExternalId": f"^({SHOWN}*{VISIBLE}{SHOWN}*)?$",
    "Description": f"^(({SHOWN}|\\n)*{VISIBLE}({SHOWN}|\\n)*)?$",
    "Network": r"^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$",
}
DAY = "(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
# Later than anybody will run this.
EXPIRY = f"^20[4-9][0-9]-{DAY}T{TIME}(Z|[+]00:00)$"
BEGINNING = f"^20[0-3][0-9]-{DAY}T{TIME}(Z|[+]00:00)$"
# In a query; no plus, which generators of requests write in more than one way.
MOMENT = f"^20[0-9]{{2}}-{DAY}(T{TIME}Z)?$"
# Stands for itself, without the signs of RQL; those go in quotes.
TEXT = "^[A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6][A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6 @._-]{0,60}$"

QUERIES = ["ne(id,X)", "not(eq(id,X))"]


# Of a request that is explained. An address is of one kind here, and blank for none.
EXPLAINED = {
    "method": "^[A-Z_-]+$",
    "url": "^(https?://[a-z]{1,9}\\.example)?/[!-~]*$",
    "address": "^(203\\.0\\.113\\.[1-9])?$",
}


def narrowed(document, modules, extensions):
    """The document for an installation with these modules and extensions, as the API lists them."""
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]
    for name, pattern in TEXTS.items():
        schemas[name]["pattern"] = pattern
    for schema in schemas.values():
        properties = schema.get("properties", {})
        if "events" in properties or "confirmed_until" in properties:
            continue  # An answer.
        for name, pattern in [("expiration_date", EXPIRY), ("not_before", BEGINNING)]:
            if name in properties:
                properties[name] = {"type": ["string", "null"], "pattern": pattern}
        if "allowed_addresses" in properties:
            properties["allowed_addresses"]["minItems"] = 1
    schemas["ObjectRef_ModuleId"]["properties"]["id"] = {"type": "string", "enum": [module["id"] for module in modules]}
    # By its id or by its module; the document says neither is required.
    one, many = schemas["OneOrManyBody_Withdrawal"]["oneOf"]
    for withdrawal in (one, many["items"]):
        withdrawal["properties"]["object"] = {"$ref": "#/components/schemas/ObjectRef_ModuleId"}
        withdrawal["required"] = ["object"]
    # By ids or by a query, and with an expiration for the action that sets one.
    schemas["BulkBody"] = {
        "anyOf": [bulk(schemas["BulkBody"]["properties"], by, sets) for by in ("ids", "query") for sets in (False, True)]
    }
    # Tokens of the others are created without permissions in the body.
    asking = [extension for extension in extensions if extension["permissions"] == "ask"]
    schemas["ExtensionRef"] = {
        "anyOf": [named(first, second, extension) for extension in asking for first, second in ["id name".split(), "name id".split()]]
    }
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query":
                    narrow_parameter(parameter)
    return document


def bulk(properties, by, sets):
    """The body that names tokens `by` ids or query, and `sets` an expiration. The rest is null, or must not be there."""
    nothing = {"type": "null"}
    ids = {"type": "array", "items": properties["ids"]["items"], "maxItems": 1000}
    chosen = {
        "action": {"enum": ["set_expiration"] if sets else ["enable", "disable", "delete"]},
        "ids": ids if by == "ids" else nothing,
        "query": {"type": "string", "enum": QUERIES} if by == "query" else nothing,
        "expected": properties["expected"] if by == "query" else nothing,
        "expiration_date": properties["expiration_date"] if sets else False,
        "dry_run": properties["dry_run"],
    }
    return {"type": "object", "properties": chosen, "required": ["action", by] + (["expiration_date"] if sets else [])}


def named(first, second, extension):
    properties = {first: {"type": "string", "enum": [extension[first]]}, second: {"enum": [extension[second], None]}}
    return {"type": "object", "properties": properties, "required": [first]}


def narrow_parameter(parameter):
    schema = parameter["schema"]
    if parameter["name"] == "rql":
        # By the property that the document's own example names.
        example = (schema.get("examples") or [schema.get("example")])[0]
        schema["enum"] = [example, f"not({example.replace('ne(', 'eq(', 1)})"]
    elif parameter["name"] == "search":
        schema["pattern"] = "^[^\\x00]*$"
    elif parameter["name"] in EXPLAINED:
        schema["pattern"] = EXPLAINED[parameter["name"]]
    elif "string" in schema["type"]:
        schema["pattern"] = MOMENT if "RFC 3339" in parameter["description"] else TEXT
    elif schema["type"] == "integer":
        schema |= {"minimum": 0, "maximum": 999_999_999}
