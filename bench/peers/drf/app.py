"""djangorestframework-api-key on SQLite: one view behind its permission. `python app.py FILE` makes a key and prints it."""

import os
import sys

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

settings.configure(
    SECRET_KEY="only for measuring",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework", "rest_framework_api_key"],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_api_key.permissions import HasAPIKey  # noqa: E402


class Verify(APIView):
    permission_classes = [HasAPIKey]

    def get(self, _request):
        return Response(status=200)


urlpatterns = [path("verify", Verify.as_view())]
application = get_wsgi_application()

if __name__ == "__main__":
    from django.core.management import call_command
    from rest_framework_api_key.models import APIKey

    call_command("migrate", verbosity=0)
    print(APIKey.objects.create_key(name="benchmark")[1])
    sys.exit()
