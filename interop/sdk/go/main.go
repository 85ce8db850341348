// An application made with Dapr's Go SDK. It takes the judge's steps, see ../APP.md, and prints what the SDK hands out.
package main

import (
	"context"
	"log"
	"os"
	"time"

	dapr "github.com/dapr/go-sdk/client"
)

func main() {
	// Standard output is for the judge.
	dapr.SetLogger(log.New(os.Stderr, "", 0))
	if os.Getenv("CLIENT_PROTOCOL") != "grpc" {
		log.Fatal("the client of the Go SDK speaks gRPC alone")
	}
	inbox := &inbox{}
	stop := serve(inbox)

	client := connect(time.Now().Add(30 * time.Second))
	app := &application{Client: client, inbox: inbox}
	ctx := context.Background()
	app.sidecarSteps(ctx)
	app.stateSteps(ctx)
	app.messageSteps(ctx)
	app.bindingSteps(ctx)
	app.secretSteps(ctx)
	app.streamStep(ctx)
	line{Step: "done"}.print()
	client.Close()
	stop()
}

// The SDK itself gives up after five seconds, and the daemon may start later than its application.
func connect(until time.Time) dapr.Client {
	for {
		client, err := dapr.NewClient()
		if err == nil {
			return client
		}
		if time.Now().After(until) {
			log.Fatal(err)
		}
	}
}

type application struct {
	dapr.Client
	inbox *inbox
}
