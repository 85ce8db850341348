package judge;

import io.dapr.client.DaprClient;

final class SecretSteps {
  private final DaprClient client;
  private final Lines lines;

  SecretSteps(DaprClient client, Lines lines) {
    this.client = client;
    this.lines = lines;
  }

  void run() {
    var secrets = App.setting("SECRET_STORE");
    lines.step("secret.get", () -> client.getSecret(secrets, "password").block());
    lines.step("secret.bulk", () -> client.getBulkSecret(secrets).block());
    lines.refused("secret.missing", () -> client.getSecret(secrets, "never").block());
  }
}
