//! What another catalogue would change, for each token: the requests that it gains and loses, by rule.
//!
//! Both catalogues are asked about a request for each rule of either, and for each two rules that may be for the same path. A request
//! that the old one opens to a token and the new one does not is lost, whatever has changed: the rules, the modules, the base path.

use std::{
    cmp::max,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use latchkey_shared::{ModuleId, Timestamp};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use super::{
    Denied, ModuleRef, Modules, RuleId, Verb,
    apis::Original,
    modules::{ModuleSet, RuleName},
    rules::Openers,
};
use crate::{
    catalogue::{
        Catalogue,
        api::{Api, Mode},
        rule::{Rule, Segment},
    },
    store::TokenRequest,
};

/// Stands for any segment: no rule writes it out.
const ANY: &str = "latchkey0any0segment";
/// Stands for a host that no API names, and how people read it.
const ANY_HOST: (&str, &str) = ("any.invalid", "*");
/// Stands for a method that is none of the others.
const ANY_METHOD: &str = "LATCHKEY-ANY";
/// The methods that a rule without one is tried with.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", ANY_METHOD];

/// What becomes of a request, compared to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Becomes {
    /// It passes now, and would be refused.
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
    /// Host, if the API has one, and path, behind the methods if it is not all: `POST,PUT api.example.com/v2/orders`, or
    /// `all but GET,HEAD api.example.com/v2/orders`; or the name of a module for administration.
    pub requests: String,
    /// Why: of requests that an API in observe mode lets pass now and that would be refused, a word of the metrics; of what would
    /// pass without a key, `observe` or `anonymous`. Empty for what the rules say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// How often the token has made such requests, at most: calls are counted by the rule that allowed them.
    pub calls: i64,
    /// The last time that it has called by that rule, to a few seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
}

impl Change {
    fn new(becomes: Becomes, requests: String) -> Self {
        let (token, name, reason) = <(String, String, String)>::default();
        Self { token, name, becomes, requests, reason, calls: 0, last_at: None }
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

/// The paths that a rule is for, from the root on.
#[derive(Debug, Clone)]
struct Place<'a> {
    /// None for any host.
    hosts: &'a [String],
    method: Option<&'a str>,
    segments: Vec<Segment>,
}

impl<'a> Place<'a> {
    fn of(api: &'a Api, rule: &'a Rule) -> Self {
        let base = api.base_path.iter().cloned().map(Segment::Literal);
        let segments = base.chain(rule.segments.iter().cloned()).collect();
        Self { hosts: &api.hosts, method: rule.method.as_deref(), segments }
    }

    /// The paths that both are for, if there are any and they are not those of one of the two.
    fn overlap(&self, other: &Self) -> Option<Self> {
        let hosts = match (self.hosts, other.hosts) {
            ([], hosts) | (hosts, []) => hosts,
            (own, others) if own == others => own,
            _ => return None,
        };
        let method = match (self.method, other.method) {
            (None, method) | (method, None) => method,
            (own, others) if own == others => own,
            _ => return None,
        };
        let (short, long) = if self.segments.len() < other.segments.len() { (self, other) } else { (other, self) };
        let mut segments = long.segments.clone();
        for (segment, own) in segments.iter_mut().zip(&short.segments) {
            match (&*segment, own) {
                (_, Segment::Any) => {}
                (Segment::Any, literal) => segment.clone_from(literal),
                (one, another) if one == another => {}
                _ => return None,
            }
        }
        (segments != self.segments && segments != other.segments).then_some(Self { hosts, method, segments })
    }

    /// `named` are the hosts that either catalogue names: an API on any host is also on these.
    fn probes(&self, named: &BTreeSet<&str>) -> Vec<Probe> {
        let path = |any: &str| {
            let segments = self.segments.iter().map(|segment| match segment {
                Segment::Any => any,
                Segment::Literal(text) => text,
            });
            format!("/{}", segments.collect::<Vec<_>>().join("/"))
        };
        let hosts: Vec<Option<(&str, &str)>> = match (self.hosts, named.is_empty()) {
            ([], true) => vec![None],
            ([], false) => named.iter().map(|host| (*host, *host)).chain([ANY_HOST]).map(Some).collect(),
            (own, _) => own.iter().map(|host| Some((host.as_str(), host.as_str()))).collect(),
        };
        let methods = self.method.map_or(METHODS.to_vec(), |method| vec![method]);
        let all = hosts.iter().flat_map(|host| methods.iter().map(move |method| (host, method)));
        let probe = |(host, method): (&Option<(&str, &str)>, &&str)| Probe {
            shown: format!("{}{}", host.map(|(_, shown)| shown).unwrap_or_default(), path("{…}")),
            path: utf8_percent_encode(&path(ANY), ENCODED).to_string(),
            host: host.map(|(host, _)| host.to_owned()),
            method: (*method).to_owned(),
        };
        all.map(probe).collect()
    }
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    /// The rules let it pass.
    allowed: bool,
    /// It passes although no rule says so: its API observes.
    observed: bool,
    /// It passes although no rule says so: it has no key, and its API takes such requests.
    anonymous: bool,
}

impl Outcome {
    fn passes(self) -> bool {
        self.allowed || self.observed || self.anonymous
    }

