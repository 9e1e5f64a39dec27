"""A resource server that is not ours: django-oauth-toolkit, which asks `/oauth2/introspect` what a key is worth."""

import time

import django
import pytest
from conftest import INTEGRATIONS, INTROSPECTION, PARTNERS
from django.conf import settings
from django.urls import path


@pytest.fixture(scope="session")
def resource_server(latchkey, tmp_path_factory):
    own = latchkey.create(INTROSPECTION)
    settings.configure(
        SECRET_KEY="only for this test",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path_factory.mktemp("django") / "db"}
        },
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider", "rest_framework"],
        OAUTH2_PROVIDER={
            "RESOURCE_SERVER_INTROSPECTION_URL": f"http://127.0.0.1:{latchkey.port}/oauth2/introspect",
            "RESOURCE_SERVER_INTROSPECTION_CREDENTIALS": (own["id"], own["token"]),
            # It would believe an answer for ten hours; for 0 seconds it believes none.
            "RESOURCE_SERVER_TOKEN_CACHING_SECONDS": 1,
        },
    )
    django.setup()
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)

    from oauth2_provider.contrib.rest_framework import OAuth2Authentication, TokenHasScope
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Agreements(APIView):
        authentication_classes = [OAuth2Authentication]
        permission_classes = [TokenHasScope]
        required_scopes = [PARTNERS]

        def get(self, request):
            return Response({"user": str(request.user), "scope": request.auth.scope})

    urlpatterns.append(path("agreements", Agreements.as_view()))
    client = Client()
    return lambda key: client.get("/agreements", headers={"authorization": f"Bearer {key.removeprefix('ApiKey ')}"})


urlpatterns = []


def test_a_key_opens_what_its_modules_say(resource_server, latchkey):
    answer = resource_server(latchkey.create(PARTNERS, INTEGRATIONS)["key"])
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"user": "A gateway's", "scope": f"{PARTNERS} {INTEGRATIONS}"}


def test_a_key_without_the_module_is_403(resource_server, latchkey):
    assert resource_server(latchkey.create(INTEGRATIONS)["key"]).status_code == 403


def test_a_key_that_is_worth_nothing_is_401(resource_server, latchkey):
    token = latchkey.create(PARTNERS)
    assert resource_server(token["key"][:-1] + "x").status_code == 401
    assert resource_server(token["key"]).status_code == 200
    latchkey.send("POST", f"/auth/tokens/{token['id']}/deactivate")
    time.sleep(1.1)
    assert resource_server(token["key"]).status_code == 401
