package judge;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.dapr.client.domain.CloudEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/** What the daemon delivered, on many threads at once. */
final class Inbox {
  static final Duration WAIT_LIMIT = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<CloudEvent<?>> events = new ArrayList<>();
  private final List<Object> bindings = new ArrayList<>();
  private int ticks;

  synchronized void addEvent(CloudEvent<?> event) {
    events.add(event);
    notifyAll();
  }

  synchronized void addBinding(byte[] data) {
    bindings.add(parsed(data));
    notifyAll();
  }

  synchronized void addTick() {
    ticks++;
    notifyAll();
  }

  /** Waits for an event with this data and describes it. */
  synchronized Map<String, Object> waitForEvent(Object data) throws InterruptedException {
    return waitFor("an event with " + data, () -> {
      var same = events.stream().filter(event -> Objects.equals(event.getData(), data)).toList();
      return same.isEmpty() ? null : described(same.get(0), same.size());
    });
  }

  synchronized Object waitForBinding(Object data) throws InterruptedException {
    return waitFor("a binding's event with " + data, () -> bindings.contains(data) ? data : null);
  }

  synchronized boolean waitForTick() throws InterruptedException {
    return waitFor("an event of cron", () -> ticks > 0 ? true : null);
  }

  private <T> T waitFor(String what, Supplier<T> look) throws InterruptedException {
    var end = System.nanoTime() + WAIT_LIMIT.toNanos();
    for (var found = look.get(); ; found = look.get()) {
      if (found != null) {
        return found;
      }
      var leftMs = (end - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        throw new IllegalStateException(what + " did not come within " + WAIT_LIMIT);
      }
      wait(leftMs);
    }
  }

  static Map<String, Object> described(CloudEvent<?> event, int count) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("count", count);
    fields.put("id", event.getId() != null && !event.getId().isEmpty());
    fields.put("type", event.getType());
    fields.put("source", event.getSource());
    fields.put("topic", event.getTopic());
    fields.put("pubsubname", event.getPubsubName());
    fields.put("datacontenttype", event.getDatacontenttype());
    fields.put("data", event.getData());
    return fields;
  }

  /** JSON as what it says, anything else as the text it is. */
  static Object parsed(byte[] data) {
    try {
      return JSON.readValue(data, Object.class);
    } catch (IOException notJson) {
      return new String(data, StandardCharsets.UTF_8);
    }
  }
}
