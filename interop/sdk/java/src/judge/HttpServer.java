package judge;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import io.dapr.client.domain.CloudEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/** What the daemon calls over HTTP; the SDK has the events. */
final class HttpServer {
  private HttpServer() {}

  static AutoCloseable start(Inbox inbox) throws IOException {
    var address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), Integer.parseInt(App.setting("APP_PORT")));
    var server = com.sun.net.httpserver.HttpServer.create(address, 0);
    var threads = Executors.newFixedThreadPool(8);
    server.setExecutor(threads);
    var subscriptions = List.of(
        Map.of("pubsubname", App.setting("PUBSUB"), "topic", App.setting("TOPIC"), "route", "/orders"));
    server.createContext("/", exchange -> {
      var path = exchange.getRequestURI().getPath();
      if (path.equals("/dapr/subscribe")) {
        answer(exchange, 200, new ObjectMapper().writeValueAsBytes(subscriptions));
      } else if (path.equals("/orders")) {
        inbox.addEvent(CloudEvent.deserialize(exchange.getRequestBody().readAllBytes()));
        answer(exchange, 200, "{\"status\":\"SUCCESS\"}".getBytes());
      } else if (path.equals("/" + App.setting("BINDING"))) {
        // Asked with OPTIONS first whether it takes the events at all.
        if (exchange.getRequestMethod().equals("POST")) {
          inbox.addBinding(exchange.getRequestBody().readAllBytes());
        }
        answer(exchange, 200, new byte[0]);
      } else if (path.equals("/" + App.setting("CRON"))) {
        if (exchange.getRequestMethod().equals("POST")) {
          inbox.addTick();
        }
        answer(exchange, 200, new byte[0]);
      } else {
        answer(exchange, 404, new byte[0]);
      }
    });
    server.start();
    return () -> {
      server.stop(0);
      threads.shutdownNow();
    };
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
