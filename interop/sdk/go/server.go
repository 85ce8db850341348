package main

import (
	"context"
	"log"
	"net"
	"os"

	"github.com/dapr/go-sdk/service/common"
	"github.com/dapr/go-sdk/service/grpc"
	"github.com/dapr/go-sdk/service/http"
)

// Starts the SDK's server and returns what stops it.
func serve(in *inbox) func() {
	service := newService(os.Getenv("APP_PROTOCOL"), net.JoinHostPort("127.0.0.1", os.Getenv("APP_PORT")))
	orders := &common.Subscription{PubsubName: os.Getenv("PUBSUB"), Topic: os.Getenv("TOPIC"), Route: "/orders"}
	for _, err := range []error{
		service.AddTopicEventHandler(orders, func(_ context.Context, event *common.TopicEvent) (bool, error) {
			in.addEvent(event)
			return false, nil
		}),
		service.AddBindingInvocationHandler(os.Getenv("BINDING"), func(_ context.Context, event *common.BindingEvent) ([]byte, error) {
			in.addBinding(event.Data)
			return nil, nil
		}),
		service.AddBindingInvocationHandler(os.Getenv("CRON"), func(context.Context, *common.BindingEvent) ([]byte, error) {
			in.addTick()
			return nil, nil
		}),
	} {
		if err != nil {
			log.Fatal(err)
		}
	}
	go func() {
		if err := service.Start(); err != nil {
			log.Print(err)
		}
	}()
	return func() {
		if err := service.Stop(); err != nil {
			log.Print(err)
		}
	}
}

func newService(protocol, address string) common.Service {
	switch protocol {
	case "http":
		return http.NewService(address)
	case "grpc":
		service, err := grpc.NewService(address)
		if err != nil {
			log.Fatal(err)
		}
		return service
	default:
		log.Fatalf("APP_PROTOCOL is %q", protocol)
		return nil
	}
}
