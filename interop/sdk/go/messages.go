package main

import (
	"context"
	"fmt"
	"os"

	dapr "github.com/dapr/go-sdk/client"
)

func (app *application) messageSteps(ctx context.Context) {
	text := "plain Żółć"
	order := object{"orderId": "json", "amount": 42.0}
	withMetadata := object{"orderId": "metadata"}
	many := []any{object{"orderId": "bulk-1"}, object{"orderId": "bulk-2"}, object{"orderId": "bulk-3"}}

	step("publish", func() (any, error) { return true, app.PublishEvent(ctx, pubsub, topic, order) })
	step("publish.text", func() (any, error) {
		return true, app.PublishEvent(ctx, pubsub, topic, text, dapr.PublishEventWithContentType("text/plain"))
	})
	step("publish.metadata", func() (any, error) {
		return true, app.PublishEvent(ctx, pubsub, topic, withMetadata, dapr.PublishEventWithMetadata(map[string]string{
			"cloudevent.type":   "order.made",
			"cloudevent.source": "judge",
		}))
	})
	step("publish.bulk", func() (any, error) {
		response := app.PublishEvents(ctx, pubsub, topic, many)
		return len(response.FailedEvents), response.Error
	})
	step("subscribe", func() (any, error) {
		for _, data := range append([]any{text, withMetadata}, many...) {
			if _, err := app.inbox.waitForEvent(data); err != nil {
				return nil, err
			}
		}
		return app.inbox.waitForEvent(order)
	})
	step("subscribe.text", func() (any, error) { return app.inbox.waitForEvent(text) })
	step("subscribe.metadata", func() (any, error) { return app.inbox.waitForEvent(withMetadata) })
	step("subscribe.bulk", func() (any, error) {
		arrived := []any{}
		for _, data := range many {
			event, err := app.inbox.waitForEvent(data)
			if err != nil {
				return nil, err
			}
			arrived = append(arrived, event.(object)["data"])
		}
		return arrived, nil
	})
	refused("publish.unknown", func() error { return app.PublishEvent(ctx, "nowhere", topic, order) })
}

func (app *application) streamStep(ctx context.Context) {
	step("subscribe.stream", func() (any, error) {
		streamTopic := os.Getenv("STREAM_TOPIC")
		ctx, cancel := context.WithTimeout(ctx, waitLimit)
		defer cancel()
		subscription, err := app.Subscribe(ctx, dapr.SubscriptionOptions{PubsubName: pubsub, Topic: streamTopic})
		if err != nil {
			return nil, err
		}
		if err := app.PublishEvent(ctx, pubsub, streamTopic, object{"orderId": "stream"}); err != nil {
			return nil, err
		}
		message, err := subscription.Receive()
		if err != nil {
			return nil, err
		}
		if err := message.Success(); err != nil {
			return nil, fmt.Errorf("acknowledging: %w", err)
		}
		return eventFields(message.TopicEvent, 1), subscription.Close()
	})
}

var pubsub, topic = os.Getenv("PUBSUB"), os.Getenv("TOPIC")
