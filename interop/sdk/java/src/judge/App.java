package judge;

import io.dapr.client.DaprClientBuilder;

/** An application made with Dapr's Java SDK. It takes the judge's steps, see ../APP.md, and prints what the SDK hands out. */
public final class App {
  private App() {}

  public static void main(String[] arguments) throws Exception {
    if (!setting("CLIENT_PROTOCOL").equals("grpc")) {
      throw new IllegalArgumentException("the client of the Java SDK speaks gRPC alone");
    }
    var inbox = new Inbox();
    var server = startServer(inbox);
    try (var client = new DaprClientBuilder().build();
        var preview = new DaprClientBuilder().buildPreviewClient()) {
      var lines = new Lines();
      new SidecarSteps(client, lines).run();
      new StateSteps(client, lines).run();
      new MessageSteps(client, preview, inbox, lines).run();
      new BindingSteps(client, inbox, lines).run();
      new SecretSteps(client, lines).run();
      new StreamStep(client, preview, lines).run();
      lines.done();
    }
    server.close();
    // The SDK's HTTP client keeps threads for ever.
    System.exit(0);
  }

  static String setting(String name) {
    var value = System.getenv(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " is not set");
    }
    return value;
  }

  private static AutoCloseable startServer(Inbox inbox) throws Exception {
    var protocol = setting("APP_PROTOCOL");
    return switch (protocol) {
      case "http" -> HttpServer.start(inbox);
      case "grpc" -> GrpcServer.start(inbox);
      default -> throw new IllegalArgumentException("APP_PROTOCOL is " + protocol);
    };
  }
}
