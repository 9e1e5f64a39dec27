//! What another catalogue would change, for each token: the requests that it gains and loses, by rule.
//!
//! Both catalogues are asked about a request for each rule of either. A request that the old one opens to a token and the new one
//! does not is lost, whatever has changed: the rules, the modules, the base path.

use std::{
    cmp::max,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use latchkey_shared::{ModuleId, Timestamp};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use super::{Modules, apis::Original, modules::ModuleSet};
use crate::{
    catalogue::{
        Catalogue,
        api::Api,
        rule::{Rule, Segment},
    },
    store::TokenRequest,
};

/// Stands for any segment: no rule writes it out.
const ANY: &str = "latchkey0any0segment";
/// Stands for a host that no API names, and how people read it.
const ANY_HOST: (&str, &str) = ("any.invalid", "*");
/// The methods that a rule without one is tried with.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// What becomes of a request, compared to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Becomes {
    /// It is allowed now, and would be refused.
    Lost,
    /// It is refused now, and would be allowed.
    Gained,
}

/// A change for a token, or for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The token; empty for a path that needs no key now, or would need none.
    pub token: String,
    /// Its name.
    pub name: String,
    /// What becomes of the requests.
    pub becomes: Becomes,
    /// Host, if the API has one, and path, behind the methods if it is not all: `POST,PUT api.example.com/v2/orders`; or the
    /// name of a module for administration.
    pub requests: String,
    /// How often the token has made such requests.
    pub calls: i64,
    /// The last time, to a few seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
}

impl Change {
    fn new(becomes: Becomes, requests: String) -> Self {
        Self { token: String::new(), name: String::new(), becomes, requests, calls: 0, last_at: None }
    }
}

/// A token that is looked at.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub modules: Vec<ModuleId>,
}

/// A request that stands for all those of a rule with one method.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Probe {
    host: Option<String>,
    /// As people write it, below the base path and with `{…}`.
    shown: String,
    path: String,
    method: String,
}

impl Probe {
    /// `named` are the hosts that either catalogue names: an API on any host is also on these.
    fn of(api: &Api, named: &BTreeSet<&str>, rule: &Rule) -> Vec<Self> {
        let path = |any: &str| {
            let segments = rule.segments.iter().map(|segment| match segment {
                Segment::Any => any,
                Segment::Literal(text) => text,
            });
            let all: Vec<&str> = api.base_path.iter().map(String::as_str).chain(segments).collect();
            format!("/{}", all.join("/"))
        };
        let hosts: Vec<Option<(&str, &str)>> = match (api.hosts.as_slice(), named.is_empty()) {
            ([], true) => vec![None],
            ([], false) => named.iter().map(|host| (*host, *host)).chain([ANY_HOST]).map(Some).collect(),
            (own, _) => own.iter().map(|host| Some((host.as_str(), host.as_str()))).collect(),
        };
        let methods = rule.method.as_deref().map_or(METHODS.to_vec(), |method| vec![method]);
        let probe = |host: Option<(&str, &str)>, method: &str| Self {
            shown: format!("{}{}", host.map(|(_, shown)| shown).unwrap_or_default(), path("{…}")),
            path: utf8_percent_encode(&path(ANY), ENCODED).to_string(),
            host: host.map(|(host, _)| host.to_owned()),
            method: method.to_owned(),
        };
        hosts
            .into_iter()
            .flat_map(|host| methods.iter().map(move |method| (host, method)))
            .map(|(host, method)| probe(host, method))
            .collect()
    }

    /// Whether anybody may, and the modules of a set.
    fn opened(&self, modules: &Modules, set: &ModuleSet) -> (bool, bool) {
        let request = Original { host: self.host.as_deref(), method: &self.method, path: &self.path };
        match modules.apis.find(request).1 {
            Ok(openers) => (openers.is_public(), openers.opening(set).result.is_ok()),
            Err(_) => (false, false),
        }
    }
}

/// What a path must not have as it is.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'"').add(b'<').add(b'>');

