package main

import (
	"slices"
	"time"
)

type httpPlan struct {
	times
	Address     string `json:"address"`
	Connections int    `json:"connections"`
	// Whole requests, in base64. Each connection goes round them.
	Requests [][]byte `json:"requests"`
	// The statuses that are right.
	Expect []int `json:"expect"`
}

// Every connection asks again as soon as it is answered.
func loadHTTP(plan httpPlan) (figures, error) {
	turns, err := newLoop()
	if err != nil {
		return figures{}, err
	}
	recorder := &recorder{}
	for number := range plan.Connections {
		asker := &asker{plan: &plan, recorder: recorder, next: number}
		asker.parser = asker.newParser()
		connection, err := turns.connect(plan.Address, asker)
		if err != nil {
			return figures{}, err
		}
		asker.socket = connection
		asker.ask()
		connection.flush()
	}
	return recorder.record(plan.times, turns.turn)
}

type asker struct {
	plan     *httpPlan
	recorder *recorder
	socket   *socket
	parser   parser
	next     int
	asked    time.Time
}

func (a *asker) ask() {
	a.socket.write(a.plan.Requests[a.next%len(a.plan.Requests)])
	a.next++
	a.asked = time.Now()
}

func (a *asker) newParser() parser { return parser{message: a.answered, keep: a.unexpected} }

func (a *asker) unexpected(head []byte) bool { return !slices.Contains(a.plan.Expect, statusOf(head)) }

func (a *asker) received(_ *socket, data []byte) error { return a.parser.feed(data) }

func (a *asker) answered(head, body []byte) error {
	if a.unexpected(head) {
		a.recorder.failed("%d instead of %v: %s", statusOf(head), a.plan.Expect, body)
	} else {
		a.recorder.done(time.Since(a.asked))
	}
	a.ask()
	return nil
}

func (a *asker) closed(*socket) {
	a.recorder.failed("the connection was closed")
	connection, err := a.socket.loop.connect(a.plan.Address, a)
	if err != nil {
		a.recorder.failed("connect again: %v", err)
		return
	}
	a.socket = connection
	a.parser = a.newParser()
	a.ask()
	connection.flush()
}
