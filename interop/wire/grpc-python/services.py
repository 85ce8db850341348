"""grpcio's own clients of health and reflection, a line each: `ok NAME`, or `FAIL NAME why`. Argument: a target."""

import sys

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SECONDS = 20


def health_check(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    try:
        stub.Check(health_pb2.HealthCheckRequest(service="absent"), timeout=SECONDS)
        raise AssertionError("an absent service is healthy")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND


def health_watch(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="grpc.testing.TestService"), timeout=SECONDS)
    wanted = [health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING]
    heard = []
    for answer in watch:
        heard.append(answer.status)
        # The judge changes the status now.
        print("watching", flush=True)
        if answer.status == wanted[-1]:
            break
    watch.cancel()
    assert heard == wanted, heard


def reflection(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    assert "grpc.testing.TestService" in database.get_services()
    pool = descriptor_pool.DescriptorPool(database)
    fields = pool.FindMessageTypeByName("grpc.testing.SimpleRequest").fields_by_name
    assert fields["response_size"].number == 2
    try:
        pool.FindMessageTypeByName("grpc.testing.Absent")
        raise AssertionError("an absent message was found")
    except KeyError:
        pass


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        for case in (health_check, health_watch, reflection):
            try:
                case(channel)
                print("ok", case.__name__, flush=True)
            except Exception as error:
                print("FAIL", case.__name__, repr(error), flush=True)


main()