    /// What changes with another catalogue. What passes only since an API observes is no gain.
    fn becomes(self, new: Self) -> Option<Becomes> {
        match (self.allowed, new.allowed) {
            (true, _) if !new.passes() => Some(Becomes::Lost),
            (false, true) => Some(Becomes::Gained),
            _ => None,
        }
    }
}

/// A request that both catalogues were asked about.
struct Asked<'a> {
    probe: &'a Probe,
    before: Outcome,
    after: Outcome,
}

impl<'a> Asked<'a> {
    fn new(probe: &'a Probe, old: &Modules, new: &Modules, set: Option<&ModuleSet>) -> Self {
        Self { probe, before: probe.outcome(old, set), after: probe.outcome(new, set) }
    }
}

impl Probe {
    fn request(&self) -> Original<'_> {
        Original { host: self.host.as_deref(), method: &self.method, path: &self.path }
    }

    /// What becomes of it with a key that opens a set, or without a key.
    fn outcome(&self, modules: &Modules, set: Option<&ModuleSet>) -> Outcome {
        let (api, found) = modules.apis.find(self.request());
        let allowed = |openers: Openers<'_>| match set {
            Some(set) => openers.opening(set).result.is_ok(),
            None => openers.is_public(),
        };
        Outcome {
            allowed: found.is_ok_and(allowed),
            observed: modules.apis.observe_request((api, found), self.host.as_deref()),
            anonymous: set.is_none() && found.is_ok() && api.api.anonymous,
        }
    }

    /// The rule that decides for a set.
    fn decided_by(&self, modules: &Modules, set: &ModuleSet) -> Option<RuleId> {
        modules.apis.find(self.request()).1.ok().map(|openers| openers.opening(set).rule)
    }

    /// The rules that may have allowed it, to a token with their module.
    fn allowed_by(&self, modules: &Modules) -> Vec<RuleId> {
        modules.apis.find(self.request()).1.map(Openers::ids).unwrap_or_default()
    }
}

/// What a path must not have as it is.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'"').add(b'<').add(b'>');

