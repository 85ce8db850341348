package judge;

import io.dapr.client.DaprClient;
import io.dapr.client.domain.ComponentMetadata;
import java.util.Map;

final class SidecarSteps {
  private final DaprClient client;
  private final Lines lines;

  SidecarSteps(DaprClient client, Lines lines) {
    this.client = client;
    this.lines = lines;
  }

  void run() {
    lines.step("health", () -> {
      client.waitForSidecar(20_000).block();
      return true;
    });
    lines.step("metadata.get", () -> {
      var metadata = client.getMetadata().block();
      var names = metadata.getComponents().stream().map(ComponentMetadata::getName).sorted().toList();
      return Map.of("id", metadata.getId(), "components", names);
    });
    lines.unsupported("metadata.set", "the SDK reads metadata and does not set it");
  }
}
