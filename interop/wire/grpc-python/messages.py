"""The messages of the test service, made of the file descriptor that the judge passes in the environment."""

import base64
import os

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

pool = descriptor_pool.DescriptorPool()
file = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(os.environ["INTEROP_DESCRIPTOR"]))
pool.Add(file)


def message(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"grpc.testing.{name}"))


Empty = message("Empty")
Payload = message("Payload")
ResponseParameters = message("ResponseParameters")
EchoStatus = message("EchoStatus")
SimpleRequest = message("SimpleRequest")
SimpleResponse = message("SimpleResponse")
StreamingInputCallRequest = message("StreamingInputCallRequest")
StreamingInputCallResponse = message("StreamingInputCallResponse")
StreamingOutputCallRequest = message("StreamingOutputCallRequest")
StreamingOutputCallResponse = message("StreamingOutputCallResponse")

# Kind of call, request and response of each method.
METHODS = {
    "EmptyCall": ("unary_unary", Empty, Empty),
    "UnaryCall": ("unary_unary", SimpleRequest, SimpleResponse),
    "StreamingOutputCall": ("unary_stream", StreamingOutputCallRequest, StreamingOutputCallResponse),
    "StreamingInputCall": ("stream_unary", StreamingInputCallRequest, StreamingInputCallResponse),
    "FullDuplexCall": ("stream_stream", StreamingOutputCallRequest, StreamingOutputCallResponse),
    "HalfDuplexCall": ("stream_stream", StreamingOutputCallRequest, StreamingOutputCallResponse),
}
