package judge;

import io.dapr.client.DaprClient;
import io.dapr.client.DaprPreviewClient;
import io.dapr.client.domain.CloudEvent;
import io.dapr.utils.TypeRef;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Flux;

final class StreamStep {
  private static final TypeRef<CloudEvent<Map<String, Object>>> EVENT = new TypeRef<>() {};

  private final DaprClient client;
  private final DaprPreviewClient preview;
  private final Lines lines;

  StreamStep(DaprClient client, DaprPreviewClient preview, Lines lines) {
    this.client = client;
    this.preview = preview;
    this.lines = lines;
  }

  void run() {
    lines.step("subscribe.stream", () -> {
      var pubsub = App.setting("PUBSUB");
      var topic = App.setting("STREAM_TOPIC");
      // The SDK does not tell when the subscription stands, and a broker may forget what nobody has subscribed to yet.
      var publishing = Flux.interval(Duration.ofMillis(200))
          .concatMap(turn -> client.publishEvent(pubsub, topic, Map.of("orderId", "stream")))
          .subscribe();
      try {
        var event = preview.subscribeToEvents(pubsub, topic, EVENT).blockFirst(Inbox.WAIT_LIMIT);
        return Inbox.described(event, 1);
      } finally {
        publishing.dispose();
      }
    });
  }
}
