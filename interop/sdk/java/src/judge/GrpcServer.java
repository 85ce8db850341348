package judge;

import com.google.protobuf.Empty;
import io.dapr.client.domain.CloudEvent;
import io.dapr.v1.AppCallbackGrpc;
import io.dapr.v1.DaprAppCallbackProtos.BindingEventRequest;
import io.dapr.v1.DaprAppCallbackProtos.BindingEventResponse;
import io.dapr.v1.DaprAppCallbackProtos.ListInputBindingsResponse;
import io.dapr.v1.DaprAppCallbackProtos.ListTopicSubscriptionsResponse;
import io.dapr.v1.DaprAppCallbackProtos.TopicEventRequest;
import io.dapr.v1.DaprAppCallbackProtos.TopicEventResponse;
import io.dapr.v1.DaprAppCallbackProtos.TopicSubscription;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;

/** What the daemon calls over gRPC, as the SDK's generated service. */
final class GrpcServer extends AppCallbackGrpc.AppCallbackImplBase {
  private final Inbox inbox;

  private GrpcServer(Inbox inbox) {
    this.inbox = inbox;
  }

  static AutoCloseable start(Inbox inbox) throws IOException {
    var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(App.setting("APP_PORT")));
    return NettyServerBuilder.forAddress(address).addService(new GrpcServer(inbox)).build().start()::shutdownNow;
  }

  @Override
  public void listTopicSubscriptions(Empty request, StreamObserver<ListTopicSubscriptionsResponse> answers) {
    var orders = TopicSubscription.newBuilder().setPubsubName(App.setting("PUBSUB")).setTopic(App.setting("TOPIC"));
    answer(answers, ListTopicSubscriptionsResponse.newBuilder().addSubscriptions(orders).build());
  }

  @Override
  public void onTopicEvent(TopicEventRequest request, StreamObserver<TopicEventResponse> answers) {
    var event = new CloudEvent<Object>();
    event.setId(request.getId());
    event.setType(request.getType());
    event.setSource(request.getSource());
    event.setTopic(request.getTopic());
    event.setPubsubName(request.getPubsubName());
    event.setDatacontenttype(request.getDataContentType());
    event.setData(Inbox.parsed(request.getData().toByteArray()));
    inbox.addEvent(event);
    answer(answers, TopicEventResponse.getDefaultInstance());
  }

  @Override
  public void listInputBindings(Empty request, StreamObserver<ListInputBindingsResponse> answers) {
    var names = ListInputBindingsResponse.newBuilder();
    answer(answers, names.addBindings(App.setting("BINDING")).addBindings(App.setting("CRON")).build());
  }

  @Override
  public void onBindingEvent(BindingEventRequest request, StreamObserver<BindingEventResponse> answers) {
    if (request.getName().equals(App.setting("CRON"))) {
      inbox.addTick();
    } else {
      inbox.addBinding(request.getData().toByteArray());
    }
    answer(answers, BindingEventResponse.getDefaultInstance());
  }

  private static <T> void answer(StreamObserver<T> answers, T message) {
    answers.onNext(message);
    answers.onCompleted();
  }
}
