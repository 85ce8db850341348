package judge;

import io.dapr.client.DaprClient;
import io.dapr.client.domain.State;
import io.dapr.client.domain.StateOptions;
import io.dapr.client.domain.TransactionalStateOperation;
import io.dapr.client.domain.TransactionalStateOperation.OperationType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The SDK makes JSON of values, and JSON to values, except for bytes. */
final class StateSteps {
  private static final StateOptions FIRST_WRITE =
      new StateOptions(StateOptions.Consistency.STRONG, StateOptions.Concurrency.FIRST_WRITE);

  private final String store = App.setting("STATE_STORE");
  private final DaprClient client;
  private final Lines lines;
  private String firstEtag;

  StateSteps(DaprClient client, Lines lines) {
    this.client = client;
    this.lines = lines;
  }

  void run() {
    single();
    etags();
    many();
    deletion();
    expiry();
  }

  private void single() {
    lines.step("state.save", () -> {
      // Saving a single value declares it JSON; in a list, bytes are bytes.
      var text = new State<>(stored("text"), "Żółć 🎩".getBytes(StandardCharsets.UTF_8), null);
      client.saveBulkState(store, List.of(text)).block();
      save("object", Map.of("items", Arrays.asList(1, "two", null), "nested", Map.of("ok", true)));
      save("number", 42);
      return true;
    });
    lines.step("state.get", () -> {
      var text = client.getState(store, stored("text"), byte[].class).block().getValue();
      var object = client.getState(store, stored("object"), Object.class).block();
      firstEtag = object.getEtag();
      return Map.of(
          "text", new String(text, StandardCharsets.UTF_8),
          "object", object.getValue(),
          "number", read("number"),
          "etag", hasEtag(object));
    });
    lines.step("state.get.missing", () -> read("never"));
  }

  private void etags() {
    lines.step("state.etag.match", () -> {
      client.saveState(store, stored("object"), firstEtag, Map.of("version", 2), FIRST_WRITE).block();
      return read("object");
    });
    lines.refusedWrite(
        "state.etag.conflict",
        () -> client.saveState(store, stored("object"), firstEtag, Map.of("version", 3), FIRST_WRITE).block(),
        () -> read("object"));
  }

  private void many() {
    lines.step("state.save.bulk", () -> {
      var items = Stream.of(1, 2, 3).<State<?>>map(n -> new State<>(stored("bulk-" + n), Map.of("n", n), null)).toList();
      client.saveBulkState(store, items).block();
      return true;
    });
    lines.step("state.get.bulk", () -> {
      var keys = Stream.of("bulk-1", "bulk-2", "bulk-3", "bulk-missing").map(StateSteps::stored).toList();
      var items = client.getBulkState(store, keys, Object.class).block();
      return items.stream().sorted(Comparator.comparing(State::getKey)).map(item -> {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("key", item.getKey().substring(stored("").length()));
        fields.put("value", item.getValue());
        fields.put("etag", hasEtag(item));
        return fields;
      }).toList();
    });
    lines.step("state.transaction", () -> {
      client.executeStateTransaction(store, List.of(
          new TransactionalStateOperation<>(OperationType.UPSERT, new State<>(stored("tx-1"), Map.of("n", 1), null)),
          new TransactionalStateOperation<>(OperationType.UPSERT, new State<>(stored("tx-2"), Map.of("n", 2), null)),
          new TransactionalStateOperation<>(OperationType.DELETE, new State<>(stored("bulk-3"))))).block();
      var found = new HashMap<String, Object>();
      for (var key : List.of("tx-1", "tx-2", "bulk-3")) {
        found.put(key, read(key));
      }
      return found;
    });
  }

  private void deletion() {
    lines.step("state.delete", () -> {
      client.deleteState(store, stored("tx-1")).block();
      return read("tx-1");
    });
    lines.refusedWrite(
        "state.delete.etag.conflict",
        () -> client.deleteState(store, stored("object"), firstEtag, FIRST_WRITE).block(),
        () -> read("object"));
  }

  private void expiry() {
    lines.step("state.ttl", () -> {
      var item = new State<>(stored("short"), Map.of("n", 1), null, Map.of("ttlInSeconds", "2"), null);
      client.saveBulkState(store, List.of(item)).block();
      var found = new HashMap<String, Object>();
      found.put("before", read("short"));
      var end = System.nanoTime() + Inbox.WAIT_LIMIT.toNanos();
      var after = read("short");
      while (after != null && System.nanoTime() < end) {
        Thread.sleep(100);
        after = read("short");
      }
      found.put("after", after);
      return found;
    });
  }

  private void save(String key, Object value) {
    client.saveState(store, stored(key), value).block();
  }

  private Object read(String key) {
    return client.getState(store, stored(key), Object.class).block().getValue();
  }

  private static boolean hasEtag(State<?> item) {
    return item.getEtag() != null && !item.getEtag().isEmpty();
  }

  /** Of this run alone: others use the store too. */
  private static String stored(String key) {
    return App.setting("RUN_ID") + "-" + key;
  }
}
