package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/net/http2/hpack"
)

// The frames of RFC 9113 that a client meets.
const (
	frameData         = 0
	frameHeaders      = 1
	frameReset        = 3
	frameSettings     = 4
	framePing         = 6
	frameGoAway       = 7
	frameWindowUpdate = 8
	frameContinuation = 9

	flagAck        = 1
	flagEndStream  = 1
	flagEndHeaders = 4
	flagPadded     = 8

	settingHeaderTableSize = 1
	settingMaxStreams      = 3
	settingInitialWindow   = 4
	settingMaxFrame        = 5

	frameHeaderBytes = 9
	windowWeGive     = 1 << 30
	preface          = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

// A caller makes gRPC calls on one connection: as many streams at a time as it was told, each followed by the next.
type caller struct {
	path     string
	messages [][]byte
	streams  int
	recorder *recorder
	socket   *socket

	pending []byte
	encoder *hpack.Encoder
	block   bytes.Buffer
	// The block of the first request fills the dynamic table; that of all others is the same few bytes.
	blocks    int
	decoder   *hpack.Decoder
	field     hpack.HeaderField
	fragments []byte

	ready         bool
	nextID        uint32
	calls         int
	maxFrame      int
	window        int
	streamWindow  int
	owedToPeer    int
	running       map[uint32]*call
	waitingToSend []*call
	free          []*call

	current *call
}

type call struct {
	id       uint32
	rest     []byte
	window   int
	started  time.Time
	bytes    int
	status   string
	grpc     string
	message  string
	finished bool
}

func newCaller(path string, messages [][]byte, streams int, recorder *recorder) *caller {
	made := &caller{
		path:         path,
		messages:     messages,
		streams:      streams,
		recorder:     recorder,
		nextID:       1,
		maxFrame:     16_384,
		window:       65_535,
		streamWindow: 65_535,
		running:      map[uint32]*call{},
	}
	made.encoder = hpack.NewEncoder(&made.block)
	made.decoder = hpack.NewDecoder(4_096, made.header)
	return made
}

func (c *caller) open(on *socket) {
	c.socket = on
	on.write([]byte(preface))
	settings := binary.BigEndian.AppendUint16(nil, settingInitialWindow)
	c.frame(frameSettings, 0, 0, binary.BigEndian.AppendUint32(settings, windowWeGive))
	c.frame(frameWindowUpdate, 0, 0, binary.BigEndian.AppendUint32(nil, windowWeGive))
	on.flush()
}

func (c *caller) frame(kind, flags byte, stream uint32, payload []byte) {
	size := len(payload)
	head := [frameHeaderBytes]byte{byte(size >> 16), byte(size >> 8), byte(size), kind, flags}
	binary.BigEndian.PutUint32(head[5:], stream)
	c.socket.write(head[:])
	c.socket.write(payload)
}

func (c *caller) start() {
	one := &call{}
	if last := len(c.free) - 1; last >= 0 {
		one, c.free = c.free[last], c.free[:last]
	}
	*one = call{id: c.nextID, rest: c.messages[c.calls%len(c.messages)], window: c.streamWindow, started: time.Now()}
	c.nextID += 2
	c.calls++
	c.running[one.id] = one
	if c.blocks < 2 {
		c.encodeBlock()
	}
	c.frame(frameHeaders, flagEndHeaders, one.id, c.block.Bytes())
	c.waitingToSend = append(c.waitingToSend, one)
}

func (c *caller) encodeBlock() {
	c.block.Reset()
	c.blocks++
	for _, field := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":path", c.path},
		{":authority", "localhost"},
		{"content-type", "application/grpc"},
		{"user-agent", "trilby-bench"},
		{"te", "trailers"},
	} {
		_ = c.encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
}

// Sends what both windows let through, in the order of the calls.
func (c *caller) send() {
	for len(c.waitingToSend) > 0 {
		one := c.waitingToSend[0]
		for len(one.rest) > 0 && !one.finished {
			count := min(len(one.rest), c.maxFrame, c.window, one.window)
			if count <= 0 {
				return
			}
			flags := byte(0)
			if count == len(one.rest) {
				flags = flagEndStream
			}
			c.frame(frameData, flags, one.id, one.rest[:count])
			one.rest = one.rest[count:]
			c.window -= count
			one.window -= count
		}
		c.waitingToSend = c.waitingToSend[:copy(c.waitingToSend, c.waitingToSend[1:])]
	}
}

