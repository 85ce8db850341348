package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

type idlePlan struct {
	Address     string `json:"address"`
	Connections int    `json:"connections"`
	// "http" says nothing, "grpc" says hello and waits for the server's settings.
	Protocol string `json:"protocol"`
}

// Opens connections, says so, and holds them until standard input ends.
func holdIdle(lines *bufio.Scanner) error {
	plan, err := nextLine[idlePlan](lines)
	if err != nil {
		return err
	}
	turns, err := newLoop()
	if err != nil {
		return err
	}
	sitters := make([]*sitter, plan.Connections)
	greeted := 0
	for index := range sitters {
		sitters[index] = &sitter{greeted: &greeted}
		connection, err := turns.connect(plan.Address, sitters[index])
		if err != nil {
			return fmt.Errorf("connection %d: %w", index, err)
		}
		if plan.Protocol == "grpc" {
			connection.write([]byte(preface))
			connection.write([]byte{0, 0, 0, frameSettings, 0, 0, 0, 0, 0})
			connection.flush()
			// A server that is not waited for would refuse some: its queue is short.
			for end := time.Now().Add(10 * time.Second); greeted <= index; {
				if time.Now().After(end) {
					return errors.New("no settings came within ten seconds")
				}
				if err := turns.turn(10 * time.Millisecond); err != nil {
					return err
				}
			}
		}
	}
	if err := answer(map[string]int{"connections": len(turns.byFile)}); err != nil {
		return err
	}
	go func() {
		lines.Scan()
		close(ended)
	}()
	for {
		select {
		case <-ended:
			return nil
		default:
			if err := turns.turn(50 * time.Millisecond); err != nil {
				return err
			}
		}
	}
}

var ended = make(chan struct{})

type sitter struct {
	greeted *int
	pending []byte
	known   bool
}

// Acknowledges settings and answers pings, so that the connection is not taken for dead.
func (s *sitter) received(on *socket, data []byte) error {
	s.pending = append(s.pending, data...)
	for len(s.pending) >= frameHeaderBytes {
		end := frameHeaderBytes + (int(s.pending[0])<<16 | int(s.pending[1])<<8 | int(s.pending[2]))
		if len(s.pending) < end {
			break
		}
		kind, flags, payload := s.pending[3], s.pending[4], s.pending[frameHeaderBytes:end]
		if flags&flagAck == 0 && (kind == frameSettings || kind == framePing) {
			if kind == frameSettings {
				payload = nil
			}
			head := [frameHeaderBytes]byte{0, 0, byte(len(payload)), kind, flagAck}
			binary.BigEndian.PutUint32(head[5:], 0)
			on.write(head[:])
			on.write(payload)
		}
		if kind == frameSettings && !s.known {
			s.known = true
			*s.greeted++
		}
		s.pending = s.pending[end:]
	}
	if len(s.pending) == 0 {
		s.pending = nil
	}
	return nil
}

func (s *sitter) closed(*socket) {}
