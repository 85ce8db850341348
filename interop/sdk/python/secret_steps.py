"""What an application does with a secret store."""

from dapr.clients import DaprClient

from environment import SECRET_STORE
from lines import refused_step, step


def secret_steps(client: DaprClient) -> None:
    step("secret.get", lambda: dict(client.get_secret(SECRET_STORE, "password").secret))
    step("secret.bulk", lambda: client.get_bulk_secret(SECRET_STORE).secrets)
    refused_step("secret.missing", lambda: client.get_secret(SECRET_STORE, "never"))
