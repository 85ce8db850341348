package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// A parser of HTTP/1.1 messages, requests or responses alike.
type parser struct {
	// Whether the body that comes after a head is wanted.
	keep func(head []byte) bool
	// Called at the end of each message. Both slices are the parser's own and good until it returns.
	message func(head, body []byte) error

	pending []byte
	head    []byte
	body    []byte
	keeping bool
	state   parserState
	left    int
}

type parserState int

const (
	inHead parserState = iota
	inBody
	inChunkSize
	inChunk
	inTrailer
)

var (
	lineEnd = []byte("\r\n")
	headEnd = []byte("\r\n\r\n")
)

func (p *parser) feed(data []byte) error {
	if len(p.pending) > 0 {
		p.pending = append(p.pending, data...)
		data = p.pending
	}
	for len(data) > 0 {
		rest, err := p.step(data)
		if err != nil {
			return err
		}
		if len(rest) == len(data) {
			break
		}
		data = rest
	}
	p.pending = append(p.pending[:0], data...)
	return nil
}

// Takes what it can from the front. Hands out all it was given when it needs more.
func (p *parser) step(data []byte) ([]byte, error) {
	switch p.state {
	case inHead:
		end := bytes.Index(data, headEnd)
		if end < 0 {
			return data, nil
		}
		p.head = append(p.head[:0], data[:end+2]...)
		p.body = p.body[:0]
		if err := p.frame(); err != nil {
			return nil, err
		}
		return data[end+4:], p.endIf(p.state == inBody && p.left == 0)
	case inBody, inChunk:
		count := min(p.left, len(data))
		p.left -= count
		if p.state == inBody {
			p.take(data[:count])
			return data[count:], p.endIf(p.left == 0)
		}
		// The last two bytes of a chunk end its line.
		p.take(data[:max(0, min(count, count+p.left-2))])
		if p.left == 0 {
			p.state = inChunkSize
		}
		return data[count:], nil
	case inChunkSize, inTrailer:
		end := bytes.Index(data, lineEnd)
		if end < 0 {
			return data, nil
		}
		line := data[:end]
		if p.state == inTrailer {
			return data[end+2:], p.endIf(len(line) == 0)
		}
		size, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			p.state = inTrailer
		} else {
			p.state, p.left = inChunk, int(size)+2
		}
		return data[end+2:], nil
	}
	return nil, errors.New("a parser has no such state")
}

func (p *parser) take(data []byte) {
	if p.keeping {
		p.body = append(p.body, data...)
	}
}

func (p *parser) endIf(ended bool) error {
	if !ended {
		return nil
	}
	p.state = inHead
	return p.message(p.head, p.body)
}

// How long the body is.
func (p *parser) frame() error {
	p.state, p.left, p.keeping = inBody, 0, p.keep(p.head)
	_, lines, _ := bytes.Cut(p.head, lineEnd)
	for len(lines) > 0 {
		var line []byte
		line, lines, _ = bytes.Cut(lines, lineEnd)
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			return fmt.Errorf("a header line without a colon: %q", line)
		}
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == 14 && bytes.EqualFold(name, []byte("content-length")):
			length, err := strconv.Atoi(string(value))
			if err != nil {
				return err
			}
			p.left = length
		case len(name) == 17 && bytes.EqualFold(name, []byte("transfer-encoding")) && bytes.EqualFold(value, []byte("chunked")):
			p.state = inChunkSize
		}
	}
	return nil
}

func statusOf(head []byte) int {
	if len(head) < 12 {
		return 0
	}
	status, _ := strconv.Atoi(string(head[9:12]))
	return status
}
