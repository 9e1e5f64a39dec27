//! Native tests: units, properties, and the API on both databases.

use super::{Checks, counts};
use crate::postgres::Cluster;
use crate::process;

/// Where the tests look for a PostgreSQL server on which they may create databases.
const POSTGRES: &str = "LATCHKEY_TEST_POSTGRES";

pub fn all(checks: &mut Checks, filter: &[String]) {
    let cluster = match checks.steps.step("start PostgreSQL", Cluster::start) {
        Ok(cluster) => cluster,
        Err(why) => return checks.skip("native tests", &why),
    };
    let mut nextest = process::cargo(["nextest", "run", "--locked", "--workspace", "--profile", "ci"]);
    nextest.args(filter).env(POSTGRES, cluster.url());
    checks.many("native tests", |step| step.run(&mut nextest), counts::nextest);
}
