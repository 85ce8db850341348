package main

import (
	"context"
	"sync"
	"time"

	"github.com/dapr/components-contrib/pubsub"
)

// A tube is a broker in memory. A message that a handler refuses is sent to it again, a fifth of a second later.
type tube struct {
	lock          sync.Mutex
	subscriptions map[string][]chan *pubsub.NewMessage
}

func newTube() *tube { return &tube{subscriptions: map[string][]chan *pubsub.NewMessage{}} }

func (t *tube) Init(context.Context, pubsub.Metadata) error { return nil }
func (t *tube) Features() []pubsub.Feature                  { return nil }
func (t *tube) Close() error                                { return nil }
func (t *tube) GetComponentMetadata() map[string]string     { return nil }

func (t *tube) Publish(_ context.Context, request *pubsub.PublishRequest) error {
	t.lock.Lock()
	defer t.lock.Unlock()
	for _, queue := range t.subscriptions[request.Topic] {
		queue <- &pubsub.NewMessage{
			Data:        request.Data,
			Topic:       request.Topic,
			Metadata:    request.Metadata,
			ContentType: request.ContentType,
		}
	}
	return nil
}

func (t *tube) Subscribe(ctx context.Context, request pubsub.SubscribeRequest, handler pubsub.Handler) error {
	queue := make(chan *pubsub.NewMessage, 1_000)
	t.lock.Lock()
	t.subscriptions[request.Topic] = append(t.subscriptions[request.Topic], queue)
	t.lock.Unlock()
	go func() {
		for {
			select {
			case <-ctx.Done():
				t.leave(request.Topic, queue)
				return
			case message := <-queue:
				for handler(ctx, message) != nil && ctx.Err() == nil {
					time.Sleep(200 * time.Millisecond)
				}
			}
		}
	}()
	return nil
}

func (t *tube) leave(topic string, queue chan *pubsub.NewMessage) {
	t.lock.Lock()
	defer t.lock.Unlock()
	for index, each := range t.subscriptions[topic] {
		if each == queue {
			rest := append([]chan *pubsub.NewMessage{}, t.subscriptions[topic][:index]...)
			t.subscriptions[topic] = append(rest, t.subscriptions[topic][index+1:]...)
			return
		}
	}
}
