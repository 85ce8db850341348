"""Cases of gRPC's "Interoperability Test Case Descriptions" on grpcio's client, a line each: `ok NAME`, or `FAIL NAME why`.

Arguments: a target, and a certificate to trust for TLS.
"""

import queue
import sys

import grpc

import messages
from messages import (
    EchoStatus,
    Empty,
    Payload,
    ResponseParameters,
    SimpleRequest,
    StreamingInputCallRequest,
    StreamingOutputCallRequest,
)

SECONDS = 20
REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)


class Stub:
    def __init__(self, channel):
        self.channel = channel
        for name, (kind, request, response) in messages.METHODS.items():
            path = f"/grpc.testing.TestService/{name}"
            made = getattr(channel, kind)(
                path, request_serializer=request.SerializeToString, response_deserializer=response.FromString
            )
            setattr(self, name, made)


def exchange(request_size, response_size):
    return StreamingOutputCallRequest(
        response_parameters=[ResponseParameters(size=response_size)], payload=Payload(body=bytes(request_size))
    )


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"{error.code()}: {error.details()}"
        return error
    raise AssertionError(f"succeeded where {code} was expected")


def empty_unary(stub):
    assert stub.EmptyCall(Empty(), timeout=SECONDS) == Empty()


def large_request():
    return SimpleRequest(response_size=314159, payload=Payload(body=bytes(271828)))


def large_unary(stub):
    assert len(stub.UnaryCall(large_request(), timeout=SECONDS).payload.body) == 314159


def compressed_large_unary(stub):
    for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        answer = stub.UnaryCall(large_request(), timeout=SECONDS, compression=compression)
        assert len(answer.payload.body) == 314159


def client_streaming(stub, **options):
    requests = (StreamingInputCallRequest(payload=Payload(body=bytes(size))) for size in REQUEST_SIZES)
    assert stub.StreamingInputCall(requests, timeout=SECONDS, **options).aggregated_payload_size == 74922


def compressed_client_streaming(stub):
    client_streaming(stub, compression=grpc.Compression.Gzip)


def server_streaming(stub):
    request = StreamingOutputCallRequest(response_parameters=[ResponseParameters(size=size) for size in RESPONSE_SIZES])
    sizes = tuple(len(each.payload.body) for each in stub.StreamingOutputCall(request, timeout=SECONDS))
    assert sizes == RESPONSE_SIZES, sizes


class Conversation:
    """Requests that are made one by one; None ends them."""

    def __init__(self):
        self.queue = queue.Queue()

    def __iter__(self):
        return self

    def __next__(self):
        request = self.queue.get()
        if request is None:
            raise StopIteration
        return request


def ping_pong(stub):
    conversation = Conversation()
    answers = stub.FullDuplexCall(conversation, timeout=SECONDS)
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        conversation.queue.put(exchange(request_size, response_size))
        assert len(next(answers).payload.body) == response_size
    conversation.queue.put(None)
    assert list(answers) == []


def empty_stream(stub):
    assert list(stub.FullDuplexCall(iter(()), timeout=SECONDS)) == []


def half_duplex(stub):
    answers = stub.HalfDuplexCall((exchange(1, size) for size in RESPONSE_SIZES), timeout=SECONDS)
    assert tuple(len(each.payload.body) for each in answers) == RESPONSE_SIZES


def timeout_on_sleeping_server(stub):
    conversation = Conversation()
    conversation.queue.put(exchange(27182, 31415))
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(stub.FullDuplexCall(conversation, timeout=0.001)))
    conversation.queue.put(None)


def cancel_after_begin(stub):
    conversation = Conversation()
    future = stub.StreamingInputCall.future(conversation, timeout=SECONDS)
    future.cancel()
    conversation.queue.put(None)
    assert future.code() == grpc.StatusCode.CANCELLED


def cancel_after_first_response(stub):
    conversation = Conversation()
    conversation.queue.put(exchange(27182, 31415))
    answers = stub.FullDuplexCall(conversation, timeout=SECONDS)
    next(answers)
    answers.cancel()
    conversation.queue.put(None)
    fails(grpc.StatusCode.CANCELLED, lambda: next(answers))


def echoes_status(stub, message):
    status = EchoStatus(code=2, message=message)
    unary = fails(
        grpc.StatusCode.UNKNOWN, lambda: stub.UnaryCall(SimpleRequest(response_status=status), timeout=SECONDS)
    )
    assert unary.details() == message, unary.details()
    requests = iter((StreamingOutputCallRequest(response_status=status),))
    stream = fails(grpc.StatusCode.UNKNOWN, lambda: list(stub.FullDuplexCall(requests, timeout=SECONDS)))
    assert stream.details() == message, stream.details()


def status_code_and_message(stub):
    echoes_status(stub, "test status message")


def special_status_message(stub):
    echoes_status(stub, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")


def custom_metadata(stub):
    initial = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
    trailing = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
    _, call = stub.UnaryCall.with_call(SimpleRequest(response_size=1), timeout=SECONDS, metadata=(initial, trailing))
    assert initial in tuple(call.initial_metadata()) and trailing in tuple(call.trailing_metadata())
    stream = stub.FullDuplexCall(iter((exchange(1, 1),)), timeout=SECONDS, metadata=(initial, trailing))
    list(stream)
    assert initial in tuple(stream.initial_metadata()) and trailing in tuple(stream.trailing_metadata())


def unimplemented_method(stub):
    call = stub.channel.unary_unary("/grpc.testing.TestService/UnimplementedCall")
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: call(b"", timeout=SECONDS))


def unimplemented_service(stub):
    call = stub.channel.unary_unary("/grpc.testing.UnimplementedService/UnimplementedCall")
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: call(b"", timeout=SECONDS))


def concurrent_large_unary(stub):
    futures = [stub.UnaryCall.future(large_request(), timeout=SECONDS) for _ in range(100)]
    assert {len(each.result().payload.body) for each in futures} == {314159}


CASES = (
    empty_unary,
    large_unary,
    compressed_large_unary,
    client_streaming,
    compressed_client_streaming,
    server_streaming,
    ping_pong,
    empty_stream,
    half_duplex,
    timeout_on_sleeping_server,
    cancel_after_begin,
    cancel_after_first_response,
    status_code_and_message,
    special_status_message,
    custom_metadata,
    unimplemented_method,
    unimplemented_service,
    concurrent_large_unary,
)


def main():
    target, *tls = sys.argv[1:]
    if tls:
        credentials = grpc.ssl_channel_credentials(open(tls[0], "rb").read())
        channel = grpc.secure_channel(target, credentials, (("grpc.ssl_target_name_override", "wire.test"),))
    else:
        channel = grpc.insecure_channel(target)
    with channel:
        stub = Stub(channel)
        for case in CASES:
            try:
                case(stub)
                print("ok", case.__name__, flush=True)
            except Exception as error:
                print("FAIL", case.__name__, repr(error), flush=True)


main()