/// Every change, those that are lost first. `requests` are those that were allowed.
#[must_use]
pub fn plan(old: &Modules, new: &Modules, holders: &[Holder], requests: &[TokenRequest]) -> Vec<Change> {
    let apis = old.catalogue.apis.iter().chain(&new.catalogue.apis);
    let named: BTreeSet<&str> = apis.flat_map(|api| &api.hosts).map(String::as_str).collect();
    let places: Vec<Place<'_>> = [old, new].into_iter().flat_map(|modules| places(&modules.catalogue)).collect();
    let overlaps =
        places.iter().enumerate().flat_map(|(at, one)| places[at + 1..].iter().map(move |other| (one, other)));
    let overlaps: Vec<Place<'_>> = overlaps.filter_map(|(one, other)| one.overlap(other)).collect();
    let all: BTreeSet<Probe> = places.iter().chain(&overlaps).flat_map(|place| place.probes(&named)).collect();
    let without_key = |probe| Asked::new(probe, old, new, None);
    let without_key: Vec<Asked<'_>> = all.iter().map(without_key).collect();
    let mut changes = opened_to_all(old, new, &named);
    for (becomes, probes) in changed(&without_key) {
        let everybody = |requests| Change::new(becomes, requests);
        changes.extend(by_path(&probes).into_keys().map(everybody));
    }
    let keyed = without_key.iter().filter(|asked| !asked.before.allowed && !asked.after.allowed);
    let keyed: Vec<&Probe> = keyed.map(|asked| asked.probe).collect();
    let mut called: HashMap<(&str, &str, &str, &str), &TokenRequest> = HashMap::new();
    for row in requests {
        called.insert((&row.token_id, &row.api, &row.rule, &row.method), row);
    }
    // Most tokens hold one of a few sets.
    let mut of_sets: HashMap<&[ModuleId], Vec<OfSet<'_>>> = HashMap::new();
    for holder in holders {
        let of_set = of_sets.entry(&holder.modules).or_insert_with(|| of_set(old, new, &keyed, &holder.modules));
        for OfSet { change, by, if_called } in of_set {
            let made =
                by.iter().filter_map(|(name, method)| called.get(&(&*holder.id, &*name.api, &*name.rule, *method)));
            let (calls, last_at) = made.fold((0, 0), |all, row| (all.0 + row.calls, max(all.1, row.last_at)));
            if *if_called && calls == 0 {
                continue;
            }
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

/// A change for all tokens that hold a set of modules.
struct OfSet<'a> {
    change: Change,
    /// By which rules and methods such requests were counted.
    by: BTreeSet<(&'a RuleName, &'static str)>,
    /// Whether it is a change only for a token that has made such requests.
    if_called: bool,
}

/// What passes without a key, since its API observes or is anonymous: the whole API, on each host.
fn opened_to_all(old: &Modules, new: &Modules, named: &BTreeSet<&str>) -> Vec<Change> {
    let apis = new.catalogue.apis.iter();
    let open = apis.filter_map(|api| match (api.mode, api.anonymous) {
        (Mode::Observe, _) => Some((api, "observe")),
        (Mode::Enforce, true) => Some((api, "anonymous")),
        (Mode::Enforce, false) => None,
    });
    let mut changes = BTreeMap::new();
    for (api, reason) in open {
        let below = api.base_path.iter().cloned().map(Segment::Literal).chain([Segment::Any]);
        let place = Place { hosts: &api.hosts, method: Some("GET"), segments: below.collect() };
        for probe in place.probes(named) {
            let asked = Asked::new(&probe, old, new, None);
            if !asked.before.passes() && asked.after.passes() {
                changes.entry(probe.shown.clone()).or_insert(reason);
            }
        }
    }
    let change = |(requests, reason): (String, &str)| Change {
        reason: reason.to_owned(),
        ..Change::new(Becomes::Gained, requests)
    };
    changes.into_iter().map(change).collect()
}

fn of_set<'a>(old: &'a Modules, new: &Modules, probes: &[&Probe], ids: &[ModuleId]) -> Vec<OfSet<'a>> {
    let set = old.set(ids.to_vec());
    let asked: Vec<Asked<'_>> = probes.iter().map(|probe| Asked::new(probe, old, new, Some(&set))).collect();
    let counted = |probe: &&Probe| Some((old.rule(probe.decided_by(old, &set)?)?, Verb::of(&probe.method).as_str()));
    let mut all = Vec::new();
    for (becomes, probes) in changed(&asked) {
        all.extend(by_path(&probes).into_iter().map(|(requests, probes)| OfSet {
            change: Change::new(becomes, requests),
            // What is refused was not called.
            by: probes.iter().filter(|_| becomes == Becomes::Lost).filter_map(counted).collect(),
            if_called: false,
        }));
    }
    // What a token was allowed to call before a module was withdrawn from it, and calls as long as the API observes.
    for Asked { probe, before, after } in asked {
        if before.observed && !before.allowed && !after.passes() {
            let method = Verb::of(&probe.method).as_str();
            let by = probe.allowed_by(old).into_iter().filter_map(|rule| Some((old.rule(rule)?, method)));
            let change = Change::new(Becomes::Lost, format!("{} {}", probe.method, probe.shown));
            let change = Change { reason: Denied::Module(ModuleRef::ALL).as_str().to_owned(), ..change };
            all.push(OfSet { change, by: by.collect(), if_called: true });
        }
    }
    let administration = [(old.integrations(), new.integrations()), (old.introspection(), new.introspection())];
    for (before, after) in administration {
        let becomes = match (set.opens(before), set.opens(after)) {
            (true, false) => Becomes::Lost,
            (false, true) => Becomes::Gained,
            _ => continue,
        };
        let change = Change::new(becomes, old.get(before).name);
        all.push(OfSet { change, by: BTreeSet::new(), if_called: false });
    }
    all
}

/// Where the rules of a catalogue are.
fn places(catalogue: &Catalogue) -> Vec<Place<'_>> {
    let public = catalogue.apis.iter().flat_map(|api| api.public.iter().map(move |rule| Place::of(api, rule)));
    let of_modules =
        catalogue.rules.iter().filter_map(|rule| Some(Place::of(catalogue.apis.get(rule.api)?, &rule.rule)));
    public.chain(of_modules).collect()
}

