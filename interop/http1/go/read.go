package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// What was read of one request. Texts hold one byte a character.
type reading struct {
	Method   string      `json:"method"`
	Target   string      `json:"target"`
	Version  string      `json:"version"`
	Host     string      `json:"host"`
	Fields   [][2]string `json:"fields"`
	Body     string      `json:"body"`
	Complete bool        `json:"complete"`
}

// From standard input: connections as four bytes of length and what a client sends on them before it ends. To standard output: a line
// of JSON for each, with the requests that net/http read and what it answered.
func read([]string) {
	log.SetOutput(io.Discard)
	connections := make(pipeListener)
	server := &http.Server{
		ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(base context.Context, connection net.Conn) context.Context {
			return context.WithValue(base, recorded{}, connection)
		},
		Handler: http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
			into := request.Context().Value(recorded{}).(*connection)
			fields := [][2]string{}
			for name, values := range request.Header {
				for _, value := range values {
					fields = append(fields, [2]string{latin1(name), latin1(value)})
				}
			}
			body, err := io.ReadAll(request.Body)
			into.requests = append(into.requests, reading{
				Method: latin1(request.Method), Target: latin1(request.RequestURI), Version: request.Proto[len("HTTP/"):], Host: latin1(request.Host),
				Fields: fields, Body: latin1(string(body)), Complete: err == nil,
			})
			response.WriteHeader(http.StatusNoContent)
		}),
		DisableGeneralOptionsHandler: true,
	}
	go server.Serve(connections)

	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for {
		var length uint32
		if err := binary.Read(input, binary.BigEndian, &length); err != nil {
			break
		}
		content := make([]byte, length)
		if _, err := io.ReadFull(input, content); err != nil {
			log.Fatal(err)
		}
		each := &connection{input: content, done: make(chan struct{})}
		connections <- each
		<-each.done
		encoder.Encode(map[string]any{"requests": each.requests, "said": latin1(lastStatus(each.output.Bytes()))})
	}
	output.Flush()
}

type recorded struct{}

// A connection whose client sends all that it has to say, and then ends.
type connection struct {
	input    []byte
	output   bytes.Buffer
	requests []reading
	once     sync.Once
	done     chan struct{}
}

func (each *connection) Read(into []byte) (int, error) {
	if len(each.input) == 0 {
		return 0, io.EOF
	}
	count := copy(into, each.input)
	each.input = each.input[count:]
	return count, nil
}

func (each *connection) Write(bytes []byte) (int, error) { return each.output.Write(bytes) }

// Go lingers half a second after this; nothing more is read.
func (each *connection) CloseWrite() error {
	each.once.Do(func() { close(each.done) })
	return nil
}
func (each *connection) Close() error                     { return each.CloseWrite() }
func (each *connection) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (each *connection) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (each *connection) SetDeadline(time.Time) error      { return nil }
func (each *connection) SetReadDeadline(time.Time) error  { return nil }
func (each *connection) SetWriteDeadline(time.Time) error { return nil }

type pipeListener chan *connection

func (listener pipeListener) Accept() (net.Conn, error) {
	if each, open := <-listener; open {
		return each, nil
	}
	return nil, errors.New("closed")
}
func (listener pipeListener) Close() error   { return nil }
func (listener pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func latin1(text string) string {
	characters := make([]rune, len(text))
	for at := range len(text) {
		characters[at] = rune(text[at])
	}
	return string(characters)
}

func lastStatus(answers []byte) string {
	last := bytes.LastIndex(answers, []byte("HTTP/1."))
	if last < 0 {
		return ""
	}
	line, _, _ := bytes.Cut(answers[last:], []byte("\r\n"))
	return string(line)
}