/// Every change, those that are lost first. `requests` are those that were allowed.
#[must_use]
pub fn plan(old: &Modules, new: &Modules, holders: &[Holder], requests: &[TokenRequest]) -> Vec<Change> {
    let apis = old.catalogue.apis.iter().chain(&new.catalogue.apis);
    let named: BTreeSet<&str> = apis.flat_map(|api| &api.hosts).map(String::as_str).collect();
    let (before, after) = (probes(&old.catalogue, &named), probes(&new.catalogue, &named));
    let all: BTreeSet<&Probe> = before.iter().chain(&after).map(|(_, probe)| probe).collect();
    let nobody = old.set(Vec::new());
    let public = |probe: &Probe| (probe.opened(old, &nobody).0, probe.opened(new, &nobody).0);
    let mut changes = Vec::new();
    for (becomes, probes) in changed(all.iter().map(|probe| (*probe, public(probe)))) {
        let everybody = |requests| Change::new(becomes, requests);
        changes.extend(by_path(&probes).into_keys().map(everybody));
    }
    let keyed: Vec<&Probe> = all.into_iter().filter(|probe| public(probe) == (false, false)).collect();
    let called = called(&before, requests);
    // Most tokens hold one of a few sets.
    let mut of_sets: HashMap<&[ModuleId], Vec<Change>> = HashMap::new();
    let mut probes_of_sets: HashMap<&[ModuleId], Vec<Vec<&Probe>>> = HashMap::new();
    for holder in holders {
        let modules = holder.modules.as_slice();
        if !of_sets.contains_key(modules) {
            let set = old.set(holder.modules.clone());
            let (mut of_set, mut probes_of_set) = (Vec::new(), Vec::new());
            let opened = |probe: &Probe| (probe.opened(old, &set).1, probe.opened(new, &set).1);
            for (becomes, probes) in changed(keyed.iter().map(|probe| (*probe, opened(probe)))) {
                for (requests, probes) in by_path(&probes) {
                    of_set.push(Change::new(becomes, requests));
                    probes_of_set.push(probes);
                }
            }
            let administration = [(old.integrations(), new.integrations()), (old.introspection(), new.introspection())];
            for (before, after) in administration {
                let name = || old.get(before).name;
                match (set.opens(before), set.opens(after)) {
                    (true, false) => of_set.push(Change::new(Becomes::Lost, name())),
                    (false, true) => of_set.push(Change::new(Becomes::Gained, name())),
                    _ => continue,
                }
                probes_of_set.push(Vec::new());
            }
            of_sets.insert(modules, of_set);
            probes_of_sets.insert(modules, probes_of_set);
        }
        for (change, probes) in of_sets[modules].iter().zip(&probes_of_sets[modules]) {
            let made = probes.iter().filter_map(|probe| called.get(&(holder.id.as_str(), *probe)));
            let (calls, last_at) = made.fold((0, 0), |all, (calls, at)| (all.0 + calls, max(all.1, *at)));
            changes.push(Change {
                token: holder.id.clone(),
                name: holder.name.clone(),
                calls,
                last_at: (calls > 0).then(|| Timestamp::from_unix(last_at)),
                ..change.clone()
            });
        }
    }
    changes.sort_by(|a, b| (a.becomes, &a.token, &a.requests).cmp(&(b.becomes, &b.token, &b.requests)));
    changes
}

/// Each rule of a catalogue, by API and text, with the requests that stand for it.
fn probes<'a>(catalogue: &'a Catalogue, named: &BTreeSet<&str>) -> Vec<((&'a str, &'a str), Probe)> {
    let public = catalogue.apis.iter().flat_map(|api| api.public.iter().map(move |rule| (api, rule)));
    let of_modules = catalogue.rules.iter().filter_map(|rule| Some((catalogue.apis.get(rule.api)?, &rule.rule)));
    public
        .chain(of_modules)
        .flat_map(|(api, rule)| {
            let probes = Probe::of(api, named, rule).into_iter();
            probes.map(|probe| ((api.name.as_str(), rule.text.as_str()), probe))
        })
        .collect()
}

/// Calls and the last time, by token and the request that stands for them.
fn called<'a>(
    probes: &'a [((&'a str, &'a str), Probe)],
    requests: &'a [TokenRequest],
) -> HashMap<(&'a str, &'a Probe), (i64, i64)> {
    let mut of_rules: HashMap<(&str, &str), Vec<&Probe>> = HashMap::new();
    for (rule, probe) in probes {
        of_rules.entry(*rule).or_default().push(probe);
    }
    let mut called: HashMap<(&str, &Probe), (i64, i64)> = HashMap::new();
    for row in requests {
        let probes = of_rules.get(&(row.api.as_str(), row.rule.as_str()));
        for probe in probes.into_iter().flatten().filter(|probe| probe.method == row.method) {
            let all = called.entry((row.token_id.as_str(), probe)).or_default();
            *all = (all.0 + row.calls, max(all.1, row.last_at));
        }
    }
    called
}

/// Those that change, by what becomes of them.
fn changed<'a>(opened: impl Iterator<Item = (&'a Probe, (bool, bool))>) -> Vec<(Becomes, Vec<&'a Probe>)> {
    let (mut lost, mut gained) = (Vec::new(), Vec::new());
    for (probe, before_and_after) in opened {
        match before_and_after {
            (true, false) => lost.push(probe),
            (false, true) => gained.push(probe),
            _ => {}
        }
    }
    vec![(Becomes::Lost, lost), (Becomes::Gained, gained)]
}