/// Those that change, by what becomes of them.
fn changed<'a>(asked: &[Asked<'a>]) -> [(Becomes, Vec<&'a Probe>); 2] {
    [Becomes::Lost, Becomes::Gained].map(|becomes| {
        let probes = asked.iter().filter(|it| it.before.becomes(it.after) == Some(becomes)).map(|it| it.probe);
        (becomes, probes.collect())
    })
}

/// The requests to each path together, in words.
fn by_path<'a>(probes: &[&'a Probe]) -> BTreeMap<String, Vec<&'a Probe>> {
    let mut paths: BTreeMap<&str, Vec<&Probe>> = BTreeMap::new();
    for probe in probes {
        paths.entry(&probe.shown).or_default().push(probe);
    }
    let words = |(path, probes): (&str, Vec<&'a Probe>)| {
        let is_among = |method: &str| probes.iter().any(|probe| probe.method == method);
        let (among, others): (Vec<&str>, Vec<&str>) = METHODS.iter().partition(|method| is_among(method));
        let requests = match (is_among(ANY_METHOD), others.is_empty()) {
            (true, true) => path.to_owned(),
            (true, false) => format!("all but {} {path}", others.join(",")),
            (false, _) => {
                // A rule may name a method that is none of these.
                let own = probes.iter().map(|probe| probe.method.as_str()).filter(|method| !METHODS.contains(method));
                format!("{} {path}", among.into_iter().chain(own).collect::<Vec<_>>().join(","))
            }
        };
        (requests, probes)
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
        let methods = "all but GET,HEAD";
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
        // A longer rule takes a part of what was called by the shorter one: that many calls at most.
        let longer = old.replace(
            "[[modules]]",
            "[[modules]]\nid = \"MD-0102\"\nname = \"Export\"\npaths = [\"/orders/export\"]\n[[modules]]",
        );
        assert_eq!(changes(&old, &longer), ["orders: Lost api.example.com/v2/orders/export 8 50"]);
    }

    #[test]
    fn rules_that_meet_in_one_path_alone_are_tried_there() {
        let rule = |id: &str, name: &str, path: &str| {
            format!("[[modules]]\nid = \"{id}\"\nname = \"{name}\"\npaths = [\"{path}\"]\n")
        };
        let old = format!("{API}{}", rule("MD-0101", "Orders", "GET /customers/acme"));
        let new = format!("{old}{}", rule("MD-0102", "Exports", "/customers/{id}/invoices"));
        assert_eq!(changes(&old, &new), ["orders: Lost GET api.example.com/v2/customers/acme/invoices 0 0"]);
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
    fn api_that_lets_everybody_pass_in_the_middle_of_another_is_gained_by_everybody_and_lost_by_nobody() {
        let old = format!("{API}{}", ORDERS.replace(", \"GET /lines/{id}\"", ""));
        for (setting, reason) in [("mode = \"observe\"", "observe"), ("anonymous = true", "anonymous")] {
            let hole = "[[apis]]\nname = \"hole\"\nhosts = [\"api.example.com\"]\nbase_path = \"/v2/orders/7\"\n";
            let new = format!(
                "{API}{hole}{setting}\n{}",
                ORDERS
                    .replace("name = \"Orders\"", "name = \"Orders\"\napi = \"orders\"")
                    .replace(", \"GET /lines/{id}\"", "")
            );
            let holder = [Holder { id: "all".to_owned(), name: String::new(), modules: vec![ModuleId::all()] }];
            let told = plan(&modules(&old), &modules(&new), &holder, &[]);
            let told: Vec<_> = told.iter().map(|it| (&*it.token, it.becomes, &*it.requests, &*it.reason)).collect();
            assert_eq!(told, [("", Becomes::Gained, "api.example.com/v2/orders/7/{…}", reason)]);
        }
    }

    #[test]
    fn what_a_token_may_no_longer_call_is_lost_when_its_api_stops_to_observe_if_it_was_called() {
        let new = format!(
            "{API}[[modules]]\nid = \"MD-0101\"\nname = \"Orders\"\npaths = [\"/orders\"]\n\
             [[modules]]\nid = \"MD-0102\"\nname = \"Lines\"\npaths = [\"GET /lines/{{id}}\"]\n"
        );
        let old = new.replace("base_path", "mode = \"observe\"\nbase_path");
        // It holds Orders, and has called lines as long as it might.
        let lost = "orders: Lost GET api.example.com/v2/lines/{…} 7 70".to_owned();
        assert_eq!(changes(&old, &new), [lost]);
        assert_eq!(changes(&old, &old), [""; 0]);
        assert_eq!(changes(&new, &old), [": Gained api.example.com/v2/{…} 0 0"]);
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
