package judge;

import io.dapr.Topic;
import io.dapr.client.domain.CloudEvent;
import java.util.Map;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** What the daemon calls over HTTP. The SDK lists the topics, from the annotation. */
@EnableAutoConfiguration
@RestController
class HttpServer {
  private final Inbox inbox;

  HttpServer(Inbox inbox) {
    this.inbox = inbox;
  }

  static AutoCloseable start(Inbox inbox) {
    return new SpringApplicationBuilder(HttpServer.class)
        .initializers(context -> ((GenericApplicationContext) context).registerBean(Inbox.class, () -> inbox))
        .properties(Map.of(
            "server.address", "127.0.0.1",
            "server.port", App.setting("APP_PORT"),
            "spring.main.banner-mode", "off"))
        .run();
  }

  @Topic(pubsubName = "${PUBSUB}", name = "${TOPIC}")
  @PostMapping("/orders")
  void takeOrder(@RequestBody CloudEvent<Object> event) {
    inbox.addEvent(event);
  }

  @PostMapping("/${BINDING}")
  void takeBinding(@RequestBody byte[] data) {
    inbox.addBinding(data);
  }

  @PostMapping("/${CRON}")
  void takeTick() {
    inbox.addTick();
  }
}
