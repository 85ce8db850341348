package judge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dapr.exceptions.DaprException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/** Takes the steps and prints a line for each, see ../APP.md. */
final class Lines {
  private static final ObjectMapper JSON = new ObjectMapper();

  // In UTF-8, whatever the locale is.
  private final PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

  interface Action {
    void run() throws Exception;
  }

  /** What should succeed. */
  void step(String name, Callable<Object> action) {
    try {
      print(name, "result", action.call());
    } catch (Exception problem) {
      print(name, "error", described(problem));
    }
  }

  void unsupported(String name, String why) {
    print(name, "unsupported", why);
  }

  /** What should be refused. */
  void refused(String name, Action action) {
    try {
      action.run();
      print(name, "result", "not refused");
    } catch (Exception problem) {
      print(name, "error", described(problem));
    }
  }

  /** A write that should be refused, and what is there then. */
  void refusedWrite(String name, Action write, Callable<Object> read) {
    Exception refusal = null;
    try {
      write.run();
    } catch (Exception problem) {
      refusal = problem;
    }
    try {
      var after = read.call();
      if (refusal == null) {
        print(name, "result", "not refused");
      } else {
        print(name, "error", described(refusal), "after", after);
      }
    } catch (Exception problem) {
      print(name, "error", described(problem));
    }
  }

  void done() {
    print("done");
  }

  private static Map<String, String> described(Exception problem) {
    var code = problem instanceof DaprException refusal ? refusal.getErrorCode() : "";
    return Map.of("code", code, "message", String.valueOf(problem.getMessage()));
  }

  private void print(String step, Object... more) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("step", step);
    for (var index = 0; index < more.length; index += 2) {
      fields.put((String) more[index], more[index + 1]);
    }
    try {
      out.println(JSON.writeValueAsString(fields));
    } catch (JsonProcessingException problem) {
      throw new IllegalStateException(problem);
    }
  }
}
