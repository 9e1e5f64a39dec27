"""What schemathesis cannot know of this API (loaded by `test_contract.py`)."""

import os
import re

import hypothesis
import schemathesis
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

# Hypothesis 6.170 now and then runs off the end of a test case while it climbs toward a target ("tuple index out of
# range" in its optimiser), which ends the run. Nothing here is about a target.
hypothesis.target = lambda *_, **__: 0.0

SPARED = os.environ.get("CONTRACT_SPARED", "").split()
HANDLE = os.environ.get("CONTRACT_HANDLE")


@schemathesis.hook
def filter_case(context, case):
    # Spares the key that it acts with: without it every later request would be a 401, and show nothing.
    return (case.path_parameters or {}).get("id") not in SPARED and not breaks_a_pattern(case)


def breaks_a_pattern(case):
    """Whether a query is meant to be wrong. The patterns of `narrow.py` say which values are surely fine; which
    others are is up to RQL's grammar, and no pattern of JSON Schema can say it. The fuzz targets do that part."""
    query = case.meta and case.meta.components.get(ParameterLocation.QUERY)
    return query is not None and query.mode == GenerationMode.NEGATIVE


@schemathesis.hook
def before_call(context, case, kwargs):
    """No schema says which handles there are: one that looks like a handle becomes one that there is. Nor which tags:
    one that nobody has read is rightly a 412, which the tests of the API look at."""
    if case.headers:
        case.headers.pop("If-Match", None)
    # A query may select the very key that acts; what a dry run answers is the same.
    if case.path.endswith("/auth/tokens/bulk") and isinstance(case.body, dict):
        case.body = {**case.body, "dry_run": True}
    looks_like_one = isinstance(case.body, dict) and re.fullmatch("[0-9a-f]{40}", str(case.body.get("handle")))
    if HANDLE and looks_like_one:
        case.body = {**case.body, "handle": HANDLE}
