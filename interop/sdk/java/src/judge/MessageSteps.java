package judge;

import io.dapr.client.DaprClient;
import io.dapr.client.DaprPreviewClient;
import io.dapr.client.domain.PublishEventRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class MessageSteps {
  private final String pubsub = App.setting("PUBSUB");
  private final String topic = App.setting("TOPIC");
  private final String text = "plain Żółć";
  private final Map<String, Object> order = Map.of("orderId", "json", "amount", 42);
  private final Map<String, Object> withMetadata = Map.of("orderId", "metadata");
  private final List<Map<String, Object>> many =
      List.of(Map.of("orderId", "bulk-1"), Map.of("orderId", "bulk-2"), Map.of("orderId", "bulk-3"));

  private final DaprClient client;
  private final DaprPreviewClient preview;
  private final Inbox inbox;
  private final Lines lines;

  MessageSteps(DaprClient client, DaprPreviewClient preview, Inbox inbox, Lines lines) {
    this.client = client;
    this.preview = preview;
    this.inbox = inbox;
    this.lines = lines;
  }

  void run() {
    publish();
    subscribe();
    lines.refused("publish.unknown", () -> client.publishEvent("nowhere", topic, order).block());
  }

  private void publish() {
    lines.step("publish", () -> {
      client.publishEvent(pubsub, topic, order).block();
      return true;
    });
    lines.step("publish.text", () -> {
      // The SDK would make JSON of a string.
      var bytes = text.getBytes(StandardCharsets.UTF_8);
      client.publishEvent(new PublishEventRequest(pubsub, topic, bytes).setContentType("text/plain")).block();
      return true;
    });
    lines.step("publish.metadata", () -> {
      var metadata = Map.of("cloudevent.type", "order.made", "cloudevent.source", "judge");
      client.publishEvent(pubsub, topic, withMetadata, metadata).block();
      return true;
    });
    lines.step("publish.bulk", () ->
        preview.publishEvents(pubsub, topic, "application/json", many).block().getFailedEntries().size());
  }

  private void subscribe() {
    lines.step("subscribe", () -> {
      inbox.waitForEvent(text);
      inbox.waitForEvent(withMetadata);
      for (var each : many) {
        inbox.waitForEvent(each);
      }
      return inbox.waitForEvent(order);
    });
    lines.step("subscribe.text", () -> inbox.waitForEvent(text));
    lines.step("subscribe.metadata", () -> inbox.waitForEvent(withMetadata));
    lines.step("subscribe.bulk", () -> {
      var arrived = new ArrayList<Object>();
      for (var each : many) {
        arrived.add(inbox.waitForEvent(each).get("data"));
      }
      return arrived;
    });
  }
}
