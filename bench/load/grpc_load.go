package main

import (
	"encoding/binary"
	"errors"
	"time"
)

type grpcPlan struct {
	times
	Address string `json:"address"`
	Path    string `json:"path"`
	// Messages without their frames, in base64. Calls go round them.
	Messages [][]byte `json:"messages"`
	// Calls under way at a time, on one connection.
	Streams int `json:"streams"`
}

func loadGRPC(plan grpcPlan) (figures, error) {
	turns, err := newLoop()
	if err != nil {
		return figures{}, err
	}
	recorder := &recorder{}
	framed := make([][]byte, len(plan.Messages))
	for index, message := range plan.Messages {
		framed[index] = append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	}
	caller := newCaller(plan.Path, framed, plan.Streams, recorder)
	connection, err := turns.connect(plan.Address, caller)
	if err != nil {
		return figures{}, err
	}
	caller.open(connection)
	return recorder.record(plan.times, func(wait time.Duration) error {
		if !connection.open {
			return errors.New("the connection was closed")
		}
		return turns.turn(wait)
	})
}