/// The requests to each path together, in words.
fn by_path<'a>(probes: &[&'a Probe]) -> BTreeMap<String, Vec<&'a Probe>> {
    let mut paths: BTreeMap<&str, Vec<&Probe>> = BTreeMap::new();
    for probe in probes {
        paths.entry(&probe.shown).or_default().push(probe);
    }
    let words = |(path, probes): (&str, Vec<&'a Probe>)| {
        let methods: Vec<&str> = probes.iter().map(|probe| probe.method.as_str()).collect();
        let is_every = METHODS.iter().all(|method| methods.contains(method));
        (if is_every { path.to_owned() } else { format!("{} {path}", methods.join(",")) }, probes)
    };
    paths.into_iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(text: &str) -> Modules {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Modules::new(Catalogue::read(file.path()).unwrap())
    }

    const API: &str = "[[apis]]\nname = \"orders\"\nhosts = [\"api.example.com\"]\nbase_path = \"/v2\"\n";
    const ORDERS: &str =
        "[[modules]]\nid = \"MD-0101\"\nname = \"Orders\"\npaths = [\"/orders\", \"GET /lines/{id}\"]\n";

    /// The changes, a line each, for a token with *Orders* and one with *All*.
    fn changes(old: &str, new: &str) -> Vec<String> {
        let holder = |id: &str, module: &str| Holder {
            id: id.to_owned(),
            name: id.to_owned(),
            modules: vec![module.parse().unwrap()],
        };
        let request = |method: &str, rule: &str, calls: i64| TokenRequest {
            token_id: "orders".to_owned(),
            api: "orders".to_owned(),
            method: method.to_owned(),
            rule: rule.to_owned(),
            path: String::new(),
            reason: String::new(),
            module_id: "MD-0101".to_owned(),
            calls,
            first_at: 1,
            last_at: 10 * calls,
            address: String::new(),
            program: String::new(),
        };
        let requests =
            [request("POST", "/orders", 3), request("GET", "/orders", 5), request("GET", "GET /lines/{id}", 7)];
        let holders = [holder("orders", "MD-0101"), holder("all", "MD-0000")];
        let changes = plan(&modules(old), &modules(new), &holders, &requests);
        let line = |it: &Change| {
            let at = it.last_at.map(Timestamp::unix).unwrap_or_default();
            format!("{}: {:?} {} {} {at}", it.token, it.becomes, it.requests, it.calls)
        };
        changes.iter().map(line).collect()
    }

    #[test]
    fn same_catalogue_changes_nothing() {
        let text = format!("{API}{ORDERS}");
        assert_eq!(changes(&text, &text), [""; 0]);
    }

    #[test]
    fn narrower_rule_is_told_by_method_with_the_calls_that_it_would_refuse() {
        let (old, new) =
            (format!("{API}{ORDERS}"), format!("{API}{}", ORDERS.replace("\"/orders\"", "\"GET /orders\"")));
        let methods = "DELETE,PATCH,POST,PUT";
        assert_eq!(changes(&old, &new), [format!("orders: Lost {methods} api.example.com/v2/orders 3 30")]);
        assert_eq!(changes(&new, &old), [format!("orders: Gained {methods} api.example.com/v2/orders 0 0")]);
    }

    #[test]
    fn moved_base_path_and_a_rule_that_is_gone_lose_what_is_called() {
        let old = format!("{API}{ORDERS}");
        let lost = changes(&old, &old.replace("/v2", "/v3"));
        assert!(lost.contains(&"orders: Lost api.example.com/v2/orders 8 50".to_owned()), "{lost:#?}");
        assert!(lost.contains(&"all: Gained api.example.com/v3/orders 0 0".to_owned()), "{lost:#?}");
        // What no rule is for is left to All.
        let gone = changes(&old, &old.replace(", \"GET /lines/{id}\"", ""));
        assert_eq!(gone, ["orders: Lost GET api.example.com/v2/lines/{…} 7 70"]);
    }

    #[test]
    fn api_on_any_host_that_gets_a_host_loses_the_others_alone() {
        let old = format!("[[apis]]\nname = \"orders\"\n{}", ORDERS.replace(", \"GET /lines/{id}\"", ""));
        let new = old.replace("\"orders\"\n", "\"orders\"\nhosts = [\"api.example.com\"]\n");
        // All loses nothing that a rule is for, but there is no API any more on other hosts.
        assert_eq!(changes(&old, &new), ["all: Lost */orders 0 0", "orders: Lost */orders 8 50"]);
        assert_eq!(changes(&new, &old), ["all: Gained */orders 0 0", "orders: Gained */orders 0 0"]);
    }

    #[test]
    fn public_paths_are_everybody_s_and_administration_is_told() {
        let old = format!("{API}public = [\"GET /health\"]\n{ORDERS}");
        let new = format!("all_includes_administration = true\n{API}public = [\"GET /status\"]\n{ORDERS}");
        assert_eq!(
            changes(&old, &new),
            [
                ": Lost GET api.example.com/v2/health 0 0",
                ": Gained GET api.example.com/v2/status 0 0",
                "all: Gained Integrations 0 0",
                "all: Gained Introspection 0 0",
            ]
        );
    }
}
