package main

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"
)

type appPlan struct {
	// What GET /dapr/subscribe answers.
	Subscriptions string `json:"subscriptions"`
}

type deliveryPlan struct {
	times
	Address string `json:"address"`
	// The whole request, in base64, with the mark where each message's own number goes.
	Request []byte `json:"request"`
	Expect  []int  `json:"expect"`
	// Messages under way at a time: published, not yet delivered.
	InFlight int `json:"inFlight"`
}

const (
	numberDigits = 12
	// Stands in the request; each message has its number there.
	numberMark = "NUMBER000000"
	numberName = `"number":"`
)

// An application and its publisher in one: says on which port it listens, then publishes by one plan after another and measures from the publishing
// to the delivery.
func serveAndDeliver(lines *bufio.Scanner) error {
	app, err := nextLine[appPlan](lines)
	if err != nil {
		return err
	}
	turns, err := newLoop()
	if err != nil {
		return err
	}
	board := &board{waiting: map[uint64]*publisher{}}
	port, err := turns.listen(func() handler { return newSubscriber(app, board) })
	if err != nil {
		return err
	}
	if err := answer(map[string]int{"port": port}); err != nil {
		return err
	}
	plans := make(chan deliveryPlan)
	go func() {
		defer close(plans)
		for {
			plan, err := nextLine[deliveryPlan](lines)
			if err != nil {
				return
			}
			plans <- plan
		}
	}()
	for {
		select {
		case plan, more := <-plans:
			if !more {
				return nil
			}
			figures, err := deliver(turns, board, plan)
			if err != nil {
				return err
			}
			if err := answer(figures); err != nil {
				return err
			}
		default:
			if err := turns.turn(5 * time.Millisecond); err != nil {
				return err
			}
		}
	}
}

func deliver(turns *loop, board *board, plan deliveryPlan) (figures, error) {
	recorder := &recorder{}
	clear(board.waiting)
	publishers := make([]*publisher, plan.InFlight)
	for index := range publishers {
		one := &publisher{plan: &plan, recorder: recorder, board: board, request: bytes.Clone(plan.Request)}
		one.parser = parser{message: one.answered, keep: one.unexpected}
		connection, err := turns.connect(plan.Address, one)
		if err != nil {
			return figures{}, err
		}
		one.socket = connection
		publishers[index] = one
		one.publish()
	}
	measured, err := recorder.record(plan.times, turns.turn)
	for _, one := range publishers {
		one.ending = true
		one.socket.end()
	}
	return measured, err
}

// A board knows who waits for which message.
type board struct {
	next    uint64
	waiting map[uint64]*publisher
}

// A publisher sends its next message when the one before was taken by the daemon and came back to the application.
type publisher struct {
	plan      *deliveryPlan
	recorder  *recorder
	board     *board
	socket    *socket
	parser    parser
	request   []byte
	sent      time.Time
	answer    bool
	delivered bool
	ending    bool
}

func (p *publisher) publish() {
	p.board.next++
	copy(p.request[bytes.Index(p.plan.Request, []byte(numberMark)):], fmt.Sprintf("%0*d", numberDigits, p.board.next))
	p.board.waiting[p.board.next] = p
	p.answer, p.delivered = false, false
	p.sent = time.Now()
	p.socket.write(p.request)
	p.socket.flush()
}

func (p *publisher) received(_ *socket, data []byte) error { return p.parser.feed(data) }

func (p *publisher) unexpected(head []byte) bool {
	return !slices.Contains(p.plan.Expect, statusOf(head))
}

func (p *publisher) answered(head, body []byte) error {
	if p.unexpected(head) {
		p.recorder.failed("%d instead of %v: %s", statusOf(head), p.plan.Expect, body)
	}
	p.answer = true
	p.goOn()
	return nil
}

func (p *publisher) goOn() {
	if p.answer && p.delivered && p.socket.open {
		p.publish()
	}
}

func (p *publisher) closed(*socket) {
	if !p.ending {
		p.recorder.failed("the connection was closed")
	}
}

// A subscriber is one connection of the daemon to the application.
type subscriber struct {
	app    appPlan
	board  *board
	parser parser
	socket *socket
}

func newSubscriber(app appPlan, board *board) *subscriber {
	made := &subscriber{app: app, board: board}
	made.parser = parser{message: made.asked, keep: func([]byte) bool { return true }}
	return made
}

func (s *subscriber) received(on *socket, data []byte) error {
	s.socket = on
	return s.parser.feed(data)
}

func (s *subscriber) closed(*socket) {}

func (s *subscriber) asked(head, body []byte) error {
	switch {
	case bytes.HasPrefix(head, []byte("GET /dapr/subscribe ")):
		s.answer("200 OK", s.app.Subscriptions)
	case bytes.HasPrefix(head, []byte("POST ")):
		s.answer("200 OK", "")
		s.delivered(body)
	default:
		s.answer("404 Not Found", "")
	}
	return nil
}

func (s *subscriber) answer(status, body string) {
	s.socket.write(fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body))
}

func (s *subscriber) delivered(body []byte) {
	_, rest, found := bytes.Cut(body, []byte(numberName))
	if !found || len(rest) < numberDigits {
		return
	}
	number, err := strconv.ParseUint(string(rest[:numberDigits]), 10, 64)
	one := s.board.waiting[number]
	if err != nil || one == nil {
		// Delivered a second time, or a message of an earlier plan.
		return
	}
	delete(s.board.waiting, number)
	one.recorder.done(time.Since(one.sent))
	one.delivered = true
	one.goOn()
}
