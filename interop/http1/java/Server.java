import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.Executors;

/** The JDK's HTTP server for a client of ours: the first line says the port; it ends with its standard input. */
public final class Server {
  public static void main(String[] words) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/echo", exchange -> {
      byte[] body = exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.createContext("/status/", exchange -> {
      exchange.sendResponseHeaders(Integer.parseInt(exchange.getRequestURI().getPath().substring(8)), -1);
      exchange.close();
    });
    server.createContext("/bytes/", exchange -> {
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      byte[] content = new byte[Integer.parseInt(exchange.getRequestURI().getPath().substring(7))];
      Arrays.fill(content, (byte) 'x');
      if (query.contains("close")) exchange.getResponseHeaders().set("Connection", "close");
      exchange.sendResponseHeaders(200, content.length == 0 ? -1 : query.contains("length") ? content.length : 0);
      if (content.length > 0) exchange.getResponseBody().write(content);
      exchange.close();
    });
    server.start();
    System.out.println("port " + server.getAddress().getPort());
    while (System.in.read() >= 0) {}
    System.exit(0);
  }
}
