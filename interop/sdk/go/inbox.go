package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/dapr/go-sdk/service/common"
)

// What the daemon delivered, from many goroutines at once.
type inbox struct {
	lock     sync.Mutex
	events   []*common.TopicEvent
	bindings []any
	ticks    int
}

func (in *inbox) addEvent(event *common.TopicEvent) {
	in.lock.Lock()
	defer in.lock.Unlock()
	in.events = append(in.events, event)
}

func (in *inbox) addBinding(data []byte) {
	in.lock.Lock()
	defer in.lock.Unlock()
	in.bindings = append(in.bindings, parsed(data))
}

func (in *inbox) addTick() {
	in.lock.Lock()
	defer in.lock.Unlock()
	in.ticks++
}

// Waits for an event with this data and describes it.
func (in *inbox) waitForEvent(data any) (any, error) {
	var found any
	err := in.wait(fmt.Sprintf("an event with %v", data), func() bool {
		for _, event := range in.events {
			if reflect.DeepEqual(event.Data, data) {
				found = eventFields(event, in.countOf(data))
				return true
			}
		}
		return false
	})
	return found, err
}

func (in *inbox) waitForBinding(data any) (any, error) {
	var found any
	err := in.wait(fmt.Sprintf("a binding's event with %v", data), func() bool {
		for _, each := range in.bindings {
			if reflect.DeepEqual(each, data) {
				found = each
			}
		}
		return found != nil
	})
	return found, err
}

func (in *inbox) waitForTick() error {
	return in.wait("an event of cron", func() bool { return in.ticks > 0 })
}

// `there` is asked under the lock.
func (in *inbox) wait(what string, there func() bool) error {
	ask := func() bool {
		in.lock.Lock()
		defer in.lock.Unlock()
		return there()
	}
	for end := time.Now().Add(waitLimit); ; time.Sleep(20 * time.Millisecond) {
		if ask() {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s did not come within %v", what, waitLimit)
		}
	}
}

const waitLimit = 10 * time.Second

func (in *inbox) countOf(data any) int {
	count := 0
	for _, event := range in.events {
		if reflect.DeepEqual(event.Data, data) {
			count++
		}
	}
	return count
}

func eventFields(event *common.TopicEvent, count int) map[string]any {
	return map[string]any{
		"count":           count,
		"id":              event.ID != "",
		"type":            event.Type,
		"source":          event.Source,
		"topic":           event.Topic,
		"pubsubname":      event.PubsubName,
		"datacontenttype": event.DataContentType,
		"data":            event.Data,
	}
}

// JSON as what it says, anything else as the text it is; nothing stays nothing.
func parsed(data []byte) any {
	if data == nil {
		return nil
	}
	var value any
	if json.Unmarshal(data, &value) != nil {
		return string(data)
	}
	return value
}
