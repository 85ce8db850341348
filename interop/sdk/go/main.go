// An application made with Dapr's Go SDK: it does the judge's steps one after the other and prints what the SDK hands out, a line of
// JSON a step. What it should be, the judge knows.
package main

import (
	"log"
	"os"
	"time"

	dapr "github.com/dapr/go-sdk/client"
)

func main() {
	// Standard output is for the judge.
	dapr.SetLogger(log.New(os.Stderr, "", 0))
	if os.Getenv("CLIENT_PROTOCOL") != "grpc" {
		log.Fatal("the Go SDK's client speaks gRPC alone")
	}
	inbox := newInbox()
	stop := serve(inbox)
	defer stop()

	// The daemon may start after its application; the SDK gives up after five seconds by itself.
	client, err := dapr.NewClient()
	for end := time.Now().Add(30 * time.Second); err != nil && time.Now().Before(end); client, err = dapr.NewClient() {
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	app := &application{Client: client, inbox: inbox, run: os.Getenv("RUN_ID")}
	app.sidecarSteps()
	app.stateSteps()
	app.messageSteps()
	app.bindingSteps()
	app.secretSteps()
	app.streamSteps()
	done()
}

type application struct {
	dapr.Client
	inbox *inbox
	run   string
}

// Of this run alone, in stores and topics that others use too.
func (app *application) own(name string) string { return app.run + "-" + name }