func (c *caller) received(_ *socket, data []byte) error {
	if len(c.pending) > 0 {
		c.pending = append(c.pending, data...)
		data = c.pending
	}
	for len(data) >= frameHeaderBytes {
		end := frameHeaderBytes + (int(data[0])<<16 | int(data[1])<<8 | int(data[2]))
		if len(data) < end {
			break
		}
		stream := binary.BigEndian.Uint32(data[5:]) & (1<<31 - 1)
		if err := c.take(data[3], data[4], stream, data[frameHeaderBytes:end]); err != nil {
			return err
		}
		data = data[end:]
	}
	c.pending = append(c.pending[:0], data...)
	c.send()
	return nil
}

func (c *caller) take(kind, flags byte, stream uint32, payload []byte) error {
	switch kind {
	case frameSettings:
		if flags&flagAck == 0 {
			c.settings(payload)
		}
	case framePing:
		if flags&flagAck == 0 {
			c.frame(framePing, flagAck, 0, payload)
		}
	case frameWindowUpdate:
		size := int(binary.BigEndian.Uint32(payload) & (1<<31 - 1))
		if stream == 0 {
			c.window += size
		} else if one := c.running[stream]; one != nil {
			one.window += size
		}
	case frameHeaders, frameContinuation:
		if flags&flagPadded != 0 && kind == frameHeaders {
			payload = payload[1 : len(payload)-int(payload[0])]
		}
		return c.headers(flags, stream, payload)
	case frameData:
		c.consumed(len(payload))
		if one := c.running[stream]; one != nil {
			one.bytes += len(payload)
			if flags&flagEndStream != 0 {
				one.message = "no trailers came"
				c.finish(one)
			}
		}
	case frameReset:
		if one := c.running[stream]; one != nil {
			one.message = fmt.Sprintf("the stream was reset with code %d", binary.BigEndian.Uint32(payload))
			c.finish(one)
		}
	case frameGoAway:
		return fmt.Errorf("the server says goodbye: %q", payload)
	}
	return nil
}

func (c *caller) settings(payload []byte) {
	streams := c.streams
	for ; len(payload) >= 6; payload = payload[6:] {
		value := int(binary.BigEndian.Uint32(payload[2:]))
		switch binary.BigEndian.Uint16(payload) {
		case settingHeaderTableSize:
			c.encoder.SetMaxDynamicTableSizeLimit(uint32(value))
		case settingMaxStreams:
			streams = min(streams, value)
		case settingInitialWindow:
			for _, one := range c.running {
				one.window += value - c.streamWindow
			}
			c.streamWindow = value
		case settingMaxFrame:
			c.maxFrame = value
		}
	}
	c.frame(frameSettings, flagAck, 0, nil)
	if c.ready {
		return
	}
	c.ready = true
	if streams < c.streams {
		c.recorder.failed("the server takes %d streams at a time, not %d", streams, c.streams)
	}
	for range streams {
		c.start()
	}
}

func (c *caller) headers(flags byte, stream uint32, payload []byte) error {
	// END_STREAM stands in HEADERS, the end of the block maybe in a CONTINUATION.
	one := c.running[stream]
	if one != nil && flags&flagEndStream != 0 {
		one.finished = true
	}
	c.fragments = append(c.fragments, payload...)
	if flags&flagEndHeaders == 0 {
		return nil
	}
	c.current = one
	_, err := c.decoder.Write(c.fragments)
	c.fragments = c.fragments[:0]
	if err := errors.Join(err, c.decoder.Close()); err != nil {
		return err
	}
	if one != nil && one.finished {
		c.finish(one)
	}
	return nil
}

func (c *caller) header(field hpack.HeaderField) {
	if c.current == nil {
		return
	}
	switch field.Name {
	case ":status":
		c.current.status = field.Value
	case "grpc-status":
		c.current.grpc = field.Value
	case "grpc-message":
		c.current.message, _ = url.PathUnescape(field.Value)
	}
}

func (c *caller) finish(one *call) {
	// A unary answer is a message, five bytes at least, and a good status.
	if one.status == "200" && one.grpc == "0" && one.bytes >= 5 && len(one.rest) == 0 {
		c.recorder.done(time.Since(one.started))
	} else {
		c.recorder.failed("HTTP status %q, gRPC status %q, %d bytes: %s", one.status, one.grpc, one.bytes, one.message)
	}
	delete(c.running, one.id)
	// One that was not sent whole still stands in the queue.
	if len(one.rest) == 0 {
		c.free = append(c.free, one)
	}
	one.finished = true
	c.start()
}

func (c *caller) consumed(count int) {
	c.owedToPeer += count
	if c.owedToPeer > windowWeGive/2 {
		c.frame(frameWindowUpdate, 0, 0, binary.BigEndian.AppendUint32(nil, uint32(c.owedToPeer)))
		c.owedToPeer = 0
	}
}

func (c *caller) closed(*socket) { c.recorder.failed("the connection was closed") }
