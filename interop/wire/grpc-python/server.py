"""The test service on grpcio. Arguments: an address to listen on, and certificate and key for TLS. Prints its port."""

import sys
import time
from concurrent import futures

import grpc

import messages
from messages import Payload, SimpleResponse, StreamingInputCallResponse, StreamingOutputCallResponse

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"


def echo_metadata(context):
    received = dict(context.invocation_metadata())
    if INITIAL in received:
        context.send_initial_metadata(((INITIAL, received[INITIAL]),))
    if TRAILING in received:
        context.set_trailing_metadata(((TRAILING, received[TRAILING]),))


def fail_as_asked(request, context):
    if request.HasField("response_status") and request.response_status.code != 0:
        code = next(each for each in grpc.StatusCode if each.value[0] == request.response_status.code)
        context.abort(code, request.response_status.message)


def empty_call(request, context):
    return messages.Empty()


def unary_call(request, context):
    echo_metadata(context)
    fail_as_asked(request, context)
    if request.response_compressed.value:
        context.set_compression(grpc.Compression.Gzip)
    return SimpleResponse(payload=Payload(body=bytes(request.response_size)))


def streaming_output_call(request, context):
    fail_as_asked(request, context)
    for wanted in request.response_parameters:
        if wanted.interval_us > 0:
            time.sleep(wanted.interval_us / 1e6)
        yield StreamingOutputCallResponse(payload=Payload(body=bytes(wanted.size)))


def streaming_input_call(requests, context):
    return StreamingInputCallResponse(aggregated_payload_size=sum(len(each.payload.body) for each in requests))


def full_duplex_call(requests, context):
    echo_metadata(context)
    for request in requests:
        yield from streaming_output_call(request, context)


def half_duplex_call(requests, context):
    for request in list(requests):
        yield from streaming_output_call(request, context)


HANDLERS = {
    "EmptyCall": empty_call,
    "UnaryCall": unary_call,
    "StreamingOutputCall": streaming_output_call,
    "StreamingInputCall": streaming_input_call,
    "FullDuplexCall": full_duplex_call,
    "HalfDuplexCall": half_duplex_call,
}


def main():
    address, *tls = sys.argv[1:]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=20))
    handlers = {
        name: getattr(grpc, f"{kind}_rpc_method_handler")(
            HANDLERS[name], request_deserializer=request.FromString, response_serializer=response.SerializeToString
        )
        for name, (kind, request, response) in messages.METHODS.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.testing.TestService", handlers),))
    if tls:
        certificate, key = (open(path, "rb").read() for path in tls)
        port = server.add_secure_port(address, grpc.ssl_server_credentials(((key, certificate),)))
    else:
        port = server.add_insecure_port(address)
    server.start()
    print(f"port {port}", flush=True)
    server.wait_for_termination()


main()
