import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Java's HTTP clients against a trilbyd: a line a step, `ok NAME` or `FAIL NAME: WHY`. */
public final class Client {
  interface Step {
    void run() throws Exception;
  }

  public static void main(String[] words) throws Exception {
    String url = words[0];
    for (Version version : Version.values()) {
      HttpClient client = HttpClient.newBuilder().version(version).connectTimeout(Duration.ofSeconds(10)).build();
      String name = version == Version.HTTP_1_1 ? "HttpClient" : "HttpClient, upgrading to h2c";
      for (int size : new int[] {1, 1_000, 64_000, 1_000_000, 4_000_000})
        step(name + ": a value of " + size + " bytes goes and comes back", () -> roundTrip(client, url, size, BodyPublishers.ofString(item(size)), false));
      step(name + ": a body of unknown length", () -> roundTrip(client, url, 100_000, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(item(100_000).getBytes())), false));
      step(name + ": Expect: 100-continue", () -> roundTrip(client, url, 100_000, BodyPublishers.ofString(item(100_000)), true));
      step(name + ": HEAD and OPTIONS", () -> {
        for (String method : List.of("HEAD", "OPTIONS"))
          check(send(client, request(url + "/v1.0/metadata").method(method, BodyPublishers.noBody())).statusCode() < 500, method);
      });
      step(name + ": 100 requests in turn", () -> {
        for (int at = 0; at < 100; at++) check(get(client, url, 1_000).statusCode() == 200, "status");
      });
      step(name + ": 200 at once", () -> {
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        for (int at = 0; at < 200; at++)
          all.add(client.sendAsync(request(url + "/v1.0/state/store/java-1000").build(), BodyHandlers.ofString()));
        for (CompletableFuture<HttpResponse<String>> each : all) check(each.get().body().length() == 1_002, "body");
      });
      step(name + ": the version", () -> check(get(client, url, 1_000).version() == version, "another version"));
    }
    step("HttpURLConnection: a value goes, streamed, and comes back", () -> {
      HttpURLConnection connection = (HttpURLConnection) URI.create(url + "/v1.0/state/store").toURL().openConnection();
      connection.setDoOutput(true);
      connection.setRequestMethod("POST");
      connection.setChunkedStreamingMode(5_000);
      try (OutputStream out = connection.getOutputStream()) {
        out.write(item(70_000).getBytes());
      }
      check(connection.getResponseCode() == 204, "saved with " + connection.getResponseCode());
      for (int at = 0; at < 20; at++) {
        HttpURLConnection back = (HttpURLConnection) URI.create(url + "/v1.0/state/store/java-70000").toURL().openConnection();
        check(back.getInputStream().readAllBytes().length == 70_002, "body");
      }
    });
  }

  static void step(String name, Step step) {
    try {
      step.run();
      System.out.println("ok " + name);
    } catch (Exception | AssertionError error) {
      System.out.println("FAIL " + name + ": " + error);
    }
  }

  static void check(boolean right, String what) {
    if (!right) throw new AssertionError(what);
  }

  static String item(int size) {
    return "[{\"key\":\"java-" + size + "\",\"value\":\"" + "x".repeat(size) + "\"}]";
  }

  static HttpRequest.Builder request(String url) {
    return HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30));
  }

  static HttpResponse<String> send(HttpClient client, HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  static HttpResponse<String> get(HttpClient client, String url, int size) throws Exception {
    return send(client, request(url + "/v1.0/state/store/java-" + size));
  }

  static void roundTrip(HttpClient client, String url, int size, BodyPublisher body, boolean waits) throws Exception {
    HttpResponse<String> saved = send(client, request(url + "/v1.0/state/store").expectContinue(waits).POST(body));
    check(saved.statusCode() == 204, "saved with " + saved.statusCode());
    HttpResponse<String> found = get(client, url, size);
    check(found.body().equals("\"" + "x".repeat(size) + "\""), found.statusCode() + " with " + found.body().length() + " bytes came back");
  }
}
