package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
)

type echoPlan struct {
	// host:port, or the path of a unix socket.
	Address string `json:"address"`
}

// A server of grpc-go that answers every call with its bytes, as the peers in TypeScript do.
func serveEcho(lines *bufio.Scanner) error {
	plan, err := nextLine[echoPlan](lines)
	if err != nil {
		return err
	}
	network := "tcp"
	if strings.HasPrefix(plan.Address, "/") {
		network = "unix"
	}
	listener, err := net.Listen(network, plan.Address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(
		grpc.ForceServerCodecV2(bytesCodec{}),
		grpc.MaxRecvMsgSize(1<<30),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
			for {
				var message mem.BufferSlice
				if err := stream.RecvMsg(&message); err != nil {
					if errors.Is(err, io.EOF) {
						return nil
					}
					return err
				}
				if err := stream.SendMsg(message); err != nil {
					return err
				}
			}
		}),
	)
	server.RegisterService(&unaryEcho, nil)
	if err := answer(map[string]string{"address": listener.Addr().String()}); err != nil {
		return err
	}
	go func() {
		lines.Scan()
		server.Stop()
	}()
	return server.Serve(listener)
}

// The cheap way to make a unary method, which is what generated code comes to.
var unaryEcho = grpc.ServiceDesc{
	ServiceName: "trilby.bench.Echo",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Unary",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var message mem.BufferSlice
			err := decode(&message)
			return message, err
		},
	}},
}

type bytesCodec struct{}

func (bytesCodec) Name() string { return "bytes" }

func (bytesCodec) Marshal(message any) (mem.BufferSlice, error) {
	return message.(mem.BufferSlice), nil
}

func (bytesCodec) Unmarshal(data mem.BufferSlice, message any) error {
	data.Ref()
	*message.(*mem.BufferSlice) = data
	return nil
}
