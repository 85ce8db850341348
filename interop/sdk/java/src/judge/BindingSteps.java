package judge;

import io.dapr.client.DaprClient;
import java.util.Map;

final class BindingSteps {
  private final DaprClient client;
  private final Inbox inbox;
  private final Lines lines;

  BindingSteps(DaprClient client, Inbox inbox, Lines lines) {
    this.client = client;
    this.inbox = inbox;
    this.lines = lines;
  }

  void run() {
    var order = Map.of("orderId", "binding");
    lines.step("binding.invoke", () -> {
      client.invokeBinding(App.setting("BINDING"), "create", order).block();
      return true;
    });
    lines.step("binding.receive", () -> inbox.waitForBinding(order));
    lines.step("binding.cron", inbox::waitForTick);
    lines.refused("binding.unknown", () -> client.invokeBinding("nowhere", "create", order).block());
  }
}
